"""How values look on the wire: times as the service writes them, named examples filled with facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from functools import lru_cache
from typing import Any

ZONE = timezone(timedelta(hours=8))  # CNB: the body's times against the date header
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=65536)
def wire_time(epoch: float) -> str:
    """`yyyy-MM-dd HH:mm:ss.SSS` in UTC+8, cut to the millisecond."""
    seconds, rest = divmod(millis(epoch), 1000)
    return f"{datetime.fromtimestamp(seconds, ZONE):%Y-%m-%d %H:%M:%S}.{rest:03d}"


def millis(epoch: float) -> int:
    """Epoch milliseconds, as lists write times. A float's last bits do not cost a millisecond."""
    return int(epoch * 1000 + 0.001)


def compact_time(text: str) -> float:
    """Epoch seconds of `YYYYMMDDhhmmss` in UTC+8. A day that the month lacks runs on into the next."""
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[8:10]), int(text[10:12]), int(text[12:14])
    start = datetime(year, month, 1, tzinfo=ZONE)
    rest = timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)
    return (start + rest - _EPOCH).total_seconds()


@lru_cache(maxsize=1024)
def http_date(epoch: int) -> bytes:
    """The value of a Date header."""
    return formatdate(epoch, usegmt=True).encode()


def fill(example: Any, facts: dict[str, Any]) -> Any:
    """A copy of an example in which each field that `facts` knows by name has that value."""
    if not isinstance(example, dict):
        return example
    return {
        key: facts[key] if key in facts else fill(value, facts) for key, value in example.items()
    }
