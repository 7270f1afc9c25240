"""A plugin loaded through librphost, which finds it and checks each of its answers."""

from __future__ import annotations

import ctypes as c
import os
from typing import Optional, Tuple

from ._abi import Call

_SONAME = "librphost.so.0"
_library: Optional[c.CDLL] = None


def load() -> Optional[c.CDLL]:
    """The host library, or None where it is not installed. RPHOST_LIBRARY names another file."""
    global _library
    if _library is None:
        try:
            _library = _declare(c.CDLL(os.environ.get("RPHOST_LIBRARY") or _SONAME))
        except OSError:
            return None
    return _library


def _declare(library: c.CDLL) -> c.CDLL:
    functions = {
        "rphost_open": (c.c_void_p, [c.c_char_p, c.c_char_p, c.c_size_t]),
        "rphost_error": (c.c_char_p, [c.c_void_p]),
        "rphost_call_with": (
            c.c_void_p,
            [c.c_void_p, c.c_char_p, c.c_char_p, c.c_size_t, c.POINTER(Call)],
        ),
        "rphost_status": (c.c_int32, [c.c_void_p]),
        "rphost_json": (c.c_char_p, [c.c_void_p]),
        "rphost_release": (None, [c.c_void_p]),
        "rphost_close": (None, [c.c_void_p]),
    }
    for name, (result, arguments) in functions.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


class RphostPlugin:
    """The same interface as BarePlugin."""

    def __init__(self, library: c.CDLL, name: str, config: Optional[bytes]):
        self._library = library
        self._handle = library.rphost_open(name.encode(), config, len(config or b""))

    def error(self) -> Optional[str]:
        """What is wrong with the handle, or None. Each call is then answered with it."""
        words: Optional[bytes] = self._library.rphost_error(self._handle)
        return words.decode() if words else None

    def call(self, hook: str, request: bytes, call: Call) -> Tuple[int, bytes]:
        library = self._library
        answer = library.rphost_call_with(
            self._handle, hook.encode(), request, len(request), c.byref(call)
        )
        try:
            return library.rphost_status(answer), library.rphost_json(answer)
        finally:
            library.rphost_release(answer)

    def close(self) -> None:
        if self._handle:
            self._library.rphost_close(self._handle)
            self._handle = None
