"""What is known of a result that an object store refuses: its answer, and until when the URL is
valid. Nothing here sends anything, or decides whether to ask again."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from emo_client.decoding.answers import excerpt, reason, request_id
from emo_client.decoding.charset import readable
from emo_client.exchange import HttpAnswer

# Vendors whose signed URLs have VENDOR-Date and VENDOR-Expires, seconds from that date.
_VENDORS = ("x-oss", "x-amz", "x-goog", "x-tos", "x-obs", "x-bce")
_MISSING = ("", "NoSuchKey", "NoSuchObject", "BlobNotFound")
_LAST = 253402300799.0  # the end of the year 9999, epoch s


class Refusal(NamedTuple):
    """What a store says in its XML or JSON, or a page its text; empty where it does not say."""

    status: int
    code: str
    message: str
    request_id: str | None

    @classmethod
    def of(cls, answer: HttpAnswer) -> Self:
        """Read it from an answer."""
        page = readable(answer.body, answer.headers.get("content-type", ""))
        other = reason(answer)
        code, message = _tag("Code", page) or other.code, _tag("Message", page) or other.message
        message = message or ("" if code else excerpt(answer))
        named = _tag("RequestId", page) or answer.headers.get("x-oss-request-id")
        return cls(answer.status, code, message, named or request_id(answer))

    def has_expired(self) -> bool:
        """Whether the store itself says that the URL or the object is over."""
        names_it = "expired" in f"{self.code} {self.message}".lower()
        return self.status == 410 or (names_it and self.status < 500)

    def is_missing(self) -> bool:
        """Whether there is no such object, now."""
        return self.status == 404 and self.code in _MISSING


def expiry(url: str) -> float | None:
    """Until when a signed URL is valid, epoch s; None where it does not say."""
    query = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
    return next(_expiries(query), None)


def is_over(url: str, answer: HttpAnswer, now: float) -> bool:
    """Whether the URL is no longer valid, by the store's clock where its answer has a Date."""
    end = expiry(url)
    with suppress(ValueError, OverflowError):
        now = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    return end is not None and end <= now


def way_on(refusal: Refusal, url: str) -> str:
    """What to do about a refusal of a URL that is not known to be over."""
    end = expiry(url)
    valid = "" if end is None else f"its URL is valid until {_shown(end)}"
    if not refusal.is_missing():
        return valid
    if valid:
        return f"{valid}, but the store does not have it, or not yet: try again"
    return "the store does not have it yet, or no longer: a result lives 24 h"


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
    """Epoch s of `20261127T080000Z` or `2026-11-27T08:00:00Z`, None of anything else."""
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
