"""The catalogue covers openapi.yaml: each recipe gives its answer, and together they give every
status and code of the file."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.spec import self_check
from mock_server.scenarios.catalogue.entries import KINDS, CatalogueEntry, catalogue
from mock_server.scenarios.catalogue.triggers import Trigger
from mock_server.scenarios.faults import FAULTS, parse
from mock_server.server.delivery_in_process import httpx_error
from mock_server.simulation.call import Reply
from tests.helpers.cases import each_case
from tests.helpers.catalogue import (
    SPEC,
    carry_out,
    code_in,
    document,
    good_call,
    outcome_of,
    service_of,
)

ENTRIES = catalogue(SPEC)
OUTCOMES = [entry for entry in ENTRIES if entry.operation in SPEC.operations]
STATES = list(SPEC.lifecycle.next)
Tree = dict[str, Any]
Said = set[tuple[str, int, str]]


def examples(tree: Tree) -> list[tuple[str, int, str, Tree]]:
    """Operation, status, name and value of each example of an answer."""
    return [
        (operation["operationId"], int(status), name, example["value"])
        for item in tree["paths"].values()
        for operation in item.values()
        for status, response in operation["responses"].items()
        for key in ("examples", "x-undocumented")
        for name, example in response["content"]["application/json"].get(key, {}).items()
    ]


def said_by(tree: Tree) -> Said:
    """Every operation, status and code that a document declares."""
    return {(operation, status, code_in(v)) for operation, status, _, v in examples(tree)}


def provoked() -> Said:
    """Every operation, status and code that the recipes give."""
    return {outcome_of(entry, entry.triggers[0]).said for entry in OUTCOMES}


def assert_all_provoked(tree: Tree) -> None:
    said, got = said_by(tree), provoked()
    assert not said - got, f"no recipe provokes {sorted(said - got)}"
    assert not got - said, f"the specification does not have {sorted(got - said)}"
    with_examples = {(operation, status) for operation, status, _ in said}
    for item in tree["paths"].values():
        for o in item.values():
            declared = {(o["operationId"], int(status)) for status in o["responses"]}
            assert declared <= with_examples, f"no example of {sorted(declared - with_examples)}"


def wrong(entry: CatalogueEntry, trigger: Trigger) -> str:
    """How the answer to a trigger differs from its entry; empty if it does not."""
    played = outcome_of(entry, trigger)
    wanted = (entry.name, entry.operation, entry.status, entry.code)
    if (played.reply.outcome, *played.said) != wanted:
        return f"{trigger.text}: {played.reply.outcome} {played.said}, not {wanted}"
    allowed = played.is_in_spec or not SPEC.all_outcomes[entry.name].documented
    return "" if allowed else f"{trigger.text}: {played.body} is not in the spec"


def test_every_status_and_code_of_the_spec_has_a_recipe_that_works() -> None:
    assert_all_provoked(document())


def test_an_answer_without_a_recipe_is_named() -> None:
    tree = document()
    answers = tree["paths"]["/tasks"]["get"]["responses"]
    media = answers["429"]["content"]["application/json"]
    busy = {"code": "Throttling.New", "message": "", "request_id": "1"}
    more = {**media["examples"], "Throttling.New": {"value": busy}}
    answers["429"] = {"content": {"application/json": {**media, "examples": more}}}
    with pytest.raises(AssertionError, match=r"\('listTasks', 429, 'Throttling.New'\)"):
        assert_all_provoked(tree)


@pytest.mark.parametrize("operation", SPEC.operations)
def test_each_recipe_gives_exactly_its_answer(operation: str) -> None:
    entries = [entry for entry in OUTCOMES if entry.operation == operation]
    found = [wrong(e, trigger) for e in entries for trigger in (*e.triggers, *e.natural)]
    assert not list(filter(None, found))


def test_the_catalogue_lists_each_example_once() -> None:
    listed = [(entry.operation, entry.status, entry.name) for entry in OUTCOMES]
    assert sorted(listed) == sorted(
        (o, status, name) for o, status, name, _ in examples(document())
    )


def test_each_answer_has_a_recipe_for_each_trigger_of_its_operation() -> None:
    for entry in OUTCOMES:
        ways = {trigger.way for trigger in entry.triggers}
        takes_urls = SPEC.operations[entry.operation].body or entry.name in SPEC.task_outcomes
        assert ways == {"header", "key", *(["url"] if takes_urls else [])}, entry.name


@pytest.mark.parametrize("state", STATES)
def test_each_state_scenario_keeps_its_task_in_that_state(state: str) -> None:
    known = {o.name for o in SPEC.task_outcomes.values() if o.documented}
    ways = [e for e in OUTCOMES if e.name in known and e.name.startswith(state)]
    assert ways
    for entry in ways:
        shown = outcome_of(entry, entry.triggers[0])
        assert shown.body["output"]["task_status"] == state
        shown.service.real += 60
        later = shown.again("getTask", shown.body["output"]["task_id"])
        assert later.body["output"] == shown.body["output"]


def test_each_rejection_of_a_portrait_is_answered_as_documented() -> None:
    values = {
        name: value["output"]
        for operation, status, name, value in examples(document())
        if (operation, status) == ("detectFace", 200) and not value["output"]["check_pass"]
    }
    assert len(values) > 10
    for entry in OUTCOMES:
        if entry.operation == "detectFace" and entry.name in values:
            given = outcome_of(entry, entry.triggers[0]).body["output"]
            assert given == values.pop(entry.name)
    assert not values


def test_each_refusal_in_the_spec_has_an_invalid_request_that_causes_it() -> None:
    natural = {(entry.operation, entry.name) for entry in OUTCOMES if entry.natural}
    # No call leads to a mistake of the fake itself.
    general = {name for why, name in SPEC.refusals.items() if why != "mistake"}
    for item in document()["paths"].values():
        for node in item.values():
            operation = SPEC.operations[node["operationId"]]
            named = {*self_check.refusals(node), operation.rate.refusal, *general}
            for name in named & operation.outcomes.keys():
                assert (operation.id, name) in natural, f"{operation.id}: nothing leads to {name}"


def test_the_catalogue_lists_every_fault_and_every_variant_choice() -> None:
    names = {kind: [e.name for e in ENTRIES if e.kind == kind] for kind in KINDS}
    assert names["fault"] == list(FAULTS)
    assert names["variant"] == [f"{n}={c}" for n, v in SPEC.variants.items() for c in v.choices]


@each_case("entry", [e for e in ENTRIES if e.kind == "fault"], ids=lambda e: e.name)
def test_each_recipe_of_a_fault_applies_it_to_the_answer(entry: CatalogueEntry) -> None:
    raises = FAULTS[entry.name].raises.replace("DecodingError", "")  # that one is for the bytes
    for trigger in entry.triggers:
        played = carry_out(trigger, "getTask")
        plain = service_of().engine.handle(good_call(SPEC.operations[played.operation]))
        assert (b"x-mock-scenario", entry.name.encode()) in played.reply.headers
        assert played.reply.delivery or entity(played.reply) != entity(plain), trigger.text
        error = httpx_error(played.reply)
        assert (type(error).__name__ if error else "") == raises, trigger.text


def entity(reply: Reply) -> tuple[int, dict[bytes, bytes]]:
    """The facts about a body: status, type, length, encoding."""
    return reply.status, {n: v for n, v in reply.headers if n.startswith(b"content-")}


def test_the_recipe_of_a_fault_with_a_number_contains_the_number() -> None:
    for entry in ENTRIES:
        if entry.kind == "fault":
            name = entry.triggers[0].value
            assert parse(name) == parse(entry.name), "the number is the default"
            assert ("=" in name) is bool(FAULTS[entry.name].forms)
