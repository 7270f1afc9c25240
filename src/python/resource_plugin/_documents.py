"""The JSON documents of a call, as Python objects, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

Record = Mapping[str, Any]

# The statuses of resource_plugin.h.
_STATUS_NAMES = {
    0: "ok",
    10: "in_progress",
    100: "invalid_argument",
    110: "unsupported",
    120: "contract",
    200: "conflict",
    210: "not_found",
    220: "already_exists",
    230: "job_failed",
    300: "permission_denied",
    310: "unauthenticated",
    320: "quota_exceeded",
    400: "unavailable",
    410: "throttled",
    420: "deadline_exceeded",
    430: "cancelled",
    500: "internal",
    510: "no_memory",
}


def status_name(status: int) -> str:
    """The name of a status. An unknown one has the name of the first of its hundred."""
    return _STATUS_NAMES.get(status) or _STATUS_NAMES.get(status // 100 * 100, "internal")


@dataclass(frozen=True)
class Diagnostic:
    """An error or warning about one record, or about a call as a whole."""

    severity: str
    summary: str
    status: Optional[str] = None
    code: Optional[str] = None  #: stable over releases: what programs compare
    detail: Optional[str] = None
    path: Optional[str] = None  #: JSON Pointer into the record, or into the request
    data: Dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        where = f" (at {self.path})" if self.path else ""
        more = f": {self.detail}" if self.detail else ""
        return f"{self.summary}{more}{where}"


@dataclass(frozen=True)
class Result:
    """What happened to one record. Attributes that do not apply are None."""

    status: str
    outcome: Optional[str] = None  #: "none", "done" or "unknown"; of create, update and delete
    state: Optional[Dict[str, Any]] = None  #: what to keep, and to pass to read and delete later
    matches: Optional[bool] = None
    existed: Optional[bool] = None
    retryable: bool = False
    retry_after: Optional[float] = None  #: seconds
    diagnostics: Tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    @property
    def message(self) -> str:
        """The first error in words, else the first diagnostic, else the status."""
        ordered = sorted(self.diagnostics, key=lambda one: one.severity != "error")
        return str(ordered[0]) if ordered else self.status


@dataclass(frozen=True)
class Response:
    """The results of one call, in the order of its records. Iterates over them."""

    status: str
    results: List[Result] = field(default_factory=list)
    diagnostics: Tuple[Diagnostic, ...] = ()  #: about the call as a whole
    next_page: Optional[str] = None  #: of list: there is more

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    @property
    def failed(self) -> List[Result]:
        """The results that are neither ok nor in progress."""
        return [one for one in self.results if one.status not in ("ok", "in_progress")]

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> Result:
        return self.results[index]

    def __bool__(self) -> bool:
        return True

    def followed_by(self, later: Response) -> Response:
        """Both as one: of a call that was split. The first failure is the status."""
        ranks = {"ok": 0, "in_progress": 1}
        mine, theirs = ranks.get(self.status, 2), ranks.get(later.status, 2)
        return Response(
            status=later.status if theirs > mine else self.status,
            results=self.results + later.results,
            diagnostics=self.diagnostics + later.diagnostics,
            next_page=later.next_page,
        )


def encode(document: Mapping[str, Any]) -> bytes:
    """I-JSON. ValueError for what it has no form for: NaN, lone surrogates."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def decode(status: int, text: bytes) -> Response:
    """ValueError where the text is no response."""
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return Response(
        status=status_name(status),
        results=[_result(one) for one in document.get("results") or []],
        diagnostics=_diagnostics(document),
        next_page=document.get("next"),
    )


def _result(document: Dict[str, Any]) -> Result:
    pause = document.get("retry_after_ms")
    return Result(
        status=document["status"],
        outcome=document.get("outcome"),
        state=document.get("state"),
        matches=document.get("matches"),
        existed=document.get("existed"),
        retryable=bool(document.get("retryable")),
        retry_after=None if pause is None else pause / 1000,
        diagnostics=_diagnostics(document),
    )


def _diagnostics(document: Dict[str, Any]) -> Tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            severity=one.get("severity", "error"),
            summary=one.get("summary", ""),
            status=one.get("status"),
            code=one.get("code"),
            detail=one.get("detail"),
            path=one.get("path"),
            data=one.get("data") or {},
        )
        for one in document.get("diagnostics") or []
    )
