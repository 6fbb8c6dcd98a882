"""Takes the secrets out of values that are known to hold some: of Authorization, of cookies, of
URLs with a password. Decides nothing about where such values are."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import unquote

_SCHEMES = re.compile(r"(?i)\s*(?:(?:bearer|basic|digest|token|apikey|api-key|key)(?:\s+|:|%20))+")
# A name begins only where no other does, and a value ends without a second look: a cookie of 64 KiB
# is read once, not once from each of its characters.
_PARAMETER = re.compile(r"(?<![\w.-])[\w.-]+=(?:\"([^\"]+)\"|([^\",;]+))")
# The user and the password of a URL, which may be escaped where the URL is inside of another.
USER_OF_URL = re.compile(
    r"((?::|%(?:25)*3[Aa])(?:(?:\\|%(?:25)*5[Cc])*(?:/|%(?:25)*2[Ff])){2})"
    r"([^\s\"'<>/\\?#&]{1,300})(@|%(?:25)*40)"
)


def secrets_of(value: str) -> Iterator[str]:
    """All that may be a secret in the value of a header: the whole, each of several values, a key
    without its scheme and without the scenario at its end, cookies, the parts of Basic."""
    yield value.strip()
    for item in re.split("[,;]", value):
        key = _without_schemes(item.strip())
        yield from (key, key.partition("+")[0], key.partition(".")[0], *key.split())
        yield from _pair(key)
    yield from (found[1] or found[2] for found in _PARAMETER.finditer(value))


def secrets_of_url(url: str) -> Iterator[str]:
    """The users and the passwords of the URLs in a text: as they are there, and unescaped."""
    for found in USER_OF_URL.finditer(url):
        for part in (found[2], *found[2].split(":", 1)):
            yield from (part, unquote(part))


def _without_schemes(item: str) -> str:
    scheme = _SCHEMES.match(item)
    return item[scheme.end() :] if scheme else item


def _pair(coded: str) -> Iterator[str]:
    """Name and password of Basic."""
    try:
        pair = b64decode(coded, validate=True).decode("latin-1")
    except ValueError:
        return
    yield from (pair, *pair.partition(":")[::2])
