"""What was found: a difference while it is looked for, and a change as it is reported. Decides
nothing about documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from contracts.diff.changes.document import Pair, canonical, plain
from contracts.diff.changes.effects import Effect, Side, Verdict, outcome_of, reasons, verdict

_TEXTS = {
    "added": "{} is new",
    "removed": "{} is gone",
    "narrowed": "{} allows less",
    "widened": "{} allows more",
    "changed": "{} is another",
}


class Change(Struct, frozen=True, omit_defaults=True):
    """One difference between two documents.

    pointer: in the new one, in the old one where `now` is not there. kind: what and how, as
    `required-added`. was, now: both values, without what is not there. side: of a request or of an
    answer; of what is agreed beside them, as prices, that of the request. uses: where it counts,
    as `getTask 200 output.task_status`. hint: what it may be besides."""

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


class Found(Struct, frozen=True):
    """A difference at one place. subject: the keyword or thing. text: what is so now, without the
    reasons. use: of what it is part; field: the way to it in a body. how: the end of its kind, when
    not by its effect. link: where there are more of them, of what is itself none."""

    pair: Pair
    subject: str
    effect: Effect
    side: Side
    text: str = ""
    use: str = ""
    field: tuple[str, ...] = ()
    hint: str = ""
    how: str = ""
    link: tuple[object, ...] = ()

    @property
    def kind(self) -> str:
        return f"{self.subject}-{self.how or outcome_of(self.effect)}"

    @property
    def said(self) -> str:
        """What is so now, in words."""
        return self.text or _TEXTS[outcome_of(self.effect)].format(self.subject)

    @property
    def used(self) -> str:
        """Where it counts."""
        return " ".join([self.use, ".".join(self.field)]).strip()

    def below(self, name: str) -> Found:
        """The same as seen from what holds it under this name."""
        return replace(self, field=(name, *self.field))

    def of(self, use: str) -> Found:
        """The same as part of this."""
        return replace(self, use=f"{use} {self.use}".strip())


def effect_of(found: Iterable[Found]) -> Effect:
    """All that these differences do together."""
    effect = Effect.NONE
    for one in found:
        effect |= one.effect
    return effect


def gathered(found: Iterable[Found]) -> list[Change]:
    """The changes: what is written once and counts in many places is one of them."""
    first: dict[tuple[Any, ...], Found] = {}
    uses: dict[tuple[Any, ...], dict[str, None]] = {}
    for one in found:
        is_there = one.pair.new.is_there
        key = (one.pair.shown.place, one.kind, one.side, one.said, is_there, one.effect)
        first.setdefault(key, one)
        uses.setdefault(key, {}).update(dict.fromkeys(filter(None, [one.used])))
    return [_change(one, tuple(uses[key])) for key, one in first.items()]


def _change(found: Found, uses: tuple[str, ...]) -> Change:
    old, new = found.pair
    said = [found.said, *reasons(found.side, found.effect)]
    return Change(
        pointer=found.pair.shown.place,
        kind=found.kind,
        text="; ".join(said),
        side=found.side,
        client=verdict("client", found.side, found.effect),
        server=verdict("server", found.side, found.effect),
        was=_value(old.value),
        now=_value(new.value),
        uses=uses,
        hint=found.hint,
    )


def _value(value: Any) -> Any | UnsetType:
    return UNSET if value is UNSET else plain(value)


def quoted(values: Iterable[str]) -> str:
    """Values, each as canonical() wrote it, as a list for people."""
    return ", ".join(sorted(values))


def names_quoted(names: Iterable[Any]) -> str:
    """Names as a list for people."""
    return quoted(canonical(name) for name in names)
