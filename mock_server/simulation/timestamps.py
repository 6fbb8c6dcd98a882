"""Formats times as the service writes them, and compiles templates for response bodies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from functools import lru_cache
from typing import Any

ZONE = timezone(timedelta(hours=8))  # CNB: times in bodies, compared with the Date header
ZONE_TEXT = "+08:00"  # in texts for people; the service omits it
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=16384)
def format_time(epoch: float) -> str:
    """`yyyy-MM-dd HH:mm:ss.SSS` in UTC+8, cut to the millisecond."""
    seconds, rest = divmod(epoch_millis(epoch), 1000)
    return f"{_second(seconds)}.{rest:03d}"


@lru_cache(maxsize=4096)
def _second(epoch: int) -> str:
    return f"{datetime.fromtimestamp(epoch, ZONE):%Y-%m-%d %H:%M:%S}"


def epoch_millis(epoch: float) -> int:
    """Epoch milliseconds, as task lists contain them. Rounding errors do not lose a millisecond."""
    return int(epoch * 1000 + 0.001)


def parse_compact_time(text: str) -> float:
    """Epoch seconds of `YYYYMMDDhhmmss` in UTC+8. February 30 is a day in March."""
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
    """Compile an example body into a function that fills it in.

    The function takes facts by field name, and returns a copy of the example in which these fields,
    at any depth, have the values of the facts. It is compiled from Python source, as dataclasses
    are: every answer needs it, and a dict display is the fastest way to make a dict."""
    code = f"lambda facts: (lambda fact: {_display(example)})(facts.get)"
    return eval(code)  # type: ignore[no-any-return]  # noqa: S307 (repr of the spec's own JSON)


def _display(example: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name!r}: {_value(name, v)}" for name, v in example.items()) + "}"


def _value(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"facts[{name!r}] if {name!r} in facts else {_display(value)}"
    return f"fact({name!r}, {value!r})"
