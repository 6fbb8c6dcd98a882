"""A log of calls that went wrong, to be read and repeated: see reproduction.py. It sends
what it is told, remembers, and compares; what to expect is decided by others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from contracts.provider.exchange import Exchange, at, shown
from contracts.provider.http import Provider
from contracts.spec.pointers import MISSING, parts_of, value_at
from contracts.verify.checks.lifecycle import epoch
from contracts.verify.context import ASYNC_HEADER

RESOLUTION = 0.001  # s: times are cut to the millisecond
CLOSE = 1e-5  # s by which a sum of floats may be off
TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f"  # of which three digits are shown
# Behind a pointer: the names of the fields there, in order; the JSON type of the value there.
NAMES, TYPE = "/#names", "/#type"
TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer",
         float: "number", type(None): "null"}  # fmt: skip


class TaskTime(Struct, frozen=True):
    """A time of a task (text in UTC+8, or epoch ms), cut to the millisecond: epoch s by the clock
    of that key."""

    user: str
    epoch: float

    def matches(self, value: Any) -> bool:
        """Whether a value of an answer is this time."""
        seen = value / 1000 if type(value) is int else epoch(value)
        return seen is not None and -CLOSE <= self.epoch - seen < RESOLUTION + CLOSE


class SameAs(Struct, frozen=True):
    """What an answer, this one or an earlier one, says at a pointer."""

    exchange: Exchange
    pointer: str


Expected = Collection[Any] | TaskTime | SameAs


class LoggedCall(Struct, frozen=True):
    """One step. user: whose key it has; "" where its headers are all there is. task: the number of
    the task that it created, 0 for none."""

    user: str
    exchange: Exchange
    task: int = 0


class ModelMismatch(AssertionError):
    """An answer that the model does not allow. must_match: whether the value at the pointer must be
    one of `expected`, or must be none of them."""

    def __init__(
        self, log: CallLog, exchange: Exchange, pointer: str, wanted: Expected, must_match: bool
    ) -> None:
        self.log = log
        self.exchange = exchange
        self.pointer = pointer
        self.expected = wanted
        self.must_match = must_match
        got = shown(value_of(exchange, pointer)) if exchange.status else f"none: {exchange.answer}"
        expected = _as_text(wanted)
        self.text = f"at {pointer} expected {'' if must_match else 'not '}{expected}, got {got}"
        super().__init__(f"{exchange.method} {exchange.url}: {self.text}")


class CallLog:
    """The calls of one run, in order. epochs: by key, the time at which its clock was stopped; ids:
    of the tasks, in order of creation."""

    def __init__(self) -> None:
        self.calls: list[LoggedCall] = []
        self.epochs: dict[str, float] = {}
        self.task_ids: list[str] = []
        self._read: tuple[Exchange | None, Any] = None, None  # an answer is looked at many times

    def send(
        self, provider: Provider, key: str, method: str, path: str, body: str = "", **headers: str
    ) -> Exchange:
        """Send a call and remember it. key: PREFIX-WHO."""
        exchange = self._sent(provider, key, method, path, body, headers)
        self.add(exchange, key.rpartition("-")[2])
        return exchange

    def create(
        self, provider: Provider, key: str, path: str, body: str, **headers: str
    ) -> Exchange:
        """Send a create call; its task gets the next number."""
        exchange = self._sent(
            provider, key, "POST", path, body, {ASYNC_HEADER: "enable", **headers}
        )
        self.add(exchange, key.rpartition("-")[2], str(at(exchange, "/output/task_id")))
        return exchange

    def add(self, exchange: Exchange, user: str, created: str = "") -> None:
        """Remember a call that was sent, and the id of the task that it created."""
        if created:
            self.task_ids.append(created)
        self.calls.append(LoggedCall(user, exchange, len(self.task_ids) if created else 0))

    def expect(
        self, exchange: Exchange, pointer: str, expected: Expected, *, must_match: bool = True
    ) -> None:
        """Raises ModelMismatch if the value at the pointer is not one of `expected`, or with
        must_match=False if it is one of them. MISSING: the answer has no such value."""
        if exchange is not self._read[0]:
            self._read = exchange, exchange.value
        got = value_of(exchange, pointer, self._read[1])
        if isinstance(expected, TaskTime):
            holds = expected.matches(got)
        elif isinstance(expected, SameAs):
            holds = got == value_of(expected.exchange, expected.pointer)
        else:
            holds = any(got is one or (got == one and type(got) is type(one)) for one in expected)
        if holds != must_match:
            raise ModelMismatch(self, exchange, pointer, expected, must_match)

    def _sent(
        self, to: Provider, key: str, method: str, path: str, body: str, headers: dict[str, str]
    ) -> Exchange:
        url = to.origin + path if path.startswith("/__mock__/") else path
        sent = {"Content-Type": "application/json"} if body else {}
        return to.send(method, url, body=body or None, headers={**sent, **headers}, key=key)


def value_of(exchange: Exchange, pointer: str, value: Any = MISSING) -> Any:
    """What stands at a JSON pointer of the answer, at `#status`, `#header/NAME`, POINTER/#names or
    POINTER/#type; MISSING. value: the answer's, where it was read before."""
    if pointer.startswith("#"):
        return at(exchange, pointer)
    whole = exchange.value if value is MISSING else value
    node = value_at(whole, parts_of(pointer.removesuffix(NAMES).removesuffix(TYPE)))
    if node is MISSING:
        return MISSING
    if pointer.endswith(TYPE):
        return TYPES[type(node)]
    return ", ".join(sorted(node)) if pointer.endswith(NAMES) and isinstance(node, dict) else node


def _as_text(wanted: Expected) -> str:
    if isinstance(wanted, TaskTime):
        return f"{datetime.fromtimestamp(wanted.epoch, UTC) + timedelta(hours=8):{TIME_FORMAT}}"[
            :-3
        ]
    if isinstance(wanted, SameAs):
        return shown(value_of(wanted.exchange, wanted.pointer))
    return " or ".join(sorted(map(shown, wanted))) or "nothing that is documented"
