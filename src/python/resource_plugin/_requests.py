"""What is asked for in which order, without any waiting: for blocking calls and coroutines alike."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Set, Tuple

from ._documents import Record, Response, decode
from ._errors import Error, Refused
from ._running import Done, Event, OnEvent


def refusal(name: str, hook: str, response: Response, before: Optional[Response] = None) -> Refused:
    return Refused(f"{name}: {hook}", response.status, response.diagnostics, before)


def joined(earlier: Optional[Response], later: Optional[Response]) -> Optional[Response]:
    if earlier is None or later is None:
        return earlier or later
    return earlier.followed_by(later)


class Description:
    """The answer to describe."""

    def __init__(self, name: str, done: Done):
        if done.status:
            raise refusal(name, "describe", decode(done.status, done.document))
        self.document: Dict[str, Any] = json.loads(done.document)

    def max_records(self, resource: str) -> Optional[int]:
        """How many records one request may have; None: no limit."""
        limit: Optional[int] = self.document.get("resources", {}).get(resource, {}).get("max_records")
        return limit


class RecordsCall:
    """A hook for many records: one request, or several where the plugin limits their size."""

    def __init__(
        self,
        name: str,
        hook: str,
        resource: str,
        records: Sequence[Mapping[str, Any]],
        options: Optional[Mapping[str, Any]],
        limit: Optional[int],
    ):
        if isinstance(records, (Mapping, str, bytes)):
            raise TypeError("records must be a list of dicts")
        self.name, self.hook = name, hook
        self._resource, self._records, self._options = resource, list(records), options
        self._step = limit or len(self._records) or 1
        self._response: Optional[Response] = None

    def requests(self) -> Iterator[Tuple[int, Dict[str, Any]]]:
        """The place of the first record, and the request. Each is to be followed by take."""
        for start in range(0, len(self._records) or 1, self._step):
            request: Dict[str, Any] = {
                "resource": self._resource,
                "records": self._records[start : start + self._step],
            }
            if self._options is not None:
                request["options"] = self._options
            yield start, request

    def take(self, done: Done) -> None:
        response = decode(done.status, done.document)
        if not response.results and (self._records or done.status >= 100):
            raise refusal(self.name, self.hook, response, self._response)
        self._response = joined(self._response, response)

    def with_earlier(self, response: Optional[Response]) -> Optional[Response]:
        """The results of earlier requests and of the one that was broken off."""
        return joined(self._response, response)

    @property
    def response(self) -> Response:
        assert self._response is not None
        return self._response


class ListCall:
    """All pages of a list."""

    def __init__(
        self, name: str, resource: str, parent: Optional[Record], options: Optional[Mapping[str, Any]]
    ):
        self._name = name
        self._request: Dict[str, Any] = {"resource": resource}
        if parent is not None:
            self._request["parent"] = parent
        if options is not None:
            self._request["options"] = options
        self._seen: Set[str] = set()
        self.at_end = False

    def request(self) -> Dict[str, Any]:
        return self._request

    def take(self, done: Done) -> Response:
        response = decode(done.status, done.document)
        if done.status >= 100:
            raise refusal(self._name, "list", response)
        page = response.next_page
        self.at_end = page is None
        if page is not None:
            if page in self._seen:
                raise Error(f"{self._name}: list returned the page token {page!r} twice: stopped")
            self._seen.add(page)
            self._request = {**self._request, "page": page}
        return response


def shifted(on_event: Optional[OnEvent], start: int) -> Optional[OnEvent]:
    """Events name records by their place in a request; the caller knows their place in the call."""
    if on_event is None or start == 0:
        return on_event
    handler = on_event

    def shift(event: Event) -> None:
        handler({**event, "record": event["record"] + start} if "record" in event else event)

    return shift
