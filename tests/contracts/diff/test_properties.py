"""Where diff reports no narrowing, every value that was valid stays valid. Compared with a
validator, on generated schemas and all small values."""

from __future__ import annotations

import json
from itertools import chain, product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.diff.changes import Effect, mirrored
from contracts.diff.compare import Document
from contracts.diff.document import Pair
from contracts.diff.schemas import schema_differences
from contracts.spec.validation import compile_schema
from tests.contracts.diff.test_schemas import effect_of

some = settings(
    max_examples=250, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
few = settings(some, max_examples=60)

SCALARS = [None, True, False, 0, 1, 2, 1.5, "", "x", "xy"]
NAMES = st.sampled_from("ab")
VALUES = st.sampled_from(SCALARS)
SMALL = st.integers(0, 2)
TYPES = st.sampled_from(["null", "boolean", "object", "array", "string", "integer", "number"])
ONE, MAP, LIST = "a schema", "schemas by name", "schemas in a list"
KEYWORDS: dict[str, Any] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    "const": VALUES,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum"), SMALL),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), SMALL),
    "pattern": st.sampled_from(["x", "^x"]),
    "required": st.lists(NAMES, unique=True, max_size=2),
    "properties": MAP,
    "allOf": LIST,
    **dict.fromkeys(("items", "additionalProperties", "not", "if", "then", "else"), ONE),
    # Some that are not judged.
    "uniqueItems": st.booleans(),
    "anyOf": LIST,
    **dict.fromkeys(("dependentSchemas", "patternProperties"), MAP),
}


@st.composite
def schemas(draw: Any, depth: int = 2) -> Any:
    """A schema of up to four keywords, with schemas inside of it to that depth."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.booleans())
    known = [k for k, kind in KEYWORDS.items() if depth or kind not in (ONE, MAP, LIST)]
    chosen = draw(st.lists(st.sampled_from(known), unique=True, max_size=4 if depth > 1 else 2))
    chosen += ["if"] if {"then", "else"} & {*chosen} and "if" not in chosen else []
    return {keyword: draw(value_of(keyword, depth - 1)) for keyword in chosen}


def value_of(keyword: str, depth: int) -> Any:
    """A value for a keyword."""
    kind = KEYWORDS[keyword]
    names = st.sampled_from(["a", "^."]) if keyword == "patternProperties" else NAMES
    if kind is MAP:
        return st.dictionaries(names, schemas(depth), min_size=1, max_size=2)
    return {ONE: schemas(depth), LIST: st.lists(schemas(depth), min_size=1, max_size=2)}.get(
        kind, kind
    )


@st.composite
def altered(draw: Any, schema: Any) -> Any:
    """The schema with one keyword added, removed or changed, here or in a schema inside of it; or
    as one of several parts."""
    if draw(st.integers(0, 7)) == 0:
        return {draw(st.sampled_from(["allOf", "anyOf"])): [schema, *draw(BRANCHES)]}
    if not isinstance(schema, dict) or not schema:
        return draw(schemas(1))
    keyword = draw(st.sampled_from(sorted(schema)))
    value, kind = schema[keyword], KEYWORDS[keyword]
    how = draw(st.sampled_from(["more", "less", "other", "inside", "inside"]))
    if how == "more":
        keyword = draw(st.sampled_from(sorted(KEYWORDS)))
    if how == "less":
        return {k: v for k, v in schema.items() if k != keyword}
    if how == "inside" and kind is ONE:
        return {**schema, keyword: draw(altered(value))}
    if how == "inside" and kind in (MAP, LIST):
        return {**schema, keyword: draw(altered_inside(value))}
    return {**schema, keyword: draw(value_of(keyword, 1))}


BRANCHES = st.lists(schemas(1), max_size=1)


@st.composite
def altered_inside(draw: Any, value: Any) -> Any:
    """The map or list of schemas with one schema added, removed or changed."""
    value = dict(value) if isinstance(value, dict) else dict(enumerate(value))
    key = draw(st.sampled_from(list(value)))
    how = draw(st.sampled_from(["more", "less", "inside", "inside"]))
    if how == "more":
        value[draw(NAMES) if isinstance(key, str) else len(value)] = draw(schemas(1))
    elif how == "less" and len(value) > 1:
        del value[key]
    else:
        value[key] = draw(altered(value[key]))
    return value if isinstance(key, str) else list(value.values())


def small_values() -> list[Any]:
    """All values of up to two elements, and some of two levels."""
    lists = [list(found) for n in range(3) for found in product(SCALARS, repeat=n)]
    maps = [{"a": a, "b": b} for a, b in product(SCALARS, repeat=2)]
    single = [{name: value} for name in "ab" for value in SCALARS]
    inner = [[], {}, [1], ["x"], *single]
    nested = [{name: value} for name in "ab" for value in inner] + [[value] for value in inner]
    return [*SCALARS, *lists, {}, *single, *maps, *nested]


INSTANCES = small_values()


def effect(old: Any, new: Any) -> Effect:
    pair = Pair(Document(old).root, Document(new).root)
    return effect_of(schema_differences(pair, "request"))


def in_place(schema: Any) -> list[dict[str, Any]]:
    """A schema and the schemas inside of it that apply to the same value, except conditions."""
    if isinstance(schema, bool):
        return []
    inner = [s for keyword in ("allOf", "anyOf") for s in schema.get(keyword, ())]
    inner += schema.get("dependentSchemas", {}).values()
    inner += [schema[keyword] for keyword in ("then", "else") if keyword in schema]
    return [schema, *chain.from_iterable(map(in_place, inner))]


def is_declared(value: Any, *schemas: Any) -> bool:
    """Whether the schemas declare every name in a value."""
    here = [part for schema in schemas for part in in_place(schema)]
    if isinstance(value, list):
        found = [part["items"] for part in here if "items" in part]
        return all(is_declared(element, *found) for element in value)
    if not isinstance(value, dict):
        return True
    return all(
        any(name in part.get("properties", ()) or name in part.get("required", ()) for part in here)
        and is_declared(inner, *_under(name, here))
        for name, inner in value.items()
    )


def _under(name: str, here: list[dict[str, Any]]) -> list[Any]:
    return [part["properties"][name] for part in here if name in part.get("properties", ())]


def lost(old: Any, new: Any) -> list[Any]:
    """The values that were valid and no longer are, without values that have undeclared names."""
    was, now = compile_schema(old), compile_schema(new)
    return [
        value
        for value in INSTANCES
        if was.is_valid(value) and not now.is_valid(value) and is_declared(value, old)
    ]


@some
@given(st.data())
def test_a_schema_that_is_not_narrowed_still_accepts_every_valid_value(data: st.DataObject) -> None:
    old = data.draw(schemas())
    new = data.draw(altered(old))
    found = effect(old, new)
    if not found & Effect.NARROWED:
        assert lost(old, new) == []
    if not found & Effect.WIDENED:
        assert lost(new, old) == []
    assert effect(new, old) == mirrored(found)


@few
@given(schemas())
def test_a_schema_does_not_differ_from_its_copy(schema: Any) -> None:
    copy = json.loads(json.dumps(schema))
    pair = Pair(Document(schema).root, Document(copy).root)
    assert not list(schema_differences(pair, "answer"))


@few
@given(st.lists(schemas(1), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_order_and_grouping_of_schema_parts_are_ignored(parts: list[Any], random: Any) -> None:
    shuffled = random.sample(parts, len(parts))
    assert effect({"allOf": parts}, {"allOf": shuffled}) == Effect.NONE
    assert effect({"allOf": parts}, {"allOf": [{"allOf": parts[:1]}, *parts[1:]]}) == Effect.NONE
