"""Finds secrets in a text by their look, replaces them, and reports those that are left. It knows
no key by itself and decides nothing about calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from msgspec import Struct

from contracts.redact.secret_names import SIGNED_NAMES, is_secret_name
from contracts.redact.signed_urls import (
    ASSIGNED,
    IN_PATH,
    NAME_STARTS,
    SHORT,
    START,
    redact_signatures,
)
from contracts.spec.pointers import pointer_of

PLACEHOLDER = "REDACTED"
KEY_PLACEHOLDER = f"sk-{PLACEHOLDER}"
BRIEF, REMEMBERED = 64, 1 << 15  # characters of a text that is its own mark; marks remembered
SHORTEST = 8  # characters of a key that is looked for anywhere: a shorter one is part of words

_FIELD = re.compile(rf"({NAME_STARTS}{SIGNED_NAMES}\\*[\"']\s*:\s*)(\\*\"[^\"\\]+|\\*'[^'\\]+|\d+)")
# Of a multipart form, whose parts have few headers (without a bound, a text of nothing but such
# lines takes minutes), and of XML.
_PART = re.compile(
    rf"(name=\"{SIGNED_NAMES}\"[^\r\n]*(?:\r?\n[^\r\n]+){{0,8}}\r?\n\r?\n)([^\r\n]+)"
)
_ELEMENT = re.compile(rf"(<{SIGNED_NAMES}>)([^<]+)")
_BEARER = re.compile(
    r"(?i:\b(bearer(?:\s|%20|\+)+))((?=[A-Za-z0-9._~+/-]{0,400}\d)[A-Za-z0-9._~+/=-]{8,})"
)
# Access key ids of Alibaba Cloud and the tokens of its STS; of AWS, Tencent Cloud and Volcengine.
_ACCESS_KEY = re.compile(
    r"\b(?:LTAI[A-Za-z0-9]{12,}|STS\.[A-Za-z0-9]{8,}|A[KS]IA[A-Z0-9]{16}\b|AKID[A-Za-z0-9]{28,}"
    r"|AKLT[A-Za-z0-9]{20,})"
)
# A user's password before the host of a URL.
_PASSWORD = re.compile(r"(:(?:\\?/){2}[^\s\"'<>/@:\\]{0,100}:)([^\s\"'<>/\\]{1,200})(?=@)")
# The same in a URL that is escaped inside of another.
_PASSWORD_ESCAPED = re.compile(
    r"(%(?:25)*3[Aa](?:%(?:25)*2[Ff]){2}[\w.~-]{0,100}%(?:25)*3[Aa])"
    r"((?:(?!%(?:25)*(?:2[Ff]|40))[\w.~%+!*-]){1,200}?)(?=%(?:25)*40)"
)
# A JSON Web Token, `{"` in base64 at the beginning of its first two parts.
_JWT = re.compile(START + r"eyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]{4,}")


def _spelled(char: str) -> str:
    """A pattern for a character as it is, percent-encoded once or more, or as JSON's escape."""
    return rf"(?:{re.escape(char)}|(?i:%(?:25)*{ord(char):02x}|\\u00{ord(char):02x}))"


_KEY_CHARACTER = (
    r"(?:[A-Za-z0-9_-]|(?i:(?:%(?:25)*|\\u00)(?:2d|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|4f|6f)))"
)
_SK = "".join(map(_spelled, "sk-"))
# Keys of workspaces have dots; one at the end of a sentence is none of a key.
_IN_KEY = rf"(?:{_KEY_CHARACTER}|\.(?=[A-Za-z0-9_-]))"
_KEY = re.compile(rf"{START}(?:{_SK}{_IN_KEY}{{3,}}|st-{_IN_KEY}{{16,}})")
# Inside of a word too, where it is as long as real ones are; `task-` is what ids begin with.
_LONG_KEY = re.compile(r"(?<![Tt][Aa])sk-[A-Za-z0-9]{24,}")


class Leak(Struct, frozen=True):
    """Something that looks like a secret. place: a JSON pointer. It is not shown itself."""

    place: str
    kind: str


def cleaned(text: str) -> str:
    """The text with placeholders for all that looks like a secret. Cleaning it again changes
    nothing, and costs next to nothing where nothing was found before."""
    mark = text if len(text) <= BRIEF else sha256(text.encode("utf-8", "surrogatepass")).digest()
    if mark in _clean:
        return text
    found = _cleaned(text)
    if found == text:
        if len(_clean) >= REMEMBERED:
            _clean.clear()
        _clean.add(mark)
    return found


_clean: set[str | bytes] = set()  # texts in which nothing is found; of long ones their hash


def _cleaned(text: str) -> str:
    text = _KEY.sub(KEY_PLACEHOLDER, text)
    text = _LONG_KEY.sub(KEY_PLACEHOLDER, text)
    text = _ACCESS_KEY.sub(PLACEHOLDER, text)
    text = _PASSWORD.sub(rf"\1{PLACEHOLDER}", text)
    text = _PASSWORD_ESCAPED.sub(rf"\1{PLACEHOLDER}", text)
    text = _JWT.sub(PLACEHOLDER, text)
    text = redact_signatures(text, PLACEHOLDER)
    text = _FIELD.sub(_field, text)
    text = _PART.sub(rf"\1{PLACEHOLDER}", text)
    text = _ELEMENT.sub(rf"\1{PLACEHOLDER}", text)
    return _BEARER.sub(_bearer, text)


def _field(found: re.Match[str]) -> str:
    value = found[2]
    if value.isdigit():
        return f"{found[1]}0"
    quote = value[: len(value) - len(value.lstrip("\\")) + 1]
    return f"{found[1]}{quote}{PLACEHOLDER}"


def _bearer(found: re.Match[str]) -> str:
    return found[0] if found[2].startswith(KEY_PLACEHOLDER) else f"{found[1]}{PLACEHOLDER}"


def cleaned_value(value: Any) -> Any:
    """A JSON value, cleaned: its texts, the names of its fields, the values of secret ones."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [cleaned_value(item) for item in value]
    if isinstance(value, dict):
        return {cleaned(name): _cleaned_field(name, item) for name, item in value.items()}
    return value


def _cleaned_field(name: str, value: Any) -> Any:
    return _hidden(value) if is_secret_name(name) else cleaned_value(value)


def _hidden(value: Any) -> Any:
    """A secret: every text and number in it has a placeholder."""
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    if isinstance(value, dict):
        return {cleaned(name): _hidden(item) for name, item in value.items()}
    if isinstance(value, bool | None):
        return value
    return placeholder_of(value) if isinstance(value, str) else 0


def placeholder_of(value: str) -> str:
    """What stands for a secret value: of a key that it is one, and how it was sent. Of several
    values, as HTTP joins them, one for each."""
    if ", " in value:
        return ", ".join(map(placeholder_of, value.split(", ")))
    if not value.strip():
        return value
    scheme, space, rest = value.strip().partition(" ")
    shown = KEY_PLACEHOLDER if (rest or scheme).lower().startswith("sk-") else PLACEHOLDER
    return f"{scheme}{space}{shown}" if scheme.lower() in _SCHEMES and rest else shown


_SCHEMES = ("bearer", "basic", "digest", "token")


def proved(value: Any) -> tuple[Any, list[Leak]]:
    """A JSON value that was cleaned, and the places that look like a secret all the same. In the
    value a placeholder stands for each of them; everything else is as it was."""
    leaks: list[Leak] = []
    return _proved(value, (), leaks), leaks


def _proved(value: Any, place: tuple[str | int, ...], leaks: list[Leak]) -> Any:
    if isinstance(value, str):
        kinds = [Leak(pointer_of(place), kind) for kind in _kinds(value)]
        leaks += kinds
        return PLACEHOLDER if kinds else value
    if isinstance(value, list):
        return [_proved(item, (*place, number), leaks) for number, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, item in value.items():
        here = (*place, name)
        if is_secret_name(name) and _cleaned_field(name, item) != item:
            leaks.append(Leak(pointer_of(here), "secret field"))
            item = PLACEHOLDER
        kept[_proved(name, here, leaks)] = _proved(item, here, leaks)
    return kept


def _kinds(text: str) -> Iterator[str]:
    """What kinds of secret a text holds."""
    if cleaned(text) == text:
        return
    for kind, pattern in _PATTERNS.items():
        if any(PLACEHOLDER not in found[0] for found in pattern.finditer(text)):
            yield kind


_PATTERNS = {
    "key": re.compile(f"{_KEY.pattern}|{_LONG_KEY.pattern}"),
    "access key": _ACCESS_KEY,
    "password of a URL": _PASSWORD,
    "password of an escaped URL": _PASSWORD_ESCAPED,
    "JSON Web Token": _JWT,
    "signed or secret parameter": ASSIGNED,
    "signature of a short name": SHORT,
    "signature in a path": IN_PATH,
    "secret field": _FIELD,
    "secret part of a form": _PART,
    "secret element": _ELEMENT,
    "bearer token": _BEARER,
}
