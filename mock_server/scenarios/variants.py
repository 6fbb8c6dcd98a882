"""Which side of the documentation's contradictions a tenant sees, as one value. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from contracts.spec.loader import Spec
from mock_server.suggest.close_names import did_you_mean


class VariantError(ValueError):
    """A variant or a choice that does not exist, with near ones."""


class Effects(Struct, frozen=True):
    """What all choices together do; see Choice. names: variant by the outcome
    that it brings about, for explanations."""

    answers: dict[str, str] = {}
    endings: dict[str, str] = {}
    refuse: str = ""
    details: str = ""
    unreachable: dict[str, str] = {}
    result_life: float | None = None
    lives_from_end: bool = False
    names: dict[str, str] = {}


PLAIN = Effects()


def check(spec: Spec, chosen: Mapping[str, object]) -> dict[str, str]:
    """The choices, when all of them exist; a default too, for it may undo another's choice. Raises
    VariantError."""
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
    """All of the choices in one."""
    choices = [(name, spec.variants[name].choices[choice]) for name, choice in chosen.items()]
    brought = [
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
        names={outcome: name for name, outcomes in brought for outcome in outcomes if outcome},
    )
