"""From an exchange to its explanation: which sort of case it is decides who finds the words."""

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


class Sort(NamedTuple):
    """A kind of case: which cases are of it, and what there is to say of them."""

    kind: str
    holds: Callable[[Case], bool]
    find: Callable[[Case], Finding]


# The first that holds. A broken rule counts before what else was asked for: it was seen first.
SORTS = (
    Sort("refusal", answers.is_mistake, answers.mistake),
    Sort("refusal", preflight.is_preflight, preflight.not_allowed),
    Sort("limit", lambda c: c.entry.source in ("limits", "account"), answers.limit),
    Sort("refusal", answers.is_unknown_scenario, answers.unknown_scenario),
    Sort("refusal", answers.is_by_variant, answers.limit),
    Sort("refusal", lambda c: c.entry.violation is not None and c.entry.status >= 400, refusal),
    Sort("near-miss", lambda c: c.entry.violation is not None, refusal),
    Sort("fault", lambda c: c.entry.fault != "", answers.fault),
    Sort("scenario", lambda c: c.entry.scenario != "", answers.asked_for),
    Sort("refusal", lambda c: c.entry.outcome == "UnsupportedOperation", tasks.not_pending),
    Sort("near-miss", lambda c: c.entry.outcome == "UNKNOWN", tasks.unknown),
    Sort("near-miss", answers.is_almost_a_scenario, answers.almost_a_scenario),
    Sort("near-miss", urls.is_unreachable, urls.unreachable),
    Sort("near-miss", lambda c: c.entry.near is not None, answers.typo),
    Sort("refusal", downloads.is_refused, downloads.refused),
    Sort("refusal", lambda c: c.entry.status >= 400, answers.fine),
    Sort("fine", lambda _: True, answers.fine),
)


def explain(
    spec: Spec,
    entry: Entry,
    *,
    tasks: Iterable[Task] = (),
    task_of_request: Callable[[str], str | None] = lambda _: None,
    evicted: int = 0,
) -> Explanation:
    """Why the call was answered so. `tasks`: those of its tenant; `task_of_request`: the task_id
    that the call with a request_id created, None where it created none; `evicted`: how
    many keys had to make room since the fake was started."""
    case = Case(spec, entry, tasks, task_of_request, evicted)
    sort = next(sort for sort in SORTS if sort.holds(case))
    found = sort.find(case)
    code, message = _said(case)
    query = f"?{entry.query}" if entry.query else ""
    return Explanation(
        id=entry.request_id,
        call=cut(f"{entry.method} {entry.path}{query}"),
        status=entry.status,
        code=code,
        message=message,
        kind=sort.kind,
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


def _said(case: Case) -> tuple[str, str]:
    """Code and message of the answer, where they stand in it."""
    output = case.answer.get("output")
    holder = output if isinstance(output, dict) and "code" in output else case.answer
    return str(holder.get("code", "")), str(holder.get("message", ""))


def _written(spec: Spec, place: str) -> str:
    """FILE:LINE POINTER."""
    if not place:
        return ""
    line = spec.source_map.line(place)
    return f"{spec.source_map.path.name}{f':{line}' if line else ''} {place}"
