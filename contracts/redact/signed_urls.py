"""Finds the signature of a URL, by the names of secret_names.py or by its form: some sign
with a short name (imgix `s`, Discord `hm`), or in the path (Cloudinary `/s--…--/`, Oracle
`/p/…/n/`, CDNs `/TIME/HASH/`)."""

from __future__ import annotations

import re

from contracts.redact.secret_names import SIGNED_NAMES

# A word begins here: behind no letter, or behind an escape, whose last character is no part of it.
START = (
    r"(?:(?<![A-Za-z0-9_-])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})"
    r"|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2})|(?<=%2525[0-9A-Fa-f]{2}))"
)
# A name of SIGNED_NAMES begins here. That its first character is asked for first makes a long text
# without words, such as a megabyte of brackets, five times as quick to look through.
NAME_STARTS = rf"(?=[\w-]){START}"
# A character of a URL, which may be escaped where the URL is in another one, or in JSON.
# Backslashes are counted: a text of nothing else would be read again from each of them.
_SLASH, _AND = r"(?:\\{0,8}/|%(?:25)*2[Ff])", r"%(?:25)*26|\\u0026"
ASSIGNED = re.compile(
    rf"({NAME_STARTS}{SIGNED_NAMES}(?:__|\[\w*\]|%5[Bb]\w*%5[Dd])?(?:=|%(?:25)*3[Dd]|\\u003[Dd]))((?:(?!{_AND})[^&\s\"'<>\\#])+)"
)
# Names too short to tell anything by themselves: only in a query, and before a long random value.
SHORT = re.compile(
    rf"((?:[?&;#]|{_AND}|%(?:25)*3[Ff])(?:ik-s|s|hm|oh|md5|hash|verify|key\d?)(?:=|%(?:25)*3[Dd]"
    r"|\\u003[Dd]))((?=[A-Za-z_~=-]{0,99}\d)[\w~=-]{16,})",
    re.IGNORECASE | re.ASCII,
)
# Signatures that are a part of the path.
IN_PATH = re.compile(
    rf"({_SLASH}s--)([\w-]{{8,64}})(?=--{_SLASH})"
    rf"|({_SLASH}p{_SLASH})([\w-]{{16,}})(?={_SLASH}n{_SLASH})"
    rf"|({_SLASH}(?:\d{{10}}|\d{{12}}|[0-9a-f]{{8}}){_SLASH})([0-9a-f]{{32}})(?={_SLASH})"
    rf"|({_SLASH})([0-9a-f]{{32}})(?={_SLASH}[0-9a-f]{{8}}{_SLASH})",
    re.ASCII,
)


def redact_signatures(text: str, mask: str) -> str:
    """The text with a mask for each signature of a URL."""
    text = ASSIGNED.sub(rf"\1{mask}", text)
    text = SHORT.sub(rf"\1{mask}", text)
    return IN_PATH.sub(lambda found: next(filter(None, found.groups())) + mask, text)
