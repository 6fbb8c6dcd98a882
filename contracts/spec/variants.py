"""x-variants: questions on which the sources contradict each other, and the possible behaviours.

A choice names outcomes that replace others. This module does not know which choice is active."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec
from msgspec import Struct


class VariantChoice(
    Struct,
    frozen=True,
    rename={"evidence": "x-evidence", "source": "x-source"},
    forbid_unknown_fields=True,
):
    """One possible behaviour of a variant.

    answers: outcomes, each with the outcome that replaces it. endings: refusals of a create call,
    each with the ending of the task that is created instead. refuse: the outcome of each call that
    names a model. unreachable: for each operation, the answer to a URL that cannot be fetched, or
    the ending of the task. details: the text added to messages of refusals without x-details.
    result_life: seconds that a video's URL works. life_from: the start of a task's lifetime, its
    `creation` or its `end`."""

    summary: str
    evidence: str
    source: str
    answers: dict[str, str] = {}
    endings: dict[str, str] = {}
    refuse: str = ""
    unreachable: dict[str, str] = {}
    details: str = ""
    result_life: float | None = msgspec.field(default=None, name="result-life-seconds")
    life_from: str = msgspec.field(default="creation", name="life-from")


class Variant(Struct, frozen=True, forbid_unknown_fields=True):
    """One question on which the sources disagree: its choices by name, and the default choice."""

    summary: str
    default: str
    choices: dict[str, VariantChoice]


def problems(
    found: dict[str, Variant], evidence: Collection[str], outcomes: Collection[str]
) -> Iterator[str]:
    """The problems of x-variants: a default that is not a choice, unknown evidence or outcomes."""
    for name, variant in found.items():
        if variant.default not in variant.choices:
            yield f"x-variants {name}: the default {variant.default} is not a choice"
        for choice in variant.choices.values():
            if choice.evidence not in evidence:
                yield f"x-variants {name}: evidence {choice.evidence!r} is not in {evidence}"
            replaced = (*choice.answers, *choice.answers.values(), *choice.endings)
            replacing = (*choice.endings.values(), *choice.unreachable.values(), choice.refuse)
            for outcome in filter(None, (*replaced, *replacing)):
                if outcome not in outcomes:
                    yield f"x-variants {name}: unknown outcome {outcome}"
