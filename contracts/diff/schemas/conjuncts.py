"""A schema as the list of all that must hold at once: what it says itself, what its $refs lead to,
each of its allOf. How it is cut into these says nothing. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import UNSET

from contracts.diff.changes.document import Node, Pair, canonical
from contracts.diff.changes.effects import Side
from contracts.diff.schemas.tables import WORDS

Refusals = tuple[str | None, str | None]
ALTERNATIVES = frozenset({"anyOf", "oneOf"})

# What may refuse null, however it is written: a schema with one is not said with null allowed.
_OF_NULL_TOO = {
    "$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "schema",
    "unevaluatedProperties", "unevaluatedItems",
}  # fmt: skip
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

    def alternatives(self) -> frozenset[str]:
        """Which of anyOf and oneOf it says."""
        return frozenset(ALTERNATIVES & {k for part in self.parts for k in part.fields})

    def required(self) -> set[str]:
        """The names that `required` lists."""
        lists = (part.value("required") for part in self.parts)
        return {str(name) for names in lists if isinstance(names, list) for name in names}

    def hidden(self, side: Side) -> set[str]:
        """The names that do not travel on this side: those of readOnly values are not in requests,
        those of writeOnly ones not in answers."""
        keyword = "readOnly" if side == "request" else "writeOnly"
        held = (field for p in self.parts for field in p.get("properties").fields().items())
        return {name for name, node in held if node.get(keyword).value is True}


class Wholes(NamedTuple):
    """The old schema and the new one."""

    old: Whole
    new: Whole

    def get(self, keyword: str) -> Pair:
        return Pair(self.old.get(keyword), self.new.get(keyword))

    @property
    def refusals(self) -> Refusals:
        return (self.old.parts[0].refusal, self.new.parts[0].refusal)

    def hidden(self, side: Side) -> set[str]:
        """The names that do not travel on this side, by each of the two that declares them."""
        old, new = (schema.hidden(side) for schema in self)
        declared = (
            {name for p in schema.parts for name in p.get("properties").fields()} for schema in self
        )
        was, now = declared
        return (old & new) | (old - now) | (new - was)

    def keywords(self) -> list[str]:
        """Those that either says."""
        return list(dict.fromkeys(k for whole in self for p in whole.parts for k in p.fields))


def whole(node: Node, refusal: str | None = None, *, is_plain: bool = False) -> Whole:
    """A schema cut into its parts. refusal: the nearest above. is_plain: alternatives of which
    there is only one, or that are nothing but types or values, are said without them."""
    return Whole(node, _parts(node, refusal, set(), is_plain) or [Part(node, {}, refusal)])


def wholes(pair: Pair, refusals: Refusals) -> Wholes:
    """Both schemas. Where only one has alternatives, they are said without them if that can be;
    else the other may be one of them."""
    both = Wholes(*(whole(node, r) for node, r in zip(pair, refusals, strict=True)))
    old, new = (side.alternatives() for side in both)
    if old == new:
        return both
    plain = Wholes(*(
        whole(node, refusal, is_plain=bool(alone))
        for node, refusal, alone in zip(pair, refusals, (old - new, new - old), strict=True)
    ))  # fmt: skip
    if any(side.alternatives() for side in plain):
        return Wholes(_among(plain.old, plain.new), _among(plain.new, plain.old))
    return plain


def _among(schema: Whole, other: Whole) -> Whole:
    """A schema beside one that is nothing but alternatives, as the only one of its own: it is held
    against the nearest of theirs."""
    keywords = {keyword for part in other.parts for keyword in part.fields} - WORDS
    if len(keywords) != 1 or not keywords <= ALTERNATIVES:
        return schema
    (keyword,) = keywords
    node = schema.node
    alone = Node(node.document, [node.value], node.place)
    return Whole(node, [Part(node, {keyword: alone}, schema.parts[0].refusal)])


def _parts(
    node: Node, refusal: str | None, seen: set[tuple[str, str | None]], is_plain: bool
) -> list[Part]:
    """seen: the places that are among the parts already, with their refusals: a rule that holds
    twice says nothing more, and may hold itself or be reached in a million ways."""
    said: set[str] = set()
    found: list[Part] = []
    is_own = not seen
    refusal = _text(node.get("x-refusal")) or refusal
    for layer in node.layers():
        if (layer.place, refusal) in seen:
            continue
        seen.add((layer.place, refusal))
        fields = {k: n for k, n in _said(layer).items() if k not in said & _FIRST_COUNTS}
        said |= fields.keys()
        inner = fields.pop("allOf").items() if "allOf" in fields else []
        if is_plain:
            inner += list(_lone(fields))
        lists = list(_lists(fields)) if is_plain else []
        found += _or_null(fields, refusal) if is_plain else []
        for said_together in (fields, *lists):
            found.append(Part(layer, said_together, refusal, is_own=is_own))
        for child in inner:
            found += _parts(child, refusal, seen, is_plain)
    return found


def _lone(fields: dict[str, Node]) -> Iterator[Node]:
    """Takes out alternatives of which there is only one: it must hold."""
    for keyword in sorted(ALTERNATIVES & fields.keys()):
        if len(fields[keyword].items()) == 1:
            yield from fields.pop(keyword).items()


def _lists(fields: dict[str, Node]) -> Iterator[dict[str, Node]]:
    """Takes out alternatives of nothing but types, or of nothing but values: they are a list of
    types, or an enum."""
    for keyword in sorted(ALTERNATIVES & fields.keys()):
        told = [branch.fields() for branch in fields[keyword].items()]
        for name, of_all in (("type", "type"), ("const", "enum")):
            values = [said[name].value for said in told if said.keys() - WORDS == {name}]
            is_plain = name == "const" or all(isinstance(value, str) for value in values)
            is_whole = is_plain and 0 < len(values) == len(told)
            if is_whole and (keyword == "anyOf" or _are_apart(values)):
                alternatives = fields.pop(keyword)
                yield {of_all: Node(alternatives.document, values, alternatives.place)}


def _or_null(fields: dict[str, Node], refusal: str | None) -> list[Part]:
    """Takes out alternatives of one schema and null: they are that schema with null allowed, so
    that what it loses at the same time is not hidden."""
    found: list[Part] = []
    for keyword in sorted(ALTERNATIVES & fields.keys()):
        branches = fields[keyword].items()
        others = [branch for branch in branches if not _is_null(branch)]
        if len(others) != 1 or len(branches) == 1:
            continue
        parts = _parts(others[0], refusal, {("", None)}, is_plain=True)
        if any(part.fields.keys() & _OF_NULL_TOO for part in parts):
            continue
        if keyword == "oneOf" and all(_allows_null(part) for part in parts):
            continue  # null is of both then, and so of none
        del fields[keyword]
        found += [part._replace(fields=_with_null(part.fields)) for part in parts]
    return found


def _is_null(branch: Node) -> bool:
    said = {name: node.value for name, node in branch.fields().items() if name not in WORDS}
    return said in ({"type": "null"}, {"type": ["null"]}, {"const": None}, {"enum": [None]})


def _allows_null(part: Part) -> bool:
    kinds, named = part.value("type"), part.value("enum")
    of_kind = kinds is None or "null" in (kinds if isinstance(kinds, list) else [kinds])
    of_kind = of_kind or part.value("nullable") is True
    named = [part.get("const").value] if part.get("const").is_there else named
    return of_kind and (not isinstance(named, list) or None in named)


def _with_null(fields: dict[str, Node]) -> dict[str, Node]:
    """Keywords with null allowed; all others say nothing of null."""
    changed = dict(fields)
    if "type" in fields:
        kinds = fields["type"].value
        kinds = kinds if isinstance(kinds, list) else [kinds]
        changed["type"] = fields["type"]._replace(value=[*kinds, "null"])
    if isinstance(fields["enum"].value if "enum" in fields else None, list):
        changed["enum"] = fields["enum"]._replace(value=[*fields["enum"].value, None])
    if "const" in fields:
        const = changed.pop("const")
        changed["enum"] = const._replace(value=[const.value, None])
    return changed


def _are_apart(values: list[Any]) -> bool:
    """Whether nothing is of two of these values, or types: then oneOf says what anyOf says."""
    texts = set(map(canonical, values))
    return len(texts) == len(values) and not {'"number"', '"integer"'} <= texts


def _said(layer: Node) -> dict[str, Node]:
    """Its keywords; what is no schema is one that nobody knows."""
    if isinstance(layer.value, dict | bool) or not layer.is_there:
        return layer.own()
    return {"schema": layer}


def _text(node: Node) -> str | None:
    return node.value if isinstance(node.value, str) else None
