"""Explains answers about a task: it is unknown, or no longer PENDING."""

from __future__ import annotations

from itertools import islice

from mock_server.explain.case import Case, Finding, short
from mock_server.explain.corrected_call import corrected, listing
from mock_server.simulation.task import status_at
from mock_server.suggest.close_names import close_names

POINTER = "#path/task_id"
COMPARED = 1000  # task ids to compare an unknown id with
TYPO = 0.8  # similarity of a misspelled id; two random UUIDs have about 0.33


def unknown(case: Case) -> Finding:
    """The id is not a task of this key. The first matching reason is given."""
    asked = case.address.value if case.address else case.entry.task_id
    return _request_id(case, asked) or _expired(case, asked) or _misspelled(case, asked)


def not_pending(case: Case) -> Finding:
    """The task can no longer be canceled."""
    asked = case.address.value if case.address else case.entry.task_id
    task = case.tasks.get(asked)
    status = status_at(task, case.entry.at) if task else "UNKNOWN"
    if status == "UNKNOWN":
        return unknown(case)
    after = case.spec.lifecycle.next
    allowed = [state for state in after if "CANCELED" in after[state]]
    return Finding(
        rule=f"a task that is {status} can no longer be canceled",
        pointer=POINTER,
        expected=short(allowed),
        got=short(status),
        place="#/components/schemas/TaskStatus/x-task-lifecycle/next",
        advice="it has ended"
        if status in case.spec.lifecycle.terminal
        else "poll it until it ends",
    )


def _request_id(case: Case, asked: str) -> Finding | None:
    """The id is a request_id. The page of a reseller asks people to poll with it."""
    task_id = case.task_of_request(asked)
    if task_id is None:
        return None
    return Finding(
        rule=f"{asked} is the request_id of the call that created a task, not its task_id",
        pointer=POINTER,
        expected=short(task_id),
        got=short(asked),
        did_you_mean=task_id,
        place=_place(case),
        advice="ask with output.task_id of the create call",
        curl=corrected(case, value=task_id),
    )


def _expired(case: Case, asked: str) -> Finding | None:
    task = case.tasks.get(asked)
    if task is None or task.expires > case.entry.at:
        return None
    hours = (task.expires - task.submitted) / 3600
    why = f"ended {hours:g} h after its creation" if hours else "was set to UNKNOWN by a scenario"
    return Finding(
        rule=f"the task is not known any more: its life {why}",
        pointer=POINTER,
        got=short(asked),
        place=_place(case),
        advice="create it again; save a result when the task ends, its URL ends too",
    )


def _misspelled(case: Case, asked: str) -> Finding:
    """The id is unknown; it may be a misspelled one."""
    ids = list(islice(case.tasks, COMPARED))
    found = close_names(asked[:80], ids, cutoff=TYPO)
    return Finding(
        rule="this key has no task with that id: there never was one, it is from before a reset or "
        f"a restart of the fake, {_evicted(case)}or it belongs to another key",
        pointer=POINTER,
        expected=short(found[0]) if found else "a task_id that a create call of this key answered",
        got=short(asked),
        did_you_mean=found[0] if found else "",
        place=_place(case),
        advice="it stays UNKNOWN: stop polling" + ("" if found else "; below are this key's tasks"),
        curl=corrected(case, value=found[0]) if found else listing(case),
    )


def _evicted(case: Case) -> str:
    """A note if keys were evicted: such a key loses its tasks, and the fake forgets the key."""
    if not case.evicted:
        return ""
    keys = "1 key" if case.evicted == 1 else f"{case.evicted} keys"
    return f"its key was evicted ({keys} had to make room since the fake was started), "


def _place(case: Case) -> str:
    return case.spec.outcome_pointer(case.entry.outcome, case.operation)
