"""The sources of facts. Free text cites a source by a short key in capitals (`ERR-zh`, `CNB`);
x-sources of openapi.yaml has the title and address of each key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

_KEY = re.compile(r"\b[A-Z][A-Z0-9]+(?:-[A-Za-z0-9]+)?\b")
# Words in capitals that are not keys of sources.
_WORDS = {"EMO", "GET", "PENDING", "POST", "URL", "WAV"}


class Source(Struct, frozen=True):
    """One source. url: "" if it has no public address. date: the date of the version that was
    read, "" if unknown."""

    key: str
    title: str
    url: str = ""
    date: str = ""


def cited(text: str) -> list[str]:
    """The keys that a text cites, each once, in the order of the text."""
    found = dict.fromkeys(_KEY.findall(text))
    return [key for key in found if key not in _WORDS]


def footnote(source: Source) -> str:
    """A source as one line: `ERR-zh: Error codes, 2026-02-17, https://…`."""
    where = source.url or "no public address"
    return f"{source.key}: {', '.join(filter(None, [source.title, source.date, where]))}"


def split(text: str, known: Mapping[str, Source]) -> Iterator[str | Source]:
    """Split a text at its citations: each known key becomes its Source, other text stays text."""
    end = 0
    for match in _KEY.finditer(text):
        if match[0] in known:
            yield text[end : match.start()]
            yield known[match[0]]
            end = match.end()
    yield text[end:]


def problems(node: Any, declared: Mapping[str, Source], path: str = "") -> Iterator[str]:
    """A problem for each x-source that cites an undeclared key."""
    items = enumerate(node) if isinstance(node, list) else node.items()
    for name, value in items:
        if name == "x-source":
            for key in cited(str(value)):
                if key not in declared:
                    yield f"{path}/x-source: x-sources has no {key!r}"
        elif isinstance(value, dict | list) and name not in ("value", "example", "default"):
            yield from problems(value, declared, f"{path}/{name}")
