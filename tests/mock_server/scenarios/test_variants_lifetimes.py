"""Lifetimes of results and tasks follow the chosen variants."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.spec.loader import Spec
from mock_server.simulation.call import Call
from tests.helpers.fake import EPOCH, SECONDS, Service

SPEC = Spec.load()
DAY = 86400
QUEUED, WORK = 14.373, 8.5 * SECONDS

Make = Callable[..., Service]


def chosen(make_service: Make, choices: dict[str, str]) -> Service:
    return make_service(variants=choices)


# result-life


@pytest.mark.parametrize(("choice", "days"), [("24h", 1), ("3d", 3), ("7d", 7)])
def test_a_video_can_be_fetched_for_the_chosen_time(
    make_service: Make, choice: str, days: int
) -> None:
    service = chosen(make_service, {"result-life": choice})
    task = service.task_id()
    service.real += QUEUED + WORK + 0.01
    url = service.get(task).body["output"]["results"]["video_url"]
    path, _, query = url.removeprefix("http://127.0.0.1:8787").partition("?")
    ended = EPOCH + QUEUED + WORK
    service.real = int(ended + days * DAY) - 1
    assert service.engine.handle(Call("GET", path, query)).status == 200
    service.real += 2
    assert service.engine.handle(Call("GET", path, query)).outcome == "expired"


# task-life

END = {"task-life": "end"}


def test_a_task_lives_a_day_from_its_creation_or_from_its_end(make_service: Make) -> None:
    plain, service = make_service(), chosen(make_service, END)
    tasks = plain.task_id(), service.task_id()
    for moment, states in (
        (DAY - 1, ("SUCCEEDED", "SUCCEEDED")),
        (DAY, ("UNKNOWN", "SUCCEEDED")),
        (DAY + QUEUED + WORK - 0.01, ("UNKNOWN", "SUCCEEDED")),
        (DAY + QUEUED + WORK + 0.01, ("UNKNOWN", "UNKNOWN")),
    ):
        plain.real = service.real = EPOCH + moment
        assert (plain.status(tasks[0]), service.status(tasks[1])) == states


def test_a_task_that_never_ends_lives_a_day_from_its_creation(make_service: Make) -> None:
    service = chosen(make_service, END)
    stuck = [service.task_id(X_Mock_Scenario=state) for state in ("PENDING", "RUNNING")]
    behind = service.task_id()
    service.real += DAY - 1
    assert [service.status(task) for task in (*stuck, behind)] == ["PENDING", "RUNNING", "PENDING"]
    service.real += 1 + WORK / 2
    assert [service.status(task) for task in (*stuck, behind)] == ["UNKNOWN", "UNKNOWN", "RUNNING"]
    service.real += DAY
    assert service.status(behind) == "SUCCEEDED"
    assert service.list().body["total"] == 0  # it was created more than a day ago


def test_a_task_that_starts_earlier_after_a_cancel_also_expires_earlier(make_service: Make) -> None:
    service = chosen(make_service, END)
    first, second, third = (service.task_id() for _ in range(3))
    assert service.cancel(second).status == 200
    ended = QUEUED + 2 * WORK
    service.real = EPOCH + DAY + ended - 0.01
    assert (service.status(first), service.status(third)) == ("UNKNOWN", "SUCCEEDED")
    service.real += 0.02
    assert service.status(third) == "UNKNOWN"


def test_a_canceled_task_lives_a_day_from_its_cancellation(make_service: Make) -> None:
    service = chosen(make_service, END)
    stuck, task = service.task_id(X_Mock_Scenario="PENDING"), service.task_id()
    service.real += 10
    assert service.cancel(task).status == service.cancel(stuck).status == 200
    service.real += DAY - 0.01
    assert (service.status(stuck), service.status(task)) == ("CANCELED", "CANCELED")
    service.real += 0.02
    assert (service.status(stuck), service.status(task)) == ("UNKNOWN", "UNKNOWN")


def test_at_most_one_task_runs_at_a_time_in_a_long_queue(make_service: Make) -> None:
    service = chosen(make_service, END)
    long = 3 * 3600 + QUEUED  # FAILED.InternalError.Timeout works three hours
    tasks = [service.task_id(X_Mock_Scenario=slow()) for _ in range(12)]
    for number in range(1, 12):
        service.real = EPOCH + number * long
        running = [task for task in tasks if service.status(task) == "RUNNING"]
        assert len(running) <= 1


def slow() -> str:
    """The name of the ending with the longest work before it."""
    return max(SPEC.task_outcomes.values(), key=lambda outcome: outcome.runs_for or 0).name


def test_the_cost_of_an_expired_task_does_not_change(make_service: Make) -> None:
    service = chosen(make_service, END)
    service.task_id()
    service.real += 2 * DAY
    before = service.usage()
    service.task_id(X_Mock_Scenario="FAILED.InvalidURL")
    assert service.usage() == before
    assert sum(row.quantity for row in before) == SECONDS
