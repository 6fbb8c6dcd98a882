"""In how many seconds to try again. Pure: time and chance are arguments; nothing here sleeps."""

import math
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from emo_client.exchange import HttpAnswer, NoAnswer

FIRST = 0.5  # seconds, before jitter
LONGEST = 15.0  # the pause between polls that the sibling pages advise for video (S2V, EMOJI)
TRIES = 4  # the first and three more
PATIENCE = 60.0  # a Retry-After beyond this is not slept through but told to the caller


def delay(
    attempt: int,
    outcome: HttpAnswer | NoAnswer,
    random: Callable[[], float],
    *,
    now: float,
    safe: bool = True,
    tries: float = TRIES,
    patience: float = PATIENCE,
) -> float | None:
    """In how many seconds to send the same call again, or None: not at all.

    attempt: how many were made, from 1. now: seconds since 1970, for a Retry-After that is a date.
    safe: whether the call may reach the service twice; if not, only one that surely did not arrive
    is sent again. tries, patience: math.inf for a caller that has a deadline of its own.
    """
    if attempt >= tries:
        return None
    if isinstance(outcome, NoAnswer):
        return backoff(attempt, random) if safe or not outcome.may_have_arrived else None
    if not safe or not transient(outcome.status):
        return None
    asked = retry_after(outcome.headers, now)
    if asked is None:
        return backoff(attempt, random)
    return max(asked, backoff(1, random)) if asked <= patience else None


def transient(status: int) -> bool:
    """Whether the same call may get another answer later."""
    return status in (408, 429) or status >= 500


def backoff(attempt: int, random: Callable[[], float]) -> float:
    """0.5, 1, 2 … at most 15 s, of which chance takes up to a half."""
    return _grown(2.0, attempt) * (1.0 - random() / 2)


def pause(polls: int, random: Callable[[], float]) -> float:
    """After so many polls, from 1: 0.5 to 15 s, of which chance takes up to a fifth."""
    return _grown(1.5, polls) * (1.0 - random() / 5)


def _grown(factor: float, count: int) -> float:
    return min(LONGEST, FIRST * math.pow(factor, min(count - 1, 20)))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """What a Retry-After header asks, in seconds from now, not negative; None when it says nothing.

    No capture of DashScope shows the header; whatever stands before it may send it (RFC 9110).
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,15}(\.\d+)?", value, re.ASCII):  # more digits are beyond any time
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
