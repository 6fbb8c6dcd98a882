"""Finds what still looks like a secret in a redacted recording, before it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from contracts.redact.secret_forms import FORMS, PLACEHOLDER, redacted_field, redacted_text
from contracts.redact.secret_names import is_secret_name
from contracts.spec.pointers import pointer_of


class Leak(Struct, frozen=True):
    """The place of something that looks like a secret, as a JSON pointer; never the secret
    itself."""

    place: str
    kind: str


def without_leaks(value: Any) -> tuple[Any, list[Leak]]:
    """The redacted JSON value with a placeholder for everything that still looks like a secret, and
    the places of these."""
    leaks: list[Leak] = []
    return _without_leaks(value, (), leaks), leaks


def _without_leaks(value: Any, place: tuple[str | int, ...], leaks: list[Leak]) -> Any:
    if isinstance(value, str):
        kinds = [Leak(pointer_of(place), kind) for kind in _kinds(value)]
        leaks += kinds
        return PLACEHOLDER if kinds else value
    if isinstance(value, list):
        return [_without_leaks(item, (*place, number), leaks) for number, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, item in value.items():
        here = (*place, name)
        if is_secret_name(name) and redacted_field(name, item) != item:
            leaks.append(Leak(pointer_of(here), "secret field"))
            item = PLACEHOLDER
        kept[_without_leaks(name, here, leaks)] = _without_leaks(item, here, leaks)
    return kept


def _kinds(text: str) -> Iterator[str]:
    """The kinds of secrets in a text."""
    if redacted_text(text) == text:
        return
    for kind, pattern in FORMS.items():
        if any(PLACEHOLDER not in found[0] for found in pattern.finditer(text)):
            yield kind
