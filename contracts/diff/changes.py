"""Changes between two documents: their effect on the values that may be sent, the side that each
breaks, and the change as it is reported. The same rule for all changes; knows no keyword.

Fewer allowed values break the sender, more allowed values break the receiver. A client sends
requests and receives answers, a server receives requests and sends answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Flag, auto
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from contracts.diff.document import Names, Node, Pair, json_value

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
_TEXTS = {
    "narrowed": "{} allows less",
    "widened": "{} allows more",
    "changed": "{} is different",
}


def mirrored(effect: Effect) -> Effect:
    """The effect of the reverse change. A change inside a `not` has this effect outside."""
    found = Effect.NONE
    for flag in effect:
        found |= _MIRRORED[flag]
    return found


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


class Change(Struct, frozen=True, omit_defaults=True):
    """One reported difference between two documents.

    pointer: in the new document; in the old one if `now` is missing. kind: the subject and a verb,
    such as `required-added`. text: a description with the reasons. side: whether requests or
    answers change; a change of prices or limits counts as `request`. client, server: the verdict
    for each party. was, now: the old and the new value; UNSET if there was none. uses: the
    operations and fields that the change affects, such as `getTask 200 output.task_status`. hint: a
    guess of the cause, such as a rename."""

    pointer: str
    kind: str
    text: str
    side: Side
    client: Verdict
    server: Verdict
    was: Any = UNSET
    now: Any = UNSET
    uses: tuple[str, ...] = ()
    hint: str = ""

    @property
    def is_cosmetic(self) -> bool:
        return self.client == self.server == "cosmetic"


class SpecDifference(Struct, frozen=True):
    """A difference at one place, found while documents are compared.

    subject: the keyword or thing that differs. text: a description without the reasons. use: the
    operation, status or header that contains it. field: the path of the field in the body. verb:
    the last word of its kind; "" takes the word of its effect."""

    pair: Pair
    subject: str
    effect: Effect
    side: Side
    text: str = ""
    verb: str = ""
    hint: str = ""
    use: str = ""
    field: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return f"{self.subject}-{self.verb or _verb(self.effect)}"

    @property
    def summary(self) -> str:
        """The description without the reasons."""
        return self.text or _TEXTS[_verb(self.effect)].format(self.subject)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for the same difference, also if it was found on another path."""
        pointer, exists = self.pair.shown.pointer, self.pair.new.exists
        return (pointer, exists, self.kind, self.side, self.summary, self.effect)

    @property
    def usage(self) -> str:
        """The place that it affects, such as `getTask 200 output.task_status`."""
        return " ".join([self.use, ".".join(self.field)]).strip()


Differences = Iterator[SpecDifference]


def _verb(effect: Effect) -> str:
    known = {Effect.NARROWED: "narrowed", Effect.WIDENED: "widened"}
    return known.get(effect, "changed")


def added_or_removed(
    pair: Pair, subject: str, side: Side, name: str | None = None, effect: Effect = Effect.OFFERED
) -> SpecDifference:
    """The difference of a thing that exists in only one document. name: the default is its name in
    the document. effect: of its addition."""
    verb = "added" if pair.new.exists else "removed"
    title = " ".join([subject, pair.shown.name if name is None else name]).strip()
    effect = effect if pair.new.exists else mirrored(effect)
    return SpecDifference(pair, subject, effect, side, f"{title} was {verb}", verb)


def in_use(use: str, differences: Iterable[SpecDifference]) -> Differences:
    """The same differences, as part of an operation, a status or a header."""
    for each in differences:
        yield replace(each, use=f"{use} {each.use}".strip())


def rename_hints(old: dict[str, Node], new: dict[str, Node], ignoring: Names) -> dict[str, str]:
    """A hint for each removed name, and for the added name with an equal definition. Of several
    candidates the one with the most similar spelling is chosen. Hints are guesses; no verdict
    depends on them. ignoring: names of fields that definitions need not share."""
    left = [name for name in new if name not in old]
    hints: dict[str, str] = {}
    for removed in [name for name in old if name not in new]:
        equal = [a for a in left if Pair(old[removed], new[a]).is_same(ignoring)]
        if equal:
            added = max(equal, key=lambda name: _similarity(removed, name))
            left.remove(added)
            hints[removed] = f'looks like a rename to "{added}"'
            hints[added] = f'looks like a rename of "{removed}"'
    return hints


def _similarity(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # 15 ms to import, needed only for hints

    return SequenceMatcher(None, one, other).ratio()


def to_changes(differences: Iterable[SpecDifference]) -> list[Change]:
    """The reported changes. A difference of one definition with many uses becomes one change."""
    first: dict[tuple[object, ...], SpecDifference] = {}
    uses: dict[tuple[object, ...], dict[str, None]] = {}
    for each in differences:
        first.setdefault(each.key, each)
        uses.setdefault(each.key, {}).update(dict.fromkeys(filter(None, [each.usage])))
    return [_change(each, tuple(uses[key])) for key, each in first.items()]


def _change(difference: SpecDifference, uses: tuple[str, ...]) -> Change:
    old, new = difference.pair
    side, effect = difference.side, difference.effect
    return Change(
        pointer=difference.pair.shown.pointer,
        kind=difference.kind,
        text="; ".join([difference.summary, *reasons(side, effect)]),
        side=side,
        client=verdict("client", side, effect),
        server=verdict("server", side, effect),
        was=_value(old.value),
        now=_value(new.value),
        uses=uses,
        hint=difference.hint,
    )


def _value(value: Any) -> Any | UnsetType:
    return UNSET if value is UNSET else json_value(value)
