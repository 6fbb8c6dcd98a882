"""The effect of each schema keyword on the values that a schema accepts."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.diff.changes.change import SpecDifference, effect_of
from contracts.diff.changes.document import Pair
from contracts.diff.changes.effects import Effect
from contracts.diff.compare import Document
from contracts.diff.schemas.compare import SchemaComparison
from tests.helpers.cases import each_case


def differences(
    old: Any, new: Any, side: Any = "request", **components: Any
) -> list[SpecDifference]:
    both = [Document({"schema": schema, **components}) for schema in (old, new)]
    return list(SchemaComparison({}).differences(Pair(*(d.root.get("schema") for d in both)), side))


def effect(old: Any, new: Any) -> Effect:
    return effect_of(differences(old, new))


NARROWED, WIDENED, CHANGED, NONE = Effect.NARROWED, Effect.WIDENED, Effect.CHANGED, Effect.NONE
OFFERED = Effect.OFFERED
A, B = {"const": "a"}, {"const": "b"}
CAT = {"type": "object", "required": ["is"], "properties": {"is": {"const": "cat"}}}
DOG = {"type": "object", "required": ["is"], "properties": {"is": {"const": "dog"}}}
CLOSED = {"additionalProperties": False}
TEXTS = {"additionalProperties": {"type": "string"}}
SEEDED = {"properties": {"seed": {"type": "integer"}}}


@each_case(
    "old, new, expected",
    [
        ({"type": "number"}, {"type": "integer"}, NARROWED),
        ({"type": "integer"}, {"type": ["string", "number"]}, WIDENED),
        ({"type": "integer"}, {"type": ["integer"]}, NONE),
        ({"type": "integer", "minimum": 1}, {"type": "string"}, CHANGED),
        ({"enum": ["a"]}, {"type": "string", "const": "a"}, NONE),
        ({"enum": [1]}, {"enum": [1.0]}, NONE),
        ({"enum": [1]}, {"enum": [True]}, CHANGED),
        ({"enum": ["a", 1]}, {"type": "string", "enum": ["a", 1]}, NARROWED),
        ({"minimum": 1}, {"exclusiveMinimum": 1}, NARROWED),
        ({"minimum": 1, "exclusiveMinimum": 0}, {"minimum": 1}, NONE),
        ({"maximum": 5}, {"maximum": 5.5}, WIDENED),
        ({"exclusiveMaximum": 5}, {}, WIDENED),
        ({"maximum": 5}, {"maximum": "6"}, CHANGED),
        ({"maximum": 5}, {"maximum": True}, CHANGED),
        ({"multipleOf": 2}, {"multipleOf": 4}, NARROWED),
        ({"multipleOf": 0.2}, {"multipleOf": 0.1}, WIDENED),
        ({"multipleOf": 2}, {"multipleOf": 3}, CHANGED),
        ({"multipleOf": 2}, {"multipleOf": 0}, CHANGED),
        ({"const": 10**400}, {"type": "integer", "const": 10**400}, NONE),
        ({"const": float("inf")}, {"type": "integer"}, CHANGED),
        ({"minLength": 0}, {}, NONE),
        ({"maxItems": 3}, {"maxItems": 2}, NARROWED),
        ({"uniqueItems": True}, {"uniqueItems": False}, WIDENED),
        ({"uniqueItems": True}, {"uniqueItems": "no"}, CHANGED),
        ({"items": {"maxLength": 2}}, {"items": {"maxLength": 3}}, WIDENED),
        ({"items": {}}, {"items": False}, NARROWED),
        ({"prefixItems": [A]}, {"prefixItems": [A, B]}, NARROWED),
        ({"prefixItems": [A], "items": B}, {"prefixItems": [A, B], "items": B}, NONE),
        ({"contains": A}, {"contains": A, "minContains": 2}, NARROWED),
        ({"contains": {"maxLength": 2}}, {"contains": {"maxLength": 3}}, WIDENED),
        ({"contains": {"maxLength": 2}, "maxContains": 1},
         {"contains": {"maxLength": 3}, "maxContains": 1}, CHANGED),
        ({"propertyNames": {"maxLength": 3}}, {}, WIDENED),
        ({"dependentRequired": {"a": ["b"]}}, {"dependentRequired": {"a": ["b", "c"]}}, NARROWED),
        ({"dependentSchemas": {"a": {"required": ["b"]}}}, {}, WIDENED),
        ({"anyOf": [A]}, {"anyOf": [B, A]}, WIDENED),
        ({"anyOf": [A, B]}, {"anyOf": [B, A]}, NONE),
        ({"anyOf": [A, B]}, {}, WIDENED),
        ({"oneOf": [CAT]}, {"oneOf": [CAT, DOG]}, WIDENED),
        ({"oneOf": [CAT, CAT]}, {"oneOf": [CAT, CAT, DOG]}, CHANGED),
        ({"oneOf": [CAT, DOG]}, {"oneOf": [DOG]}, NARROWED),
        ({"not": A}, {"not": {"enum": ["a", "b"]}}, NARROWED),
        ({"not": {"not": A}}, {"not": {"not": {"enum": ["a", "b"]}}}, WIDENED),
        ({"if": A, "then": B}, {"if": {"enum": ["a", "b"]}, "then": B}, NARROWED),
        ({"if": A, "else": B}, {"if": {"enum": ["a", "b"]}, "else": B}, WIDENED),
        ({"if": A, "then": B, "else": B}, {"if": B, "then": B, "else": B}, CHANGED),
        ({"if": A, "then": B}, {"if": A, "then": {"enum": ["a", "b"]}}, WIDENED),
        ({"not": {"if": A, "else": B}}, {"not": {"if": B, "else": B}}, CHANGED),
        (True, False, NARROWED),
        (False, {"type": "string"}, WIDENED),
        (False, {"not": {}}, WIDENED),
        ({"allOf": [True, False]}, False, NONE),
        (True, {}, NONE),
        ({"frobnicate": 1}, {"frobnicate": 2}, CHANGED),
        ({"enum": 5}, {"enum": 6}, CHANGED),
        ({"required": True}, {"required": False}, CHANGED),
        ({}, SEEDED, OFFERED),
        (CLOSED, {**CLOSED, **SEEDED}, OFFERED | WIDENED),
        (TEXTS, {**TEXTS, **SEEDED}, OFFERED | CHANGED),
        (TEXTS, {**TEXTS, "properties": {"seed": {"type": "string"}}}, OFFERED),
        ({"patternProperties": {"^s": {}}}, {"patternProperties": {"^s": {}}, **SEEDED},
         OFFERED | CHANGED),
        ({}, {"properties": {"seed": False}}, NARROWED),
        ({"required": ["seed"]}, {"required": ["seed"], **SEEDED}, NARROWED),
        ({"allOf": [SEEDED]}, {"allOf": [SEEDED], "properties": {"seed": {"minimum": 1}}},
         NARROWED),
        ({"then": SEEDED, "if": A}, {"then": SEEDED, "if": A, "allOf": [SEEDED]}, NARROWED),
        ({"patternProperties": {"^s": A}}, {"patternProperties": {"^s": A, "^t": A}}, NARROWED),
        ({**CLOSED, "patternProperties": {"^s": A}}, CLOSED, CHANGED),
        ({"additionalProperties": True}, {}, NONE),
        ({"unevaluatedProperties": False}, {"unevaluatedProperties": False, **SEEDED},
         OFFERED | CHANGED),
        ({"unevaluatedProperties": False, "title": "a"}, {"unevaluatedProperties": False}, NONE),
    ],
)  # fmt: skip
def test_a_keyword_narrows_or_widens(old: Any, new: Any, expected: Effect) -> None:
    assert effect(old, new) == expected


@each_case(
    "old, new",
    [
        # OpenAPI 3.0 beside 3.1.
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        # However a schema is cut into parts.
        ({**SEEDED, "required": ["seed"]}, {"allOf": [SEEDED, {"required": ["seed"]}]}),
        ({"type": "object", **SEEDED}, {"type": "object", "allOf": [{"type": "object", **SEEDED}]}),
        ({"type": "string", "enum": ["a"]}, {"allOf": [{"enum": ["a"]}, {"type": "string"}]}),
        ({"minimum": 2}, {"allOf": [{"minimum": 2}, {"minimum": 1}]}),
        ({"$ref": "#/x"}, {"allOf": [{"$ref": "#/x"}]}),
        ({"$ref": "#/x"}, {"$ref": "#/x", "pattern": "^a"}),
        ({"$ref": "#/x", "maxLength": 2}, {"allOf": [{"$ref": "#/x"}], "maxLength": 2}),
        ({"anyOf": [A, {"$ref": "#/x"}]}, {"anyOf": [{"type": "string", "pattern": "^a"}, A]}),
    ],
)
def test_equivalent_schemas_do_not_differ(old: Any, new: Any) -> None:
    found = differences(old, new, x={"type": "string", "pattern": "^a"})
    assert not effect_of(found)


def test_a_pattern_next_to_a_ref_applies_too() -> None:
    old = {"$ref": "#/x", "pattern": "b$"}
    assert effect_of(differences(old, {"$ref": "#/x"}, x={"pattern": "^a"})) == WIDENED


def test_a_default_is_compared_in_requests_only() -> None:
    old, new = {"default": 1}, {"default": None}
    assert effect_of(differences(old, new, "request")) == CHANGED
    assert effect_of(differences({}, new, "request")) == CHANGED
    assert effect_of(differences(old, new, "answer")) == NONE


def test_a_difference_is_reported_at_the_target_of_the_ref() -> None:
    old = {"properties": {"tags": {"items": {"$ref": "#/tag"}}}}
    both = [Document({"schema": old, "tag": {"maxLength": n}}) for n in (5, 4)]
    (found,) = SchemaComparison({}).differences(
        Pair(*(d.root.get("schema") for d in both)), "request"
    )
    assert found.pair.new.pointer == "#/tag/maxLength"
    assert found.field == ("tags", "*")


def test_a_schema_may_be_recursive() -> None:
    def person(age: Any) -> Any:
        children = {"type": "array", "items": {"$ref": "#/person"}}
        return {"properties": {"age": age, "parent": {"$ref": "#/person"}, "children": children}}

    ref = {"$ref": "#/person"}
    one, other = (Document({"schema": ref, "person": person({"maximum": n})}) for n in (9, 8))
    (found,) = SchemaComparison({}).differences(
        Pair(one.root.get("schema"), other.root.get("schema")), "answer"
    )
    assert (found.kind, found.field) == ("maximum-narrowed", ("age",))


@pytest.mark.parametrize("ref", ["#/loop", "#/nowhere", "#/schema/a", "other.yaml#/x", "#anchor"])
def test_an_unresolved_ref_is_listed_and_compared_as_text(ref: str) -> None:
    loop = {"$ref": "#/loop"}
    assert not effect_of(differences({"$ref": ref}, {"$ref": ref}, loop=loop))
    document = Document({"schema": {"$ref": ref}, "loop": loop})
    document.root.get("schema").fields()
    assert document.unresolved == ({ref} if ref != "#/loop" else set())


def test_a_changed_ref_to_another_file_counts_as_changed() -> None:
    assert effect({"$ref": "other.yaml#/x"}, {"$ref": "other.yaml#/y"}) == CHANGED


def test_a_ref_may_be_percent_encoded_and_go_through_lists_and_other_refs() -> None:
    old = {"$ref": "#/deep/%7Bname%7D/1/x"}
    deep = {"{name}": [0, {"$ref": "#/target"}]}
    found = differences(old, {"const": 5}, deep=deep, target={"x": {"const": 5}})
    assert not effect_of(found)


def test_a_component_may_occur_twice_in_a_union() -> None:
    a, b = {"$ref": "#/a"}, {"$ref": "#/b"}
    old, new = {"anyOf": [a, a, b]}, {"anyOf": [b, a, a]}
    assert not effect_of(differences(old, new, a=A, b=B))


def test_components_of_a_union_are_matched_by_name() -> None:
    names = {f"n{i}": {"properties": {f"p{i}": {"type": "string"}}} for i in range(3)}
    old = {"anyOf": [{"$ref": f"#/{name}"} for name in names]}
    changed = {**names, "n1": {"properties": {"q": {"type": "integer"}}}}
    both = Document({"schema": old, **names}), Document({"schema": old, **changed})
    found = SchemaComparison({}).differences(Pair(*(d.root.get("schema") for d in both)), "answer")
    assert sorted(f.kind for f in found) == ["property-added", "property-removed"]


NODE = {"type": "object", "properties": {"next": {"$ref": "#/node"}}}
NULLABLE = {"anyOf": [{"$ref": "#/node"}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (NODE, {**NODE, "properties": {"next": NULLABLE}}, WIDENED),
        ({"type": "array"}, {"type": "array", "items": {"$ref": "#/node"}}, NARROWED),
        ({}, {"additionalProperties": {"$ref": "#/node"}}, NONE),
        ({}, {"type": ["object", "string"], "additionalProperties": {"$ref": "#/node"}}, NARROWED),
        (NODE, {}, WIDENED | Effect.WITHDRAWN),
    ],
)
def test_a_schema_that_is_recursive_on_one_side_is_compared(
    old: Any, new: Any, expected: Effect
) -> None:
    ref = {"$ref": "#/node"}
    both = [Document({"schema": ref, "node": node}) for node in (old, new)]
    found = list(
        SchemaComparison({}).differences(Pair(*(d.root.get("schema") for d in both)), "request")
    )
    assert effect_of(found) & Effect.CHANGED == expected & Effect.CHANGED


FIRST = {"type": "string", "minLength": 1}
TEXT, NULL, NUMBER, COUNT = ({"type": t} for t in ("string", "null", "number", "integer"))


@each_case(
    "old, new, expected",
    [
        ({"anyOf": [TEXT]}, TEXT, NONE),
        ({"oneOf": [{"$ref": "#/x"}]}, {"$ref": "#/x"}, NONE),
        ({"anyOf": [TEXT, NULL]}, {"type": ["null", "string"]}, NONE),
        ({"anyOf": [TEXT, NULL], "title": "t"}, TEXT, NARROWED),
        ({"oneOf": [NUMBER, COUNT]}, NUMBER, CHANGED),
        ({"anyOf": [NUMBER, COUNT]}, NUMBER, NONE),
        ({"oneOf": [A, B]}, {"enum": ["b", "a"]}, NONE),
        ({"oneOf": [A, A]}, {"enum": ["a"]}, CHANGED),
        ({"anyOf": [A, A]}, {"enum": ["a"]}, NONE),
        ({"oneOf": [A, B]}, {"anyOf": [B, A]}, NONE),
        ({"anyOf": [FIRST, NULL]}, FIRST, NARROWED),
        ({"anyOf": [FIRST, NULL]}, {**FIRST, "type": ["string", "null"]}, NONE),
        (FIRST, {"anyOf": [NULL, {**FIRST, "title": "t"}]}, WIDENED),
        ({"anyOf": [{"minLength": 1}, NULL]}, {"minLength": 1}, NONE),  # it allowed null already
        ({"oneOf": [{"minLength": 1}, NULL]}, {"minLength": 1}, CHANGED),  # null was of both
    ],
)
def test_equivalent_alternatives_do_not_differ(old: Any, new: Any, expected: Effect) -> None:
    assert effect_of(differences(old, new, x=TEXT)) == expected


ID = {"properties": {"id": {"type": "string", "readOnly": True}}}


def test_read_only_properties_are_not_required_in_requests() -> None:
    longest = {"id": {**ID["properties"]["id"], "maxLength": 5}}
    new: Any = {"properties": longest, "required": ["id"]}
    assert effect_of(differences(ID, new, "request")) == NONE
    assert effect_of(differences(ID, new, "answer")) == NARROWED
    assert effect_of(differences({}, ID, "request")) == NONE
    assert effect_of(differences({}, ID, "answer")) == OFFERED
    secret: Any = {"properties": {"id": {"type": "string", "writeOnly": True}}}
    assert effect_of(differences(secret, {**secret, "required": ["id"]}, "answer")) == NONE
    assert effect_of(differences(secret, {**secret, "required": ["id"]}, "request")) == NARROWED
