"""Properties of clocks, tasks, queues, ids and times on the wire, without HTTP."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import cycle, pairwise
from math import inf, nan

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.simulation.clock import Clock
from mock_server.simulation.ids import digest, tenant_of, uuid
from mock_server.simulation.queue import Queue, plan, without
from mock_server.simulation.task import Task, cancel, next_event, status_at
from mock_server.simulation.timestamps import epoch_millis, format_time, parse_compact_time

SPEC = Spec.load()
EPOCH = 1_757_572_418.716
DAY = 86400.0
often = settings(max_examples=150, derandomize=True, database=None, deadline=None)

seconds = st.floats(0, 1e6)  # 20 of them at 1000 times the speed stay within datetime
clock_steps = st.lists(
    st.tuples(st.just("advance"), seconds)
    | st.tuples(st.just("at"), st.floats(-1e9, 1e10))
    | st.tuples(st.just("at_rate"), st.sampled_from([0.0, 1.0, 10.0]) | st.floats(0, 1000))
    | st.tuples(st.just("passes"), seconds),
    max_size=20,
)


@often
@given(steps=clock_steps, rate=st.floats(0, 1000))
def test_no_series_of_changes_turns_a_clock_back(
    steps: list[tuple[str, float]], rate: float
) -> None:
    real, clock = EPOCH, Clock(EPOCH, EPOCH, rate)
    for what, value in steps:
        before = clock.now(real)
        if what == "passes":
            real += value
        else:
            clock = getattr(clock, what)(value, real)
        after = clock.now(real)
        assert after >= before
        if what == "advance":
            assert after == before + value
        elif what == "at":
            assert after == max(before, value)
        elif what == "at_rate":
            assert (after, clock.rate) == (before, value)


@pytest.mark.parametrize("value", [-1e-9, -1.0, inf, nan])
def test_a_clock_refuses_negative_and_infinite_changes(value: float) -> None:
    clock = Clock(EPOCH, EPOCH)
    with pytest.raises(ValueError, match="time never goes back"):
        clock.advance(value, EPOCH)
    with pytest.raises(ValueError, match="time never goes back"):
        clock.at_rate(value, EPOCH)


moments = st.integers(0, 90).map(float) | st.floats(0, 90)  # whole numbers are times of events


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Any task that there can be, stuck ones too."""
    submitted = float(draw(st.integers(0, 20)))
    scheduled = draw(st.just(inf) | st.integers(0, 20).map(lambda s: submitted + s))
    ended = draw(st.just(inf) | st.integers(0, 20).map(lambda s: scheduled + s))
    return Task(
        id="t",
        request_id="r",
        model="emo-v1",
        tier="1:1",
        outcome=draw(st.sampled_from(["SUCCEEDED", "FAILED.InvalidURL", "FAILED.SystemError"])),
        slot=0,
        submitted=submitted,
        scheduled=scheduled,
        ended=ended,
        expires=submitted + draw(st.integers(0, 60)),
        canceled=None,
    )


@often
@given(task=tasks(), asked=st.lists(moments, min_size=2), at=moments)
def test_a_task_follows_the_lifecycle_and_reading_its_status_does_not_change_it(
    task: Task, asked: list[float], at: float
) -> None:
    for life in (task, cancel(task, at)):
        if life is not None:
            seen = {now: status_at(life, now) for now in asked}
            assert all((seen[now] == "UNKNOWN") == (now >= life.expires) for now in asked)
            states = [seen[now] for now in sorted(asked) if life is task or now >= at]
            for earlier, later in pairwise(states):
                assert later in SPEC.lifecycle.reachable(earlier)
            assert {now: status_at(life, now) for now in reversed(asked)} == seen


@often
@given(task=tasks(), now=moments)
def test_only_a_pending_task_can_be_canceled_and_it_stays_canceled(task: Task, now: float) -> None:
    canceled = cancel(task, now)
    assert (canceled is not None) == (status_at(task, now) == "PENDING")
    if canceled is not None:
        assert status_at(canceled, now) == "CANCELED"
        assert cancel(canceled, now) is None
        assert next_event(canceled, now) is None


@often
@given(task=tasks(), now=moments, share=st.floats(0, 1, exclude_max=True))
def test_the_status_of_a_task_is_constant_until_its_next_event(
    task: Task, now: float, share: float
) -> None:
    event = next_event(task, now)
    assert event is None or event > now
    later = now + share * 100 if event is None else now + (event - now) * share
    assume(later < task.expires and later != event)
    assert status_at(task, later) == status_at(task, now)
    if event is not None and task.scheduled < task.ended:
        assert status_at(task, event) != status_at(task, now)


# A task to plan: seconds after the one before it, its work, and whether it never ends.
arrivals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 200) | st.just(inf)), min_size=1, max_size=12
)
WAIT, LIFE = 15.0, 400.0


def planned(arrivals: list[tuple[int, float]], places: int) -> tuple[list[Task], Queue]:
    queue, made, now = Queue.of(places), [], 0.0
    for number, (gap, work) in enumerate(arrivals):
        now += gap
        slot, start, end, queue = plan(queue, now + WAIT, work, now + LIFE)
        name = str(number)
        life = (slot, now, start, end, now + LIFE)
        made.append(Task(name, name, "emo-v1", "1:1", "SUCCEEDED", *life))
    return made, queue


def leaves(task: Task) -> float:
    """The time at which it leaves its place: its end or its expiry."""
    return max(task.scheduled, min(task.ended, task.expires))


def check_order(made: list[Task], places: int) -> None:
    starts = [task.scheduled for task in made]
    assert starts == sorted(starts)
    for number, task in enumerate(made):
        assert task.scheduled >= task.submitted + WAIT
        assert 0 <= task.slot < places
        at_work = [t for t in made[:number] if leaves(t) > task.scheduled]
        assert len(at_work) < places
        assert all(t.slot != task.slot for t in at_work)


@often
@given(arrivals=arrivals, places=st.integers(1, 3))
def test_tasks_start_in_order_and_as_soon_as_a_place_is_free(
    arrivals: list[tuple[int, float]], places: int
) -> None:
    made, _ = planned(arrivals, places)
    check_order(made, places)
    for number, task in enumerate(made):
        start, before = task.scheduled, made[:number]
        if start > max([task.submitted + WAIT, *(t.scheduled for t in before)]):
            assert sum(t.scheduled < start <= leaves(t) for t in before) == places


@often
@given(arrivals=arrivals, places=st.integers(1, 3), which=st.integers(0, 11), share=st.floats(0, 1))
def test_a_canceled_task_delays_no_other_and_moves_no_running_one(
    arrivals: list[tuple[int, float]], places: int, which: int, share: float
) -> None:
    made, _ = planned(arrivals, places)
    gone = made[which % len(made)]
    first, last = made[-1].submitted, gone.scheduled
    assume(first < last)
    now = first + (last - first) * share
    assume(status_at(gone, now) == "PENDING")
    moved, queue = without(gone, reversed(made), places, WAIT, now)
    later = {task.id: task for task in moved}
    assert later.keys() == {task.id for task in made if int(task.id) > int(gone.id)}
    for old in made:
        new = later.get(old.id, old)
        assert new.scheduled <= old.scheduled
        assert new == old or now <= new.scheduled
        assert new.ended - new.scheduled == pytest.approx(old.ended - old.scheduled)
    rest = [later.get(task.id, task) for task in made if task is not gone]
    check_order(rest, places)
    slot, start, end, _ = plan(queue, now + WAIT, 10.0, now + LIFE)
    newest = Task("n", "n", "emo-v1", "1:1", "SUCCEEDED", slot, now, start, end, now + LIFE)
    check_order([*rest, newest], places)


names = st.text(max_size=20)
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@often
@given(secret=st.binary(min_size=1, max_size=63), numbers=st.sets(st.integers(1)))
def test_ids_look_like_uuids_and_differ(secret: bytes, numbers: set[int]) -> None:
    def made(secret: bytes) -> list[str]:
        return [uuid(secret, number, version) for number in numbers for version in "49"]

    ids = made(secret)
    for one, version in zip(ids, cycle("49"), strict=False):
        assert re.fullmatch(UUID % version, one)
    assert len(set(ids)) == len(ids)
    assert ids == made(secret)
    assert not set(ids) & set(made(secret + b"x"))


@often
@given(key=names, other=names, seed=st.binary(min_size=1, max_size=63))
def test_the_tenant_depends_on_the_key_and_the_seed_alone(
    key: str, other: str, seed: bytes
) -> None:
    assert re.fullmatch("[0-9a-f]{16}", tenant_of(key, seed))
    assert (tenant_of(key, seed) == tenant_of(other, seed)) == (key == other)
    assert tenant_of(key, seed) != tenant_of(key, seed + b"x")
    assert (digest(seed, key) == digest(seed, other)) == (key == other)


@often
@given(st.integers(0, 4_102_444_799_999))  # to the end of 2099
def test_a_time_on_the_wire_has_its_millisecond_in_utc_plus_8(ms: int) -> None:
    assert epoch_millis(ms / 1000) == ms
    text = format_time(ms / 1000)
    assert re.fullmatch(SPEC.schemas["Time"]["pattern"], text)
    local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    assert (local - datetime(1970, 1, 1, 8, tzinfo=UTC)) / timedelta(milliseconds=1) == ms


@often
@given(earlier=st.floats(0, 4e9), later=st.floats(0, 4e9))
def test_times_on_the_wire_sort_as_the_times_do(earlier: float, later: float) -> None:
    earlier, later = sorted((earlier, later))
    assert format_time(earlier) <= format_time(later)
    assert epoch_millis(earlier) <= epoch_millis(later)


@often
@given(st.integers(-2_208_988_800, 4_102_416_000))
def test_a_compact_time_is_parsed_to_its_second(epoch: int) -> None:
    local = datetime(1970, 1, 1, 8, tzinfo=UTC) + timedelta(seconds=epoch)
    text = local.strftime("%Y%m%d%H%M%S")
    assume(re.fullmatch(SPEC.schemas["CompactTime"]["pattern"], text))
    assert parse_compact_time(text) == epoch


COMPACT = SPEC.schemas["CompactTime"]["pattern"].replace("\\d", "[0-9]")  # of ASCII digits


@often
@given(st.from_regex(COMPACT, fullmatch=True))
def test_every_compact_time_that_the_spec_allows_is_parsed(text: str) -> None:
    assert -2.3e9 < parse_compact_time(text) < 4.2e9
