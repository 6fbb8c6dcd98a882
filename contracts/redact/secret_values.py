"""Extracts secrets from values that contain some: Authorization headers, cookies, URLs with a
password. Callers decide which values those are."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import unquote

_SCHEMES = re.compile(r"(?i)\s*(?:(?:bearer|basic|digest|token|apikey|api-key|key)(?:\s+|:|%20))+")
# A name begins only where no other one does, and a value ends without backtracking: a cookie of
# 64 KiB is read once, not once from each of its characters.
_PARAMETER = re.compile(r"(?<![\w.-])[\w.-]+=(?:\"([^\"]+)\"|([^\",;]+))")
# The user and the password of a URL, which is escaped if the URL is a part of another one.
USER_OF_URL = re.compile(
    r"((?::|%(?:25)*3[Aa])(?:(?:\\|%(?:25)*5[Cc])*(?:/|%(?:25)*2[Ff])){2})"
    r"([^\s\"'<>/\\?#&]{1,300})(@|%(?:25)*40)"
)


def secrets_of(value: str) -> Iterator[str]:
    """All possible secrets in the value of a header: the whole value, each of several values, a key
    without its scheme and without the scenario at its end, cookies, user and password of Basic."""
    yield value.strip()
    for item in re.split("[,;]", value):
        key = _without_schemes(item.strip())
        yield from (key, key.partition("+")[0], key.partition(".")[0], *key.split())
        yield from _pair(key)
    yield from (found[1] or found[2] for found in _PARAMETER.finditer(value))


def secrets_of_url(url: str) -> Iterator[str]:
    """The users and passwords of the URLs in a text, as written and with percent-encoding
    undone."""
    for found in USER_OF_URL.finditer(url):
        for part in (found[2], *found[2].split(":", 1)):
            yield from (part, unquote(part))


def _without_schemes(item: str) -> str:
    scheme = _SCHEMES.match(item)
    return item[scheme.end() :] if scheme else item


def _pair(coded: str) -> Iterator[str]:
    """User and password of Basic authentication, together and separately."""
    try:
        pair = b64decode(coded, validate=True).decode("latin-1")
    except ValueError:
        return
    yield from (pair, *pair.partition(":")[::2])
