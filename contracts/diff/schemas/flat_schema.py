"""Flattens a schema into the list of subschemas that must all hold: its own keywords, the targets
of its $refs, and each schema of its allOf.

So two schemas that are split differently can still be compared. Nothing is compared here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import UNSET

from contracts.diff.changes.document import Node, Pair, canonical_json
from contracts.diff.changes.effects import Side
from contracts.diff.schemas.fields import PROSE

Refusals = tuple[str | None, str | None]  # the x-refusal of the old and of the new schema
ALTERNATIVES = frozenset({"anyOf", "oneOf"})

# Keywords that may reject null at any type. A schema with one of them is not merged with null.
_MAY_REJECT_NULL = {
    "$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "schema",
    "unevaluatedProperties", "unevaluatedItems",
}  # fmt: skip
# Keywords that are not constraints: beside a $ref, they replace those of its target.
_REPLACED_BESIDE_REF = PROSE | {"default", "deprecated", "x-refusal", "x-missing"}


class Subschema(NamedTuple):
    """The keywords of one schema object.

    refusal: the outcome if one of them fails, from the x-refusal of this object or of the nearest
    one that contains it. is_own: True for the schema itself, False for a schema of its allOf."""

    node: Node
    fields: dict[str, Node]
    refusal: str | None = None
    is_own: bool = True

    def get(self, keyword: str) -> Node:
        """The node of a keyword; it may not exist."""
        return self.fields.get(keyword) or self.node.absent(keyword)

    def value(self, keyword: str) -> Any:
        """The value of a keyword; None if the keyword is missing."""
        value = self.get(keyword).value
        return None if value is UNSET else value


class SubschemaPair(NamedTuple):
    """A subschema of the old schema and its counterpart in the new one."""

    old: Subschema
    new: Subschema

    def get(self, keyword: str) -> Pair:
        """The nodes of a keyword."""
        return Pair(self.old.get(keyword), self.new.get(keyword))

    @property
    def refusals(self) -> Refusals:
        """The refusals of both."""
        return (self.old.refusal, self.new.refusal)


class FlatSchema(NamedTuple):
    """A schema as a list of subschemas that must all hold. The list has at least one item."""

    node: Node
    subschemas: list[Subschema]

    @property
    def allows_nothing(self) -> bool:
        """Whether one of its subschemas is `false`."""
        return any(subschema.node.value is False for subschema in self.subschemas)

    @property
    def empty(self) -> Subschema:
        """A subschema without keywords, for comparison with one that has no counterpart."""
        return Subschema(self.node, {}, self.subschemas[0].refusal)

    def get(self, keyword: str) -> Node:
        """The node of a keyword in the first subschema that has it; it may not exist."""
        fields = (subschema.fields for subschema in self.subschemas)
        found = (each[keyword] for each in fields if keyword in each)
        return next(found, self.node.absent(keyword))

    def with_keywords(self, keywords: Iterable[str]) -> list[Subschema]:
        """The subschemas that have one of the keywords, without duplicates."""
        found: list[Subschema] = []
        for subschema in self.subschemas:
            if any(keyword in subschema.fields for keyword in keywords) and not any(
                all(Pair(subschema.get(k), other.get(k)).is_same() for k in keywords)
                for other in found
            ):
                found.append(subschema)
        return found

    def alternatives(self) -> frozenset[str]:
        """The keywords anyOf and oneOf, if it has them."""
        keywords = {keyword for subschema in self.subschemas for keyword in subschema.fields}
        return frozenset(ALTERNATIVES & keywords)

    def required(self) -> set[str]:
        """The names of all required properties."""
        lists = (subschema.value("required") for subschema in self.subschemas)
        return {str(name) for names in lists if isinstance(names, list) for name in names}

    def hidden_names(self, side: Side) -> set[str]:
        """The properties that are not sent: those with readOnly in requests, those with writeOnly
        in answers."""
        keyword = "readOnly" if side == "request" else "writeOnly"
        maps = (subschema.get("properties").fields() for subschema in self.subschemas)
        properties = (item for each in maps for item in each.items())
        return {name for name, node in properties if node.get(keyword).value is True}


class FlatSchemaPair(NamedTuple):
    """The old and the new flat schema of one value."""

    old: FlatSchema
    new: FlatSchema

    def get(self, keyword: str) -> Pair:
        """The nodes of a keyword, each from the first subschema that has it."""
        return Pair(self.old.get(keyword), self.new.get(keyword))

    @property
    def refusals(self) -> Refusals:
        """The refusals of both schemas."""
        return (self.old.subschemas[0].refusal, self.new.subschemas[0].refusal)

    def hidden_names(self, side: Side) -> set[str]:
        """The properties that are not sent according to each schema that declares them."""
        old, new = (schema.hidden_names(side) for schema in self)
        was, now = (
            {name for s in schema.subschemas for name in s.get("properties").fields()}
            for schema in self
        )
        return (old & new) | (old - now) | (new - was)

    def keywords(self) -> list[str]:
        """The keywords that at least one of the schemas has."""
        fields = (subschema.fields for schema in self for subschema in schema.subschemas)
        return list(dict.fromkeys(keyword for each in fields for keyword in each))


def flatten(node: Node, refusal: str | None = None, *, simplify: bool = False) -> FlatSchema:
    """Flatten a schema. refusal: the x-refusal of the nearest schema that contains it. simplify:
    rewrite anyOf and oneOf without alternatives where an equal form exists."""
    subschemas = _collect(node, refusal, set(), simplify)
    return FlatSchema(node, subschemas or [Subschema(node, {}, refusal)])


def flatten_pair(pair: Pair, refusals: Refusals) -> FlatSchemaPair:
    """Flatten both schemas. If only one has alternatives, they are simplified if possible. If not,
    the other schema is treated as a list of one alternative."""
    both = FlatSchemaPair(*(flatten(node, r) for node, r in zip(pair, refusals, strict=True)))
    old, new = (schema.alternatives() for schema in both)
    if old == new:
        return both
    simple = FlatSchemaPair(*(
        flatten(node, refusal, simplify=bool(only_here))
        for node, refusal, only_here in zip(pair, refusals, (old - new, new - old), strict=True)
    ))  # fmt: skip
    if any(schema.alternatives() for schema in simple):
        return FlatSchemaPair(
            _as_alternative(simple.old, simple.new), _as_alternative(simple.new, simple.old)
        )
    return simple


def _as_alternative(schema: FlatSchema, other: FlatSchema) -> FlatSchema:
    """The schema as an anyOf or oneOf with one item, if `other` is only such a keyword. It is then
    compared with the most similar alternative of `other`."""
    keywords = {keyword for subschema in other.subschemas for keyword in subschema.fields} - PROSE
    if len(keywords) != 1 or not keywords <= ALTERNATIVES:
        return schema
    (keyword,) = keywords
    node = schema.node
    single = Node(node.document, [node.value], node.pointer)
    return FlatSchema(node, [Subschema(node, {keyword: single}, schema.subschemas[0].refusal)])


def _collect(
    node: Node, refusal: str | None, seen: set[tuple[str, str | None]], simplify: bool
) -> list[Subschema]:
    """The subschemas of a schema and of its allOf. seen: pointers and refusals of the subschemas
    already collected; without it a recursive schema would never end."""
    keywords: set[str] = set()
    found: list[Subschema] = []
    is_own = not seen
    refusal = _text(node.get("x-refusal")) or refusal
    for target in node.ref_chain():
        if (target.pointer, refusal) in seen:
            continue
        seen.add((target.pointer, refusal))
        replaced = keywords & _REPLACED_BESIDE_REF
        fields = {k: n for k, n in _fields(target).items() if k not in replaced}
        keywords |= fields.keys()
        inner = fields.pop("allOf").items() if "allOf" in fields else []
        if simplify:
            inner += list(_pop_single(fields))
        lists = list(_pop_lists(fields)) if simplify else []
        found += _pop_nullable(fields, refusal) if simplify else []
        for each in (fields, *lists):
            found.append(Subschema(target, each, refusal, is_own=is_own))
        for child in inner:
            found += _collect(child, refusal, seen, simplify)
    return found


def _pop_single(fields: dict[str, Node]) -> Iterator[Node]:
    """Remove each anyOf and oneOf with one item, and return the item: it must hold."""
    for keyword in sorted(ALTERNATIVES & fields.keys()):
        if len(fields[keyword].items()) == 1:
            yield from fields.pop(keyword).items()


def _pop_lists(fields: dict[str, Node]) -> Iterator[dict[str, Node]]:
    """Remove each anyOf and oneOf whose items have only a type or only a const, and return the same
    as a list of types or as an enum."""
    for keyword in sorted(ALTERNATIVES & fields.keys()):
        branches = [branch.fields() for branch in fields[keyword].items()]
        for name, list_name in (("type", "type"), ("const", "enum")):
            values = [branch[name].value for branch in branches if branch.keys() - PROSE == {name}]
            is_list = name == "const" or all(isinstance(value, str) for value in values)
            is_complete = is_list and 0 < len(values) == len(branches)
            if is_complete and (keyword == "anyOf" or _are_disjoint(values)):
                alternatives = fields.pop(keyword)
                yield {list_name: Node(alternatives.document, values, alternatives.pointer)}


def _pop_nullable(fields: dict[str, Node], refusal: str | None) -> list[Subschema]:
    """Remove each anyOf and oneOf of one schema and null, and return the schema with null allowed.
    Other changes of the schema then stay visible."""
    found: list[Subschema] = []
    for keyword in sorted(ALTERNATIVES & fields.keys()):
        branches = fields[keyword].items()
        others = [branch for branch in branches if not _is_null(branch)]
        if len(others) != 1 or len(branches) == 1:
            continue
        subschemas = _collect(others[0], refusal, {("", None)}, simplify=True)
        if any(subschema.fields.keys() & _MAY_REJECT_NULL for subschema in subschemas):
            continue
        if keyword == "oneOf" and all(_allows_null(subschema) for subschema in subschemas):
            continue  # null matches both branches, so oneOf rejects it
        del fields[keyword]
        found += [each._replace(fields=_with_null(each.fields)) for each in subschemas]
    return found


def _is_null(branch: Node) -> bool:
    values = {name: node.value for name, node in branch.fields().items() if name not in PROSE}
    return values in ({"type": "null"}, {"type": ["null"]}, {"const": None}, {"enum": [None]})


def _allows_null(subschema: Subschema) -> bool:
    types, values = subschema.value("type"), subschema.value("enum")
    fits_type = types is None or "null" in (types if isinstance(types, list) else [types])
    fits_type = fits_type or subschema.value("nullable") is True
    values = [subschema.get("const").value] if subschema.get("const").exists else values
    return fits_type and (not isinstance(values, list) or None in values)


def _with_null(fields: dict[str, Node]) -> dict[str, Node]:
    """The keywords with null allowed. Only type, enum and const need a change."""
    changed = dict(fields)
    if "type" in fields:
        types = fields["type"].value
        types = types if isinstance(types, list) else [types]
        changed["type"] = fields["type"]._replace(value=[*types, "null"])
    if isinstance(fields["enum"].value if "enum" in fields else None, list):
        changed["enum"] = fields["enum"]._replace(value=[*fields["enum"].value, None])
    if "const" in fields:
        const = changed.pop("const")
        changed["enum"] = const._replace(value=[const.value, None])
    return changed


def _are_disjoint(values: list[Any]) -> bool:
    """Whether no value matches two of these constants or types; oneOf then equals anyOf."""
    texts = set(map(canonical_json, values))
    return len(texts) == len(values) and not {'"number"', '"integer"'} <= texts


def _fields(node: Node) -> dict[str, Node]:
    """The keywords of a schema. A value that is not a schema counts as one unknown keyword."""
    if isinstance(node.value, dict | bool) or not node.exists:
        return node.own_fields()
    return {"schema": node}


def _text(node: Node) -> str | None:
    return node.value if isinstance(node.value, str) else None
