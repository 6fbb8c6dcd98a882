"""Finds packages that Python imports instead of the kit's packages of the same name. Imports none
of them."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]  # the folder that contains all packages of the kit


def shadowed_by(package: str) -> Path | None:
    """The folder or file that `import package` loads instead of the kit's package. None if it loads
    the kit's, or if Python cannot find out."""
    found = _found(package)
    return None if found == HOME / package else found


def shown(path: Path) -> str:
    """The path as text, with control characters escaped as in a Python string."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def _found(package: str) -> Path | None:
    """The folder or file that an import of a package loads, or None if that is unknown."""
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
