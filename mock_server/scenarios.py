"""Which named outcome a call asks for, and whether it applies here. Pure; reads only the spec.

A name is that of an outcome of openapi.yaml, or `operationId:NAME` to mean one operation alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from contracts.spec import Operation, Outcome, Spec

HEADER = b"x-mock-scenario"
URL_PARAMETER = "emo-scenario"
_ASKED = re.compile(rf"[?&]{URL_PARAMETER}=[^&#]*(&?)")


class UnknownScenario(Exception):
    """A name that no outcome has. Its text lists near matches."""

    def __init__(self, name: str, near: list[str]) -> None:
        hint = f"did you mean {' or '.join(repr(n) for n in near)}? " if near else ""
        super().__init__(f"no scenario {name[:80]!r}; {hint}`emo scenarios` lists them all")


class Choice(NamedTuple):
    """What a call asks for: this very answer, or how the task that it creates is to go."""

    answer: Outcome | None = None
    fate: Outcome | None = None

    @property
    def name(self) -> str:
        """The outcome's name; "" when nothing was asked for that applies here."""
        chosen = self.answer or self.fate
        return chosen.name if chosen else ""


NOTHING = Choice()


def requested(header: bytes | None, urls: list[str], key: str) -> Iterator[tuple[bool, str]]:
    """The names asked for, the strongest first, each with whether it was meant for this call alone:
    the header, a query parameter of an input URL, the part of the key behind the first dot."""
    if header:
        yield True, header.decode("latin-1").strip()
    for url in urls:
        if URL_PARAMETER in url:
            query = url.partition("?")[2].partition("#")[0]
            yield from ((False, value) for name, value in parse_qsl(query) if name == URL_PARAMETER)
    suffix = key.partition(".")[2]
    if suffix:
        yield False, suffix


def input_urls(body: Any) -> list[str]:
    """The URLs in the input of a call that has one, in its order."""
    if not body:
        return []
    return [v for v in body["input"].values() if isinstance(v, str) and "://" in v]


def without_scenario(url: str) -> str:
    """The URL as it would be if it asked for nothing."""
    return _ASKED.sub(lambda found: found[0][0] if found[1] else "", url)


def choose(spec: Spec, operation: Operation, names: Iterator[tuple[bool, str]]) -> Choice:
    """The first of `names` that applies to the operation. Raises UnknownScenario for any that does
    not exist, so that a typo never passes for a success."""
    chosen: Choice | None = None
    for this_call, name in names:
        target, outcome = _find(spec, name)
        choice = _apply(spec, operation, outcome, this_call or target is not None)
        if chosen is None and choice is not None and target in (None, operation.id):
            chosen = choice
    return chosen or NOTHING


def _find(spec: Spec, name: str) -> tuple[str | None, Outcome]:
    """The operation that is meant alone, and the outcome."""
    target, colon, outcome = name.rpartition(":")
    if outcome not in spec.outcomes:
        raise UnknownScenario(name, _near(outcome, spec.outcomes))
    operations = [op.id for op in spec.operations_with(outcome)]
    if outcome in spec.task_outcomes:
        operations += [op.id for op in spec.operations.values() if _creates_tasks(spec, op)]
    if colon and target not in operations:
        raise UnknownScenario(name, [f"{operation}:{outcome}" for operation in operations])
    return target or None, spec.outcomes[outcome]


def _apply(spec: Spec, operation: Operation, outcome: Outcome, this_call: bool) -> Choice | None:
    """How a task goes is decided when it is created; a poll shows another state only when it is
    asked for by that very poll."""
    is_fate = outcome.name in spec.task_outcomes
    if is_fate and _creates_tasks(spec, operation):
        return Choice(fate=outcome)
    if outcome.name in operation.outcomes and (this_call or not is_fate):
        return Choice(answer=outcome)
    return None


def _creates_tasks(spec: Spec, operation: Operation) -> bool:
    return any(
        operation.id == m["operation"] and "queue-seconds" in m for m in spec.models.values()
    )


def _near(name: str, outcomes: dict[str, Outcome]) -> list[str]:
    from difflib import get_close_matches  # 15 ms that only a mistake costs

    lower = {known.lower(): known for known in outcomes}
    close = get_close_matches(name.lower(), lower, n=3, cutoff=0.5)
    inside = [known for known in lower if name and name.lower() in known][:3]
    return [lower[known] for known in dict.fromkeys([*close, *inside])][:3]
