"""What changed between two OpenAPI documents, and for whom that breaks something.

`diff(old, new)` compares two Documents that `load(path)` read: any OpenAPI 3 documents, with this
project's extensions or without. It never judges whether one is right, follows no $ref into another
file, and knows no server."""

from __future__ import annotations

from pathlib import Path

from contracts.diff.changes.changes import Change, gathered
from contracts.diff.changes.document import Document
from contracts.diff.changes.effects import Effect, Party, Side, Verdict
from contracts.diff.operations.compare import differences, one_path_twice
from contracts.spec.document import SpecError, read

__all__ = ["Change", "Document", "Effect", "Party", "Side", "Verdict", "diff", "load"]


def load(path: Path) -> Document:
    """Read an OpenAPI 3 document. Raises SpecError where the file is none."""
    tree = read(path)
    version = str(tree.get("openapi", ""))
    if "swagger" in tree:
        raise SpecError(str(path), ["is Swagger 2; convert it to OpenAPI 3 first"])
    if not version.startswith("3."):
        raise SpecError(str(path), [f"is no OpenAPI 3 document: openapi is {version or 'missing'}"])
    if not isinstance(tree.get("paths", {}), dict):
        raise SpecError(str(path), ["is no OpenAPI document: paths is no mapping"])
    document = Document(tree)
    problems = list(one_path_twice(document.root))
    if problems:
        raise SpecError(str(path), problems)
    return document


def diff(old: Document, new: Document) -> list[Change]:
    """All changes from `old` to `new`, in the order of the document. What stands in one place and
    is used in many is one change, with its uses; it may be one of requests and one of answers."""
    return gathered(differences(old, new))
