"""Finds packages of a project that hide the kit's packages of the same name. Imports neither."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]  # the folder that all packages of the kit are in


def shadowed_by(package: str) -> Path | None:
    """The folder or file that `import package` takes in place of the kit's; None for the kit's own,
    and where Python cannot say."""
    found = _found(package)
    return None if found == HOME / package else found


def shown(path: Path) -> str:
    """The path, written as Python writes a text where it has characters that a terminal obeys."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def _found(package: str) -> Path | None:
    """The folder or file that an import of a package takes, or None where Python cannot say."""
    loaded = sys.modules.get(package)
    try:
        spec: ModuleSpec | None = loaded.__spec__ if loaded else find_spec(package)
    except ValueError:
        return None
    if spec and spec.origin:
        origin = Path(spec.origin).resolve()
        return origin.parent if origin.name == "__init__.py" else origin
    folders = list(spec.submodule_search_locations or []) if spec else []
    return Path(folders[0]).resolve() if folders else None
