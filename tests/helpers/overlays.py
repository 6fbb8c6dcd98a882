"""openapi.yaml with an overlay of tests/data, for tests of models that do not exist."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from contracts.spec.document import default_path, read
from contracts.spec.loader import Spec

DATA = Path(__file__).parent.parent / "data"


def patched(target: Any, patch: Any) -> Any:
    """The target with a JSON merge patch (RFC 7386): objects are merged, null removes a key, any
    other value replaces the target's."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        merged[name] = patched(merged.get(name), value)
    return {name: value for name, value in merged.items() if patch.get(name, "") is not None}


@cache
def with_made_up_model() -> Spec:
    """The spec with the model of made-up-model.yaml. No line of Python knows this model."""
    overlay = yaml.safe_load((DATA / "made-up-model.yaml").read_text(encoding="utf-8"))
    path = Path(_FOLDER.name) / "openapi.yaml"
    path.write_text(yaml.safe_dump(patched(read(default_path()), overlay), sort_keys=False))
    return Spec.load(path)


_FOLDER = TemporaryDirectory()
