"""The CallLog: sends calls, records them in order and compares answers with expected values. From
the log of a wrong answer, reproduction.py writes a shell script and a test."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from contracts.provider.exchange import Exchange, answer_at, shown
from contracts.provider.http import Provider
from contracts.spec.pointers import MISSING, parts_of, value_at
from contracts.verify.checks.lifecycle import epoch

RESOLUTION = 0.001  # s: times in answers are cut to the millisecond
CLOSE = 1e-5  # s: rounding error of a sum of floats
TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f"  # the last three digits are removed
# Appended to a pointer: the sorted names of the fields of an object, or the JSON type of a value.
NAMES, TYPE = "/#names", "/#type"
JSON = {"Content-Type": "application/json"}
TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer",
         float: "number", type(None): "null"}  # fmt: skip


class TaskTime(Struct, frozen=True):
    """An expected time of a task. In an answer it is a text in UTC+8 or epoch ms, cut to the
    millisecond. user: the tenant. epoch: s, by the clock of this tenant."""

    user: str
    epoch: float

    def matches(self, value: Any) -> bool:
        """Whether a value in an answer is this time."""
        shown = value / 1000 if type(value) is int else epoch(value)
        return shown is not None and -CLOSE <= self.epoch - shown < RESOLUTION + CLOSE


class SameAs(Struct, frozen=True):
    """Expects the value at a pointer of an answer: an earlier answer, or the same one."""

    exchange: Exchange
    pointer: str


Expected = Collection[Any] | TaskTime | SameAs


class LoggedCall(Struct, frozen=True):
    """One call with its answer. user: the last part of its API key; "" if the key is in the headers
    of the exchange, or missing. task: number of the task that the call created, 0 for none."""

    user: str
    exchange: Exchange
    task: int = 0


class ModelMismatch(AssertionError):
    """An answer that the model does not allow. must_match: True if the value at the pointer must be
    one of `expected`, False if it must not be one of them."""

    def __init__(
        self, log: CallLog, exchange: Exchange, pointer: str, expected: Expected, must_match: bool
    ) -> None:
        self.log = log
        self.exchange = exchange
        self.pointer = pointer
        self.expected = expected
        self.must_match = must_match
        got = shown(value_of(exchange, pointer)) if exchange.status else f"none: {exchange.answer}"
        wanted = f"{'' if must_match else 'not '}{_as_text(expected)}"
        self.text = f"at {pointer} expected {wanted}, got {got}"
        super().__init__(f"{exchange.method} {exchange.url}: {self.text}")


class CallLog:
    """The calls of one run, in order. frozen_at: the time at which the clock of a user was stopped,
    epoch s. task_ids: in order of creation. mismatch: what expect() raised, None if nothing."""

    def __init__(self) -> None:
        self.calls: list[LoggedCall] = []
        self.frozen_at: dict[str, float] = {}
        self.task_ids: list[str] = []
        self.mismatch: ModelMismatch | None = None
        self._parsed: tuple[Exchange | None, Any] = None, None  # an answer and its JSON value

    def send(
        self, provider: Provider, key: str, method: str, path: str, body: str = "", *,
        creates: bool = False, **headers: str,
    ) -> Exchange:  # fmt: skip
        """Send a call and record it. key: PREFIX-USER. creates: the call creates a task, which gets
        the next number."""
        url = provider.origin + path if path.startswith("/__mock__/") else path
        headers = {**JSON, **headers} if body else headers
        exchange = provider.send(method, url, body=body or None, headers=headers, key=key)
        created = str(answer_at(exchange, "/output/task_id")) if creates else ""
        self.add(exchange, key.rpartition("-")[2], created)
        return exchange

    @property
    def task_names(self) -> dict[str, str]:
        """The name of each task, by its id: `task1` is the first."""
        return {task_id: f"task{number}" for number, task_id in enumerate(self.task_ids, 1)}

    def add(self, exchange: Exchange, user: str, created: str = "") -> None:
        """Record a call that was sent. created: id of the task that it created, "" for none."""
        if created:
            self.task_ids.append(created)
        self.calls.append(LoggedCall(user, exchange, len(self.task_ids) if created else 0))

    def expect(
        self, exchange: Exchange, pointer: str, expected: Expected, *, must_match: bool = True
    ) -> None:
        """Raises ModelMismatch if the value at the pointer is not one of `expected`, or with
        must_match=False if it is one of them. MISSING: the answer has no such value."""
        if exchange is not self._parsed[0]:
            self._parsed = exchange, exchange.value
        got = value_of(exchange, pointer, self._parsed[1])
        if isinstance(expected, TaskTime):
            holds = expected.matches(got)
        elif isinstance(expected, SameAs):
            holds = got == value_of(expected.exchange, expected.pointer)
        else:
            holds = any(got is one or (got == one and type(got) is type(one)) for one in expected)
        if holds != must_match:
            self.mismatch = ModelMismatch(self, exchange, pointer, expected, must_match)
            raise self.mismatch


def value_of(exchange: Exchange, pointer: str, value: Any = MISSING) -> Any:
    """The value at a JSON pointer of the answer, or at `#status`, `#header/NAME`, POINTER/#names or
    POINTER/#type. MISSING if there is none. value: the parsed answer, if it was parsed before."""
    if pointer.startswith("#"):
        return answer_at(exchange, pointer)
    whole = exchange.value if value is MISSING else value
    node = value_at(whole, parts_of(pointer.removesuffix(NAMES).removesuffix(TYPE)))
    if node is MISSING:
        return MISSING
    if pointer.endswith(TYPE):
        return TYPES[type(node)]
    return ", ".join(sorted(node)) if pointer.endswith(NAMES) and isinstance(node, dict) else node


def _as_text(expected: Expected) -> str:
    if isinstance(expected, TaskTime):
        local = datetime.fromtimestamp(expected.epoch, UTC) + timedelta(hours=8)
        return local.strftime(TIME_FORMAT)[:-3]
    if isinstance(expected, SameAs):
        return shown(value_of(expected.exchange, expected.pointer))
    return " or ".join(sorted(map(shown, expected))) or "another value"
