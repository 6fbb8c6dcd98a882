"""Makes the explanation of an exchange: the first matching kind of case explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from contracts.spec.loader import Spec
from mock_server.explain import answers, downloads, preflight, tasks, urls
from mock_server.explain.case import Case, Finding, cut
from mock_server.explain.explanation import Explanation
from mock_server.explain.models import other_model
from mock_server.explain.refusals import refusal
from mock_server.journal.entry import Entry
from mock_server.simulation.task import Task


class Kind(NamedTuple):
    """A kind of case: whether a case is of it, and the function that explains it."""

    kind: str
    matches: Callable[[Case], bool]
    find: Callable[[Case], Finding]


# The first match in this list wins. A violation comes before a scenario, as in the engine.
KINDS = (
    Kind("refusal", answers.is_mistake, answers.mistake),
    Kind("refusal", preflight.is_preflight, preflight.not_allowed),
    Kind("limit", lambda c: c.entry.source in ("limits", "account"), answers.limit),
    Kind("refusal", answers.is_unknown_scenario, answers.unknown_scenario),
    Kind("refusal", answers.is_by_variant, answers.limit),
    Kind("refusal", lambda c: c.entry.violation is not None and c.entry.status >= 400, refusal),
    Kind("near-miss", lambda c: c.entry.violation is not None, refusal),
    Kind("fault", lambda c: c.entry.fault != "", answers.fault),
    Kind("scenario", lambda c: c.entry.scenario != "", answers.asked_for),
    Kind("refusal", lambda c: c.entry.outcome == "UnsupportedOperation", tasks.not_pending),
    Kind("near-miss", lambda c: c.entry.outcome == "UNKNOWN", tasks.unknown),
    Kind("near-miss", answers.is_almost_a_scenario, answers.almost_a_scenario),
    Kind("near-miss", urls.is_unreachable, urls.unreachable),
    Kind("near-miss", lambda c: c.entry.near_miss is not None, answers.typo),
    Kind("refusal", downloads.is_refused, downloads.refused),
    Kind("refusal", lambda c: c.entry.status >= 400, answers.fine),
    Kind("fine", lambda _: True, answers.fine),
)


def explain(
    spec: Spec,
    entry: Entry,
    *,
    tasks: Iterable[Task] = (),
    task_of_request: Callable[[str], str | None] = lambda _: None,
    evicted: int = 0,
) -> Explanation:
    """Explain the answer of an exchange. tasks, task_of_request, evicted: as in Case."""
    case = Case(spec, entry, tasks, task_of_request, evicted)
    kind = next(kind for kind in KINDS if kind.matches(case))
    found = kind.find(case)
    code, message = _answered(case)
    query = f"?{entry.query}" if entry.query else ""
    return Explanation(
        id=entry.request_id,
        call=cut(f"{entry.method} {entry.path}{query}"),
        status=entry.status,
        code=code,
        message=message,
        kind=kind.kind,
        rule=found.rule,
        pointer=found.pointer,
        expected=found.expected,
        got=found.got,
        did_you_mean=found.did_you_mean,
        spec=_written(spec, found.place),
        outcome=entry.outcome,
        source=entry.source,
        advice=found.advice,
        curl=found.curl,
        curl_note=other_model(case) if found.curl else "",
    )


def _answered(case: Case) -> tuple[str, str]:
    """Code and message of the answer, from `output` if it has a code."""
    output = case.answer.get("output")
    holder = output if isinstance(output, dict) and "code" in output else case.answer
    return str(holder.get("code", "")), str(holder.get("message", ""))


def _written(spec: Spec, place: str) -> str:
    """A place in the spec as FILE:LINE POINTER."""
    if not place:
        return ""
    line = spec.source_map.line(place)
    return f"{spec.source_map.path.name}{f':{line}' if line else ''} {place}"
