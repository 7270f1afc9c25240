# python3 host.py PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call with the package resource_plugin,
# prints its status and its results. Ctrl-C cancels the call: what was begun is in its results.
import dataclasses
import json
import sys
import threading

import resource_plugin

if len(sys.argv) < 5:
    sys.exit("usage: python3 host.py PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]")
name, config, hook, request = sys.argv[1:5]
timeout_ms, cancel_ms = (int(one) for one in (sys.argv[5:] + ["0", "0"])[:2])
request = json.loads(request)
cancel = threading.Event()
if cancel_ms:
    threading.Timer(cancel_ms / 1000, cancel.set).start()
try:
    with resource_plugin.open(name, json.loads(config)) as plugin:
        limits = {"timeout": timeout_ms / 1000 if timeout_ms else None, "cancel": cancel}
        if hook == "list":
            pages = list(plugin.pages(request["resource"], request.get("parent"), **limits))
            response = resource_plugin.Response(pages[-1].status, [one for page in pages for one in page])
        else:
            response = getattr(plugin, hook)(request["resource"], request["records"], **limits)
except AttributeError:
    sys.exit(f'there is no hook "{hook}"')
except KeyboardInterrupt as interrupt:
    response = resource_plugin.response_of(interrupt)
    if response is None:
        sys.exit("interrupted before anything was begun")
except resource_plugin.Error as error:
    sys.exit(str(error))
print(response.status, json.dumps(dataclasses.asdict(response)), sep="\t")
sys.exit(bool(response.failed))
