"""What a call asks for by name, and whether it applies here. Pure; reads only the spec.

A name is that of an outcome of openapi.yaml, that of a fault (`reset`, `latency=2`), or either with
an operation before it (`getTask:reset`) to mean that one alone."""

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
NORMAL_NAME = "normal"  # nothing is to happen, whatever a weaker one asks for
URL_PARAMETER = "emo-scenario"
LEAST = 3  # letters of a name that is looked for inside of others
_ASKED = re.compile(rf"[?&]{URL_PARAMETER}=[^&#]*(&?)")


class UnknownScenario(Exception):
    """No scenario has this name. The text lists near matches, or says why the name cannot be.

    name: "" for one that stands in an API key, which is not repeated. near_by: known names."""

    def __init__(self, name: str, near_by: list[str], why: str = "") -> None:
        self.name, self.near_by = name, near_by
        names = " or ".join(map(repr, near_by))
        hint = f"did you mean {names}? " if near_by else f"{why}; " if why else ""
        problem = f"no scenario {name[:80]!r}" if name else "the API key names no scenario behind +"
        super().__init__(f"{problem}; {hint}`emo scenarios` lists them all")


class Selection(NamedTuple):
    """A name; what asks for it (`header`, `url`, `key`); whether it means this call alone."""

    source: str
    name: str
    this_call: bool = False


class Directive(NamedTuple):
    """What becomes of a call: this very answer, or how the task that it creates is to go; and what
    happens to the answer on its way. name and source say what was asked for, and by what."""

    answer: Outcome | None = None
    ending: Outcome | None = None
    fault: Fault | None = None
    name: str = ""
    source: str = ""

    def is_over(self, seconds: float) -> bool:
        """Whether the answer holds no longer, so long after the end of the task that asked."""
        lasts = self.answer.lasts if self.answer else None
        return lasts is not None and seconds >= lasts


NOTHING = Directive()


def selected_by_header(headers: dict[bytes, bytes]) -> Iterator[Selection]:
    """The name that a header asks for: stronger than any rule of the tenant."""
    header = headers.get(HEADER)
    if header:
        yield Selection("header", header.decode("latin-1").strip(), this_call=True)


def selected_by_url_or_key(urls: list[str], by_key: str) -> Iterator[Selection]:
    """The names in input URLs, then the one in the key: what one call asks for is stronger than
    what a whole session does."""
    for url in urls:
        if URL_PARAMETER in url:
            query = url.partition("?")[2].partition("#")[0]
            yield from (
                Selection("url", v) for name, v in parse_qsl(query) if name == URL_PARAMETER
            )
    if by_key:
        yield Selection("key", by_key)


def input_urls(body: Any) -> list[str]:
    """The URLs in the input of a call that has one, in its order."""
    if not body:
        return []
    return [v for v in body["input"].values() if isinstance(v, str) and "://" in v]


def without_scenario(url: str) -> str:
    """The URL as it would be if it asked for nothing."""
    if URL_PARAMETER not in url:
        return url
    return _ASKED.sub(lambda found: found[0][0] if found[1] else "", url)


def choose_directive(
    spec: Spec, operation: Operation, asked: Iterable[Selection]
) -> Directive | None:
    """The first of them that applies to the operation. Raises UnknownScenario for any that does not
    exist, so that a typo never passes for a success."""
    chosen: Directive | None = None
    for source, name, this_call in asked:
        target, action = find(spec, name)
        directive = apply(spec, operation, action, this_call or target is not None)
        if chosen is None and directive is not None and target in (None, operation.id):
            chosen = directive._replace(source=source)
    return chosen


def directive_of_rule(spec: Spec, operation: Operation, match: Match, source: str) -> Directive:
    """What a rule says of the call; NOTHING where that is nothing, or does not apply here."""
    rule, action = match
    directive = None if action == NORMAL else apply(spec, operation, action, rule.named)
    directive = directive or NOTHING
    return directive._replace(source=f"{source} {rule.name}")


def for_download(spec: Spec, asked: Iterable[Selection]) -> str:
    """The first name that means downloads alone: a create call hands it on to those of its task."""
    for _, name, _ in asked:
        target, action = find(spec, name)
        if target == spec.result.id or action.outcome in spec.result.outcomes:
            return name
    return ""


def find(spec: Spec, name: str) -> tuple[str | None, Action]:
    """The operation that is meant alone, and what is to happen."""
    target, colon, rest = name.rpartition(":")
    if rest == NORMAL_NAME:
        operations, action = list(spec.all_operations), NORMAL
    elif rest.partition("=")[0] in FAULTS:
        operations = list(spec.all_operations)
        action = Action(fault=_fault(rest))
    else:
        operations = [operation.id for operation in able(spec, rest)]
        action = Action(rest)
    if not operations:
        raise UnknownScenario(name, _near(rest, [*spec.all_outcomes, *FAULTS, NORMAL_NAME]))
    if colon and target not in operations:
        raise UnknownScenario(name, [f"{operation}:{rest}" for operation in operations])
    return target or None, action


def able(spec: Spec, outcome: str) -> list[Operation]:
    """The operations that answer so, and those that create a task that goes so."""
    creators = [o for o in spec.operations.values() if spec.creates_tasks(o.id)]
    return spec.operations_with(outcome) + (creators if outcome in spec.task_outcomes else [])


def apply(spec: Spec, operation: Operation, action: Action, this_call: bool) -> Directive | None:
    """How a task goes is decided when it is created; a poll shows another state only when it is
    asked for by that very poll. None where it does not apply."""
    name = action.outcome or (action.fault.kind if action.fault else NORMAL_NAME)
    is_fate = action.outcome in spec.task_outcomes
    if is_fate and spec.creates_tasks(operation.id):
        return Directive(ending=spec.task_outcomes[action.outcome], fault=action.fault, name=name)
    if action.outcome in operation.every_outcome and (this_call or not is_fate):
        return Directive(operation.every_outcome[action.outcome], fault=action.fault, name=name)
    return None if action.outcome else Directive(fault=action.fault, name=name)


def _fault(name: str) -> Fault:
    try:
        return parse(name)
    except FaultError as error:
        raise UnknownScenario(name, [], str(error)) from None


def _near(name: str, known: list[str]) -> list[str]:
    inside = [k for k in known if len(name) >= LEAST and name.lower() in k.lower()][:3]
    return list(dict.fromkeys([*close_names(name, known, 3, 0.5), *inside]))[:3]
