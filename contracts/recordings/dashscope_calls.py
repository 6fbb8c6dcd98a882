"""Selects the calls of DashScope's API from a recording. A browser records the calls of every open
page, and other services have paths like `/api/v1/tasks/ID` too. Works for all file formats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

from contracts.recordings.errors import CassetteError
from contracts.recordings.model import Cassette
from contracts.spec.loader import Spec

API = "/api/v1/"
# Since 2026, Alibaba's pages show `{WorkspaceId}.cn-beijing.maas.aliyuncs.com`.
_OFFICIAL = re.compile(r"(?:[\w-]+\.)*(?:dashscope[\w-]*|maas)\.aliyuncs\.com", re.ASCII)
_BELOW = re.compile(r"/(?:api/v1|services|tasks)(?:/|$)")
_ENVELOPE = {"code", "message", "request_id"}  # fields of a refusal
_PAGE = {"total", "page_no", "page_size", "data"}  # fields of a list of tasks
_MOST_HOSTS = 5  # hosts that the note names


class CandidateCall(NamedTuple):
    """The fields of a call that show whether it is a call of DashScope. answer: returns the text of
    the answer's body."""

    method: str
    url: str
    answer: Callable[[], object] = lambda: None


class _Location(NamedTuple):
    """The location of a service: its host, and the path before the API's own."""

    host: str
    prefix: str


def select(calls: Sequence[CandidateCall], spec: Spec) -> list[bool]:
    """For each call, whether it is a call of DashScope: of an official host, or of a location where
    a creation, a detection or an answer shows that a reseller or a fake has the API."""
    locations = [_location(call, spec) for call in calls]
    known = {
        location
        for call, location in zip(calls, locations, strict=True)
        if location is not None and _is_evident(call, spec)
    }
    return [
        location is not None and (location in known or _is_official(location))
        for location in locations
    ]


def ignored_calls_note(calls: Sequence[CandidateCall], chosen: Iterable[bool]) -> str:
    """A note about the calls that are not DashScope's; "" without any."""
    hosts = [_host(call.url) for call, is_ours in zip(calls, chosen, strict=True) if not is_ours]
    if not hosts:
        return ""
    counts = Counter(hosts).most_common()
    shown = [f"{count} of {host}" for host, count in counts[:_MOST_HOSTS]]
    shown += [f"{len(counts) - _MOST_HOSTS} more hosts"] if len(counts) > _MOST_HOSTS else []
    calls_are = "1 call is" if len(hosts) == 1 else f"{len(hosts)} calls are"
    return f"{calls_are} left out as not DashScope's: {', '.join(shown)}"


def required_calls(cassette: Cassette, spec: Spec) -> Cassette:
    """Return the same recording. Raises CassetteError if it has no call of DashScope's API."""
    find = spec.router.find_anywhere
    requests = (exchange.request for exchange in cassette.exchanges)
    if cassette.timelines or any(API in r.path or find(r.method, r.path) for r in requests):
        return cassette
    raise CassetteError("; ".join(("holds no call of DashScope's API", *cassette.notes)))


def _location(call: CandidateCall, spec: Spec) -> _Location | None:
    """The location of a call that looks like one of the API; None for other calls."""
    parts = _parts(call.url)
    if parts is None or parts.scheme not in ("http", "https"):
        return None
    if API not in parts.path and spec.router.find_anywhere(call.method, parts.path) is None:
        return None
    below = _BELOW.search(parts.path)
    return _Location(_host(call.url), parts.path[: below.start()] if below else "")


def _is_official(location: _Location) -> bool:
    return _OFFICIAL.fullmatch(location.host.partition(":")[0]) is not None


def _is_evident(call: CandidateCall, spec: Spec) -> bool:
    """Whether the path or the answer of a call can only be DashScope's."""
    parts = _parts(call.url)
    called = spec.router.find_anywhere(call.method, parts.path) if parts else None
    if called is not None and called.operation.requests:
        return True  # a creation or a detection: other services do not have these paths
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
    """The host and port of a URL, without a user; the scheme if it has no host."""
    parts = _parts(url)
    if parts is None:
        return "no URL"
    return parts.netloc.rpartition("@")[2].lower() or f"{parts.scheme or 'no'}: URLs"
