"""Every keyword of a request schema is enforced: a valid call, changed so that it violates that
keyword, is refused for that keyword, at that place, with the answer that the spec names. No
documented request is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.keywords import KEYWORDS
from contracts.spec.loader import Operation, Spec
from contracts.spec.pointers import pointer_of
from contracts.spec.validation import Parameter, Violation
from mock_server.explain.schemas import WORDS
from tests.helpers.cases import each_case
from tests.helpers.fake import Service, request

SPEC = Spec.load()
SERVICE = Service(SPEC)
CALL = {"detectFace": SERVICE.detect, "createVideoTask": SERVICE.create}
WITH_BODY = [operation for operation in SPEC.operations.values() if operation.body]
some = settings(max_examples=20, derandomize=True, database=None, deadline=None)

# Keywords that no value can violate, or that hold other schemas.
SILENT = {
    "description", "default", "properties", "items", "allOf", "additionalProperties",
    "x-refusal", "x-missing", "x-checked-first", "x-aspect-tolerance", "x-task-lifecycle",
    "x-enum-varnames",
}  # fmt: skip


class Requirement(NamedTuple):
    """A keyword of a request schema. way: to the value in the body that it applies to."""

    operation: Operation
    way: tuple[str, ...]
    keyword: str
    value: Any
    schema: dict[str, Any]
    refusal: str

    def __str__(self) -> str:
        return f"{self.operation.id}-{'.'.join(self.way)}-{self.keyword}"


def requirements_of(
    operation: Operation, schema: dict[str, Any], way: tuple[str, ...], refusal: str
) -> Iterator[Requirement]:
    """The keywords of a schema and of its subschemas, each with the nearest x-refusal."""
    refusal = schema.get("x-refusal", refusal)
    for keyword in (k for k in schema if k not in SILENT):
        yield Requirement(operation, way, keyword, schema[keyword], schema, refusal)
    for name, inner in schema.get("properties", {}).items():
        yield from requirements_of(operation, inner, (*way, name), refusal)
    for inner in schema.get("allOf", ()):
        yield from requirements_of(operation, inner, way, refusal)
    if "items" in schema:
        yield from requirements_of(operation, schema["items"], (*way, "2"), refusal)


REQUIREMENTS = [
    requirement
    for operation in WITH_BODY
    for requirement in requirements_of(operation, operation.body.schema, (), operation.body_refusal)
]

JSON = {
    "null": st.none(),
    "boolean": st.booleans(),
    "string": st.text(max_size=5),
    "integer": st.integers(-9, 9),
    "number": st.floats(0.1, 0.9),
    "array": st.just([]),
    "object": st.just({}),
}
NOT_A_URL = st.sampled_from(
    ["", "me.png", "/me.png", "ftp://x/a.png", "data:image/png;base64,AA", "http://", "http:///a",
     "https://x/a b", "://x", " http://x", "//x/a.png", "file:///a.png"]
)  # fmt: skip
ordered = st.lists(st.integers(0, 7000), min_size=2, max_size=2, unique=True).map(sorted)


def other_type(required: Requirement, value: Any) -> st.SearchStrategy[Any]:
    kinds = [kind for kind in JSON if kind != required.value]
    return st.one_of(*(JSON[kind] for kind in kinds))


def no_box(required: Requirement, value: Any) -> st.SearchStrategy[Any]:
    def turned(x: list[int], y: list[int], which: int) -> list[int]:
        box = [x[0], y[0], x[1], y[1]]
        box[which], box[which + 2] = box[which + 2], box[which]
        return box

    return st.builds(turned, ordered, ordered, st.integers(0, 1)) | st.just([5, 5, 5, 9])


def odd_aspect(required: Requirement, value: Any) -> st.SearchStrategy[Any]:
    def is_off(box: list[int]) -> bool:
        wide, high = box[2] - box[0], box[3] - box[1]
        ratios = [[int(n) for n in ratio.split(":")] for ratio in required.value]
        most = required.schema["x-aspect-tolerance"]
        return all(abs(wide - high * w / h) > most for w, h in ratios)

    boxes = st.builds(lambda x, y: [x[0], y[0], x[1], y[1]], ordered, ordered)
    return boxes.filter(is_off) | st.sampled_from([[0, 0, 103, 100], [0, 0, 78, 100]])


# Values that violate a keyword and, as far as possible, no other.
VIOLATING: dict[str, Callable[[Requirement, Any], st.SearchStrategy[Any]]] = {
    "type": other_type,
    "enum": lambda required, _: st.text(max_size=9).filter(lambda s: s not in required.value),
    "not": lambda required, _: st.just(required.value["const"]),
    "pattern": lambda *_: NOT_A_URL,
    "maxLength": lambda required, _: st.integers(1, 9).map(
        lambda more: "https://" + "x" * (required.value - 8 + more)
    ),
    "minItems": lambda required, value: st.integers(0, required.value - 1).map(lambda n: value[:n]),
    "maxItems": lambda _, value: st.integers(1, 9).map(lambda n: value + value[-1:] * n),
    "minimum": lambda required, _: st.integers(-(2**40), required.value - 1),
    "maximum": lambda required, _: st.integers(required.value + 1, 2**40),
    "x-box": no_box,
    "x-aspect-ratios": odd_aspect,
}


def at(body: Any, way: tuple[str, ...]) -> Any:
    for part in way:
        body = body[int(part) if isinstance(body, list) else part]
    return body


def invalid_body(required: Requirement, data: st.DataObject) -> tuple[Any, tuple[str, ...], str]:
    """A documented body, changed to violate the requirement; the place; the answer in the spec."""
    body = request(SPEC, required.operation.id)
    if required.keyword == "required":
        name = data.draw(st.sampled_from(required.value))
        del at(body, required.way)[name]
        refusal = required.schema["properties"][name].get("x-missing", required.refusal)
        return body, (*required.way, name), refusal
    value = data.draw(VIOLATING[required.keyword](required, at(body, required.way)))
    if not required.way:
        return value, (), required.refusal
    holder = at(body, required.way[:-1])
    holder[int(required.way[-1]) if isinstance(holder, list) else required.way[-1]] = value
    return body, required.way, required.refusal


def test_every_keyword_of_the_spec_has_a_value_here_that_violates_it() -> None:
    assert {required.keyword for required in REQUIREMENTS} == {*VIOLATING, "required"}


def test_every_keyword_can_be_explained() -> None:
    """Keywords of our own have their explanation in their definition."""
    assert {*VIOLATING, *TEXTS, "required"} - {*KEYWORDS} <= WORDS.keys()


@each_case("required", REQUIREMENTS)
@some
@given(data=st.data())
def test_a_violated_requirement_is_named_and_refused(
    required: Requirement, data: st.DataObject
) -> None:
    body, way, refusal = invalid_body(required, data)
    found = list(required.operation.body.violations(body))
    named = [v for v in found if (v.pointer, v.keyword) == (pointer_of(way), required.keyword)]
    assert [v.outcome for v in named] == [refusal]
    assert SPEC.source_map.value(named[0].schema) == required.value
    assert named[0].field == (".".join(way) or "body")
    # A wrong element or type may violate other keywords too, but only of the same field.
    assert all(v.pointer.startswith(pointer_of(way[:2])) for v in found)
    answer = CALL[required.operation.id](json.dumps(body).encode())
    assert answer.reply.outcome == refusal


# Of headers and the query: texts that violate a keyword.
TEXTS: dict[str, list[str]] = {
    "type": ["", "x", "1.5", "0x1", "²", "--1"],
    "minimum": ["0", "-1"],
    "maximum": ["1000001", "9" * 40],
    "pattern": ["", "2025", "20251301000000", "2025-09-11 14:33:38"],
    "enum": ["", "DONE", "succeeded"],
    "const": ["", "disable", "Enable"],
    "not": ["enable"],
}
PARAMETERS = [
    (operation, parameter, keyword)
    for operation in SPEC.operations.values()
    for parameter in (*operation.headers, *operation.query)
    for keyword, value in parameter.schema.items()
    if keyword not in SILENT and (keyword, value) != ("type", "string")  # any text is one
]


@each_case(
    "operation, parameter, keyword",
    PARAMETERS,
    ids=lambda p: getattr(p, "id", getattr(p, "name", p)),
)
def test_a_parameter_that_violates_a_keyword_is_named(
    operation: Operation, parameter: Parameter, keyword: str
) -> None:
    for text in TEXTS[keyword]:
        violation = parameter.parse(text)[1]
        assert violation is not None, text
        pointer = f"#{parameter.location}/{parameter.name}"
        assert (violation.pointer, violation.keyword) == (pointer, keyword)
        assert violation.outcome == parameter.refusal
        assert SPEC.source_map.value(violation.schema) == parameter.schema[keyword]


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
def test_no_documented_request_is_refused(operation: Operation) -> None:
    for name, body in operation.requests.items():
        assert CALL[operation.id](body).status == 200, name


def test_a_required_parameter_that_is_missing_is_named() -> None:
    required = [p for o in SPEC.operations.values() for p in (*o.headers, *o.query) if p.required]
    for parameter in required:
        violation = parameter.parse(None)[1]
        assert isinstance(violation, Violation)
        assert violation.keyword == "required"
        assert SPEC.source_map.value(violation.schema) is True
    assert required
