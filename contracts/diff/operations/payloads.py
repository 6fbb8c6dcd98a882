"""What changes in what travels do: parameters, headers, bodies and their content. Knows no path and
no status."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from contracts.diff.changes.changes import Found
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.operations.outcomes import outcomes
from contracts.diff.schemas.compare import Schemas
from contracts.diff.schemas.conjuncts import Refusals
from contracts.diff.schemas.judges import noted, other, rule
from contracts.diff.schemas.tables import Rule, by_table, leaf, lone, required, silent

_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
REFUSAL = leaf(other, text="a call that is wrong here is answered otherwise")
PARAMETER: dict[str, Rule] = {
    **dict.fromkeys(("name", "in", "style", "explode"), silent),
    "required": required,
    "deprecated": leaf(noted, False),
    "allowReserved": leaf(other, False),
    "allowEmptyValue": leaf(other, False),
    "x-refusal": REFUSAL,
    "x-required-by-scheme": leaf(rule),
}


class Payloads:
    """Compares what travels; `schemas` compares what it may be."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas

    def parameter(self, pair: Pair, side: Side) -> Iterator[Found]:
        """A parameter of a request, or a header of an answer."""
        refusals = _refusals(pair)
        rules = {"schema": self._schema(refusals), "content": self._content(refusals)}
        old, new = (_style(node) for node in pair)
        if old != new and pair.get("content").shown.is_there:
            rules = dict.fromkeys(rules, silent)  # nothing of the one is like the other
        yield from by_table(pair, {**PARAMETER, **rules}, side)
        if old != new and pair.get("in").is_same():
            text = f"it is written as {new}, not as {old}"
            told = [pair.get(name) for name in ("content", "style", "explode")]
            place = next(node for node in (*told, pair) if not node.is_same())
            yield Found(place, "style", Effect.CHANGED, side, text)

    def headers(self, pair: Pair, side: Side) -> Iterator[Found]:
        """The rule of the headers of an answer; their case says nothing."""
        for header in pair.each(str.lower):
            both = header.in_both
            found = self.parameter(header, side) if both else [lone_part(header, "header", side)]
            yield from (one.of(f"header {header.shown.name}") for one in found)

    def body(self, pair: Pair, side: Side) -> Iterator[Found]:
        """The rule of the body of a request."""
        content = self._content(_refusals(pair))
        table = {"required": required, "x-refusal": REFUSAL, "content": content}
        if pair.in_both:
            yield from by_table(pair, table, side)
        else:
            yield lone_part(pair, "requestBody", side)

    def content(self, pair: Pair, side: Side) -> Iterator[Found]:
        """The rule of the content of an answer."""
        yield from self._content((None, None))(pair, side)

    def _content(self, refusals: Refusals) -> Rule:
        def apply(pair: Pair, side: Side) -> Iterator[Found]:
            for media in pair.each(_media):
                if media.in_both:
                    table = {"schema": self._schema(refusals)}
                    more = {"examples": outcomes} if side == "answer" else {}
                    yield from by_table(media, {**table, **more}, side)
                else:
                    yield _lone_media(media, side)

        return apply

    def _schema(self, refusals: Refusals) -> Rule:
        return lambda pair, side: self.schemas.differences(pair, side, refusals)


def lone_part(pair: Pair, subject: str, side: Side) -> Found:
    """A part of a request or an answer that is new or gone."""
    is_required = pair.shown.get("required").value is True
    return lone(pair, subject, side, Effect.NARROWED if is_required else Effect.NONE)


def _lone_media(pair: Pair, side: Side) -> Found:
    """A type of content. Of a request one more has to be taken. Of an answer one more may come
    unasked; one that is gone cannot be asked for any more."""
    effect = Effect.WIDENED if pair.new.is_there else Effect.NARROWED
    how = "added" if pair.new.is_there else "removed"
    if side == "answer":
        effect |= Effect.OFFERED if pair.new.is_there else Effect.WITHDRAWN
    return Found(pair, "content", effect, side, f"{pair.shown.name}: {how}", how=how)


def _media(name: str) -> str:
    return "".join(name.lower().split())


def _refusals(pair: Pair) -> Refusals:
    old, new = (node.get("x-refusal").value for node in pair)
    return (old if isinstance(old, str) else None, new if isinstance(new, str) else None)


def _style(node: Node) -> str:
    """How a parameter is written, by OpenAPI's defaults where it does not say."""
    content = node.get("content").fields()
    if content:
        return ", ".join(map(_media, content))
    where, style, exploded = (node.get(name).value for name in ("in", "style", "explode"))
    style = _STYLES.get(str(where), "simple") if style is UNSET else style
    exploded = style == "form" if exploded is UNSET else exploded
    return f"{style}, exploded" if exploded is True else str(style)
