"""Limits calls per second with token buckets. Pure; time is an argument."""

from __future__ import annotations

from msgspec import Struct

# Floats of epoch seconds have 7 decimals: a call that is this little too early is accepted.
SLACK = 1e-6


class Bucket(Struct, frozen=True, gc=False):
    """tokens: available at the time `at` (the tenant's time, epoch s)."""

    tokens: float
    at: float


def take(bucket: Bucket | None, per_second: float, now: float) -> Bucket | None:
    """The bucket after taking one token, or None if it is empty.

    bucket: None for a new one, which is full. A full bucket has the tokens of one second."""
    full = max(per_second, 1.0)
    held = full if bucket is None else _held(bucket, per_second, now)
    held = min(held, full)
    return Bucket(held - 1.0, now) if held + per_second * SLACK >= 1.0 else None


def _held(bucket: Bucket, per_second: float, now: float) -> float:
    return bucket.tokens + per_second * max(0.0, now - bucket.at)
