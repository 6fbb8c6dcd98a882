"""Every rule that a schema of the spec has is held: a valid call that is changed to break it is
refused at the right place, by the right rule, with the right answer; no documented one ever is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Service, request

from contracts.keywords import KEYWORDS
from contracts.places import pointer_of
from contracts.rules import Parameter, Violation
from contracts.spec import Operation, Spec
from mock_server.explain.schemas import WORDS

SPEC = Spec.load()
SERVICE = Service(SPEC)
ASK = {"detectFace": SERVICE.detect, "createVideoTask": SERVICE.create}
WITH_BODY = [operation for operation in SPEC.operations.values() if operation.body]
some = settings(max_examples=20, derandomize=True, database=None, deadline=None)

# What a schema says that no value can break, and where other schemas stand in it.
SILENT = {
    "description", "default", "properties", "items", "allOf", "additionalProperties",
    "x-refusal", "x-missing", "x-checked-first", "x-aspect-tolerance", "x-task-lifecycle",
    "x-enum-varnames",
}  # fmt: skip


class Rule(NamedTuple):
    """A keyword of a request schema. way: of the value that it judges, in the body."""

    operation: Operation
    way: tuple[str, ...]
    keyword: str
    value: Any
    schema: dict[str, Any]
    refusal: str

    def __str__(self) -> str:
        return f"{self.operation.id}-{'.'.join(self.way)}-{self.keyword}"


def rules_of(
    operation: Operation, schema: dict[str, Any], way: tuple[str, ...], refusal: str
) -> Iterator[Rule]:
    """The keywords of a schema and of those in it, with the refusal that is nearest to each."""
    refusal = schema.get("x-refusal", refusal)
    for keyword in (k for k in schema if k not in SILENT):
        yield Rule(operation, way, keyword, schema[keyword], schema, refusal)
    for name, inner in schema.get("properties", {}).items():
        yield from rules_of(operation, inner, (*way, name), refusal)
    for inner in schema.get("allOf", ()):
        yield from rules_of(operation, inner, way, refusal)
    if "items" in schema:
        yield from rules_of(operation, schema["items"], (*way, "2"), refusal)


RULES = [
    rule
    for operation in WITH_BODY
    for rule in rules_of(operation, operation.body.schema, (), operation.body_refusal)
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


def other_type(rule: Rule, value: Any) -> st.SearchStrategy[Any]:
    kinds = [kind for kind in JSON if kind != rule.value]
    return st.one_of(*(JSON[kind] for kind in kinds))


def no_box(rule: Rule, value: Any) -> st.SearchStrategy[Any]:
    def turned(x: list[int], y: list[int], which: int) -> list[int]:
        box = [x[0], y[0], x[1], y[1]]
        box[which], box[which + 2] = box[which + 2], box[which]
        return box

    return st.builds(turned, ordered, ordered, st.integers(0, 1)) | st.just([5, 5, 5, 9])


def odd_aspect(rule: Rule, value: Any) -> st.SearchStrategy[Any]:
    def is_off(box: list[int]) -> bool:
        wide, high = box[2] - box[0], box[3] - box[1]
        ratios = [[int(n) for n in ratio.split(":")] for ratio in rule.value]
        return all(abs(wide - high * w / h) > rule.schema["x-aspect-tolerance"] for w, h in ratios)

    boxes = st.builds(lambda x, y: [x[0], y[0], x[1], y[1]], ordered, ordered)
    return boxes.filter(is_off) | st.sampled_from([[0, 0, 103, 100], [0, 0, 78, 100]])


# Values that break a keyword and, as far as they can, no other.
BREAK: dict[str, Callable[[Rule, Any], st.SearchStrategy[Any]]] = {
    "type": other_type,
    "enum": lambda rule, _: st.text(max_size=9).filter(lambda text: text not in rule.value),
    "not": lambda rule, _: st.just(rule.value["const"]),
    "pattern": lambda *_: NOT_A_URL,
    "maxLength": lambda rule, _: st.integers(1, 9).map(
        lambda more: "https://" + "x" * (rule.value - 8 + more)
    ),
    "minItems": lambda rule, value: st.integers(0, rule.value - 1).map(lambda n: value[:n]),
    "maxItems": lambda _, value: st.integers(1, 9).map(lambda n: value + value[-1:] * n),
    "minimum": lambda rule, _: st.integers(-(2**40), rule.value - 1),
    "maximum": lambda rule, _: st.integers(rule.value + 1, 2**40),
    "x-box": no_box,
    "x-aspect-ratios": odd_aspect,
}


def at(body: Any, way: tuple[str, ...]) -> Any:
    for part in way:
        body = body[int(part) if isinstance(body, list) else part]
    return body


def broken(rule: Rule, data: st.DataObject) -> tuple[Any, tuple[str, ...], str]:
    """A documented body that breaks the rule, the place, and the answer that the spec names."""
    body = request(SPEC, rule.operation.id)
    if rule.keyword == "required":
        name = data.draw(st.sampled_from(rule.value))
        del at(body, rule.way)[name]
        refusal = rule.schema["properties"][name].get("x-missing", rule.refusal)
        return body, (*rule.way, name), refusal
    value = data.draw(BREAK[rule.keyword](rule, at(body, rule.way)))
    if not rule.way:
        return value, (), rule.refusal
    holder = at(body, rule.way[:-1])
    holder[int(rule.way[-1]) if isinstance(holder, list) else rule.way[-1]] = value
    return body, rule.way, rule.refusal


def test_every_keyword_has_a_value_that_breaks_it() -> None:
    assert {rule.keyword for rule in RULES} == {*BREAK, "required"}


def test_every_keyword_has_words_to_explain_it() -> None:
    """Those of our own say it themselves."""
    assert {*BREAK, *TEXTS, "required"} - {*KEYWORDS} <= WORDS.keys()


@pytest.mark.parametrize("rule", RULES, ids=str)
@some
@given(data=st.data())
def test_a_rule_that_is_broken_is_named(rule: Rule, data: st.DataObject) -> None:
    body, way, refusal = broken(rule, data)
    found = list(rule.operation.body.violations(body))
    named = [v for v in found if (v.pointer, v.keyword) == (pointer_of(way), rule.keyword)]
    assert [v.outcome for v in named] == [refusal]
    assert SPEC.places.value(named[0].schema) == rule.value
    assert named[0].field == (".".join(way) or "body")
    # What a wrong element or type breaks besides is in the same field.
    assert all(v.pointer.startswith(pointer_of(way[:2])) for v in found)


@pytest.mark.parametrize("rule", RULES, ids=str)
@some
@given(data=st.data())
def test_a_call_that_breaks_a_rule_gets_the_answer_that_is_named(
    rule: Rule, data: st.DataObject
) -> None:
    body, _, refusal = broken(rule, data)
    assert ASK[rule.operation.id](json.dumps(body).encode()).reply.outcome == refusal


# Of headers and the query: texts that break a keyword.
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


@pytest.mark.parametrize(
    ("operation", "parameter", "keyword"),
    PARAMETERS,
    ids=lambda p: getattr(p, "id", getattr(p, "name", p)),
)
def test_a_parameter_that_breaks_a_rule_is_named(
    operation: Operation, parameter: Parameter, keyword: str
) -> None:
    for text in TEXTS[keyword]:
        violation = parameter.parse(text)[1]
        assert violation is not None, text
        pointer = f"#{parameter.location}/{parameter.name}"
        assert (violation.pointer, violation.keyword) == (pointer, keyword)
        assert violation.outcome == parameter.refusal
        assert SPEC.places.value(violation.schema) == parameter.schema[keyword]


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
def test_no_documented_request_is_refused(operation: Operation) -> None:
    for name, body in operation.requests.items():
        assert ASK[operation.id](body).status == 200, name


def test_a_required_parameter_that_is_missing_is_named() -> None:
    required = [p for o in SPEC.operations.values() for p in (*o.headers, *o.query) if p.required]
    for parameter in required:
        violation = parameter.parse(None)[1]
        assert isinstance(violation, Violation)
        assert violation.keyword == "required"
        assert SPEC.places.value(violation.schema) is True
    assert required
