"""x-not-served: models and paths of the service that openapi.yaml does not describe.

Explanations use them: a model that exists but is not simulated is not a misspelling. They decide no
answer."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct


class UnservedEntry(Struct, frozen=True, rename={"source": "x-source"}, forbid_unknown_fields=True):
    """One model or path of the service: its purpose, and the source of the fact."""

    summary: str
    source: str


class NotServed(Struct, frozen=True, forbid_unknown_fields=True):
    """x-not-served. models: by name. paths: by their beginning, after the base URL. root_paths: by
    their beginning, from the root of the host."""

    models: dict[str, UnservedEntry]
    paths: dict[str, UnservedEntry]
    root_paths: dict[str, UnservedEntry] = msgspec.field(name="root-paths")

    def path(self, path: str, prefixes: Iterable[str]) -> UnservedEntry | None:
        """The entry of a path; None if there is none. The path may begin with one of the `prefixes`
        (paths of base URLs), with the same prefix twice, or with none of them."""
        return _longest(self.paths, strip_prefixes(path, prefixes))

    def root_path(self, path: str) -> UnservedEntry | None:
        """The entry of a path at the root of the host; None if there is none."""
        return _longest(self.root_paths, strip_prefixes(path, ()))


def strip_prefixes(path: str, prefixes: Iterable[str]) -> str:
    """The path without empty segments, and without the prefixes at its beginning."""
    rest = "/" + "/".join(part for part in path.split("/") if part)
    while prefix := next((p for p in prefixes if rest.startswith(p + "/")), ""):
        rest = rest[len(prefix) :]
    return rest


def _longest(entries: dict[str, UnservedEntry], path: str) -> UnservedEntry | None:
    """The entry whose name is the longest beginning of a path, compared by whole segments."""
    fitting = [name for name in entries if f"{path.lower()}/".startswith(f"{name.lower()}/")]
    return entries[max(fitting, key=len)] if fitting else None
