"""How values look on the wire: times as the service writes them, examples filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from functools import lru_cache
from typing import Any

ZONE = timezone(timedelta(hours=8))  # CNB: the body's times against the date header
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


class Template:
    """An example to be filled with facts. Compiled once: this is on the way of every answer."""

    __slots__ = ("_fields", "_inner")

    def __init__(self, example: dict[str, Any]) -> None:
        self._fields = list(example.items())
        self._inner = [(k, Template(v)) for k, v in example.items() if isinstance(v, dict)]

    def fill(self, facts: dict[str, Any]) -> dict[str, Any]:
        """A copy in which each field that `facts` knows by name, at any depth, has that value."""
        filled = {key: facts.get(key, value) for key, value in self._fields}
        for key, template in self._inner:
            if key not in facts:
                filled[key] = template.fill(facts)
        return filled
