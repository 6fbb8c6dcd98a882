"""The exchange to explain, with its parsed parts. It decides nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import cached_property
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import MISSING
from mock_server.explain.corrected_body import likely_model
from mock_server.explain.nearest_path import Address, exact, nearest
from mock_server.journal.entry import Entry
from mock_server.simulation import json_body
from mock_server.simulation.task import Task

_IN_XML = re.compile(r"<(Code|Message)>([^<]*)</")
MOST = 200  # characters of a value that is shown


class Finding(Struct, frozen=True):
    """The part of an explanation that the journal entry does not contain. place: the pointer in the
    spec of the deciding part. The other fields are as in Explanation."""

    rule: str
    pointer: str = ""
    expected: str = ""
    got: str = ""
    did_you_mean: str = ""
    place: str = ""
    advice: str = ""
    curl: str = ""


class Case:
    """tasks: of the tenant, in any order, read at most once. task_of_request: the task_id that a
    request_id's call created, or None. evicted: how many keys were evicted since the fake
    started."""

    def __init__(
        self,
        spec: Spec,
        entry: Entry,
        tasks: Iterable[Task],
        task_of_request: Callable[[str], str | None],
        evicted: int = 0,
    ) -> None:
        self.evicted = evicted
        self.spec = spec
        self.entry = entry
        self.task_of_request = task_of_request
        self._tasks = tasks

    @cached_property
    def tasks(self) -> dict[str, Task]:
        return {task.id: task for task in self._tasks}

    @cached_property
    def address(self) -> Address | None:
        """The operation of the path, or the most likely one; None if no path is like it."""
        entry = self.entry
        if self.is_download:
            return None
        found = exact(self.spec, entry.method, entry.path)
        return found or nearest(self.spec, entry.method, entry.path)

    @property
    def is_download(self) -> bool:
        """Whether the object store answered, and not the API."""
        return self.entry.kind == self.spec.result.id

    @cached_property
    def operation(self) -> Operation | None:
        if self.is_download:
            return self.spec.result
        return self.address.operation if self.address else None

    @cached_property
    def body(self) -> Any:
        """The JSON value of the body; None if it is not JSON, too large, or not kept whole."""
        if len(self.entry.body) > self.spec.limits["body-bytes"]:
            return None
        try:
            return json_body.decode(self.entry.body)
        except ValueError:
            return None

    @property
    def model(self) -> str:
        """The model of the operation that the body names, or most likely means."""
        return likely_model(self.operation, self.body) if self.operation else ""

    @cached_property
    def query(self) -> dict[str, str]:
        """The query parameters. If one was sent twice, the last one counts."""
        return dict(parse_qsl(self.entry.query, keep_blank_values=True))

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The JSON object of the answer, or an empty one. For a refused download: the code and the
        message of its XML."""
        if self.is_download and self.entry.status >= 400:
            text = self.entry.reply_body.decode("utf-8", "replace")
            return {name.lower(): unescape(value) for name, value in _IN_XML.findall(text)}
        try:
            return msgspec.json.decode(self.entry.reply_body, type=dict[str, Any])
        except msgspec.DecodeError:
            return {}

    def header(self, name: str) -> str | None:
        """The value of a request header; None if it was not sent."""
        sent = self.entry.headers.get(name.lower().encode())
        return None if sent is None else sent.decode("latin-1")


def short(value: Any) -> str:
    """The value as JSON, cut to MOST characters; `***` for a value that cannot be read because the
    secrets in the body are hidden."""
    if value is MISSING:
        return "***"
    return cut(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def cut(text: str) -> str:
    return text if len(text) <= MOST else text[: MOST - 1] + "…"
