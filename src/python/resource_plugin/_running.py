"""One hook at work on a thread of its own, so that Python stays in control:
signals, cancellation and events reach the thread that waits."""

from __future__ import annotations

import ctypes as c
import json
import math
import threading
from typing import Any, Callable, Dict, Optional, Protocol, Tuple

from ._abi import ON_EVENT, Call

Event = Dict[str, Any]
OnEvent = Callable[[Event], None]

_UINT32_MAX = 2**32 - 1


class Backend(Protocol):
    def call(self, hook: str, request: bytes, call: Call) -> Tuple[int, bytes]: ...

    def close(self) -> None: ...


def milliseconds(timeout: Optional[float]) -> int:
    """None is the plugin's own default, which the ABI spells 0."""
    if timeout is None:
        return 0
    if not timeout > 0:
        raise ValueError(f"timeout must be more than 0 seconds, not {timeout}")
    return min(math.ceil(timeout * 1000), _UINT32_MAX)


class Done:
    """The end of a call: its status and document, or the exception that ended it."""

    def __init__(self, status: int, document: bytes, error: Optional[BaseException] = None):
        self.status = status
        self.document = document
        self.error = error


class Running:
    """Calls the hook when started. `put` gets each event (a dict) and at last a Done, on the hook's thread."""

    def __init__(
        self,
        backend: Backend,
        hook: str,
        request: bytes,
        timeout_ms: int,
        with_events: bool,
        put: Callable[[Any], None],
    ):
        self._put = put
        self._cancel = c.c_uint32(0)
        # The struct, the word and the callback live as long as this object, which the thread holds.
        self._on_event = ON_EVENT(self._event) if with_events else ON_EVENT()
        self._call = Call(c.sizeof(Call), timeout_ms, c.pointer(self._cancel), self._on_event, None)
        self._arguments = (backend, hook, request)

    def start(self) -> None:
        hook = self._arguments[1]
        threading.Thread(target=self._run, name=f"resource-plugin {hook}", daemon=True).start()

    def cancel(self) -> None:
        """The hook returns within a second. Any thread, any number of times."""
        self._cancel.value = 1

    def _event(self, _context: Any, text: Any, length: int) -> None:
        try:
            self._put(json.loads(c.string_at(text, length)))
        except ValueError:
            pass  # not JSON: librphost reports it; there is nothing to hand on

    def _run(self) -> None:
        backend, hook, request = self._arguments
        try:
            done = Done(*backend.call(hook, request, self._call))
        except BaseException as error:  # handed to the caller, whose thread raises it
            done = Done(0, b"", error)
        self._put(done)
