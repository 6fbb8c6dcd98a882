"""Mutations of operations, parameters, answers and their examples. The summary, source and evidence
of an example are not changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.spec.document import PARAMETER_KEYS, Node
from contracts.spec.pointers import escaped
from tests.mutants.mutation import Mutation
from tests.mutants.schemas import Found, of_schema, refusal_of

OTHER_METHOD = {"get": "post", "post": "get"}
OTHER_STATUS = {"200": "201", "400": "422", "404": "410", "429": "420"}
OTHER_PLACE = {"query": "header", "header": "query", "path": "query"}


def of_paths(paths: Node, at: str) -> Found:
    for template, item in paths.items():
        here = f"{at}/{escaped(template)}"
        yield Mutation("path-renamed", here, name=f"{template}2")
        for method, operation in item.items():
            yield Mutation("operation-removed", f"{here}/{method}")
            if OTHER_METHOD[method] not in item:
                yield Mutation("method-changed", f"{here}/{method}", name=OTHER_METHOD[method])
            yield from of_operation(operation, f"{here}/{method}")


def of_operation(node: Node, at: str) -> Found:
    yield Mutation("operation-renamed", f"{at}/operationId", value=f"{node['operationId']}2")
    yield Mutation("rate-refusal-changed", f"{at}/x-rate/refusal", value="Throttling")
    yield from number(node["x-rate"]["per-second"], f"{at}/x-rate/per-second", "rate")
    for key in PARAMETER_KEYS:
        for index, parameter in enumerate(node.get(key, ())):
            here = f"{at}/{key}/{index}"
            yield Mutation("parameter-removed", here)
            if "$ref" not in parameter:
                yield from of_parameter(parameter, here)
    if "requestBody" in node:
        yield from of_body(node["requestBody"], f"{at}/requestBody")
    yield from of_responses(node["responses"], f"{at}/responses")


def of_parameter(node: Node, at: str) -> Found:
    yield Mutation("parameter-renamed", f"{at}/name", value=f"{node['name']}2")
    yield Mutation("parameter-moved", f"{at}/in", value=OTHER_PLACE[node["in"]])
    if node["in"] != "path":  # OpenAPI has no other than a required one there
        required = not node.get("required", False)
        yield Mutation("required-flipped", f"{at}/required", value=required)
        yield from refusal_of(node["x-refusal"], f"{at}/x-refusal")
    if "x-required-by-scheme" in node:
        yield Mutation("scheme-changed", f"{at}/x-required-by-scheme", value="http")
        yield Mutation("scheme-removed", f"{at}/x-required-by-scheme")
    yield from of_schema(node["schema"], f"{at}/schema")


def of_body(node: Node, at: str) -> Found:
    required = not node.get("required", False)
    yield Mutation("required-flipped", f"{at}/required", value=required)
    if "x-refusal" in node:
        yield from refusal_of(node["x-refusal"], f"{at}/x-refusal")
    yield from of_media(node["content"], f"{at}/content")


def of_responses(responses: Node, at: str) -> Found:
    for status, response in responses.items():
        yield Mutation("status-removed", f"{at}/{status}")
        changed = OTHER_STATUS.get(status, str(int(status) + 7))
        yield Mutation("status-changed", f"{at}/{status}", name=changed)
        if "$ref" not in response:
            yield from of_response(response, f"{at}/{status}")


def of_response(node: Node, at: str) -> Found:
    for name in node.get("headers", {}):
        yield Mutation("header-removed", f"{at}/headers/{name}")
    yield from of_media(node["content"], f"{at}/content")


def of_media(content: Node, at: str) -> Found:
    for name, media in content.items():
        here = f"{at}/{escaped(name)}"
        yield from of_schema(media["schema"], f"{here}/schema")
        for key, example in media.get("examples", {}).items():
            yield Mutation("example-removed", f"{here}/examples/{key}")
            if "$ref" not in example:
                yield from of_example(example, f"{here}/examples/{key}")


def of_example(node: Node, at: str) -> Found:
    """Mutations of its code, state, durations and message templates."""
    for place, value in _codes(node["value"], f"{at}/value"):
        yield Mutation("code-changed", place, value="Another" if value else "NotEmpty")
    for key in ("x-message", "x-details"):
        if key in node:
            yield Mutation("template-removed", f"{at}/{key}")
    for key in ("x-queued-for", "x-runs-for"):
        if key in node:
            yield from number(node[key], f"{at}/{key}", "time-of-failure")


def _codes(value: Any, at: str) -> Iterator[tuple[str, str]]:
    for holder, where in ((value, at), (value.get("output", {}), f"{at}/output")):
        if isinstance(holder, dict) and "code" in holder:
            yield f"{where}/code", holder["code"]


def number(value: float, at: str, what: str) -> Found:
    """Numbers that are slightly larger and slightly smaller."""
    step = 1 if isinstance(value, int) else value / 10
    yield Mutation(f"{what}-raised", at, value=value + step)
    yield Mutation(f"{what}-lowered", at, value=value - step)
