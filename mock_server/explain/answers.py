"""Explains answers without a violation: by a scenario, a fault, a limit, or an accepted typo."""

from __future__ import annotations

from itertools import chain

from contracts.spec.pointers import MISSING, parts_of, value_at
from mock_server.engine.public_urls import ADVICE
from mock_server.explain.case import Case, Finding, short
from mock_server.explain.corrected_call import corrected
from mock_server.explain.urls import is_unreachable, unreachable
from mock_server.scenarios.faults import FAULTS
from mock_server.scenarios.keys import AUTHORIZATION, HIDDEN, scenario_of
from mock_server.scenarios.names import (
    URL_PARAMETER,
    input_urls,
    selected_by_header,
    selected_by_url_or_key,
)
from mock_server.suggest.close_names import close_names
from mock_server.suggest.typos import FieldNames

# The origins of a directive: a name for people, and how to remove it.
SOURCES = {
    "header": ("the header X-Mock-Scenario", "leave the header out"),
    "url": (f"{URL_PARAMETER} in an input URL", "take it out of the URL"),
    "key": ("the end of the API key", "leave that part out"),
    "task": ("the create call of the task", "create a task that does not ask for it"),
    "rule": (
        "the rule {!r}",
        "remove the rule; DELETE /__mock__/scenarios removes all rules of this key",
    ),
    "file": ("the rule {!r} of the scenario file", "remove the rule from the file"),
    "variant": (
        "the variant {!r}",
        "choose another side of the variant: `emo scenarios --kind variant` lists them",
    ),
    "limits": ("the limits of this key", "send fewer calls a second"),
    "account": ("the account of this key", "raise its balance or quota: PUT /__mock__/account"),
}
BY_THE_CALL = ("header", "url", "key")


def asked_for(case: Case) -> Finding:
    """A scenario chose the answer, or the ending of the created task."""
    entry = case.entry
    outcome = case.spec.all_outcomes.get(entry.scenario or entry.outcome)
    chosen = f"{outcome.name}: {outcome.summary}" if outcome else entry.scenario
    by, advice = _source(case)
    before = unreachable(case).rule if is_unreachable(case) else "nothing is wrong with the call"
    return Finding(
        rule=f"{before}; {by} asked for {chosen}",
        place=case.spec.outcome_pointer(outcome.name, case.operation) if outcome else "",
        advice=advice,
        curl=_without(case),
    )


def fault(case: Case) -> Finding:
    """A fault damaged the answer, which may be one that a scenario chose."""
    entry = case.entry
    kind = FAULTS.get(entry.fault.partition("=")[0])
    effect = f"the fault {kind.name}: {kind.summary}" if kind else f"the fault {entry.fault}"
    outcome = case.spec.all_outcomes.get(entry.scenario)
    if outcome:
        effect = f"{outcome.name}: {outcome.summary.rstrip('.')}, and for {effect}"
    by, advice = _source(case)
    is_refused = outcome is not None and outcome.status >= 400
    carried_out = kind is not None and kind.carried_out and not is_refused
    done = "the call was carried out" if carried_out else "nothing was carried out"
    return Finding(
        rule=f"{by} asked for {effect}; {done}",
        place=case.spec.outcome_pointer(outcome.name, case.operation) if outcome else "",
        advice=advice,
        curl=_without(case),
    )


def limit(case: Case) -> Finding:
    """A rate limit, the account or a variant refused the call."""
    entry = case.entry
    outcome, violation = case.spec.outcomes.get(entry.outcome), entry.violation
    by, advice = _source(case)
    return Finding(
        rule=f"{by} refused the call: {outcome.summary if outcome else entry.outcome}",
        pointer=violation.pointer if violation else "",
        got=violation.reason if violation else "",
        place=case.spec.outcome_pointer(entry.outcome, case.operation) if outcome else "",
        advice=advice,
    )


def is_mistake(case: Case) -> bool:
    """Whether the code of the fake failed for this call."""
    return case.entry.source == "mistake"


def mistake(case: Case) -> Finding:
    """The mistake is in the fake, not in the call."""
    violation = case.entry.violation
    kind = violation.reason if violation else "an exception"
    return Finding(
        rule=f"the code of the fake failed for this call: {kind}; the call itself may be right",
        advice="the log of the fake (stderr of `emo serve`) has the trace: please report it",
    )


def unknown_scenario(case: Case) -> Finding:
    """The call asks for a scenario that does not exist."""
    asked = _asked(case)
    name = asked.rpartition(":")[2].partition("=")[0]
    found = [n for n in close_names(name[:80], [*case.spec.all_outcomes, *FAULTS]) if n != name]
    return Finding(
        rule="the scenario that was asked for does not exist, or this operation cannot answer it",
        pointer=_place(case),
        expected="the name of an outcome of the spec or of a fault",
        got=short(asked) if asked not in ("", HIDDEN) else "",
        did_you_mean="".join(found),
        advice="`emo scenarios` lists them all",
        curl=corrected(case, scenario="".join(found)),
    )


def almost_a_scenario(case: Case) -> Finding:
    """The key ends almost like a scenario. The fake accepted it as a plain key."""
    near_miss = case.entry.near_miss
    assert near_miss
    return Finding(
        rule=f"the API key ends almost like the scenario {near_miss.field}, and asks for none",
        pointer=near_miss.pointer,
        expected=short(f"sk-anything+{near_miss.field}"),
        did_you_mean=near_miss.field,
        advice="write a scenario behind a + in the key; text behind a dot is part of the key",
        curl=corrected(case, scenario=near_miss.field),
    )


def is_almost_a_scenario(case: Case) -> bool:
    near_miss = case.entry.near_miss
    return near_miss is not None and near_miss.pointer == AUTHORIZATION


def typo(case: Case) -> Finding:
    """An unknown field was accepted and ignored, as the service does."""
    near_miss = case.entry.near_miss
    assert near_miss
    if near_miss.pointer.startswith("/"):
        sent, meant = value_at(case.body, parts_of(near_miss.pointer)), _meant(case)
    else:
        sent = case.query.get(near_miss.field, MISSING)
        meant = case.spec.source_map.value(near_miss.schema)["name"]
    return Finding(
        rule=f"{near_miss.field} is not a known field, and was ignored",
        pointer=near_miss.pointer,
        expected=short(meant),
        got="" if sent is MISSING else short(sent),
        did_you_mean=meant,
        place=near_miss.schema,
        advice=f"the call was carried out as if {near_miss.field} had not been sent",
        curl=corrected(case),
    )


def fine(case: Case) -> Finding:
    """The answer is the usual one."""
    outcome = case.spec.all_outcomes.get(case.entry.outcome)
    if outcome is None:
        return Finding(rule="the spec has no rule for this call")
    return Finding(
        rule=f"nothing is wrong with the call; the answer is {outcome.name}: {outcome.summary}",
        place=case.spec.outcome_pointer(outcome.name, case.operation),
        advice=_decided(case),
    )


def _decided(case: Case) -> str:
    """Where to find the reason for a special ending of a task; "" for a usual one."""
    task = case.tasks.get(case.entry.task_id)
    if task is None or "." not in task.outcome:
        return ""
    if task.outcome == case.spec.models[task.model].succeeds:
        return ""
    return (
        "how the task ends was decided when it was created: "
        f"`emo explain {task.request_id}` explains its create call"
    )


def is_unknown_scenario(case: Case) -> bool:
    return case.entry.outcome == "" and case.answer.get("code") == "UnknownScenario"


def is_by_variant(case: Case) -> bool:
    """Whether a variant refused the call without a schema: a retired model."""
    violation = case.entry.violation
    by_schema = violation is not None and violation.keyword != ""
    return case.entry.source.startswith("variant") and violation is not None and not by_schema


def _meant(case: Case) -> str:
    """The field that the first typo of the body was meant for."""
    assert case.operation
    typos = FieldNames(case.operation, case.model).typos(case.body)
    return ".".join(next(typos).meant)


def _source(case: Case) -> tuple[str, str]:
    """The origin of the directive, and advice. For the variant about URLs there are two ways:
    another URL, or no variant."""
    word, _, name = case.entry.source.partition(" ")
    by, advice = SOURCES.get(word, (case.entry.source or "the fake", ""))
    if word == "variant" and is_unreachable(case):
        advice = f"{ADVICE}; or {advice}"
    return by.format(name), advice


def _without(case: Case) -> str:
    """The call without its scenario; "" if the scenario does not come from the call."""
    return corrected(case) if case.entry.source in BY_THE_CALL else ""


def _asked(case: Case) -> str:
    """The name of the requested scenario; the strongest of several."""
    headers, by_key = case.entry.headers, scenario_of(case.spec, case.header("Authorization") or "")
    urls = input_urls(case.body)
    asked = chain(selected_by_header(headers), selected_by_url_or_key(urls, by_key.name))
    return next((name for _, name, _ in asked), "")


def _place(case: Case) -> str:
    """The pointer of the header that requests the scenario; "" if none does."""
    if case.header("X-Mock-Scenario") is not None:
        return "#header/X-Mock-Scenario"
    return AUTHORIZATION if scenario_of(case.spec, case.header("Authorization") or "").name else ""
