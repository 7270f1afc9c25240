"""Create, read, update, delete and list resources through resource plugins.

    import resource_plugin

    with resource_plugin.open("elb_member", {"cloud": "otc"}) as plugin:
        for result in plugin.create("elb_member", records, timeout=300):
            if result.ok:
                keep(result.state)
            else:
                print(result.status, result.message)

One call takes many records and returns one result a record, in order. A record
that fails is a result, not an exception. An exception means that the call as a
whole was refused or could not be made.
"""

from ._async import AsyncPlugin, open_async
from ._client import Plugin, open
from ._documents import Diagnostic, Response, Result
from ._errors import CallbackError, Error, LoadError, Refused, response_of

__all__ = [
    "AsyncPlugin",
    "CallbackError",
    "Diagnostic",
    "Error",
    "LoadError",
    "Plugin",
    "Refused",
    "Response",
    "Result",
    "open",
    "open_async",
    "response_of",
]
__version__ = "0.1.0"
