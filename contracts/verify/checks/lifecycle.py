"""Checks of a task that ends with a video: its states, its times, its result and its usage."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

from contracts.provider.exchange import Exchange, answer_at
from contracts.spec.models import SECONDS, URL
from contracts.spec.pointers import MISSING
from contracts.verify.checks.routing import SLASH
from contracts.verify.context import CheckContext, Skip
from contracts.verify.registry import Evidence, check
from contracts.verify.run_task import TWO_TASKS
from contracts.verify.trace import TaskTrace, state

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIMES = ("submit_time", "scheduled_time", "end_time")
CLOSE = 120.0  # seconds by which the clocks of a gateway and of its tasks may differ
LIFECYCLE = "#/components/schemas/TaskStatus/x-task-lifecycle"


def epoch(text: Any) -> float | None:
    """Epoch seconds of a time of a task, a text in UTC+8 without a zone; None for another text."""
    try:
        moment = datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - timedelta(hours=8)).timestamp() if moment.year > 1 else None


def date(exchange: Exchange) -> float:
    """The time of an answer, epoch s: its Date header, or else our clock."""
    header = answer_at(exchange, "#header/date")
    try:
        return parsedate_to_datetime(str(header)).timestamp()
    except (ValueError, OverflowError):
        return exchange.at


def succeeded(trace: TaskTrace) -> Exchange:
    """The first poll that shows the result. Raises Skip if the task did not succeed."""
    found = next(trace.polls_in("SUCCEEDED"), None)
    if found is None:
        raise Skip(f"the task did not succeed but is {trace.states[-1]}")
    return found


@check(
    "story.accepted",
    "A create call is answered 200 with a task id and PENDING.",
    "accepted",
    failed="A create call was not answered 200 with a task id and PENDING",
    paid_calls=TWO_TASKS,
)
def accepted(ctx: CheckContext) -> None:
    created = ctx.trace().created
    if ctx.expect_outcome(created, "accepted"):
        ctx.expect_equal(created, "/output/task_status", ctx.spec.lifecycle.initial)


@check(
    "story.id",
    "A task_id is a UUIDv4.",
    Evidence("captured", "CNB, every capture"),
    failed="A task_id is not a UUIDv4",
    severity="note",
    paid_calls=TWO_TASKS,
)
def task_id(ctx: CheckContext) -> None:
    trace = ctx.trace()
    holds = bool(UUID4.fullmatch(trace.task_id))
    ctx.expect(trace.created, "/output/task_id", holds, "a UUIDv4")


@check(
    "story.bare",
    "The answer to a create call has no times and no usage.",
    "accepted",
    failed="The answer to a create call has times or a usage",
    severity="warning",
    paid_calls=TWO_TASKS,
)
def bare(ctx: CheckContext) -> None:
    created = ctx.trace().created
    for pointer in ("/usage", *(f"/output/{name}" for name in TIMES)):
        ctx.expect(created, pointer, answer_at(created, pointer) in (MISSING, None), "nothing")


@check(
    "story.polls",
    "A poll is answered 200 as documented in every state of the task.",
    "RUNNING",
    failed="A poll was not answered 200 as documented",
    paid_calls=TWO_TASKS,
)
def polls(ctx: CheckContext) -> None:
    trace = ctx.trace()
    for exchange in (*trace.polls, *trace.later_polls):
        if ctx.expect_status(exchange, 200):
            ctx.expect_schema(exchange)
            ctx.expect_equal(exchange, "/output/task_id", trace.task_id)


@check(
    "story.order",
    "A task changes its state only as documented, and never back.",
    Evidence("documented", "EMO-3, TASK", LIFECYCLE),
    failed="A task changed its state in a way that is not documented",
    paid_calls=TWO_TASKS,
)
def order(ctx: CheckContext) -> None:
    trace, lifecycle = ctx.trace(), ctx.spec.lifecycle
    exchanges = (trace.created, *trace.polls, *trace.later_polls)
    for before, after in pairwise(exchanges):
        known = state(before) in lifecycle.next and state(after) in lifecycle.next
        allowed = lifecycle.reachable(state(before)) if known else set()
        expected = f"after {state(before)}: {', '.join(sorted(allowed)) or 'a documented state'}"
        ctx.expect(after, "/output/task_status", state(after) in allowed, expected)


@check(
    "story.runs",
    "A task is first PENDING, then RUNNING, then SUCCEEDED.",
    Evidence("documented", "EMO-3", LIFECYCLE),
    failed="A task was never PENDING, RUNNING or SUCCEEDED",
    severity="warning",
    paid_calls=TWO_TASKS,
)
def runs(ctx: CheckContext) -> None:
    trace = ctx.trace()
    if not ctx.provider.has_clock:
        raise Skip("without a control API a state may end between two polls")
    for wanted in ("PENDING", *ctx.tested.video.working_states, "SUCCEEDED"):
        if wanted not in trace.states:
            seen = " ".join(dict.fromkeys(trace.states))
            ctx.fail(trace.polls[-1], "/output/task_status", f"{wanted} in one of the polls", seen)


@check(
    "story.slash",
    "A poll of a task with a final slash in its path is answered as without the slash.",
    SLASH,
    failed="A poll of a task with a final slash in its path was not answered as without the slash",
    paid_calls=TWO_TASKS,
)
def slash(ctx: CheckContext) -> None:
    trace = ctx.trace()
    if trace.slash_poll is not None and ctx.expect_status(trace.slash_poll, 200):
        ctx.expect_equal(trace.slash_poll, "/output/task_id", trace.task_id)


@check(
    "story.zone",
    "The times of a task are in UTC+8, without a zone.",
    Evidence("captured", "CNB: the times in the body compared with the Date header"),
    failed="The submit_time of a task is not its creation in UTC+8",
    paid_calls=TWO_TASKS,
)
def zone(ctx: CheckContext) -> None:
    trace = ctx.trace()
    created = date(trace.created)
    for exchange in trace.polls_in(*ctx.tested.video.working_states, "SUCCEEDED", "FAILED"):
        submitted = epoch(answer_at(exchange, "/output/submit_time"))
        near = submitted is not None and abs(submitted - created) <= CLOSE
        local = datetime.fromtimestamp(created, UTC) + timedelta(hours=8)
        ctx.expect(exchange, "/output/submit_time", near, f"about {local:%Y-%m-%d %H:%M:%S}.000")


@check(
    "story.times",
    "A task is submitted first, then scheduled, then ended.",
    Evidence("documented", "YU, S2V"),
    failed="The times of a task are not in the order submitted, scheduled, ended",
    paid_calls=TWO_TASKS,
)
def times(ctx: CheckContext) -> None:
    for exchange in ctx.trace().polls_in(*ctx.tested.video.working_states, "SUCCEEDED", "FAILED"):
        there = [n for n in TIMES if answer_at(exchange, f"/output/{n}") is not MISSING]
        moments = [epoch(answer_at(exchange, f"/output/{name}")) for name in there]
        for before, after, name in zip(moments, moments[1:], there[1:], strict=False):
            holds = before is not None and after is not None and before <= after
            ctx.expect(exchange, f"/output/{name}", holds, "a time, not before the previous one")


@check(
    "story.times-stay",
    "A time of a task does not change after it was shown.",
    Evidence("inferred", "a task is one record"),
    failed="A time of a task changed after it was shown",
    severity="warning",
    paid_calls=TWO_TASKS,
)
def times_stay(ctx: CheckContext) -> None:
    trace = ctx.trace()
    known: dict[str, Any] = {}
    for exchange in (*trace.polls, *trace.later_polls):
        for name in TIMES:
            value = answer_at(exchange, f"/output/{name}")
            if value is not MISSING and state(exchange) != "UNKNOWN":
                ctx.expect_equal(exchange, f"/output/{name}", known.setdefault(name, value))


@check(
    "story.early",
    "A task has no result, usage or end_time before it ends.",
    "RUNNING",
    failed="A task had a result, a usage, an end_time or a code before it ended",
    paid_calls=TWO_TASKS,
)
def early(ctx: CheckContext) -> None:
    result = ctx.tested.result_field
    for exchange in ctx.trace().polls_in("PENDING", *ctx.tested.video.working_states):
        for pointer in ("/usage", result, "/output/end_time", "/output/code"):
            ctx.expect(
                exchange, pointer, answer_at(exchange, pointer) in (MISSING, None), "nothing"
            )


@check(
    "story.result",
    "The URL of the video is at {result_place}.",
    "SUCCEEDED",
    failed="The URL of the video is not at {result_place}",
    paid_calls=TWO_TASKS,
)
def result(ctx: CheckContext) -> None:
    exchange = succeeded(ctx.trace())
    place = ctx.tested["result"]
    url = answer_at(exchange, place)
    is_url = isinstance(url, str) and url.startswith(("http://", "https://"))
    ctx.expect(exchange, place, is_url, "an http URL")


@check(
    "story.usage",
    "The usage is the duration and the ratio of the video.",
    "SUCCEEDED",
    failed="The usage is not the duration and the ratio of the video",
    paid_calls=TWO_TASKS,
)
def usage(ctx: CheckContext) -> None:
    exchange = succeeded(ctx.trace())
    tier = ctx.tested.expected_tier
    for pointer, fact in ctx.tested.video.answer.items():
        if fact == SECONDS:
            length = answer_at(exchange, pointer)
            is_number = isinstance(length, int | float) and not isinstance(length, bool)
            ctx.expect(exchange, pointer, is_number and 0 < length <= 60, "seconds, at most 60")
        elif fact != URL:
            ctx.expect_equal(exchange, pointer, fact[tier] if isinstance(fact, dict) else tier)


@check(
    "story.stays",
    "A finished task is answered the same in each poll.",
    Evidence("inferred", "CNB: the URL of a result expires at a fixed time"),
    failed="A finished task was answered differently in a later poll",
    severity="warning",
    paid_calls=TWO_TASKS,
)
def stays(ctx: CheckContext) -> None:
    trace = ctx.trace()
    first = succeeded(trace)
    for exchange in trace.later_polls:
        ctx.expect_equal(exchange, "/output", answer_at(first, "/output"))
        ctx.expect_equal(exchange, "/usage", answer_at(first, "/usage"))


@check(
    "story.download",
    "The video can be downloaded and is an MP4 file.",
    Evidence("documented", "EMO-3, USE"),
    failed="The video cannot be downloaded, or is not an MP4 file",
    paid_calls=TWO_TASKS,
)
def download(ctx: CheckContext) -> None:
    url = answer_at(succeeded(ctx.trace()), ctx.tested["result"])
    exchange, data = ctx.provider.download(str(url))
    if ctx.expect_status(exchange, 200):
        is_mp4 = data[4:8] == b"ftyp"
        if not is_mp4:
            ctx.fail(exchange, "", "an MP4, which has ftyp at byte 4", repr(data[:16]))


@check(
    "story.listed",
    "The task is in the list, with its times in epoch milliseconds.",
    "listed",
    failed="The task is not in the list, or is listed with wrong data",
    paid_calls=TWO_TASKS,
)
def listed(ctx: CheckContext) -> None:
    trace = ctx.trace()
    exchange = trace.listed
    if exchange is None or not ctx.expect_outcome(exchange, "listed"):
        return
    entries = {e["task_id"]: (i, e) for i, e in enumerate(answer_at(exchange, "/data"))}
    if trace.task_id not in entries:
        ctx.fail(exchange, "/data", f"an entry of {trace.task_id}", f"{len(entries)} other tasks")
        return
    place, entry = entries[trace.task_id]
    ctx.expect_equal(exchange, f"/data/{place}/status", trace.states[-1])
    ctx.expect_equal(exchange, f"/data/{place}/request_id", answer_at(trace.created, "/request_id"))
    ctx.expect_equal(exchange, f"/data/{place}/model_name", ctx.tested.name)
    near = abs(entry["gmt_create"] / 1000 - date(trace.created)) <= CLOSE
    ctx.expect(exchange, f"/data/{place}/gmt_create", near, "the creation in epoch milliseconds")
