"""Prints answers of the client: as JSON, a task as lines, a list as a table, a wait as progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from contracts.text.printable import in_line
from emo_client.errors import EmoError
from emo_kit.cli.output import print_json, print_line, print_styled, styled
from mock_server.simulation.timestamps import ZONE_TEXT, format_time

if TYPE_CHECKING:
    from rich.progress import Progress as Live

    from emo_client import Client
    from emo_client.models import TaskAnswer, TaskList


def print_model(value: Any) -> None:
    """Print a value or model of the client as indented JSON without null fields."""
    import msgspec

    print_json(_without_null(msgspec.to_builtins(value)))


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(v) for key, v in value.items() if v is not None}
    return [_without_null(v) for v in value] if isinstance(value, list) else value


def print_task(task: TaskAnswer, as_json: bool) -> None:
    """Print the fields of a task, one per line."""
    if as_json:
        print_model(task)
        return
    output = task.output
    fields = {
        "task_id": output.task_id,
        "status": output.task_status,
        "submitted": with_zone(output.submit_time),
        "scheduled": with_zone(output.scheduled_time),
        "ended": with_zone(output.end_time),
        "code": output.code,
        "message": output.message,
        "video_url": output.results.video_url if output.results else None,
        "duration": _seconds(task),
    }
    for name, value in fields.items():
        if value is not None:
            print_line(f"{name:<11}{value}")


def print_list(page: TaskList) -> None:
    """Print one line for each task of a page, then the page number on stderr."""
    for item in page.data:
        created = moment(item.gmt_create)
        line = f"{item.task_id}  {item.status:<9}  {item.model_name or '':<7}  {created}"
        print_line(line.rstrip())
    if not page.total:
        print_line("no tasks", err=True)
        return
    tasks = "1 task" if page.total == 1 else f"{page.total} tasks"
    where = f"page {page.page_no} of {page.total_page}, " if page.total_page else ""
    print_line(f"{where}{tasks} in all", err=True)


def with_zone(time: str | None) -> str | None:
    """A time of the service with its time zone: the service sends UTC+8 without naming it."""
    return f"{time} {ZONE_TEXT}" if time else None


def moment(epoch_ms: int | None) -> str:
    """Milliseconds since 1970 as a time of the service; "" for None or 0."""
    try:
        return f"{format_time((epoch_ms or 0) / 1000)} {ZONE_TEXT}" if epoch_ms else ""
    except (OverflowError, ValueError, OSError):
        return str(epoch_ms)  # a provider may use another unit


def _seconds(task: TaskAnswer) -> str | None:
    duration = task.usage.video_duration if task.usage else None
    return None if duration is None else f"{duration:g} s"


class WaitProgress:
    """Shows a wait on stderr: a line for each new state, and on a terminal a live line below.

    The live line also has the position in the queue: one more than the PENDING tasks that were
    created earlier. A client made by `queue_client` looks it up, until one look-up fails."""

    def __init__(self, queue_client: Callable[[], Client]) -> None:
        self._make_queue_client = queue_client
        self._queue_client: Client | None = None
        self._live: Live | None = None
        self._last = ""

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as Live
            from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

            # A provider may send a state such as "[/b]", which rich would refuse as markup.
            text = TextColumn("{task.description}", markup=False)
            columns = SpinnerColumn(), text, TimeElapsedColumn()
            self._live = Live(*columns, console=Console(stderr=True), transient=True)
            self._live.add_task("starting", total=None)
            self._live.start()
            self._queue_client = self._make_queue_client()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()
        if self._queue_client:
            self._queue_client.close()

    def update(self, task: TaskAnswer, elapsed: float) -> None:
        """Show the answer of a poll. The task id comes first, so that a paid task can be found
        again."""
        status = task.output.task_status
        if not self._last:
            self._print(f"  task {task.output.task_id}")
        if status != self._last:
            self._print(f"{elapsed:6.1f} s  {status}")
        self._last = status
        if self._live:
            position = self._position(task.output.task_id) if status == "PENDING" else None
            suffix = f", number {position} in the queue" if position else ""
            self._live.update(self._live.task_ids[0], description=in_line(status + suffix))

    def _print(self, line: str) -> None:
        if self._live:
            print_styled(self._live.console, styled(line))
        else:
            print_line(line, err=True)

    def _position(self, task_id: str) -> int | None:
        if self._queue_client is None:
            return None
        try:
            waiting = self._queue_client.list(status="PENDING", page_size=100).data
        except (EmoError, _NoRetry):
            self._queue_client = None
            return None
        ids = [item.task_id for item in waiting]
        return len(ids) - ids.index(task_id) if task_id in ids else None


class _NoRetry(Exception):
    """The position in the queue is optional, so a failed look-up is not repeated."""


def never_sleep(seconds: float) -> None:
    """The `sleep` of a client that must not retry: raises instead of sleeping."""
    raise _NoRetry(f"{seconds} s")
