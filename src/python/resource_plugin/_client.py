"""A plugin and its calls, for threads that may block."""

from __future__ import annotations

import queue
import threading
import time
import warnings
from types import TracebackType
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Type, Union

from . import _rphost
from ._abi import BarePlugin, Call
from ._documents import Record, Response, Result, decode, encode
from ._errors import CallbackError, LoadError, Refused, response_of, set_response
from ._requests import Description, ListCall, RecordsCall, shifted
from ._running import Backend, Done, Event, OnEvent, Running, milliseconds

# The contract gives a cancelled hook one second. What takes longer is left to itself.
_CANCEL_GRACE_S = 5.0
_LOOK_AT_CANCEL_S = 0.05


def open(name: str, config: Optional[Mapping[str, Any]] = None, *, bare: bool = False) -> Plugin:
    """Loads a plugin and, with a config, opens an instance of it. Use it in a with
    statement, or close it.

    `name` is a path if it has a slash; else NAME.so is looked for in the folders of
    RP_PLUGIN_PATH and then in the system's. Without a config only describe and
    validate can be called. Nothing is sent to any server yet.

    `bare` does without librphost, and so without its checks of the plugin's
    answers; that is also what happens where librphost is not installed.

    Raises LoadError (no such plugin) and Refused (the config).
    """
    return Plugin(_load(name, config, bare), name)


def _load(name: str, config: Optional[Mapping[str, Any]], bare: bool) -> Backend:
    library = None if bare else _rphost.load()
    if library is None:
        return _load_bare(name, config)
    text = None if config is None else encode(config)
    backend = _rphost.RphostPlugin(library, name, text)
    words = backend.error()
    if words is None:
        return backend
    try:
        status, document = backend.call("describe", b"{}", Call(struct_size=0))
    finally:
        backend.close()
    refusal = decode(status, document)
    if any(one.code == "host.load" for one in refusal.diagnostics):
        raise LoadError(words)
    raise Refused(f"open {name}", refusal.status, refusal.diagnostics)


def _load_bare(name: str, config: Optional[Mapping[str, Any]]) -> Backend:
    backend = BarePlugin(name)
    if config is None:
        return backend
    response = decode(*backend.open(encode({"config": config})))
    if not response.ok:
        raise Refused(f"open {name}", response.status, response.diagnostics)
    return backend


class Plugin:
    """An open plugin. Any thread may call any method, many at once; close waits for
    the calls under way and ends them. After a fork it belongs to the parent."""

    def __init__(self, backend: Backend, name: str):
        self.name = name
        self._backend: Optional[Backend] = backend
        self._lock = threading.Condition()
        self._running: List[Running] = []
        self._described: Optional[Description] = None

    # --- hooks -------------------------------------------------------------------------------

    def describe(self) -> Dict[str, Any]:
        """The plugin's resources, their schemas, and the schema of its configuration."""
        return self._description().document

    def validate(
        self, resource: str, records: Sequence[Record], *, options: Optional[Mapping[str, Any]] = None
    ) -> Response:
        """Would create refuse these? No network. A value of None is one that is not known yet."""
        return self._act("validate", resource, records, options)

    def validate_config(self, config: Mapping[str, Any]) -> Response:
        """Would open refuse this configuration? No network. Raises nothing for a bad one:
        see the response's status and diagnostics."""
        done = self._call("validate", {"config": config})
        return decode(done.status, done.document)

    def create(
        self,
        resource: str,
        records: Sequence[Record],
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        cancel: Optional[threading.Event] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        """Makes what is not there yet. One result a record, in order.

        `timeout` is in seconds, for all of the call; None is the plugin's default.
        Setting `cancel` ends the call within a second; its results then say what was
        begun. `on_event` gets events on the calling thread: those of kind "state"
        have the state of what the server has accepted, long before the call returns.

        More records than the plugin takes at once are sent as several requests, one
        after another, and their results joined.

        Raises Refused and CallbackError. Ctrl-C cancels the call; see response_of.
        """
        return self._act("create", resource, records, options, timeout, cancel, on_event)

    def read(
        self,
        resource: str,
        records: Sequence[Record],
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        cancel: Optional[threading.Event] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        """The states of what is there. Records are states, keys, or {"id": …}."""
        return self._act("read", resource, records, options, timeout, cancel, on_event)

    def update(
        self,
        resource: str,
        changes: Sequence[Mapping[str, Record]],
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        cancel: Optional[threading.Event] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        """Changes objects in place. Each change is {"state": …, "record": …}."""
        return self._act("update", resource, changes, options, timeout, cancel, on_event)

    def delete(
        self,
        resource: str,
        records: Sequence[Record],
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        cancel: Optional[threading.Event] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        """Removes what is there; ok, with existed False, where nothing is, and None where that is not known."""
        return self._act("delete", resource, records, options, timeout, cancel, on_event)

    def pages(
        self,
        resource: str,
        parent: Optional[Record] = None,
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        cancel: Optional[threading.Event] = None,
    ) -> Iterator[Response]:
        """The pages of a list; each is asked for when the iterator comes to it. `timeout` is a page's."""
        call = ListCall(self.name, resource, parent, options)
        while not call.at_end:
            yield call.take(self._call("list", call.request(), timeout, cancel))

    def list(
        self,
        resource: str,
        parent: Optional[Record] = None,
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        cancel: Optional[threading.Event] = None,
    ) -> Iterator[Result]:
        """All objects, page by page. One may come twice where the list changes meanwhile."""
        for page in self.pages(resource, parent, options=options, timeout=timeout, cancel=cancel):
            yield from page

    # --- life ----------------------------------------------------------------------------------

    def close(self) -> None:
        """Cancels the calls under way, waits for them, and ends the use of the plugin."""
        with self._lock:
            backend, self._backend = self._backend, None
            for one in self._running:
                one.cancel()
            while self._running:
                self._lock.wait(1)
        if backend is not None:
            backend.close()

    def __enter__(self) -> Plugin:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_backend", None) is not None and not self._running:
            warnings.warn(f"plugin {self.name} was not closed", ResourceWarning, stacklevel=2)
            self.close()

    def __repr__(self) -> str:
        return f"<resource_plugin.Plugin {self.name}{' closed' if self._backend is None else ''}>"

    # --- one request ---------------------------------------------------------------------------

    def _start(
        self, hook: str, document: Mapping[str, Any], timeout: Optional[float], events: bool, put: Any
    ) -> Running:
        """Begins a call. `put` gets its events and its end; _ended must be called after the end."""
        request = encode(document)
        timeout_ms = milliseconds(timeout)

        def put_and_note(item: Union[Event, Done]) -> None:
            if isinstance(item, Done):
                self._ended(running)
            put(item)

        with self._lock:
            if self._backend is None:
                raise ValueError(f"plugin {self.name} is closed")
            running = Running(self._backend, hook, request, timeout_ms, events, put_and_note)
            self._running.append(running)
        running.start()
        return running

    def _ended(self, running: Running) -> None:
        with self._lock:
            self._running.remove(running)
            self._lock.notify_all()

    def _call(
        self,
        hook: str,
        document: Mapping[str, Any],
        timeout: Optional[float] = None,
        cancel: Optional[threading.Event] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Done:
        items: queue.SimpleQueue[Union[Event, Done]] = queue.SimpleQueue()
        running = self._start(hook, document, timeout, on_event is not None, items.put)
        try:
            while True:
                item = _next(items, running, cancel)
                if isinstance(item, Done):
                    break
                if on_event is not None:
                    on_event(item)
        except KeyboardInterrupt as interrupt:
            set_response(interrupt, _response(_stop(running, items)))
            raise
        except Exception as error:
            raise CallbackError(f"{self.name}: {hook}", _response(_stop(running, items))) from error
        if item.error is not None:
            raise item.error
        return item

    # --- several requests ------------------------------------------------------------------------

    def _description(self) -> Description:
        if self._described is None:
            self._described = Description(self.name, self._call("describe", {}))
        return self._described

    def _act(
        self,
        hook: str,
        resource: str,
        records: Sequence[Record],
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        cancel: Optional[threading.Event] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        milliseconds(timeout)  # refuses what is no time before anything is asked
        deadline = None if timeout is None else time.monotonic() + timeout
        limit = self._description().max_records(resource)
        call = RecordsCall(self.name, hook, resource, records, options, limit)
        for start, request in call.requests():
            left = timeout if deadline is None else max(deadline - time.monotonic(), 0.001)
            try:
                call.take(self._call(hook, request, left, cancel, shifted(on_event, start)))
            except (KeyboardInterrupt, CallbackError) as error:
                set_response(error, call.with_earlier(response_of(error)))
                raise
        return call.response


def _next(
    items: queue.SimpleQueue[Union[Event, Done]], running: Running, cancel: Optional[threading.Event]
) -> Union[Event, Done]:
    """The next event or the end. Ctrl-C interrupts the wait."""
    if cancel is None:
        return items.get()
    while True:
        if cancel.is_set():
            running.cancel()
            return items.get()
        try:
            return items.get(timeout=_LOOK_AT_CANCEL_S)
        except queue.Empty:
            continue


def _stop(running: Running, items: queue.SimpleQueue[Union[Event, Done]]) -> Optional[Done]:
    """Cancels and waits for the end. None where a second Ctrl-C, or time, ends the wait first."""
    running.cancel()
    until = time.monotonic() + _CANCEL_GRACE_S
    try:
        while True:
            item = items.get(timeout=max(until - time.monotonic(), 0))
            if isinstance(item, Done):
                return item
    except (KeyboardInterrupt, queue.Empty):
        return None


def _response(done: Optional[Done]) -> Optional[Response]:
    if done is None or done.error is not None:
        return None
    return decode(done.status, done.document)
