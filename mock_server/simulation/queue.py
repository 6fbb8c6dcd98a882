"""Plans when a task starts and ends: a first-in first-out queue for a few places that work.

A task is planned when it is created, and again if a task before it is canceled. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from mock_server.simulation.task import Task


class Queue(Struct, frozen=True, gc=False):
    """free: when each place becomes free (0: now). last_start: when the latest planned task
    starts."""

    free: tuple[float, ...]
    last_start: float = 0.0

    @classmethod
    def of(cls, places: int) -> Queue:
        """An empty queue for `places` (>= 1) places."""
        return cls((0.0,) * places)


def plan(queue: Queue, ready: float, work: float, until: float) -> tuple[int, float, float, Queue]:
    """Plan a task that is ready at `ready` and works for `work` seconds.

    Returns its place, start and end, and the queue after it. The task occupies its place until it
    ends, but not longer than until `until`."""
    free = queue.free
    slot = free.index(min(free)) if len(free) > 1 else 0
    start = max(ready, free[slot], queue.last_start)
    end = start + work
    held = (max(start, min(end, until)),)
    return slot, start, end, Queue(free[:slot] + held + free[slot + 1 :], start)


def without(
    task: Task, newest_first: Iterable[Task], places: int, wait: float, now: float
) -> tuple[list[Task], Queue]:
    """Plan the later tasks again after the PENDING `task` was canceled.

    newest_first: the tenant's tasks. wait: seconds from creation until a task is ready. Returns the
    changed tasks and the queue after the last one."""
    behind, before = _split(task, newest_first)
    queue = _queue_before(before, places)
    moved = []
    for later in reversed(behind):
        ready = max(later.submitted + wait, now)
        slot, start, end, queue = plan(queue, ready, later.ended - later.scheduled, later.expires)
        moved.append(replace(later, slot=slot, scheduled=start, ended=end))
    return moved, queue


def _split(task: Task, newest_first: Iterable[Task]) -> tuple[list[Task], Iterator[Task]]:
    """The tasks in the queue behind `task`, newest first, and an iterator over those before it."""
    tasks = iter(newest_first)
    behind = []
    for other in tasks:
        if other.id == task.id:
            break
        if _holds_a_place(other):
            behind.append(other)
    return behind, tasks


def _queue_before(older: Iterator[Task], places: int) -> Queue:
    """The queue after these tasks (newest first). Later tasks never start earlier, so the first
    task found for a place is the last one that works there."""
    free: dict[int, float] = {}
    last_start = 0.0
    for task in older:
        if not _holds_a_place(task):
            continue
        last_start = max(last_start, task.scheduled)
        free.setdefault(task.slot, max(task.scheduled, min(task.ended, task.expires)))
        if len(free) == places:
            break
    return Queue(tuple(free.get(slot, 0.0) for slot in range(places)), last_start)


def _holds_a_place(task: Task) -> bool:
    return task.slot >= 0 and task.canceled is None
