"""What changed between two OpenAPI documents, and for whom that breaks something.

`diff(old, new)` compares two Documents that `load(path)` read: any OpenAPI 3 documents, with this
project's extensions or without. It never judges whether one is right, follows no $ref into another
file, and knows no server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contracts.diff.effects import Effect, Party, Side, Verdict
from contracts.diff.findings import Change, gathered
from contracts.diff.operations import differences
from contracts.diff.tree import Document
from contracts.document import SpecError, read

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
    if _holds_itself(tree, set(), set()):
        raise SpecError(str(path), ["holds itself by a YAML alias; use $ref"])
    return Document(tree)


def _holds_itself(node: Any, above: set[int], done: set[int]) -> bool:
    """Whether a value is inside of itself: its places would have no end."""
    if id(node) in above or not isinstance(node, dict | list):
        return id(node) in above
    if id(node) in done:
        return False
    done.add(id(node))
    inside = node.values() if isinstance(node, dict) else node
    return any(_holds_itself(child, above | {id(node)}, done) for child in inside)


def diff(old: Document, new: Document) -> list[Change]:
    """All changes from `old` to `new`, in the order of the document. What stands in one place and
    is used in many is one change, with its uses; it may be one of requests and one of answers."""
    return gathered(differences(old, new))
