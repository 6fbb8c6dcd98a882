"""Why a change that no test notices is none that a test should notice. An id is looked up by
pattern, the first that fits counts."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

SAME = "Says the same as before"
REASONS: dict[str, str] = {
    "enum-value-added /components/schemas/TaskOutput/allOf/2/if/*": (
        f"{SAME}: task_status can be nothing that its own enumeration lacks."
    ),
}


def reason(id: str) -> str | None:
    """Why this mutation survives; None where nobody has said it."""
    return next((why for pattern, why in REASONS.items() if fnmatchcase(id, pattern)), None)


def idle(survivors: Iterable[str]) -> list[str]:
    """The patterns that no survivor fits: what they excuse is noticed by now, or is gone."""
    ids = list(survivors)
    return [p for p in REASONS if not any(fnmatchcase(id, p) for id in ids)]
