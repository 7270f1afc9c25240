"""What a call raises. One record's failure is never among it."""

from __future__ import annotations

from typing import Optional, Tuple

from ._documents import Diagnostic, Response


class Error(Exception):
    """Any error of this package."""


class LoadError(Error):
    """There is no such plugin, or this host cannot use it."""


class Refused(Error):
    """A call was refused as a whole, and nothing of it was begun.

    Where a call was split into several requests (see Plugin.create), `response`
    holds the results of those that were carried out before; else it is None.
    """

    def __init__(
        self,
        what: str,
        status: str,
        diagnostics: Tuple[Diagnostic, ...] = (),
        response: Optional[Response] = None,
    ):
        reasons = "; ".join(str(one) for one in diagnostics if one.severity == "error") or status
        super().__init__(f"{what}: {reasons}")
        self.status = status
        self.diagnostics = diagnostics
        self.response = response


class CallbackError(Error):
    """The caller's on_event raised an exception (__cause__). The call was
    cancelled; `response` is what it ended with, or None."""

    def __init__(self, what: str, response: Optional[Response]):
        super().__init__(f"{what}: on_event raised an exception, so the call was cancelled")
        self.response = response


def response_of(error: BaseException) -> Optional[Response]:
    """What a call that ended in an exception had begun: states to keep and to read later.

    Ctrl-C (KeyboardInterrupt) and the cancellation of a task (asyncio.CancelledError)
    cancel the call, and CallbackError and Refused may follow upon results. None where
    there are none, or where the plugin did not return in time.
    """
    response: Optional[Response] = getattr(error, "response", None)
    return response


def set_response(error: BaseException, response: Optional[Response]) -> None:
    setattr(error, "response", response)
