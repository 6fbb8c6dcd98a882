"""Where the sources contradict each other: what else the service may do, as x-variants say it.

A choice names outcomes in place of others; it knows nothing of who makes it or when."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec
from msgspec import Struct


class Choice(
    Struct,
    frozen=True,
    rename={"evidence": "x-evidence", "source": "x-source"},
    forbid_unknown_fields=True,
):
    """One side of a contradiction.

    answers: outcomes in place of others. fates: refusals of a create call, and how the task fails
    that is created instead. refuse: the outcome of each call that names a model. unreachable: by
    operation, the answer to a URL that cannot be fetched, or how the task fails. details: what is
    added to the messages of refusals that have no x-details. result_life: of a video's URL, in s.
    life_from: `end` when the life of a task counts from its end."""

    summary: str
    evidence: str
    source: str
    answers: dict[str, str] = {}
    fates: dict[str, str] = {}
    refuse: str = ""
    unreachable: dict[str, str] = {}
    details: str = ""
    result_life: float | None = msgspec.field(default=None, name="result-life-seconds")
    life_from: str = msgspec.field(default="creation", name="life-from")


class Variant(Struct, frozen=True, forbid_unknown_fields=True):
    """A contradiction: its choices by name, and the one that holds when nobody chooses."""

    summary: str
    default: str
    choices: dict[str, Choice]


def problems(
    found: dict[str, Variant], evidence: Collection[str], outcomes: Collection[str]
) -> Iterator[str]:
    """What is at odds: a default that is no choice, evidence or outcomes that do not exist."""
    for name, variant in found.items():
        if variant.default not in variant.choices:
            yield f"x-variants {name}: the default {variant.default} is no choice"
        for choice in variant.choices.values():
            if choice.evidence not in evidence:
                yield f"x-variants {name}: evidence {choice.evidence!r} is none of {evidence}"
            named = (*choice.answers, *choice.answers.values(), *choice.fates)
            brought = (*choice.fates.values(), *choice.unreachable.values(), choice.refuse)
            for outcome in filter(None, (*named, *brought)):
                if outcome not in outcomes:
                    yield f"x-variants {name}: no outcome {outcome}"
