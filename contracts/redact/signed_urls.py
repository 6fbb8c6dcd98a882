"""Finds signatures in URLs: by the names in secret_names.py, or by their form. Some services sign
with a short name (imgix `s`, Discord `hm`) or in the path (Cloudinary `/s--…--/`, Oracle `/p/…/n/`,
CDNs `/TIME/HASH/`)."""

from __future__ import annotations

import re

from contracts.redact.secret_names import SIGNED_NAMES

# A word begins here: not after a letter, except the last letter of an escape.
START = (
    r"(?:(?<![A-Za-z0-9_-])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})"
    r"|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2})|(?<=%2525[0-9A-Fa-f]{2}))"
)
# A name of SIGNED_NAMES begins here. Checking its first character first makes the search in a long
# text without words, such as a megabyte of brackets, five times as fast.
NAME_STARTS = rf"(?=[\w-]){START}"
# Characters of a URL, which are escaped if the URL is a part of another one or of JSON. The number
# of backslashes is bounded: else a text of backslashes would be read again from each of them.
_SLASH, _AND = r"(?:\\{0,8}/|%(?:25)*2[Ff])", r"%(?:25)*26|\\u0026"
ASSIGNED = re.compile(
    rf"({NAME_STARTS}{SIGNED_NAMES}(?:__|\[\w*\]|%5[Bb]\w*%5[Dd])?(?:=|%(?:25)*3[Dd]|\\u003[Dd]))((?:(?!{_AND})[^&\s\"'<>\\#])+)"
)
# Short names count only in a query, and with a long random value.
SHORT = re.compile(
    rf"((?:[?&;#]|{_AND}|%(?:25)*3[Ff])(?:ik-s|s|hm|oh|md5|hash|verify|key\d?)(?:=|%(?:25)*3[Dd]"
    r"|\\u003[Dd]))((?=[A-Za-z_~=-]{0,99}\d)[\w~=-]{16,})",
    re.IGNORECASE | re.ASCII,
)
# Signatures in a path.
IN_PATH = re.compile(
    rf"({_SLASH}s--)([\w-]{{8,64}})(?=--{_SLASH})"
    rf"|({_SLASH}p{_SLASH})([\w-]{{16,}})(?={_SLASH}n{_SLASH})"
    rf"|({_SLASH}(?:\d{{10}}|\d{{12}}|[0-9a-f]{{8}}){_SLASH})([0-9a-f]{{32}})(?={_SLASH})"
    rf"|({_SLASH})([0-9a-f]{{32}})(?={_SLASH}[0-9a-f]{{8}}{_SLASH})",
    re.ASCII,
)


def redact_signatures(text: str, replacement: str) -> str:
    """The text with `replacement` in place of each signature of a URL."""
    text = ASSIGNED.sub(rf"\1{replacement}", text)
    text = SHORT.sub(rf"\1{replacement}", text)
    return IN_PATH.sub(lambda found: next(filter(None, found.groups())) + replacement, text)
