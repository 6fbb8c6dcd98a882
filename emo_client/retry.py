"""Computes the pause before the next try. Pure: the time and random numbers are arguments."""

import math
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from emo_client.errors import ConnectionFailed
from emo_client.exchange import Outcome

FIRST = 0.5  # seconds, before jitter
LONGEST = 15.0  # the pause between polls that the sibling pages advise for video (S2V, EMOJI)
TRIES = 4  # the first and three more
LONGEST_RETRY_AFTER = 60.0  # seconds; a longer Retry-After ends the tries with an error


def delay(
    attempt: int,
    outcome: Outcome,
    random: Callable[[], float],
    *,
    now: float,
    safe: bool = True,
    tries: float = TRIES,
    longest: float = LONGEST_RETRY_AFTER,
) -> float | None:
    """The seconds until the same request is sent again, or None for no further try.

    attempt: the number of tries so far, from 1. now: seconds since 1970, for a Retry-After that is
    a date. safe: whether the service may get the request twice; otherwise it is repeated only if it
    certainly did not arrive. longest: the longest Retry-After to respect, in seconds. tries and
    longest are math.inf for a caller with its own deadline.
    """
    if attempt >= tries:
        return None
    if isinstance(outcome, ConnectionFailed):
        return backoff(attempt, random) if safe or not outcome.may_have_arrived else None
    if not safe or not transient(outcome.status_code):
        return None
    asked = retry_after(outcome.headers, now)
    if asked is None:
        return backoff(attempt, random)
    return max(asked, backoff(1, random)) if asked <= longest else None


def transient(status: int) -> bool:
    """Whether a later try may be answered otherwise: 408, 429 or 5xx."""
    return status in (408, 429) or status >= 500


def backoff(attempt: int, random: Callable[[], float]) -> float:
    """The pause after a failed try: 0.5, 1, 2 … at most 15 s, less a random share of up to 1/2."""
    return _grown(2.0, attempt) * (1.0 - random() / 2)


def pause(polls: int, random: Callable[[], float]) -> float:
    """The pause after a number of polls (from 1): 0.5 to 15 s, less a random share of up to 1/5."""
    return _grown(1.5, polls) * (1.0 - random() / 5)


def _grown(factor: float, count: int) -> float:
    return min(LONGEST, FIRST * math.pow(factor, min(count - 1, 20)))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds of a Retry-After header, 0 or more; None without a valid header.

    No recorded answer of DashScope has the header, but a proxy may add it (RFC 9110).
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,15}(\.\d+)?", value, re.ASCII):  # more digits cannot be a time
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
