"""A plugin and its calls, for asyncio. No call blocks the event loop."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, AsyncIterator, Dict, Mapping, Optional, Sequence, Type

from ._client import Plugin, open
from ._documents import Record, Response, Result, decode
from ._errors import CallbackError, response_of, set_response
from ._requests import Description, ListCall, RecordsCall, shifted
from ._running import Done, OnEvent, milliseconds


def open_async(name: str, config: Optional[Mapping[str, Any]] = None, *, bare: bool = False) -> AsyncPlugin:
    """Like open, for use in an async with statement. Opening itself does no I/O on the network."""
    return AsyncPlugin(open(name, config, bare=bare))


class AsyncPlugin:
    """The methods of Plugin as coroutines. Cancelling a task cancels its call; the
    task ends when the plugin has returned, within a second; response_of(its
    CancelledError) is what was begun."""

    def __init__(self, plugin: Plugin):
        self._plugin = plugin
        self._described: Optional[Description] = None

    async def describe(self) -> Dict[str, Any]:
        return (await self._description()).document

    async def validate(
        self, resource: str, records: Sequence[Record], *, options: Optional[Mapping[str, Any]] = None
    ) -> Response:
        return await self._act("validate", resource, records, options)

    async def create(
        self,
        resource: str,
        records: Sequence[Record],
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        return await self._act("create", resource, records, options, timeout, on_event)

    async def read(
        self,
        resource: str,
        records: Sequence[Record],
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        return await self._act("read", resource, records, options, timeout, on_event)

    async def update(
        self,
        resource: str,
        changes: Sequence[Mapping[str, Record]],
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        return await self._act("update", resource, changes, options, timeout, on_event)

    async def delete(
        self,
        resource: str,
        records: Sequence[Record],
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        return await self._act("delete", resource, records, options, timeout, on_event)

    async def pages(
        self,
        resource: str,
        parent: Optional[Record] = None,
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
    ) -> AsyncIterator[Response]:
        call = ListCall(self._plugin.name, resource, parent, options)
        while not call.at_end:
            yield call.take(await self._call("list", call.request(), timeout))

    async def list(
        self,
        resource: str,
        parent: Optional[Record] = None,
        *,
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
    ) -> AsyncIterator[Result]:
        async for page in self.pages(resource, parent, options=options, timeout=timeout):
            for result in page:
                yield result

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self._plugin.close)

    async def __aenter__(self) -> AsyncPlugin:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def _call(
        self,
        hook: str,
        document: Mapping[str, Any],
        timeout: Optional[float] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Done:
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[Any] = asyncio.Queue()

        def put(item: Any) -> None:
            try:
                loop.call_soon_threadsafe(items.put_nowait, item)
            except RuntimeError:
                pass  # the loop was closed: nobody waits any more

        running = self._plugin._start(hook, document, timeout, on_event is not None, put)
        try:
            while True:
                item = await items.get()
                if isinstance(item, Done):
                    break
                if on_event is not None:
                    on_event(item)
        except asyncio.CancelledError as error:
            running.cancel()
            set_response(error, _response_of(await _end(items)))
            raise
        except Exception as error:
            running.cancel()
            response = _response_of(await _end(items))
            raise CallbackError(f"{self._plugin.name}: {hook}", response) from error
        if item.error is not None:
            raise item.error
        return item

    async def _description(self) -> Description:
        if self._described is None:
            self._described = Description(self._plugin.name, await self._call("describe", {}))
        return self._described

    async def _act(
        self,
        hook: str,
        resource: str,
        records: Sequence[Record],
        options: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
        on_event: Optional[OnEvent] = None,
    ) -> Response:
        milliseconds(timeout)  # refuses what is no time before anything is asked
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        limit = (await self._description()).max_records(resource)
        call = RecordsCall(self._plugin.name, hook, resource, records, options, limit)
        for start, request in call.requests():
            left = timeout if deadline is None else max(deadline - loop.time(), 0.001)
            try:
                call.take(await self._call(hook, request, left, shifted(on_event, start)))
            except (asyncio.CancelledError, CallbackError) as error:
                set_response(error, call.with_earlier(response_of(error)))
                raise
        return call.response


async def _end(items: asyncio.Queue[Any]) -> Optional[Done]:
    """Events that come after the cancellation are passed over."""
    while True:
        item = await items.get()
        if isinstance(item, Done):
            return item


def _response_of(done: Optional[Done]) -> Optional[Response]:
    if done is None or done.error is not None:
        return None
    return decode(done.status, done.document)
