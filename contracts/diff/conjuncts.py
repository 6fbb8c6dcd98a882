"""A schema as the list of all that must hold at once: what it says itself, what its $refs lead to,
each of its allOf. How it is cut into these says nothing. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import UNSET

from contracts.diff.tables import WORDS
from contracts.diff.tree import Node, Pair, canonical

KINDS = frozenset({"null", "boolean", "object", "array", "string", "integer", "fraction"})
Refusals = tuple[str | None, str | None]

# No rules that hold beside each other: what stands beside a $ref counts before what it leads to.
_FIRST_COUNTS = WORDS | {"default", "deprecated", "x-refusal", "x-missing"}


class Part(NamedTuple):
    """Keywords that stand together. refusal: the outcome where one does not hold, by x-refusal of
    this part or the nearest above. is_own: it is said by the schema, not by one of its allOf."""

    node: Node
    fields: dict[str, Node]
    refusal: str | None = None
    is_own: bool = True

    def get(self, keyword: str) -> Node:
        return self.fields.get(keyword) or self.node.absent(keyword)

    def value(self, keyword: str) -> Any:
        """None where it does not say the keyword."""
        found = self.get(keyword).value
        return None if found is UNSET else found


class Parts(NamedTuple):
    """A part of the old schema with its counterpart."""

    old: Part
    new: Part

    def get(self, keyword: str) -> Pair:
        return Pair(self.old.get(keyword), self.new.get(keyword))

    @property
    def refusals(self) -> Refusals:
        return (self.old.refusal, self.new.refusal)


class Whole(NamedTuple):
    """A schema with all of its parts, at least one."""

    node: Node
    parts: list[Part]

    @property
    def is_never(self) -> bool:
        """Whether it allows nothing, being `false`."""
        return any(part.node.value is False for part in self.parts)

    @property
    def nothing(self) -> Part:
        """A part that says nothing, in place of one that is not there."""
        return Part(self.node, {}, self.parts[0].refusal)

    def get(self, keyword: str) -> Node:
        """Where it says the keyword first."""
        found = (part.fields[keyword] for part in self.parts if keyword in part.fields)
        return next(found, self.node.absent(keyword))

    def having(self, keywords: Iterable[str]) -> list[Part]:
        """The parts that say one of the keywords; of those that say the same the first."""
        found: list[Part] = []
        for part in self.parts:
            if any(keyword in part.fields for keyword in keywords) and not any(
                all(Pair(part.get(k), other.get(k)).is_same() for k in keywords) for other in found
            ):
                found.append(part)
        return found

    def required(self) -> set[str]:
        """The names that `required` lists."""
        lists = (part.value("required") for part in self.parts)
        return {str(name) for names in lists if isinstance(names, list) for name in names}


class Wholes(NamedTuple):
    """The old schema and the new one."""

    old: Whole
    new: Whole

    def get(self, keyword: str) -> Pair:
        return Pair(self.old.get(keyword), self.new.get(keyword))

    @property
    def refusals(self) -> Refusals:
        return (self.old.parts[0].refusal, self.new.parts[0].refusal)

    def keywords(self) -> list[str]:
        """Those that either says."""
        return list(dict.fromkeys(k for whole in self for p in whole.parts for k in p.fields))


def whole(node: Node, refusal: str | None = None) -> Whole:
    """A schema cut into its parts. refusal: the nearest above."""
    return Whole(node, _parts(node, refusal, ()) or [Part(node, {}, refusal)])


def _parts(node: Node, refusal: str | None, above: tuple[str, ...]) -> list[Part]:
    if node.place in above:
        return []
    said: set[str] = set()
    found: list[Part] = []
    refusal = _text(node.get("x-refusal")) or refusal
    for layer in node.layers():
        fields = {k: n for k, n in _said(layer).items() if k not in said & _FIRST_COUNTS}
        said |= fields.keys()
        inner = fields.pop("allOf", None)
        found.append(Part(layer, fields, refusal, is_own=not above))
        for child in inner.items() if inner else ():
            found += _parts(child, refusal, (*above, node.place))
    return found


def _said(layer: Node) -> dict[str, Node]:
    """Its keywords; what is no schema is one that nobody knows."""
    if isinstance(layer.value, dict | bool) or not layer.is_there:
        return layer.own()
    return {"schema": layer}


def _text(node: Node) -> str | None:
    return node.value if isinstance(node.value, str) else None


def kinds(schema: Whole) -> frozenset[str]:
    """The types that `type` allows; an integer is a number, and so is a fraction."""
    return frozenset.intersection(*(_kinds(part) for part in schema.parts))


def _kinds(part: Part) -> frozenset[str]:
    said = part.value("type")
    if said is None:
        return KINDS
    found = {str(kind) for kind in (said if isinstance(said, list) else [said])}
    if part.value("nullable") is True:  # OpenAPI 3.0
        found.add("null")
    if "number" in found:
        found = (found - {"number"}) | {"integer", "fraction"}
    return frozenset(found)


def values(schema: Whole) -> dict[str, str] | None:
    """The values that enum and const name, as far as the type allows them: canonical text and
    kind. None where there is neither."""
    lists = [named for part in schema.parts for named in _named(part)]
    if not lists:
        return None
    sets = [{canonical(value): kind_of(value) for value in found} for found in lists]
    allowed = kinds(schema)
    return {
        text: kind
        for text, kind in sets[0].items()
        if kind in allowed and all(text in other for other in sets)
    }


def _named(part: Part) -> Iterator[list[Any]]:
    if isinstance(part.value("enum"), list):
        yield part.value("enum")
    if part.get("const").is_there:
        yield [part.get("const").value]


def allowed_kinds(schema: Whole) -> frozenset[str]:
    """The types of all that a schema allows: of the values that it names, if it names some."""
    named = values(schema)
    return kinds(schema) if named is None else frozenset(named.values())


def kind_of(value: Any) -> str:
    """The type of a value, as in kinds()."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    known = ((int, "integer"), (list, "array"), (dict, "object"))
    return next((kind for type_, kind in known if isinstance(value, type_)), "string")
