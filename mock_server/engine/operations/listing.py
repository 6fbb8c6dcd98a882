"""The operation listTasks: filters the tenant's tasks and renders one page of them."""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.engine.operations.operation_input import OperationInput
from mock_server.simulation.task import Task, status_at
from mock_server.simulation.timestamps import epoch_millis, parse_compact_time
from mock_server.stages import Answer, Facts, Refused

DAY = 86400.0


def list_tasks(given: OperationInput) -> Answer:
    outcome = given.directive.answer or given.operation.outcomes["listed"]
    example = outcome.value["data"][0]
    found = list(_matching(given)) if _is_account(given, example) else []
    page, size = given.request.query["page_no"], given.request.query["page_size"]
    shown = found[(page - 1) * size : page * size]
    facts = {
        "total": len(found),
        "data": [_list_item(example, task, given) for task in shown],
        "total_page": -(-len(found) // size),
        "page_no": page,
        "page_size": size,
    }
    return Answer(outcome, facts, given.request.now)


def _is_account(given: OperationInput, example: Facts) -> bool:
    """Whether the filters for region and key match. Every task here has the same region and key."""
    query = given.request.query
    return all(query[name] in (None, example[name]) for name in ("region", "api_key_id"))


def _matching(given: OperationInput) -> Iterator[Task]:
    since, until = _window(given)
    query = given.request.query
    for task in given.session.newest_first():
        status = status_at(task, given.request.now)
        if (
            since <= task.submitted <= until
            and status != "UNKNOWN"
            and query["status"] in (None, status)
            and query["model_name"] in (None, task.model)
            and query["task_id"] in (None, task.id)
        ):
            yield task


def _window(given: OperationInput) -> tuple[float, float]:
    """First and last creation time of the listed tasks, at most a day apart. `end_time` includes
    its whole second."""
    start, end = (
        parse_compact_time(t) if t else None
        for t in map(given.request.query.get, ("start_time", "end_time"))
    )
    if start is None:
        until = given.request.now if end is None else end + 0.999
        return until - DAY, until
    if end is None:
        return start, start + DAY
    if not 0 <= end - start <= DAY:
        parameter = next(p for p in given.operation.query if p.name == "end_time")
        raise Refused(parameter.violation("must be within 24 h after start_time"))
    return start, end + 0.999


def _list_item(example: Facts, task: Task, given: OperationInput) -> Facts:
    status = status_at(task, given.request.now)
    has_ended = status in given.spec.lifecycle.terminal
    started = task.canceled is None and task.scheduled <= given.request.now
    facts = {
        "gmt_create": epoch_millis(task.submitted),
        "model_name": task.model,
        "request_id": task.request_id,
        "status": status,
        "task_id": task.id,
        "user_api_unique_key": _api_key_of(given, task.model),
        "start_time": epoch_millis(task.scheduled) if started else None,
        "end_time": epoch_millis(task.canceled or task.ended) if has_ended else None,
    }
    filled = {name: facts.get(name, value) for name, value in example.items()}
    return {name: value for name, value in filled.items() if value is not None}


def _api_key_of(given: OperationInput, model: str) -> str:
    """`apikey:v1:GROUP:TASK:FUNCTION:MODEL`: path of the create call and model."""
    template = given.spec.operations[given.spec.models[model].operation].template
    return ":".join(["apikey:v1", *template.split("/")[2:], model])
