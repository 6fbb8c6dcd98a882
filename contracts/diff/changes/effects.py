"""The effect of a change on the values that may be sent, and the side that it breaks. The
same rule for all changes; it does not depend on documents and keywords.

Fewer allowed values break the sender, more allowed values break the receiver. A client sends
requests and receives answers, a server receives requests and sends answers."""

from __future__ import annotations

from enum import Flag, auto
from typing import Literal

Side = Literal["request", "answer"]
Party = Literal["client", "server"]
Verdict = Literal["breaking", "additive", "cosmetic"]


class Effect(Flag):
    """The effect of a change on the allowed values and on the names that may be used."""

    NONE = 0
    NARROWED = auto()
    """Fewer values are allowed."""
    WIDENED = auto()
    """More values are allowed."""
    OFFERED = auto()
    """A new optional name: a server must handle it in a request, a client may ignore it in an
    answer."""
    WITHDRAWN = auto()
    """An optional name was removed."""
    NOTED = auto()
    """Reported, but it breaks nobody."""
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
    ("request", Effect.NARROWED): ("client", "a client is allowed less than before"),
    ("request", Effect.WIDENED): ("server", "a server must accept more than before"),
    ("request", Effect.OFFERED): ("server", "a server must handle it"),
    ("request", Effect.WITHDRAWN): ("client", "a client that sends it is ignored"),
    ("answer", Effect.NARROWED): ("server", "a server is allowed less than before"),
    ("answer", Effect.WIDENED): ("client", "a client may receive a value that it does not know"),
    ("answer", Effect.WITHDRAWN): ("client", "a client that needs it no longer receives it"),
}


def mirrored(effect: Effect) -> Effect:
    """The effect of the reverse change. A change inside a `not` has this effect outside."""
    found = Effect.NONE
    for flag in effect:
        found |= _MIRRORED[flag]
    return found


def undecided(effect: Effect) -> Effect:
    """The effect at a place where it is unknown whether more inside means more or less outside:
    NARROWED and WIDENED become CHANGED."""
    return effect | Effect.CHANGED if effect & Effect.CHANGED else effect


def verdict(party: Party, side: Side, effect: Effect) -> Verdict:
    """The consequence for one party of a change in requests or in answers."""
    broken = {_BREAKS[side, flag][0] for flag in effect if (side, flag) in _BREAKS}
    if party in broken:
        return "breaking"
    return "additive" if effect else "cosmetic"


def reasons(side: Side, effect: Effect) -> list[str]:
    """The reasons that a change breaks a party, as text."""
    if Effect.CHANGED in effect:
        return ["both sides may have to change"]
    return [_BREAKS[side, flag][1] for flag in effect if (side, flag) in _BREAKS]


def default_verb(effect: Effect) -> str:
    """The last word of a change's kind: `added`, `removed`, `narrowed`, `widened` or `changed`."""
    if effect & Effect.OFFERED:
        return "added"
    if effect & Effect.WITHDRAWN:
        return "removed"
    known = {Effect.NARROWED: "narrowed", Effect.WIDENED: "widened"}
    return known.get(effect, "changed")
