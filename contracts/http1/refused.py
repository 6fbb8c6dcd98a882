"""Why a request is refused before any application sees it."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """Each with the status that answers it."""

    BROKEN = 400
    TIMEOUT = 408
    HEAD_TOO_LARGE = 431


class RequestRefused(Exception):
    """A request that cannot be read to its end. The text says why, without the client's bytes."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def broken(text: str) -> RequestRefused:
    """A request that is not valid HTTP/1.1."""
    return RequestRefused(Reason.BROKEN, text)
