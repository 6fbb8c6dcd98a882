"""Formats and parses times as the service writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from functools import lru_cache

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
