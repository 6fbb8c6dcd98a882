"""All mutations of openapi.yaml, in the order of the file. Descriptions, sources, evidence and the
text of messages are not changed."""

from __future__ import annotations

from collections import Counter

from contracts.spec.document import Node
from contracts.spec.pointers import escaped
from tests.mutants.mutation import Mutation
from tests.mutants.operations import (
    number,
    of_example,
    of_parameter,
    of_paths,
    of_response,
)
from tests.mutants.schemas import Found, of_schema, pattern_of, refusal_of


def mutations(tree: Node) -> list[Mutation]:
    """All mutations, each different from the file and from the others."""
    found = [*of_root(tree), *of_paths(tree["paths"], "/paths"), *of_components(tree["components"])]
    doubled = [id for id, count in Counter(m.id for m in found).items() if count > 1]
    assert not doubled, doubled
    return [mutation for mutation in found if mutation.of(tree) != tree]


def of_root(tree: Node) -> Found:
    for index, server in enumerate(tree["servers"]):
        yield Mutation("server-removed", f"/servers/{index}")
        url = server["url"].replace("/api/v1", "/api/v2")
        yield Mutation("server-changed", f"/servers/{index}/url", value=url)
    yield Mutation("security-removed", "/security/0")
    for use, refusal in tree["x-refusals"].items():
        yield Mutation("refusal-removed", f"/x-refusals/{use}")
        yield from refusal_of(refusal, f"/x-refusals/{use}")
    for name, limit in tree["x-limits"].items():
        yield Mutation("limit-removed", f"/x-limits/{name}")
        yield from number(limit, f"/x-limits/{name}", "limit")
    for name, model in tree["x-models"].items():
        yield from of_model(name, model, f"/x-models/{name}")
    for name, variant in tree["x-variants"].items():
        yield from of_variant(variant, f"/x-variants/{name}")


def of_model(name: str, model: Node, at: str) -> Found:
    yield Mutation("model-removed", at)
    yield Mutation("model-renamed", at, name=f"{name}2")
    other = "createVideoTask" if model["operation"] == "detectFace" else "detectFace"
    yield Mutation("model-moved", f"{at}/operation", value=other)
    for key, value in model.items():
        if key != "operation":
            yield Mutation("model-fact-removed", f"{at}/{key}")
            facts = value if isinstance(value, dict) else {"": value}
            for inner, fact in facts.items():
                place = f"{at}/{key}" + (f"/{escaped(inner)}" if inner else "")
                if isinstance(fact, str):
                    yield Mutation("model-fact-changed", place, value=f"{fact}2")
                else:
                    yield from number(fact, place, "model")


def of_variant(variant: Node, at: str) -> Found:
    choices = variant["choices"]
    yield Mutation("variant-removed", at)
    for other in choices:
        if other != variant["default"]:
            yield Mutation("variant-default-changed", f"{at}/default", value=other)
    for name, choice in choices.items():
        here = f"{at}/choices/{name}"
        yield Mutation("choice-removed", here)
        yield Mutation("choice-renamed", here, name=f"{name}-2")
        yield from of_choice(choice, here)


def of_choice(choice: Node, at: str) -> Found:
    for key in ("answers", "endings"):
        for name, outcome in choice.get(key, {}).items():
            yield Mutation("choice-answer-removed", f"{at}/{key}/{name}")
            other = "SystemError" if outcome != "SystemError" else "InternalError"
            yield Mutation("choice-answer-changed", f"{at}/{key}/{name}", value=other)
    for key in ("refuse", "details", "life-from"):
        if key in choice:
            yield Mutation("choice-fact-removed", f"{at}/{key}")
    if "refuse" in choice:
        yield from refusal_of(choice["refuse"], f"{at}/refuse")
    if "result-life-seconds" in choice:
        yield from number(choice["result-life-seconds"], f"{at}/result-life-seconds", "choice")


def of_components(components: Node) -> Found:
    at = "/components"
    key = f"{at}/securitySchemes/ApiKey"
    scheme = components["securitySchemes"]["ApiKey"]
    yield Mutation("scheme-changed", f"{key}/scheme", value="basic")
    yield from pattern_of(scheme["x-key-pattern"], f"{key}/x-key-pattern")
    for use, refusal in scheme["x-refusals"].items():
        yield from refusal_of(refusal, f"{key}/x-refusals/{use}")
    for name, header in components["headers"].items():
        yield Mutation("required-flipped", f"{at}/headers/{name}/required", value=False)
        yield from of_schema(header["schema"], f"{at}/headers/{name}/schema")
    for name, parameter in components["parameters"].items():
        yield from of_parameter(parameter, f"{at}/parameters/{name}")
    for name, schema in components["schemas"].items():
        yield from of_schema(schema, f"{at}/schemas/{name}")
    yield from of_lifecycle(components["schemas"]["TaskStatus"]["x-task-lifecycle"])
    for name, response in components["responses"].items():
        yield from of_response(response, f"{at}/responses/{name}")
    for name, example in components["examples"].items():
        yield from of_example(example, f"{at}/examples/{escaped(name)}")


def of_lifecycle(life: Node) -> Found:
    at = "/components/schemas/TaskStatus/x-task-lifecycle"
    states = list(life["next"])
    for state in states:
        if state != life["initial"]:
            yield Mutation("initial-changed", f"{at}/initial", value=state)
        if state not in life["terminal"]:
            ends = [*life["terminal"], state]
            yield Mutation(f"terminal-added-{state}", f"{at}/terminal", value=ends)
        after = life["next"][state]
        for index, _ in enumerate(after):
            yield Mutation("transition-removed", f"{at}/next/{state}/{index}")
        for other in states:
            if other not in after and other != state:
                kind = f"transition-added-{other}"
                yield Mutation(kind, f"{at}/next/{state}", value=[*after, other])
    for index, _ in enumerate(life["terminal"]):
        yield Mutation("terminal-removed", f"{at}/terminal/{index}")
