"""The effect of each schema keyword on the values that a schema accepts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from contracts.diff.changes import Effect, SpecDifference
from contracts.diff.compare import Document
from contracts.diff.document import Pair
from contracts.diff.keywords import KEYWORDS
from contracts.diff.meanings import PROSE
from contracts.diff.schemas import schema_differences
from contracts.spec.document import default_path, read
from tests.helpers.cases import each_case


def differences(
    old: Any, new: Any, side: Any = "request", **components: Any
) -> list[SpecDifference]:
    both = [Document({"schema": schema, **components}) for schema in (old, new)]
    return list(schema_differences(Pair(*(d.root.get("schema") for d in both)), side))


def effect_of(found: Iterable[SpecDifference]) -> Effect:
    """The combined effect of several differences."""
    effect = Effect.NONE
    for each in found:
        effect |= each.effect
    return effect


def effect(old: Any, new: Any) -> Effect:
    return effect_of(differences(old, new))


NARROWED, WIDENED, CHANGED, NONE = Effect.NARROWED, Effect.WIDENED, Effect.CHANGED, Effect.NONE
OFFERED = Effect.OFFERED
A, B, AB = {"const": "a"}, {"const": "b"}, {"enum": ["a", "b"]}
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
        ({"maximum": 5}, {"maximum": "6"}, CHANGED),
        ({"maximum": 5}, {"maximum": True}, CHANGED),
        ({"maximum": 5}, {"maximum": float("nan")}, CHANGED),
        ({"const": 10**400}, {"type": "integer", "const": 10**400}, NONE),
        ({"const": float("inf")}, {"type": "integer"}, CHANGED),
        ({"minLength": 0}, {}, NONE),
        ({"maxItems": 3}, {"maxItems": 2}, NARROWED),
        ({"items": {"maxLength": 2}}, {"items": {"maxLength": 3}}, WIDENED),
        ({"items": {}}, {"items": False}, NARROWED),
        ({"not": A}, {"not": {"enum": ["a", "b"]}}, NARROWED),
        ({"not": {"not": A}}, {"not": {"not": {"enum": ["a", "b"]}}}, WIDENED),
        ({"if": A, "then": B}, {"if": {"enum": ["a", "b"]}, "then": B}, NARROWED),
        ({"if": A, "else": B}, {"if": {"enum": ["a", "b"]}, "else": B}, WIDENED),
        ({"if": A, "then": B, "else": B}, {"if": B, "then": B, "else": B}, CHANGED),
        ({"if": A, "then": B, "else": B}, {"if": AB, "then": B, "else": B}, CHANGED),
        ({"if": A, "then": B}, {"if": A, "then": AB}, WIDENED),
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
        ({"required": ["seed"]}, {"required": ["seed"], "properties": {"seed": True}}, NONE),
        ({"allOf": [SEEDED]}, {"allOf": [SEEDED], "properties": {"seed": {"minimum": 1}}},
         NARROWED),
        ({"anyOf": [SEEDED]}, {"anyOf": [SEEDED], **SEEDED}, NARROWED),
        ({"else": SEEDED, "if": A}, {"else": SEEDED, "if": A, **SEEDED}, NARROWED),
        ({"then": SEEDED, "if": A}, {"then": SEEDED, "if": A, "allOf": [SEEDED]}, NARROWED),
        ({**CLOSED, "patternProperties": {"^s": A}}, CLOSED, CHANGED),
        ({"additionalProperties": True}, {}, NONE),
        ({"type": "string"}, {"type": ["string", "array"], "items": A, "maxItems": 2}, WIDENED),
        ({"type": "string"}, {"type": ["string", "object"], "required": ["seed"], **SEEDED},
         WIDENED),
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
        # A keyword of a type that is not allowed.
        ({"type": "string"}, {"type": "string", "minimum": 1, "items": A, "required": ["a"]}),
        ({"enum": [1]}, {"enum": [1], "maxLength": 5, **SEEDED}),
        # A default that is written out.
        ({}, {"uniqueItems": False, "nullable": False, "readOnly": False, "writeOnly": False}),
        # Texts inside of a keyword that is not judged.
        ({"anyOf": [A, CAT]}, {"anyOf": [A, {**CAT, "description": "A cat."}]}),
        ({"oneOf": [{"$ref": "#/x"}]}, {"oneOf": [{"$ref": "#/x", "title": "X"}]}),
        ({"prefixItems": [{"items": A}]}, {"prefixItems": [{"items": {**A, "example": "a"}}]}),
    ],
)
def test_equivalent_schemas_do_not_differ(old: Any, new: Any) -> None:
    found = differences(old, new, x={"type": "string", "pattern": "^a"})
    assert not effect_of(found)


def test_a_pattern_next_to_a_ref_applies_too() -> None:
    old = {"$ref": "#/x", "pattern": "b$"}
    assert effect_of(differences(old, {"$ref": "#/x"}, x={"pattern": "^a"})) == WIDENED


@each_case(
    "target, other",
    [
        ({"maxLength": 9}, {"maxLength": 2}),
        ({"properties": {"a": A}}, {"properties": {"a": {**A, "not": {}}}}),
        ({"required": []}, {"required": ["a"]}),
        (True, False),
    ],
)
def test_a_keyword_next_to_a_ref_hides_no_change_of_its_target(target: Any, other: Any) -> None:
    schema = {"$ref": "#/x", "maxLength": 3, "properties": {"b": B}, "required": ["b"]}
    both = [Document({"schema": schema, "x": x}) for x in (target, other)]
    found = schema_differences(Pair(*(d.root.get("schema") for d in both)), "request")
    assert effect_of(found) == NARROWED


def test_a_keyword_next_to_a_ref_to_true_applies() -> None:
    assert effect_of(differences({"$ref": "#/x"}, {"$ref": "#/x", "maxLength": 3}, x=True)) == (
        NARROWED
    )


@each_case("broken", [[], [1], 5, "x", None])
def test_a_value_that_is_no_schema_counts_as_changed(broken: Any) -> None:
    for keyword in ("additionalProperties", "items", "not", "if"):
        assert effect({}, {keyword: broken}) and effect({keyword: A}, {keyword: broken})
    assert effect({"properties": {"a": A}}, {"properties": {"a": broken}}) == CHANGED
    assert effect({"allOf": [A]}, {"allOf": [A, broken]}) == CHANGED
    assert effect_of(differences({"$ref": "#/x"}, A, x=broken)) == CHANGED


def test_a_default_is_compared_in_requests_only() -> None:
    old, new = {"default": 1}, {"default": None}
    assert effect_of(differences(old, new, "request")) == CHANGED
    assert effect_of(differences({}, new, "request")) == CHANGED
    assert effect_of(differences(old, new, "answer")) == NONE


def test_a_difference_is_reported_at_the_target_of_the_ref() -> None:
    old = {"properties": {"tags": {"items": {"$ref": "#/tag"}}}}
    both = [Document({"schema": old, "tag": {"maxLength": n}}) for n in (5, 4)]
    (found,) = schema_differences(Pair(*(d.root.get("schema") for d in both)), "request")
    assert found.pair.new.pointer == "#/tag/maxLength"
    assert found.field == ("tags", "*")


def test_a_schema_may_be_recursive() -> None:
    def person(age: Any) -> Any:
        children = {"type": "array", "items": {"$ref": "#/person"}}
        return {"properties": {"age": age, "parent": {"$ref": "#/person"}, "children": children}}

    ref = {"$ref": "#/person"}
    one, other = (Document({"schema": ref, "person": person({"maximum": n})}) for n in (9, 8))
    (found,) = schema_differences(Pair(one.root.get("schema"), other.root.get("schema")), "answer")
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


NODE = {"type": "object", "properties": {"next": {"$ref": "#/node"}}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
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
    found = list(schema_differences(Pair(*(d.root.get("schema") for d in both)), "request"))
    assert effect_of(found) & Effect.CHANGED == expected & Effect.CHANGED


def bounded(**keywords: Any) -> dict[str, Any]:
    return {"type": "integer", **keywords}


@each_case(
    "old, new, expected",
    [
        (bounded(), bounded(format="int64"), NONE),
        (bounded(format="int32"), bounded(format="int64"), WIDENED),
        ({"type": "number"}, {"type": "number", "format": "float"}, NARROWED),
        ({"type": "string"}, {"type": "string", "format": "int64"}, NARROWED),
        ({"type": "string"}, {"type": "string", "format": "password"}, NONE),
        ({"format": "date"}, {"format": "uuid"}, CHANGED),
    ],
)
def test_a_format_counts_if_it_restricts_the_values(old: Any, new: Any, expected: Effect) -> None:
    assert effect(old, new) == expected


NOT_JUDGED = {
    "anyOf": [A, B], "oneOf": [CAT, DOG], "contains": A, "contentEncoding": "base64",
    "dependentRequired": {"a": ["b"]}, "dependentSchemas": {"a": CAT}, "discriminator": {},
    "exclusiveMaximum": 5, "maxProperties": 1, "minProperties": 1, "multipleOf": 2,
    "nullable": True, "patternProperties": {"^s": A}, "prefixItems": [A], "propertyNames": A,
    "unevaluatedProperties": False, "uniqueItems": True, "frobnicate": 1,
}  # fmt: skip


@each_case("keyword", list(NOT_JUDGED))
def test_a_keyword_outside_of_the_table_breaks_both_sides_and_its_report_says_why(
    keyword: str,
) -> None:
    schema = {keyword: NOT_JUDGED[keyword]}
    for old, new in (({}, schema), (schema, {}), (schema, {keyword: "another"})):
        for side in ("request", "answer"):
            (found,) = differences(old, new, side)
            assert (found.kind, found.effect) == (f"{keyword}-changed", CHANGED)
            assert found.text == f"{keyword} is different, and this keyword is not judged in detail"


@each_case(
    "keyword, side, expected",
    [
        ("readOnly", "answer", NONE),
        ("writeOnly", "request", NONE),
        ("readOnly", "request", CHANGED),
        ("writeOnly", "answer", CHANGED),
    ],
)
def test_read_only_means_nothing_in_answers_and_write_only_nothing_in_requests(
    keyword: str, side: str, expected: Effect
) -> None:
    for old, new in (({}, {keyword: True}), ({keyword: True}, {})):
        assert effect_of(differences(old, new, side)) == expected


NULL, LETTER = {"type": "null"}, {"type": "string", "enum": ["a"]}
LETTERS = {"type": "string", "enum": ["a", "b"]}


@each_case(
    "old, new, expected",
    [
        ({"oneOf": [NULL, LETTER]}, {"anyOf": [LETTER, NULL]}, NONE),
        ({"oneOf": [NULL, LETTER]}, {"type": ["string", "null"], "enum": ["a", None]}, NONE),
        (LETTER, {"oneOf": [LETTER, NULL]}, WIDENED),
        ({"oneOf": [NULL, LETTERS]}, LETTER, NARROWED),
        ({"oneOf": [NULL, LETTER]}, LETTERS, NARROWED | WIDENED),
        ({"anyOf": [NULL, {"$ref": "#/x"}]}, {"$ref": "#/x"}, NARROWED),
        ({"oneOf": [NULL, {"type": ["string", "null"]}]}, {"type": "string"}, CHANGED),
        ({"oneOf": [NULL, {"not": A}]}, {}, CHANGED),
        ({"oneOf": [NULL, CAT, DOG]}, CAT, CHANGED),
    ],
)
def test_alternatives_of_null_and_a_schema_are_that_schema_with_null(
    old: Any, new: Any, expected: Effect
) -> None:
    assert effect_of(differences(old, new, x=LETTER)) == expected


@each_case(
    "holder",
    [
        lambda field: {"properties": field},
        lambda field: {"const": {"in": field}},
        lambda field: {"default": field},
        lambda field: {"discriminator": {"mapping": field}},
    ],
)
def test_a_name_or_value_is_no_text_inside_of_a_keyword_that_is_not_judged(holder: Any) -> None:
    old, new = ({"anyOf": [holder({"description": schema})]} for schema in (A, B))
    (found,) = differences(old, new)
    assert (found.kind, found.effect) == ("anyOf-changed", CHANGED)


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_of_a_schema_that_becomes_an_alternative_only_the_alternatives_are_reported(
    keyword: str,
) -> None:
    new = {keyword: [CAT, DOG]}
    assert [found.kind for found in differences(CAT, new, "answer")] == [f"{keyword}-changed"]
    assert [found.kind for found in differences(new, CAT, "answer")] == [f"{keyword}-changed"]


def test_a_change_behind_a_ref_in_a_keyword_outside_of_the_table_is_found() -> None:
    schema = {"anyOf": [{"$ref": "#/x"}]}
    both = [Document({"schema": schema, "x": {"maxLength": n}}) for n in (5, 4)]
    (found,) = schema_differences(Pair(*(d.root.get("schema") for d in both)), "request")
    assert (found.kind, found.effect) == ("anyOf-changed", CHANGED)


@pytest.mark.parametrize("keyword", ["patternProperties", "unevaluatedProperties"])
def test_a_keyword_that_depends_on_its_schema_is_changed_with_it(keyword: str) -> None:
    old = {keyword: {"^s": A}, "title": "a"}
    assert effect(old, {keyword: {"^s": A}}) == NONE
    assert effect(old, {**old, **SEEDED}) & CHANGED == CHANGED


def schemas_in(node: Any) -> Iterator[Any]:
    """All schemas of a document, without those inside of other schemas."""
    if isinstance(node, dict):
        for name, child in node.items():
            if name == "schemas":
                yield from child.values()
            elif name == "schema":
                yield child
            elif name not in ("example", "examples", "x-undocumented"):
                yield from schemas_in(child)
    for child in node if isinstance(node, list) else ():
        yield from schemas_in(child)


def keywords_of(schema: Any) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    inner = [*schema.get("properties", {}).values(), *schema.get("allOf", ())]
    inner += [schema.get(keyword) for keyword in ("items", "not", "if", "then", "else")]
    return {*schema, *(keyword for each in inner for keyword in keywords_of(each))}


def test_the_table_has_the_keywords_that_openapi_yaml_uses() -> None:
    used = {k for schema in schemas_in(read(default_path())) for k in keywords_of(schema)}
    for table in KEYWORDS.values():
        assert used - PROSE == table.keys() - {"$defs", "readOnly", "writeOnly"}


def test_the_page_lists_the_keywords_of_the_table() -> None:
    page = (default_path().parent / "docs/diff.md").read_text("utf-8")
    table = page.partition("## Keywords of schemas")[2].partition("| any other")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = {name for cell in cells for name in re.findall("`(.+?)`", cell)}
    assert listed == {*KEYWORDS["request"], *KEYWORDS["answer"], "deprecated"}
