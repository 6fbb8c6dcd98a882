"""Compares parameters, headers, bodies and their content types. Paths and statuses are
compared elsewhere."""

from __future__ import annotations

from msgspec import UNSET

from contracts.diff.changes.change import Differences, SpecDifference
from contracts.diff.changes.document import Node, Pair
from contracts.diff.changes.effects import Effect, Side
from contracts.diff.operations.outcomes import outcomes
from contracts.diff.schemas.compare import SchemaComparison
from contracts.diff.schemas.fields import (
    FieldComparer,
    added_or_removed,
    compare_fields,
    ignore,
    required_flag,
    value_comparer,
)
from contracts.diff.schemas.flat_schema import Refusals
from contracts.diff.schemas.value_effects import always_changed, always_noted, opaque_constraint

_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
REFUSAL = value_comparer(always_changed, text="an invalid value has a different answer")
PARAMETER: dict[str, FieldComparer] = {
    **dict.fromkeys(("name", "in", "style", "explode"), ignore),
    "required": required_flag,
    "deprecated": value_comparer(always_noted, False),
    "allowReserved": value_comparer(always_changed, False),
    "allowEmptyValue": value_comparer(always_changed, False),
    "x-refusal": REFUSAL,
    "x-required-by-scheme": value_comparer(opaque_constraint),
}


class Payloads:
    """Compares the data of requests and answers. schemas: compares their schemas."""

    def __init__(self, schemas: SchemaComparison) -> None:
        self.schemas = schemas

    def parameter(self, pair: Pair, side: Side) -> Differences:
        """Compare a parameter of a request, or a header of an answer."""
        refusals = _refusals(pair)
        table = {"schema": self._schema(refusals), "content": self._content(refusals)}
        old, new = (_style(node) for node in pair)
        if old != new and pair.get("content").shown.exists:
            table = dict.fromkeys(table, ignore)  # different encodings cannot be compared
        yield from compare_fields(pair, {**PARAMETER, **table}, side)
        if old != new and pair.get("in").is_same():
            text = f"it is serialized as {new}, no longer as {old}"
            pairs = [pair.get(name) for name in ("content", "style", "explode")]
            changed = next(each for each in (*pairs, pair) if not each.is_same())
            yield SpecDifference(changed, "style", Effect.CHANGED, side, text)

    def headers(self, pair: Pair, side: Side) -> Differences:
        """Compare the `headers` of an answer. The case of their names has no meaning."""
        for header in pair.each(str.lower):
            both = header.in_both
            found = self.parameter(header, side) if both else [lone_part(header, "header", side)]
            use = f"header {header.shown.name}"
            yield from (difference.in_use(use) for difference in found)

    def body(self, pair: Pair, side: Side) -> Differences:
        """Compare the `requestBody` of an operation."""
        content = self._content(_refusals(pair))
        table = {"required": required_flag, "x-refusal": REFUSAL, "content": content}
        if pair.in_both:
            yield from compare_fields(pair, table, side)
        else:
            yield lone_part(pair, "requestBody", side)

    def content(self, pair: Pair, side: Side) -> Differences:
        """Compare the `content` of an answer."""
        yield from self._content((None, None))(pair, side)

    def _content(self, refusals: Refusals) -> FieldComparer:
        def compare(pair: Pair, side: Side) -> Differences:
            for media in pair.each(_media_type):
                if media.in_both:
                    table = {"schema": self._schema(refusals)}
                    more = {"examples": outcomes} if side == "answer" else {}
                    yield from compare_fields(media, {**table, **more}, side)
                else:
                    yield _lone_media_type(media, side)

        return compare

    def _schema(self, refusals: Refusals) -> FieldComparer:
        return lambda pair, side: self.schemas.differences(pair, side, refusals)


def lone_part(pair: Pair, subject: str, side: Side) -> SpecDifference:
    """The difference for an added or removed parameter, header or body."""
    is_required = pair.shown.get("required").value is True
    return added_or_removed(pair, subject, side, Effect.NARROWED if is_required else Effect.NONE)


def _lone_media_type(pair: Pair, side: Side) -> SpecDifference:
    """The difference for an added or removed content type. A server must accept an added type in
    requests. In answers, clients may receive an added type, and can no longer ask for a removed
    one."""
    effect = Effect.WIDENED if pair.new.exists else Effect.NARROWED
    verb = "added" if pair.new.exists else "removed"
    if side == "answer":
        effect |= Effect.OFFERED if pair.new.exists else Effect.WITHDRAWN
    text = f"{pair.shown.name} was {verb}"
    return SpecDifference(pair, "content", effect, side, text, verb=verb)


def _media_type(name: str) -> str:
    """A content type in lower case and without spaces."""
    return "".join(name.lower().split())


def _refusals(pair: Pair) -> Refusals:
    old, new = (node.get("x-refusal").value for node in pair)
    return (old if isinstance(old, str) else None, new if isinstance(new, str) else None)


def _style(node: Node) -> str:
    """The serialization of a parameter: its content type, or its style and explode. Missing fields
    have the defaults of OpenAPI."""
    content = node.get("content").fields()
    if content:
        return ", ".join(map(_media_type, content))
    location, style, exploded = (node.get(name).value for name in ("in", "style", "explode"))
    style = _STYLES.get(str(location), "simple") if style is UNSET else style
    exploded = style == "form" if exploded is UNSET else exploded
    return f"{style}, exploded" if exploded is True else str(style)
