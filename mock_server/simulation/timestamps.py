"""How values look on the wire: times as the service writes them, examples filled in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from functools import lru_cache
from typing import Any

ZONE = timezone(timedelta(hours=8))  # CNB: the body's times against the date header
ZONE_TEXT = "+08:00"  # for people; the service itself leaves it out
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=16384)
def wire_time(epoch: float) -> str:
    """`yyyy-MM-dd HH:mm:ss.SSS` in UTC+8, cut to the millisecond."""
    seconds, rest = divmod(millis(epoch), 1000)
    return f"{_second(seconds)}.{rest:03d}"


@lru_cache(maxsize=4096)
def _second(epoch: int) -> str:
    return f"{datetime.fromtimestamp(epoch, ZONE):%Y-%m-%d %H:%M:%S}"


def millis(epoch: float) -> int:
    """Epoch milliseconds, as lists write times. A float's last bits do not cost a millisecond."""
    return int(epoch * 1000 + 0.001)


def compact_time(text: str) -> float:
    """Epoch seconds of `YYYYMMDDhhmmss` in UTC+8. A day the month lacks is one of the next."""
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[8:10]), int(text[10:12]), int(text[12:14])
    start = datetime(year, month, 1, tzinfo=ZONE)
    rest = timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)
    return (start + rest - _EPOCH).total_seconds()


@lru_cache(maxsize=1024)
def http_date(epoch: int) -> bytes:
    """The value of a Date header."""
    return formatdate(epoch, usegmt=True).encode()


def template(example: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """From facts to a copy of the example in which each field that they know by name, at any depth,
    has that value.

    It is written as Python and compiled, as dataclasses are: this is on the way of every answer,
    and nothing makes a dict faster than its display."""
    code = f"lambda facts: (lambda fact: {_display(example)})(facts.get)"
    return eval(code)  # type: ignore[no-any-return]  # noqa: S307 (repr of the spec's own JSON)


def _display(example: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name!r}: {_value(name, v)}" for name, v in example.items()) + "}"


def _value(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"facts[{name!r}] if {name!r} in facts else {_display(value)}"
    return f"fact({name!r}, {value!r})"
