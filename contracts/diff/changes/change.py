"""SpecDifference: a difference at one place, while documents are compared. Change: a difference as
it is reported, with all of its uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from contracts.diff.changes.document import Pair, canonical_json, json_value
from contracts.diff.changes.effects import Effect, Side, Verdict, default_verb, reasons, verdict

_TEXTS = {
    "added": "{} was added",
    "removed": "{} was removed",
    "narrowed": "{} allows less",
    "widened": "{} allows more",
    "changed": "{} is different",
}


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
    """A difference at one place of the documents.

    subject: the keyword or thing that differs. text: a description without the reasons. use: the
    operation, status or header that contains it. field: the path of the field in the body. verb:
    the last word of its kind; "" takes the word of its effect. nested_key: if not empty, this is a
    placeholder for the differences of a nested schema, which is compared later."""

    pair: Pair
    subject: str
    effect: Effect
    side: Side
    text: str = ""
    use: str = ""
    field: tuple[str, ...] = ()
    hint: str = ""
    verb: str = ""
    nested_key: tuple[object, ...] = ()

    @property
    def kind(self) -> str:
        return f"{self.subject}-{self.verb or default_verb(self.effect)}"

    @property
    def summary(self) -> str:
        """The description without the reasons."""
        return self.text or _TEXTS[default_verb(self.effect)].format(self.subject)

    @property
    def usage(self) -> str:
        """The place that it affects, such as `getTask 200 output.task_status`."""
        return " ".join([self.use, ".".join(self.field)]).strip()

    def in_field(self, name: str) -> SpecDifference:
        """The same difference, as a difference of the object that has this field."""
        return replace(self, field=(name, *self.field))

    def in_use(self, use: str) -> SpecDifference:
        """The same difference, as part of an operation, a status or a header."""
        return replace(self, use=f"{use} {self.use}".strip())


Differences = Iterator[SpecDifference]


def effect_of(differences: Iterable[SpecDifference]) -> Effect:
    """The combined effect of several differences."""
    effect = Effect.NONE
    for difference in differences:
        effect |= difference.effect
    return effect


def to_changes(differences: Iterable[SpecDifference]) -> list[Change]:
    """The reported changes. A difference of one definition with many uses becomes one change."""
    first: dict[tuple[Any, ...], SpecDifference] = {}
    uses: dict[tuple[Any, ...], dict[str, None]] = {}
    for each in differences:
        exists = each.pair.new.exists
        key = (each.pair.shown.pointer, each.kind, each.side, each.summary, exists, each.effect)
        first.setdefault(key, each)
        uses.setdefault(key, {}).update(dict.fromkeys(filter(None, [each.usage])))
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


def joined(values: Iterable[str]) -> str:
    """A sorted list of values for a message; each value is a text from canonical_json()."""
    return ", ".join(sorted(values))


def joined_names(names: Iterable[Any]) -> str:
    """A sorted list of names for a message, each in quotes."""
    return joined(canonical_json(name) for name in names)
