"""Reasons to refuse a request before an application receives it."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """The kind of refusal; its value is the status of the answer."""

    BROKEN = 400
    TIMEOUT = 408
    HEAD_TOO_LARGE = 431


class RequestRefused(Exception):
    """A request is invalid or arrives too slowly. The text is the reason; it contains no bytes of
    the client."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def broken(text: str) -> RequestRefused:
    """The error for a request that is not valid HTTP/1.1."""
    return RequestRefused(Reason.BROKEN, text)
