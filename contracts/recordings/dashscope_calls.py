"""Which calls of a recording are DashScope's. A browser records those of every service that was
open, and other programs have paths like `/api/v1/tasks/ID` too. Knows no format of files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

from contracts.recordings.errors import CassetteError
from contracts.recordings.model import Cassette
from contracts.recordings.operations import OperationFinder
from contracts.spec.loader import Spec

API = "/api/v1/"
# `{WorkspaceId}.cn-beijing.maas.aliyuncs.com` is what Alibaba's pages show since 2026.
_OFFICIAL = re.compile(r"(?:[\w-]+\.)*(?:dashscope[\w-]*|maas)\.aliyuncs\.com", re.ASCII)
_BELOW = re.compile(r"/(?:api/v1|services|tasks)(?:/|$)")
_ENVELOPE = {"code", "message", "request_id"}  # of a refusal
_PAGE = {"total", "page_no", "page_size", "data"}  # of a list of tasks
_MOST_HOSTS = 5  # that are named


class CandidateCall(NamedTuple):
    """A call as far as it shows whose it is. answer: gives the text of its answer's body."""

    method: str
    url: str
    answer: Callable[[], object] = lambda: None


class _Place(NamedTuple):
    """Where a service is: its host, and the path before the API's own."""

    host: str
    prefix: str


def ours(calls: Sequence[CandidateCall], operations: OperationFinder) -> list[bool]:
    """Of each call whether it is DashScope's: of an official host, or of a place that a resold
    service, or a fake, has shown itself to be at by a creation, a detection or an answer."""
    places = [_place(call, operations) for call in calls]
    known = {
        place
        for call, place in zip(calls, places, strict=True)
        if place is not None and _is_evident(call, operations)
    }
    return [place is not None and (place in known or _is_official(place)) for place in places]


def left_out(calls: Sequence[CandidateCall], chosen: Iterable[bool]) -> str:
    """Which calls are not DashScope's, for people; "" for none."""
    hosts = [_host(call.url) for call, is_ours in zip(calls, chosen, strict=True) if not is_ours]
    if not hosts:
        return ""
    counts = Counter(hosts).most_common()
    shown = [f"{count} of {host}" for host, count in counts[:_MOST_HOSTS]]
    shown += [f"{len(counts) - _MOST_HOSTS} more hosts"] if len(counts) > _MOST_HOSTS else []
    calls_are = "1 call is" if len(hosts) == 1 else f"{len(hosts)} calls are"
    return f"{calls_are} left out as not DashScope's: {', '.join(shown)}"


def checked(cassette: Cassette, spec: Spec) -> Cassette:
    """The same. Raises CassetteError where it holds no call of DashScope's API."""
    find = OperationFinder(spec).find
    requests = (exchange.request for exchange in cassette.exchanges)
    if cassette.timelines or any(API in r.path or find(r.method, r.path) for r in requests):
        return cassette
    raise CassetteError("; ".join(("holds no call of DashScope's API", *cassette.notes)))


def _place(call: CandidateCall, operations: OperationFinder) -> _Place | None:
    """Where a call of something like the API goes; None of any other."""
    parts = _parts(call.url)
    if parts is None or parts.scheme not in ("http", "https"):
        return None
    if API not in parts.path and operations.find(call.method, parts.path) is None:
        return None
    below = _BELOW.search(parts.path)
    return _Place(_host(call.url), parts.path[: below.start()] if below else "")


def _is_official(place: _Place) -> bool:
    return _OFFICIAL.fullmatch(place.host.partition(":")[0]) is not None


def _is_evident(call: CandidateCall, operations: OperationFinder) -> bool:
    """Whether the path of a call, or what was answered, is nobody else's."""
    parts = _parts(call.url)
    called = operations.find(call.method, parts.path) if parts else None
    if called is not None and called.operation.requests:
        return True  # a creation or a detection: no other service has such a path
    try:
        text = call.answer()
        value = msgspec.json.decode(text) if isinstance(text, str | bytes) else None
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(value, dict) and _is_envelope(value)


def _is_envelope(value: dict[str, Any]) -> bool:
    output = value.get("output")
    has_task = isinstance(output, dict) and {"task_id", "task_status"} <= output.keys()
    return has_task or value.keys() >= _ENVELOPE or value.keys() >= _PAGE


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _host(url: str) -> str:
    """The host and port of a URL, without a user; the scheme of one that has no host."""
    parts = _parts(url)
    if parts is None:
        return "no URL"
    return parts.netloc.rpartition("@")[2].lower() or f"{parts.scheme or 'no'}: URLs"
