"""openapi.yaml avoids constructs that common tools refuse, drop or misread. These tests do not run
the tools; each test names the tools in question."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import Any

from contracts.spec.document import Node, Resolver, default_path, read
from tests.helpers.cases import each_case

RAW = read(default_path())
TREE: Node = Resolver(RAW).resolve(RAW)
SCHEMAS = RAW["components"]["schemas"]
INT32 = 2**31 - 1
# Types that TypeScript, Java, Kotlin, C#, Go or Rust have of their own.
TAKEN = {
    "any", "array", "boolean", "date", "error", "exception", "file", "float", "function", "integer",
    "list", "long", "map", "number", "object", "option", "record", "request", "response", "result",
    "set", "string", "task", "thread",
}  # fmt: skip


def _nodes(node: Any, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every object of the document with its pointer, except in examples and extensions."""
    items: Any = node.items() if isinstance(node, dict) else enumerate(node)
    if isinstance(node, dict):
        yield path, node
    for key, value in items:
        is_data = key in ("examples", "example", "default") or str(key).startswith("x-")
        if isinstance(value, dict | list) and not is_data:
            yield from _nodes(value, f"{path}/{key}")


def _operations() -> Iterator[Node]:
    for item in TREE["paths"].values():
        yield from item.values()


def test_the_body_of_a_link_is_text_if_it_has_one() -> None:
    """openapi-generator 7.26 refuses the whole document: `requestBody is not of type string`."""
    links = [(at, n) for at, n in _nodes(TREE) if "operationId" in n and "/links/" in at]
    assert len(links) == 3
    assert [at for at, link in links if not isinstance(link.get("requestBody", ""), str)] == []


def test_no_parameter_has_a_const() -> None:
    """openapi-python-client 0.29 leaves the operation out; Postman 6.3 sends `<string>`."""
    parameters = [p for o in _operations() for p in o.get("parameters", ())]
    assert parameters
    assert [p["name"] for p in parameters if "const" in p["schema"]] == []


def test_a_required_header_has_a_valid_example() -> None:
    """Bruno 4.1 and Postman send the example."""
    for operation in _operations():
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "header" and parameter["required"]:
                assert parameter["example"] in parameter["schema"]["enum"]


def test_a_forbidden_header_is_not_declared_as_a_parameter() -> None:
    """Postman sends every header that is declared; typed clients offer it as an argument."""
    (detect,) = (o for o in _operations() if o["operationId"] == "detectFace")
    assert [p["name"] for p in detect["x-forbidden-headers"]] == ["X-DashScope-Async"]
    assert "X-DashScope-Async" not in [p["name"] for p in detect["parameters"]]


def test_an_integer_with_an_example_above_32_bits_has_format_int64() -> None:
    """Go, Java, Kotlin, C# and Rust: without format a value above 2147483647 does not fit."""
    small = [
        (operation["operationId"], at)
        for operation in _operations()
        for response in operation["responses"].values()
        for media in response["content"].values()
        for example in media["examples"].values()
        for at, schema, value in _integers(media["schema"], example["value"])
        if abs(value) > INT32 and schema.get("format") != "int64"
    ]
    assert small == []


def _integers(schema: Any, value: Any, at: str = "") -> Iterator[tuple[str, Node, int]]:
    if isinstance(value, dict):
        for name, part in value.items():
            inner = schema.get("properties", {}).get(name)
            if inner:
                yield from _integers(inner, part, f"{at}/{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _integers(schema["items"], part, f"{at}/{index}")
    elif isinstance(value, int) and not isinstance(value, bool):
        yield at, schema, value


def test_the_times_of_a_list_are_among_the_checked_integers() -> None:
    (tasks,) = (o for o in _operations() if o["operationId"] == "listTasks")
    media = tasks["responses"]["200"]["content"]["application/json"]
    found = {at: s for at, s, _ in _integers(media["schema"], media["examples"]["listed"]["value"])}
    assert found["/data/0/gmt_create"]["format"] == "int64"


def test_a_server_variable_has_nothing_but_a_default_and_an_enum() -> None:
    """swagger-parser 13 and orval 7: `must NOT have unevaluated properties`."""
    variables = [v for s in RAW["servers"] for v in s.get("variables", {}).values()]
    assert variables
    assert all(v.keys() <= {"default", "enum"} for v in variables)


@each_case("name", SCHEMAS)
def test_no_schema_has_the_name_of_a_type_of_a_language(name: str) -> None:
    """openapi-generator renames Error to ModelError in TypeScript; hey-api hides the own one."""
    assert name.lower() not in TAKEN
    assert not keyword.iskeyword(name)


def test_a_required_property_is_defined_in_the_same_schema() -> None:
    """Redocly 2: no-required-schema-properties-undefined."""
    for at, node in _nodes(SCHEMAS):
        if isinstance(node.get("required"), list):
            assert set(node["required"]) <= node.get("properties", {}).keys(), at


def test_a_conditional_schema_allows_additional_properties() -> None:
    """Redocly 2 and others read `properties` alone as a complete list."""
    conditions = [
        (f"{at}/{key}", node[key])
        for at, node in _nodes(SCHEMAS)
        for key in ("if", "then", "else")
        if key in node
    ]
    assert conditions
    assert [at for at, node in conditions if not node.get("additionalProperties")] == []


def test_enum_values_that_are_not_identifiers_have_names() -> None:
    """openapi-generator, openapi-python-client: else they are VALUE_0, Variant1Colon1, …"""
    for at, node in _nodes(SCHEMAS):
        values = node.get("enum", [])
        if at.count("/") == 1 and not all(str(value).isidentifier() for value in values):
            names = node["x-enum-varnames"]
            assert len(names) == len(values) == len(set(names)), at
            assert all(name.isidentifier() for name in names)


def test_operation_ids_are_identifiers_in_every_language() -> None:
    """zodios, swagger-typescript-api, hey-api and all others name functions after them."""
    ids = [operation["operationId"] for operation in _operations()]
    assert len(set(ids)) == len(ids)
    assert all(id.isidentifier() and not keyword.iskeyword(id) for id in ids)
