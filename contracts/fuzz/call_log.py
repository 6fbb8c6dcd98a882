"""A sequence of calls that went wrong, to be read and repeated: see reproduction.py. It sends
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
from contracts.verify.context import ASYNC

CUT = 0.001  # s: times are cut to the millisecond
CLOSE = 1e-5  # s by which a sum of floats may be off
FORM = "%Y-%m-%d %H:%M:%S.%f"  # of which three digits are shown
# Behind a pointer: the names of the fields there, in order; the JSON type of the value there.
NAMES, TYPE = "/#names", "/#type"
TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer",
         float: "number", type(None): "null"}  # fmt: skip


class Moment(Struct, frozen=True):
    """A time of a task (text in UTC+8, or epoch ms), cut to the millisecond: epoch s by the clock
    of that key."""

    who: str
    epoch: float

    def is_shown_by(self, value: Any) -> bool:
        """Whether a value of an answer is this time."""
        seen = value / 1000 if type(value) is int else epoch(value)
        return seen is not None and -CLOSE <= self.epoch - seen < CUT + CLOSE


class Same(Struct, frozen=True):
    """What an answer, this one or an earlier one, says at a pointer."""

    exchange: Exchange
    pointer: str


Expected = Collection[Any] | Moment | Same


class Call(Struct, frozen=True):
    """One step. who: whose key it has; "" where its headers are all there is. task: the number of
    the task that it created, 0 for none."""

    who: str
    exchange: Exchange
    task: int = 0


class Broken(AssertionError):
    """What was answered is not what the model allows. inside: whether `wanted` is what it should
    be, or what it should not be."""

    def __init__(
        self, sequence: Sequence, exchange: Exchange, pointer: str, wanted: Expected, inside: bool
    ) -> None:
        self.sequence = sequence
        self.exchange = exchange
        self.pointer = pointer
        self.wanted = wanted
        self.inside = inside
        got = shown(look(exchange, pointer)) if exchange.status else f"none: {exchange.answer}"
        expected = _told(wanted)
        self.text = f"at {pointer} expected {'' if inside else 'not '}{expected}, got {got}"
        super().__init__(f"{exchange.method} {exchange.url}: {self.text}")


class Sequence:
    """The calls of one run, in order. epochs: by key, the time at which its clock was stopped; ids:
    of the tasks, in order of creation."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.epochs: dict[str, float] = {}
        self.ids: list[str] = []
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
        exchange = self._sent(provider, key, "POST", path, body, {ASYNC: "enable", **headers})
        self.add(exchange, key.rpartition("-")[2], str(at(exchange, "/output/task_id")))
        return exchange

    def add(self, exchange: Exchange, who: str, created: str = "") -> None:
        """Remember a call that was sent, and the id of the task that it created."""
        if created:
            self.ids.append(created)
        self.calls.append(Call(who, exchange, len(self.ids) if created else 0))

    def expect(
        self, exchange: Exchange, pointer: str, expected: Expected, *, inside: bool = True
    ) -> None:
        """Raises Broken where what stands at the pointer is not (or, unless inside, is) one of
        these. MISSING is nothing there."""
        if exchange is not self._read[0]:
            self._read = exchange, exchange.value
        got = look(exchange, pointer, self._read[1])
        if isinstance(expected, Moment):
            holds = expected.is_shown_by(got)
        elif isinstance(expected, Same):
            holds = got == look(expected.exchange, expected.pointer)
        else:
            holds = any(got is one or (got == one and type(got) is type(one)) for one in expected)
        if holds != inside:
            raise Broken(self, exchange, pointer, expected, inside)

    def _sent(
        self, to: Provider, key: str, method: str, path: str, body: str, headers: dict[str, str]
    ) -> Exchange:
        url = to.origin + path if path.startswith("/__mock__/") else path
        sent = {"Content-Type": "application/json"} if body else {}
        return to.send(method, url, body=body or None, headers={**sent, **headers}, key=key)


def look(exchange: Exchange, pointer: str, value: Any = MISSING) -> Any:
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


def _told(wanted: Expected) -> str:
    if isinstance(wanted, Moment):
        return f"{datetime.fromtimestamp(wanted.epoch, UTC) + timedelta(hours=8):{FORM}}"[:-3]
    if isinstance(wanted, Same):
        return shown(look(wanted.exchange, wanted.pointer))
    return " or ".join(sorted(map(shown, wanted))) or "nothing that is documented"
