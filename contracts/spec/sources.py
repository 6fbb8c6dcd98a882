"""Where the facts come from: sources by short keys (`ERR-zh`, `CNB`), which free text cites. A word
in capitals is a key; what it stands for is said once, in x-sources of openapi.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

_KEY = re.compile(r"\b[A-Z][A-Z0-9]+(?:-[A-Za-z0-9]+)?\b")
# Words in capitals that are not keys.
_WORDS = {"EMO", "GET", "PENDING", "POST", "URL", "WAV"}


class Source(Struct, frozen=True):
    """One source. title: for people. url: "" where it has no public address. date: of the version
    that was read, "" where it is not known."""

    key: str
    title: str
    url: str = ""
    date: str = ""


def cited(text: str) -> list[str]:
    """The keys that a text cites, in their order, each once."""
    found = dict.fromkeys(_KEY.findall(text))
    return [key for key in found if key not in _WORDS]


def footnote(source: Source) -> str:
    """`ERR-zh: Error codes, 2026-02-17, https://…`"""
    where = source.url or "no public address"
    return f"{source.key}: {', '.join(filter(None, [source.title, source.date, where]))}"


def split(text: str, known: Mapping[str, Source]) -> Iterator[str | Source]:
    """A text as its parts: each known key as its source, and what stands between."""
    end = 0
    for match in _KEY.finditer(text):
        if match[0] in known:
            yield text[end : match.start()]
            yield known[match[0]]
            end = match.end()
    yield text[end:]


def problems(node: Any, declared: Mapping[str, Source], path: str = "") -> Iterator[str]:
    """Every x-source of a document that cites a key which is not declared."""
    items = enumerate(node) if isinstance(node, list) else node.items()
    for name, value in items:
        if name == "x-source":
            for key in cited(str(value)):
                if key not in declared:
                    yield f"{path}/x-source: x-sources has no {key!r}"
        elif isinstance(value, dict | list) and name not in ("value", "example", "default"):
            yield from problems(value, declared, f"{path}/{name}")
