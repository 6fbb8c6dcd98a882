"""Finds secrets in a text by their form and replaces them. It does not know any key. Used for
recordings: strangers read them, so a key is also found inside of words and in escapes, and nothing
of it stays. Compiling its patterns takes 5 ms."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from contracts.redact.secret_names import SIGNED_NAMES, is_secret_name
from contracts.redact.signed_urls import (
    ASSIGNED,
    IN_PATH,
    NAME_STARTS,
    SHORT,
    START,
    redact_signatures,
)

PLACEHOLDER = "REDACTED"
KEY_PLACEHOLDER = f"sk-{PLACEHOLDER}"
# Texts without secrets are cached: up to 64 characters as they are, longer ones as a hash.
BRIEF, REMEMBERED = 64, 1 << 15
SHORTEST = 8  # characters of a key that is searched for everywhere: a shorter one occurs in words

_FIELD = re.compile(rf"({NAME_STARTS}{SIGNED_NAMES}\\*[\"']\s*:\s*)(\\*\"[^\"\\]+|\\*'[^'\\]+|\d+)")
# A part of a multipart form. Parts have few headers; without a bound for them, a text of only such
# lines takes minutes. Then an element of XML.
_PART = re.compile(
    rf"(name=\"{SIGNED_NAMES}\"[^\r\n]*(?:\r?\n[^\r\n]+){{0,8}}\r?\n\r?\n)([^\r\n]+)"
)
_ELEMENT = re.compile(rf"(<{SIGNED_NAMES}>)([^<]+)")
_BEARER = re.compile(
    r"(?i:\b(bearer(?:\s|%20|\+)+))((?=[A-Za-z0-9._~+/-]{0,400}\d)[A-Za-z0-9._~+/=-]{8,})"
)
# Access key ids and STS tokens of Alibaba Cloud, access key ids of AWS, Tencent Cloud, Volcengine.
_ACCESS_KEY = re.compile(
    r"\b(?:LTAI[A-Za-z0-9]{12,}|STS\.[A-Za-z0-9]{8,}|A[KS]IA[A-Z0-9]{16}\b|AKID[A-Za-z0-9]{28,}"
    r"|AKLT[A-Za-z0-9]{20,})"
)
# A password before the host of a URL.
_PASSWORD = re.compile(r"(:(?:\\?/){2}[^\s\"'<>/@:\\]{0,100}:)([^\s\"'<>/\\]{1,200})(?=@)")
# The same in an escaped URL inside another one.
_PASSWORD_ESCAPED = re.compile(
    r"(%(?:25)*3[Aa](?:%(?:25)*2[Ff]){2}[\w.~-]{0,100}%(?:25)*3[Aa])"
    r"((?:(?!%(?:25)*(?:2[Ff]|40))[\w.~%+!*-]){1,200}?)(?=%(?:25)*40)"
)
# A JSON Web Token: its first two parts begin with `{"` in base64.
_JWT = re.compile(START + r"eyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]{4,}")


def _pattern_of(char: str) -> str:
    """A pattern for a character: literal, percent-encoded once or more, or as a JSON escape."""
    return rf"(?:{re.escape(char)}|(?i:%(?:25)*{ord(char):02x}|\\u00{ord(char):02x}))"


_KEY_CHARACTER = (
    r"(?:[A-Za-z0-9_-]|(?i:(?:%(?:25)*|\\u00)(?:2d|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|4f|6f)))"
)
_SK = "".join(map(_pattern_of, "sk-"))
# Keys of workspaces contain dots; a dot at the end of a sentence is not a part of the key.
_IN_KEY = rf"(?:{_KEY_CHARACTER}|\.(?=[A-Za-z0-9_-]))"
_KEY = re.compile(rf"{START}(?:{_SK}{_IN_KEY}{{3,}}|st-{_IN_KEY}{{16,}})")
# Also inside a word, if it is as long as a real key; but not in `task-`, with which ids begin.
_LONG_KEY = re.compile(r"(?<![Tt][Aa])sk-[A-Za-z0-9]{24,}")


def redacted_text(text: str) -> str:
    """The text with placeholders for everything that looks like a secret. Texts without secrets are
    cached, so that doing it again is quick."""
    cache_key = (
        text if len(text) <= BRIEF else sha256(text.encode("utf-8", "surrogatepass")).digest()
    )
    if cache_key in _without_secrets:
        return text
    found = _redact(text)
    if found == text:
        if len(_without_secrets) >= REMEMBERED:
            _without_secrets.clear()
        _without_secrets.add(cache_key)
    return found


_without_secrets: set[str | bytes] = set()  # cached texts without secrets; of long ones the hash


def _redact(text: str) -> str:
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


def _same(number: Any) -> Any:
    return number


def redacted_value(
    value: Any, text: Callable[[str], str] = redacted_text, number: Callable[[Any], Any] = _same
) -> Any:
    """The JSON value with placeholders in its texts, in names of fields and in place of secret
    fields. text, number: redact one text or number."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [redacted_value(item, text, number) for item in value]
    if isinstance(value, dict):
        return {text(n): redacted_field(n, item, text, number) for n, item in value.items()}
    return number(value)


def redacted_field(
    name: str,
    value: Any,
    text: Callable[[str], str] = redacted_text,
    number: Callable[[Any], Any] = _same,
) -> Any:
    """The value of a field without secrets; of a secret field nothing is left."""
    if is_secret_name(name):
        return _redacted_secret(value, text)
    return redacted_value(value, text, number)


def _redacted_secret(value: Any, text: Callable[[str], str]) -> Any:
    """The value of a secret field: every text and number in it is replaced."""
    if isinstance(value, list):
        return [_redacted_secret(item, text) for item in value]
    if isinstance(value, dict):
        return {text(name): _redacted_secret(item, text) for name, item in value.items()}
    if isinstance(value, bool | None):
        return value
    return placeholder_of(text(value)) if isinstance(value, str) else 0


def placeholder_of(value: str) -> str:
    """The placeholder for a secret value. It shows the scheme and whether the value was a key.
    Several values, as HTTP joins them, get one placeholder each."""
    if ", " in value:
        return ", ".join(map(placeholder_of, value.split(", ")))
    if not value.strip():
        return value
    scheme, space, rest = value.strip().partition(" ")
    shown = KEY_PLACEHOLDER if (rest or scheme).lower().startswith("sk-") else PLACEHOLDER
    return f"{scheme}{space}{shown}" if scheme.lower() in _SCHEMES and rest else shown


_SCHEMES = ("bearer", "basic", "digest", "token")


# The kinds of secrets that have a form, to name one that is left in a file.
FORMS = {
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
