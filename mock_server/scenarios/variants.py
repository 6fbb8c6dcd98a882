"""Combines the chosen variants of a tenant into one value. Pure.

A variant is a point on which the documentation contradicts itself, with its possible choices."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from contracts.spec.loader import Spec
from mock_server.suggest.close_names import did_you_mean


class VariantError(ValueError):
    """An unknown variant or choice. The message suggests similar ones."""


class Effects(Struct, frozen=True):
    """The combined effects of all choices; for the fields see contracts.spec.variants.

    names: for each outcome that a choice causes, the name of its variant (for explanations)."""

    answers: dict[str, str] = {}
    endings: dict[str, str] = {}
    refuse: str = ""
    details: str = ""
    unreachable: dict[str, str] = {}
    result_life: float | None = None
    lives_from_end: bool = False
    names: dict[str, str] = {}

    def source(self, outcome: str) -> str:
        """Who decided for this outcome, as explanations name it."""
        return f"variant {self.names[outcome]}"


NO_EFFECTS = Effects()


def check(spec: Spec, chosen: Mapping[str, object]) -> dict[str, str]:
    """The choices, if all of them exist. Defaults are kept: they may override the server's choice.

    Raises VariantError."""
    kept = {}
    for name, choice in chosen.items():
        if name not in spec.variants:
            hint = did_you_mean(str(name), spec.variants)
            raise VariantError(f"no variant {name!r}; there are {', '.join(spec.variants)}.{hint}")
        variant = spec.variants[name]
        if not isinstance(choice, str) or choice not in variant.choices:
            hint = did_you_mean(str(choice), variant.choices)
            known = ", ".join(variant.choices)
            raise VariantError(f"variant {name} has no choice {choice!r}; there are {known}.{hint}")
        kept[name] = choice
    return kept


def effects(spec: Spec, chosen: Mapping[str, str]) -> Effects:
    """The combined effects of the choices."""
    choices = [(name, spec.variants[name].choices[choice]) for name, choice in chosen.items()]
    caused = [
        (name, (*c.answers.values(), *c.endings.values(), *c.unreachable.values(), c.refuse))
        for name, c in choices
    ]
    return Effects(
        answers={a: b for _, choice in choices for a, b in choice.answers.items()},
        endings={a: b for _, choice in choices for a, b in choice.endings.items()},
        unreachable={a: b for _, choice in choices for a, b in choice.unreachable.items()},
        refuse="".join(choice.refuse for _, choice in choices),
        details="".join(choice.details for _, choice in choices),
        result_life=next((c.result_life for _, c in choices if c.result_life), None),
        lives_from_end=any(choice.life_from == "end" for _, choice in choices),
        names={outcome: name for name, outcomes in caused for outcome in outcomes if outcome},
    )
