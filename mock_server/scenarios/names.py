"""Finds the scenario that a call selects by name, and whether it applies to the operation. Pure.

A scenario name is the name of an outcome in openapi.yaml or of a fault (`reset`, `latency=2`). With
an operationId before it (`getTask:reset`) it applies to that operation only.

The `selected_by_…` functions read the names in a call. `choose_directive` takes the first that
applies: it looks up each name with `find`, and converts it with `directive_for`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from contracts.spec.loader import Operation, Outcome, Spec
from mock_server.scenarios.faults import FAULTS, Fault, FaultError, parse
from mock_server.scenarios.rules import NORMAL, Action, Match
from mock_server.suggest.close_names import close_names

HEADER = b"x-mock-scenario"
NORMAL_NAME = "normal"  # the usual answer; overrides scenarios of lower priority
URL_PARAMETER = "emo-scenario"
LEAST = 3  # shorter texts are not searched for inside of scenario names
_PARAMETER = re.compile(rf"[?&]{URL_PARAMETER}=[^&#]*(&?)")


class UnknownScenario(Exception):
    """An unknown scenario name. The message suggests similar names, or has the reason.

    name: "" if it is part of an API key, which no message repeats. similar: known names."""

    def __init__(self, name: str, similar: list[str], why: str = "") -> None:
        self.name, self.similar = name, similar
        names = " or ".join(map(repr, similar))
        hint = f"did you mean {names}? " if similar else f"{why}; " if why else ""
        problem = f"no scenario {name[:80]!r}" if name else "the API key names no scenario behind +"
        super().__init__(f"{problem}; {hint}`emo scenarios` lists them all")


class Selection(NamedTuple):
    """A scenario that a call selects by its name.

    source: `header`, `url`, `key` or `task`. this_call: True if it applies to this call only."""

    source: str
    name: str
    this_call: bool = False


class Directive(NamedTuple):
    """The decision of the scenarios for one call.

    answer: the outcome to answer. ending: the outcome of the task that the call creates. fault: the
    fault that changes the answer. name: of the scenario. source: who selected it (`header`, `url`,
    `key`, `rule NAME`, `file NAME`, …). download: the scenario for downloads of the created task's
    video. unknown: the error text for a scenario that does not exist."""

    answer: Outcome | None = None
    ending: Outcome | None = None
    fault: Fault | None = None
    name: str = ""
    source: str = ""
    download: str = ""
    unknown: str = ""

    def is_over(self, seconds: float) -> bool:
        """Whether a download no longer gets this answer, `seconds` after its task ended."""
        lasts = self.answer.lasts if self.answer else None
        return lasts is not None and seconds >= lasts


NO_DIRECTIVE = Directive()


def selected_by_header(headers: dict[bytes, bytes]) -> Iterator[Selection]:
    """The scenario in the header X-Mock-Scenario, which has the highest priority."""
    header = headers.get(HEADER)
    if header:
        yield Selection("header", header.decode("latin-1").strip(), this_call=True)


def selected_by_url_or_key(urls: list[str], by_key: str) -> Iterator[Selection]:
    """The scenarios in the input URLs, then the one in the API key.

    URLs come first: they select for one call, a key selects for all calls of a program."""
    for url in urls:
        if URL_PARAMETER in url:
            query = url.partition("?")[2].partition("#")[0]
            yield from (
                Selection("url", v) for name, v in parse_qsl(query) if name == URL_PARAMETER
            )
    if by_key:
        yield Selection("key", by_key)


def input_urls(body: Any) -> list[str]:
    """The URLs in the `input` of a request body, in the order of its fields."""
    if not body:
        return []
    return [v for v in body["input"].values() if isinstance(v, str) and "://" in v]


def without_scenario(url: str) -> str:
    """The URL without the parameter that selects a scenario."""
    if URL_PARAMETER not in url:
        return url
    return _PARAMETER.sub(lambda found: found[0][0] if found[1] else "", url)


def choose_directive(
    spec: Spec, operation: Operation, selections: Iterable[Selection]
) -> Directive | None:
    """The directive of the first scenario that applies to the operation, or None.

    Raises UnknownScenario if any of the names is unknown: a typo must not look like a success."""
    first: Directive | None = None
    for source, name, this_call in selections:
        target, action = find(spec, name)
        directive = directive_for(spec, operation, action, this_call or target is not None)
        if first is None and directive is not None and target in (None, operation.id):
            first = directive._replace(source=source)
    return first


def directive_of_rule(spec: Spec, operation: Operation, match: Match, source: str) -> Directive:
    """The directive of a rule that matches the call.

    NO_DIRECTIVE if the rule's action is `normal`, or does not apply to the operation."""
    rule, action = match
    directive = None if action == NORMAL else directive_for(spec, operation, action, rule.named)
    directive = directive or NO_DIRECTIVE
    return directive._replace(source=f"{source} {rule.name}")


def scenario_for_download(spec: Spec, selections: Iterable[Selection]) -> str:
    """The first scenario that applies to downloads only, or "".

    A create call passes it on to the downloads of its task."""
    for _, name, _ in selections:
        target, action = find(spec, name)
        if target == spec.result.id or action.outcome in spec.result.outcomes:
            return name
    return ""


def find(spec: Spec, name: str) -> tuple[str | None, Action]:
    """The operation before the colon (None if there is none) and the action of a scenario name.

    Raises UnknownScenario."""
    target, colon, rest = name.rpartition(":")
    if rest == NORMAL_NAME:
        operations, action = list(spec.all_operations), NORMAL
    elif rest.partition("=")[0] in FAULTS:
        operations = list(spec.all_operations)
        action = Action(fault=_fault(rest))
    else:
        operations = [operation.id for operation in operations_for(spec, rest)]
        action = Action(rest)
    if not operations:
        raise UnknownScenario(name, _similar(rest, [*spec.all_outcomes, *FAULTS, NORMAL_NAME]))
    if colon and target not in operations:
        raise UnknownScenario(name, [f"{operation}:{rest}" for operation in operations])
    return target or None, action


def operations_for(spec: Spec, outcome: str) -> list[Operation]:
    """The operations that can answer an outcome, or create a task that ends with it."""
    creators = [o for o in spec.operations.values() if spec.creates_tasks(o.id)]
    return spec.operations_with(outcome) + (creators if outcome in spec.task_outcomes else [])


def directive_for(
    spec: Spec, operation: Operation, action: Action, this_call: bool
) -> Directive | None:
    """The directive of an action at this operation; None if the action does not apply to it.

    The call that creates a task decides its ending. A poll shows another state only if the scenario
    is for this call."""
    name = action.outcome or (action.fault.kind if action.fault else NORMAL_NAME)
    is_ending = action.outcome in spec.task_outcomes
    if is_ending and spec.creates_tasks(operation.id):
        return Directive(ending=spec.task_outcomes[action.outcome], fault=action.fault, name=name)
    if action.outcome in operation.every_outcome and (this_call or not is_ending):
        return Directive(operation.every_outcome[action.outcome], fault=action.fault, name=name)
    return None if action.outcome else Directive(fault=action.fault, name=name)


def _fault(name: str) -> Fault:
    try:
        return parse(name)
    except FaultError as error:
        raise UnknownScenario(name, [], str(error)) from None


def _similar(name: str, known: list[str]) -> list[str]:
    inside = [k for k in known if len(name) >= LEAST and name.lower() in k.lower()][:3]
    return list(dict.fromkeys([*close_names(name, known, 3, 0.5), *inside]))[:3]
