"""Reasons why no test needs to notice some mutants. The first pattern that matches an id counts."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

SAME = "The document has the same meaning as before"
REASONS: dict[str, str] = {
    "enum-value-added /components/schemas/TaskOutput/allOf/2/if/*": (
        f"{SAME}: the schema of task_status already forbids the added value."
    ),
}


def reason(id: str) -> str | None:
    """The reason why this mutation survives; None if there is none in the table."""
    return next((why for pattern, why in REASONS.items() if fnmatchcase(id, pattern)), None)


def idle(survivors: Iterable[str]) -> list[str]:
    """The patterns that match no survivor, so that they can be removed."""
    ids = list(survivors)
    return [p for p in REASONS if not any(fnmatchcase(id, p) for id in ids)]
