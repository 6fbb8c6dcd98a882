"""Token buckets: how many calls a second are let through. Pure; time is an argument."""

from __future__ import annotations

from msgspec import Struct

# Epoch seconds are floats with 7 digits behind the point: what is so little early is in time.
SLACK = 1e-6


class Bucket(Struct, frozen=True, gc=False):
    """Tokens that are there at the time `at` (epoch s of the tenant)."""

    tokens: float
    at: float


def take(bucket: Bucket | None, per_second: float, now: float) -> Bucket | None:
    """The bucket with a token less, or None when there is none to take. A new one is full: it holds
    the tokens of one second, and what is not taken does not add up."""
    full = max(per_second, 1.0)
    held = full if bucket is None else _held(bucket, per_second, now)
    held = min(held, full)
    return Bucket(held - 1.0, now) if held + per_second * SLACK >= 1.0 else None


def _held(bucket: Bucket, per_second: float, now: float) -> float:
    return bucket.tokens + per_second * max(0.0, now - bucket.at)
