"""resource_plugin.h in ctypes, and a plugin loaded without the host library."""

from __future__ import annotations

import ctypes as c
import os
import sysconfig
from typing import Any, List, Optional, Tuple

from ._errors import LoadError

ON_EVENT = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(c.c_char), c.c_size_t)


class Call(c.Structure):
    """rp_call"""

    _fields_ = [
        ("struct_size", c.c_uint32),
        ("timeout_ms", c.c_uint32),
        ("cancel", c.POINTER(c.c_uint32)),
        ("on_event", ON_EVENT),
        ("context", c.c_void_p),
    ]


class _Response(c.Structure):
    _fields_ = [
        ("struct_size", c.c_uint32),
        ("status", c.c_int32),
        ("json", c.c_void_p),
        ("json_len", c.c_size_t),
        ("instance", c.c_void_p),
    ]


_HOOK = c.CFUNCTYPE(c.POINTER(_Response), c.c_void_p, c.POINTER(Call), c.c_char_p, c.c_size_t)
_FIXED = ("describe", "open")
_HOOKS = ("validate", "create", "read", "update", "delete", "list")
_WITHOUT_INSTANCE = ("describe", "validate")


class _Plugin(c.Structure):
    _fields_ = (
        [(name, c.c_uint32) for name in ("struct_size", "abi_major", "abi_minor", "reserved")]
        + [("name", c.c_char_p), ("version", c.c_char_p)]
        + [("release", c.CFUNCTYPE(None, c.POINTER(_Response)))]
        + [(name, _HOOK) for name in _FIXED]
        + [("close", c.CFUNCTYPE(None, c.c_void_p))]
        + [(name, _HOOK) for name in _HOOKS]
    )


def search_path() -> List[str]:
    """The folders in which plugins are looked for by name."""
    folders = [one for one in os.environ.get("RP_PLUGIN_PATH", "").split(":") if one]
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    for prefix in ("/usr/local/lib", "/usr/lib"):
        for lib in (os.path.join(prefix, multiarch), prefix):
            folders.append(os.path.join(lib, "resource-plugin"))
    return list(dict.fromkeys(folders))


def find(name: str) -> str:
    if "/" in name:
        return name
    for folder in search_path():
        path = os.path.join(folder, name + ".so")
        if os.path.exists(path):
            return path
    raise LoadError(f'no plugin "{name}"; searched: {", ".join(search_path())}')


class BarePlugin:
    """A plugin on the bare ABI: the same interface as RphostPlugin."""

    def __init__(self, name: str):
        path = find(name)
        try:
            entry = c.CDLL(path, mode=os.RTLD_NOW | os.RTLD_LOCAL).resource_plugin_entry
        except (OSError, AttributeError) as error:
            raise LoadError(f"{path}: {error}") from None
        entry.restype = c.POINTER(_Plugin)
        entry.argtypes = [c.c_uint32]
        self._table = entry(1).contents
        if self._table.abi_major != 1:
            mine = self._table.name.decode()
            raise LoadError(f"{path}: {mine} speaks ABI {self._table.abi_major}, this host ABI 1")
        self._instance: Optional[int] = None

    def open(self, request: bytes) -> Tuple[int, bytes]:
        status, document, self._instance = self._answer(self._table.open, None, None, request)
        return status, document

    def call(self, hook: str, request: bytes, call: Call) -> Tuple[int, bytes]:
        slot = self._slot(hook)
        if not slot:
            return 110, _own("unsupported", "host.hook_left_out", f"the plugin has no {hook}")
        if self._instance is None and hook not in _WITHOUT_INSTANCE:
            return 120, _own("contract", "host.no_instance", f"{hook} needs a configuration")
        status, document, _ = self._answer(slot, self._instance, call, request)
        return status, document

    def close(self) -> None:
        if self._instance is not None:
            self._table.close(self._instance)
            self._instance = None

    def _slot(self, hook: str) -> Any:
        field = getattr(_Plugin, hook)
        if self._table.struct_size < field.offset + field.size:
            return None
        return getattr(self._table, hook)

    def _answer(
        self, slot: Any, instance: Optional[int], call: Optional[Call], request: bytes
    ) -> Tuple[int, bytes, Optional[int]]:
        response = slot(instance, c.byref(call) if call else None, request, len(request))
        if not response:
            return 120, _own("contract", "host.bad_response", "the plugin returned NULL"), None
        one = response.contents
        try:
            return one.status, c.string_at(one.json, one.json_len), one.instance
        finally:
            self._table.release(response)


def _own(status: str, code: str, summary: str) -> bytes:
    return (
        '{"results":[],"diagnostics":[{"severity":"error","status":"%s","code":"%s","summary":"%s"}]}'
        % (status, code, summary)
    ).encode()
