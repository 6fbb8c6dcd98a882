"""Strategies for values that openapi.yaml allows, and for answers of a newer service. It knows the
schemas of the spec, and neither the fake nor the client."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import schemathesis
from hypothesis import strategies as st

from contracts.spec.document import Node, Resolver, default_path, read
from contracts.spec.loader import Spec

SPEC = Spec.load()
TREE: Node = Resolver(raw := read(default_path())).resolve(raw)
# Keywords with limits that a newer service may not keep.
BOUNDS = {
    "enum", "const", "pattern", "maxLength", "minItems", "maxItems", "minimum",
    "maximum", "exclusiveMinimum", "allOf", "if", "then", "else",
}  # fmt: skip


def answer_schema(operation: str, status: int) -> Node:
    """The schema of an answer, without references."""
    response: Node = _node(operation)["responses"][str(status)]
    return _media(response)


def request_schema(operation: str) -> Node:
    """The schema of a request body, without references."""
    return _media(_node(operation)["requestBody"])


def query_schema(operation: str) -> Node:
    """The parameters of the query as one object."""
    parameters = SPEC.operations[operation].query
    return {
        "type": "object",
        "properties": {parameter.name: parameter.schema for parameter in parameters},
        "additionalProperties": False,
    }


def values(schema: Node) -> st.SearchStrategy[Any]:
    """Any JSON value that a schema allows, also with undeclared fields."""
    return _values(json.dumps(schema))


@cache
def _values(schema: str) -> st.SearchStrategy[Any]:
    """schemathesis draws requests, so the schema becomes the request of a small document. It does
    not know our own keywords: ordered boxes are drawn here."""
    media = {"application/json": {"schema": json.loads(schema)}}
    post = {"requestBody": {"required": True, "content": media}, "responses": {}}
    info = {"title": "one value", "version": "1"}
    document = {"openapi": "3.1.0", "info": info, "paths": {"/": {"post": post}}}
    drawn = schemathesis.openapi.from_dict(document)["/"]["POST"].as_strategy()
    return st.builds(_with_boxes, drawn.map(lambda case: case.body), boxes("1:1"), boxes("3:4"))


def boxes(ratio: str) -> st.SearchStrategy[list[int]]:
    """[x1, y1, x2, y2] of this ratio, in order, within 7000 px."""
    wide, high = (int(part) for part in ratio.split(":"))

    def box(times: int, x: int, y: int) -> list[int]:
        return [x, y, x + times * wide, y + times * high]

    corner = st.integers(0, 3000)
    return st.builds(box, st.integers(1, 1000), corner, corner)


def _with_boxes(value: Any, *drawn: list[int]) -> Any:
    """The body of a create call with boxes that are in order."""
    made_of = value.get("input") if isinstance(value, dict) else None
    if isinstance(made_of, dict) and {"face_bbox", "ext_bbox"} <= made_of.keys():
        return {**value, "input": {**made_of, "face_bbox": drawn[0], "ext_bbox": drawn[1]}}
    return value


def named(schema: Node, value: Any) -> Any:
    """The part of a value that its schema declares, which is all that a model can hold."""
    if isinstance(value, dict) and "properties" in schema:
        inner = schema["properties"]
        return {key: named(inner[key], part) for key, part in value.items() if key in inner}
    if isinstance(value, list) and "items" in schema:
        return [named(schema["items"], part) for part in value]
    return value


def without_nulls(value: Any) -> Any:
    """A value without its fields that are null."""
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


def newer(schema: Node) -> Node:
    """The schema of a service that has moved on: values without bounds and enumerations, null for
    what need not be there. What is required keeps its type, and is not empty where it must not be
    today."""
    kept = {key: part for key, part in schema.items() if key not in BOUNDS and key[:2] != "x-"}
    if "items" in schema:
        kept["items"] = newer(schema["items"])
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        shape = newer(inner)
        optional = {"anyOf": [shape, {"type": "null"}]}
        kept["properties"] = {
            **kept["properties"],
            name: shape if name in required else optional,
        }
    return kept


def _node(operation: str) -> Node:
    found = SPEC.operations[operation]
    node: Node = TREE["paths"][found.template][found.method.lower()]
    return node


def _media(holder: Node) -> Node:
    schema: Node = holder["content"]["application/json"]["schema"]
    return schema
