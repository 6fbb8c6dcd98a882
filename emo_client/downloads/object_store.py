"""Reads the error of an object store that refuses a video, and the expiry of a signed URL."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

import httpx

from emo_client.decoding.answers import excerpt, reason, request_id
from emo_client.decoding.charset import readable

# Vendors whose signed URLs have VENDOR-Date and VENDOR-Expires, seconds from that date.
_VENDORS = ("x-oss", "x-amz", "x-goog", "x-tos", "x-obs", "x-bce")
_MISSING = ("", "NoSuchKey", "NoSuchObject", "BlobNotFound")
_LAST = 253402300799.0  # the end of the year 9999, epoch s


class Refusal(NamedTuple):
    """The code and message in an object store's XML, JSON or HTML error; empty without them."""

    status: int
    code: str
    message: str
    request_id: str | None

    @classmethod
    def of(cls, answer: httpx.Response) -> Self:
        """Parse the error in an answer."""
        page = readable(answer.content, answer.headers.get("content-type", ""))
        other = reason(answer)
        code, message = _tag("Code", page) or other.code, _tag("Message", page) or other.message
        message = message or ("" if code else excerpt(answer))
        named = _tag("RequestId", page) or answer.headers.get("x-oss-request-id")
        return cls(answer.status_code, code, message, named or request_id(answer))

    def has_expired(self) -> bool:
        """Whether the error shows that the URL or the object has expired."""
        names_it = "expired" in f"{self.code} {self.message}".lower()
        return self.status == 410 or (names_it and self.status < 500)

    def is_missing(self) -> bool:
        """Whether the object does not exist, or does not exist yet."""
        return self.status == 404 and self.code in _MISSING


def expiry(url: str) -> float | None:
    """The expiry of a signed URL, epoch s; None if the URL has none."""
    query = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
    return next(_expiries(query), None)


def is_over(url: str, answer: httpx.Response, now: float) -> bool:
    """Whether the URL has expired, by the Date header of the store if the answer has one."""
    end = expiry(url)
    with suppress(ValueError, OverflowError):
        now = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    return end is not None and end <= now


def way_on(refusal: Refusal, url: str) -> str:
    """Advice on an error for a URL that has not expired, as far as known."""
    end = expiry(url)
    valid = "" if end is None else f"its URL is valid until {_shown(end)}"
    if not refusal.is_missing():
        return valid
    if valid:
        return f"{valid}, but the store does not have the video, or not yet: try again"
    return "the store does not have the video yet, or no longer: it is kept for 24 h"


def _expiries(query: dict[str, str]) -> Iterator[float]:
    for vendor in _VENDORS:
        begin = _moment(query.get(f"{vendor}-date", ""))
        lasts = query.get(f"{vendor}-expires", "")
        if begin is not None and lasts.isdecimal():
            yield min(begin + float(lasts), _LAST)
    cos = query.get("q-sign-time", "").partition(";")[2]
    for value in (query.get("expires", ""), cos, query.get("e", "")):
        if value.isdecimal() and len(value) < 20:
            yield min(float(value) / (1000 if len(value) > 11 else 1), _LAST)
    if (end := _moment(query.get("se", ""))) is not None:  # Azure
        yield end


def _moment(text: str) -> float | None:
    """Epoch s of `20261127T080000Z` or `2026-11-27T08:00:00Z`; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _shown(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def _tag(name: str, xml: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", xml)
    return found[1].strip() if found else ""
