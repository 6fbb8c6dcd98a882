"""What a change does to what may be sent, and whom that breaks: one rule for all changes. Knows no
document and no keyword.

Narrowing breaks who sends, widening breaks who reads. A client sends requests and reads answers, a
server reads requests and sends answers."""

from __future__ import annotations

from enum import Flag, auto
from typing import Literal

Side = Literal["request", "answer"]
Party = Literal["client", "server"]
Verdict = Literal["breaking", "additive", "cosmetic"]


class Effect(Flag):
    """What becomes of the values that are allowed, and of the names that may be used."""

    NONE = 0
    NARROWED = auto()
    WIDENED = auto()
    OFFERED = auto()
    """A name that nobody had to know: in a request the server must act on it, in an answer the
    client may pass over it."""
    WITHDRAWN = auto()
    NOTED = auto()
    """Worth knowing, and breaks nobody."""
    CHANGED = NARROWED | WIDENED
    """Both, or it cannot be decided which."""


_MIRRORED = {
    Effect.NARROWED: Effect.WIDENED,
    Effect.WIDENED: Effect.NARROWED,
    Effect.OFFERED: Effect.WITHDRAWN,
    Effect.WITHDRAWN: Effect.OFFERED,
    Effect.NOTED: Effect.NOTED,
}
_BREAKS: dict[tuple[Side, Effect], tuple[Party, str]] = {
    ("request", Effect.NARROWED): ("client", "a client may not do what it could"),
    ("request", Effect.WIDENED): ("server", "a server has to do what it could refuse"),
    ("request", Effect.OFFERED): ("server", "a server has to act on it"),
    ("request", Effect.WITHDRAWN): ("client", "a client that sends it is not heard"),
    ("answer", Effect.NARROWED): ("server", "a server may not answer as it could"),
    ("answer", Effect.WIDENED): ("client", "a client may meet what it does not know"),
    ("answer", Effect.WITHDRAWN): ("client", "a client looks for it in vain"),
}


def mirrored(effect: Effect) -> Effect:
    """The effect of the same change the other way round, or under a `not`."""
    found = Effect.NONE
    for flag in effect:
        found |= _MIRRORED[flag]
    return found


def undecided(effect: Effect) -> Effect:
    """The effect where more inside may mean less outside: CHANGED for NARROWED and WIDENED."""
    return effect | Effect.CHANGED if effect & Effect.CHANGED else effect


def verdict(party: Party, side: Side, effect: Effect) -> Verdict:
    """What a change on this side means for one party."""
    broken = {_BREAKS[side, flag][0] for flag in effect if (side, flag) in _BREAKS}
    if party in broken:
        return "breaking"
    return "additive" if effect else "cosmetic"


def reasons(side: Side, effect: Effect) -> list[str]:
    """Why it breaks whom it breaks, in words."""
    if Effect.CHANGED in effect:
        return ["what was right may be wrong, and what was wrong right"]
    return [_BREAKS[side, flag][1] for flag in effect if (side, flag) in _BREAKS]


def outcome_of(effect: Effect) -> str:
    """The end of a kind: `added`, `removed`, `narrowed`, `widened`, else `changed`."""
    if effect & Effect.OFFERED:
        return "added"
    if effect & Effect.WITHDRAWN:
        return "removed"
    known = {Effect.NARROWED: "narrowed", Effect.WIDENED: "widened"}
    return known.get(effect, "changed")
