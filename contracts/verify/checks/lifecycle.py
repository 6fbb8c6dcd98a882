"""The life of a task as it can be seen: which states, which times, what it is in the end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

from contracts.provider.exchange import Exchange, at
from contracts.spec.pointers import MISSING
from contracts.verify.checks.routing import SLASH
from contracts.verify.context import Ask, Skip
from contracts.verify.registry import Because, check
from contracts.verify.run_task import PAYS
from contracts.verify.trace import Story, state

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIMES = ("submit_time", "scheduled_time", "end_time")
CLOSE = 120.0  # seconds by which the clocks of a gateway and of its tasks may differ
LIFECYCLE = "#/components/schemas/TaskStatus/x-task-lifecycle"


def epoch(text: Any) -> float | None:
    """Epoch seconds of a time of a task, which is UTC+8 without saying so; None for no time."""
    try:
        moment = datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - timedelta(hours=8)).timestamp() if moment.year > 1 else None


def date(exchange: Exchange) -> float:
    """When the answer was given, by its own Date header, else by our clock."""
    said = at(exchange, "#header/date")
    try:
        return parsedate_to_datetime(str(said)).timestamp()
    except (ValueError, OverflowError):
        return exchange.at


def succeeded(story: Story) -> Exchange:
    """The first poll that shows the result. Raises Skip where the task did not succeed."""
    found = next(story.seen("SUCCEEDED"), None)
    if found is None:
        raise Skip(f"the task did not succeed, it is {story.states[-1]}")
    return found


@check("story.accepted", "A task is created: a 200 with its id.", "accepted", pays=PAYS)
def accepted(ask: Ask) -> None:
    created = ask.lived().created
    if ask.answers(created, "accepted"):
        ask.equal(created, "/output/task_status", ask.spec.lifecycle.initial)


@check(
    "story.id",
    "A task_id is a UUIDv4.",
    Because("captured", "CNB, every capture"),
    severity="note",
    pays=PAYS,
)
def task_id(ask: Ask) -> None:
    story = ask.lived()
    holds = bool(UUID4.fullmatch(story.task_id))
    ask.that(story.created, "/output/task_id", holds, "a UUIDv4")


@check(
    "story.bare",
    "The answer to a create call has neither times nor usage.",
    "accepted",
    severity="warning",
    pays=PAYS,
)
def bare(ask: Ask) -> None:
    created = ask.lived().created
    for pointer in ("/usage", *(f"/output/{name}" for name in TIMES)):
        ask.that(created, pointer, at(created, pointer) in (MISSING, None), "nothing")


@check("story.polls", "A poll is a 200 in every state, as documented.", "RUNNING", pays=PAYS)
def polls(ask: Ask) -> None:
    story = ask.lived()
    for exchange in (*story.polls, *story.again):
        if ask.status(exchange, 200):
            ask.conforms(exchange)
            ask.equal(exchange, "/output/task_id", story.task_id)


@check(
    "story.order",
    "States follow one another as they may, and never go back.",
    Because("documented", "EMO-3, TASK", LIFECYCLE),
    pays=PAYS,
)
def order(ask: Ask) -> None:
    story, life = ask.lived(), ask.spec.lifecycle
    exchanges = (story.created, *story.polls, *story.again)
    for before, after in pairwise(exchanges):
        known = state(before) in life.next and state(after) in life.next
        allowed = life.reachable(state(before)) if known else set()
        expected = f"after {state(before)}: {', '.join(sorted(allowed)) or 'a documented state'}"
        ask.that(after, "/output/task_status", state(after) in allowed, expected)


@check(
    "story.runs",
    "A task is seen waiting, then at work, then done.",
    Because("documented", "EMO-3", LIFECYCLE),
    severity="warning",
    pays=PAYS,
)
def runs(ask: Ask) -> None:
    story = ask.lived()
    if not ask.provider.has_clock:
        raise Skip("without a control API a state may be over before it is looked at")
    for wanted in ("PENDING", "RUNNING", "SUCCEEDED"):
        if wanted not in story.states:
            seen = " ".join(dict.fromkeys(story.states))
            ask.find(story.polls[-1], "/output/task_status", f"{wanted} at some time", seen)


@check("story.slash", "A poll may end with a slash.", SLASH, pays=PAYS)
def slash(ask: Ask) -> None:
    story = ask.lived()
    if story.slashed is not None and ask.status(story.slashed, 200):
        ask.equal(story.slashed, "/output/task_id", story.task_id)


@check(
    "story.zone",
    "Times are in UTC+8, and say no zone.",
    Because("captured", "CNB: the body's times against the date header"),
    pays=PAYS,
)
def zone(ask: Ask) -> None:
    story = ask.lived()
    created = date(story.created)
    for exchange in story.seen("RUNNING", "SUCCEEDED", "FAILED"):
        submitted = epoch(at(exchange, "/output/submit_time"))
        near = submitted is not None and abs(submitted - created) <= CLOSE
        local = datetime.fromtimestamp(created, UTC) + timedelta(hours=8)
        ask.that(exchange, "/output/submit_time", near, f"about {local:%Y-%m-%d %H:%M:%S}.000")


@check(
    "story.times",
    "A task is submitted, then scheduled, then ended.",
    Because("documented", "YU, S2V"),
    pays=PAYS,
)
def times(ask: Ask) -> None:
    for exchange in ask.lived().seen("RUNNING", "SUCCEEDED", "FAILED"):
        there = [n for n in TIMES if at(exchange, f"/output/{n}") is not MISSING]
        moments = [epoch(at(exchange, f"/output/{name}")) for name in there]
        for before, after, name in zip(moments, moments[1:], there[1:], strict=False):
            holds = before is not None and after is not None and before <= after
            ask.that(exchange, f"/output/{name}", holds, "a time, not before the one above it")


@check(
    "story.times-stay",
    "What was once said of a task's times stays so.",
    Because("inferred", "a task is one record"),
    severity="warning",
    pays=PAYS,
)
def times_stay(ask: Ask) -> None:
    story = ask.lived()
    known: dict[str, Any] = {}
    for exchange in (*story.polls, *story.again):
        for name in TIMES:
            value = at(exchange, f"/output/{name}")
            if value is not MISSING and state(exchange) != "UNKNOWN":
                ask.equal(exchange, f"/output/{name}", known.setdefault(name, value))


@check("story.early", "There is no result, usage or end before the end.", "RUNNING", pays=PAYS)
def early(ask: Ask) -> None:
    for exchange in ask.lived().seen("PENDING", "RUNNING"):
        for pointer in ("/usage", "/output/results", "/output/end_time", "/output/code"):
            ask.that(exchange, pointer, at(exchange, pointer) in (MISSING, None), "nothing")


@check("story.result", "The video is at output.results.video_url.", "SUCCEEDED", pays=PAYS)
def result(ask: Ask) -> None:
    exchange = succeeded(ask.lived())
    url = at(exchange, "/output/results/video_url")
    is_url = isinstance(url, str) and url.startswith(("http://", "https://"))
    ask.that(exchange, "/output/results/video_url", is_url, "an http URL")


@check("story.usage", "The usage is the length and the ratio of the video.", "SUCCEEDED", pays=PAYS)
def usage(ask: Ask) -> None:
    exchange = succeeded(ask.lived())
    length = at(exchange, "/usage/video_duration")
    is_number = isinstance(length, int | float) and not isinstance(length, bool)
    holds = is_number and 0 < length <= 60
    ask.that(exchange, "/usage/video_duration", holds, "seconds, at most 60")
    ask.equal(exchange, "/usage/video_ratio", "1:1")


@check(
    "story.stays",
    "A task that is done is answered the same again.",
    Because("inferred", "CNB: the expiry of a result is fixed when it is made"),
    severity="warning",
    pays=PAYS,
)
def stays(ask: Ask) -> None:
    story = ask.lived()
    first = succeeded(story)
    for exchange in story.again:
        ask.equal(exchange, "/output", at(first, "/output"))
        ask.equal(exchange, "/usage", at(first, "/usage"))


@check(
    "story.download",
    "The video can be downloaded, and is an MP4.",
    Because("documented", "EMO-3, USE"),
    pays=PAYS,
)
def download(ask: Ask) -> None:
    url = at(succeeded(ask.lived()), "/output/results/video_url")
    exchange, data = ask.provider.download(str(url))
    if ask.status(exchange, 200):
        is_mp4 = data[4:8] == b"ftyp"
        if not is_mp4:
            ask.find(exchange, "", "an MP4, which has ftyp at byte 4", repr(data[:16]))


@check(
    "story.listed",
    "The task is in the list, with times in epoch milliseconds.",
    "listed",
    pays=PAYS,
)
def listed(ask: Ask) -> None:
    story = ask.lived()
    exchange = story.listed
    if exchange is None or not ask.answers(exchange, "listed"):
        return
    entries = {e["task_id"]: (i, e) for i, e in enumerate(at(exchange, "/data"))}
    if story.task_id not in entries:
        ask.find(exchange, "/data", f"an entry of {story.task_id}", f"{len(entries)} others")
        return
    place, entry = entries[story.task_id]
    ask.equal(exchange, f"/data/{place}/status", story.states[-1])
    ask.equal(exchange, f"/data/{place}/request_id", at(story.created, "/request_id"))
    ask.equal(exchange, f"/data/{place}/model_name", "emo-v1")
    near = abs(entry["gmt_create"] / 1000 - date(story.created)) <= CLOSE
    ask.that(exchange, f"/data/{place}/gmt_create", near, "the creation in epoch milliseconds")
