"""What the service has and this file does not describe, as x-not-served says it: so that an
explanation can tell a sibling from a misspelling. Decides no answer."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct


class Known(Struct, frozen=True, rename={"source": "x-source"}, forbid_unknown_fields=True):
    """A model or a path of the service: what it is for, and where that stands."""

    summary: str
    source: str


class NotServed(Struct, frozen=True, forbid_unknown_fields=True):
    """models: by name. paths: by their beginning, behind the base URL. root_paths: by their
    beginning, at the root of the host."""

    models: dict[str, Known]
    paths: dict[str, Known]
    root_paths: dict[str, Known] = msgspec.field(name="root-paths")

    def path(self, path: str, prefixes: Iterable[str]) -> Known | None:
        """What a path is for, with one of the `prefixes` (base URLs) before it, none, or the same
        twice. None where nothing is known of it."""
        return _longest(self.paths, behind(path, prefixes))

    def root_path(self, path: str) -> Known | None:
        """The same for a path at the root of the host."""
        return _longest(self.root_paths, behind(path, ()))


def behind(path: str, prefixes: Iterable[str]) -> str:
    """The path without empty parts and without the prefixes that it begins with."""
    rest = "/" + "/".join(part for part in path.split("/") if part)
    while prefix := next((p for p in prefixes if rest.startswith(p + "/")), ""):
        rest = rest[len(prefix) :]
    return rest


def _longest(known: dict[str, Known], path: str) -> Known | None:
    """The entry with the longest beginning of a path, whole parts of it."""
    fitting = [name for name in known if f"{path.lower()}/".startswith(f"{name.lower()}/")]
    return known[max(fitting, key=len)] if fitting else None
