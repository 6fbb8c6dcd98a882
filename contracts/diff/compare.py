"""Compares two OpenAPI 3 documents, and finds whether each change breaks the client or the server.

`diff(old, new)` compares two Documents that `load(path)` read, with this project's extensions or
without. It does not validate the documents and follows no $ref into another file."""

from __future__ import annotations

from pathlib import Path

from contracts.diff.changes import Change, Effect, Party, Side, Verdict, to_changes
from contracts.diff.document import Document
from contracts.diff.operations import document_differences, duplicate_operations
from contracts.spec.document import SpecError, read

__all__ = ["Change", "Document", "Effect", "Party", "Side", "Verdict", "diff", "load"]


def load(path: Path) -> Document:
    """Read an OpenAPI 3 document. Raises SpecError if the file is not one."""
    tree = read(path)
    version = str(tree.get("openapi", ""))
    if "swagger" in tree:
        raise SpecError(str(path), ["is Swagger 2; convert it to OpenAPI 3 first"])
    if not version.startswith("3."):
        problem = f"is not an OpenAPI 3 document: openapi is {version or 'missing'}"
        raise SpecError(str(path), [problem])
    if not isinstance(tree.get("paths", {}), dict):
        raise SpecError(str(path), ["is not an OpenAPI document: paths is not an object"])
    document = Document(tree)
    problems = list(duplicate_operations(document))
    if problems:
        raise SpecError(str(path), problems)
    return document


def diff(old: Document, new: Document) -> list[Change]:
    """All changes from `old` to `new`, in the order of the document. A changed definition with many
    uses is one change with a list of uses; if requests and answers use it, it is one for each."""
    return to_changes(document_differences(old, new))
