"""How the command line shows things: JSON, a task in lines, a wait as it goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self

import click

if TYPE_CHECKING:
    from rich.status import Status

    from emo_client import Client
    from emo_client.models import TaskAnswer


def print_json(value: Any) -> None:
    """A value or model of the client as indented JSON, null fields left out."""
    import msgspec

    builtin = msgspec.to_builtins(value)
    click.echo(msgspec.json.format(msgspec.json.encode(_without_null(builtin)), indent=2).decode())


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(v) for key, v in value.items() if v is not None}
    return [_without_null(v) for v in value] if isinstance(value, list) else value


def print_task(task: TaskAnswer, as_json: bool) -> None:
    """What is known of a task, a line a field."""
    if as_json:
        print_json(task)
        return
    output = task.output
    fields = {
        "task_id": output.task_id,
        "status": output.task_status,
        "submitted": output.submit_time,
        "scheduled": output.scheduled_time,
        "ended": output.end_time,
        "code": output.code,
        "message": output.message,
        "video_url": output.results.video_url if output.results else None,
        "duration": f"{task.usage.video_duration:g} s" if task.usage else None,
    }
    for name, value in fields.items():
        if value is not None:
            click.echo(f"{name:<11}{value}")


class Progress:
    """A wait as it goes, on stderr: one live line on a terminal, a line a change where it is piped.

    On a terminal the place in the queue is looked up too; it is the number of PENDING tasks that
    were created before, and itself."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._live: Status | None = None
        self._last = ""

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._live = Console(stderr=True).status("starting")
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()

    def update(self, task: TaskAnswer, elapsed: float) -> None:
        """Show a poll's answer."""
        status = task.output.task_status
        if self._live:
            place = self._position(task.output.task_id) if status == "PENDING" else None
            where = f", number {place} in the queue" if place else ""
            self._live.update(f"{status}{where}, {elapsed:.0f} s")
        elif status != self._last:
            click.echo(f"{elapsed:6.1f} s  {status}", err=True)
        self._last = status

    def _position(self, task_id: str) -> int | None:
        from emo_client import EmoError

        try:
            waiting = self._client.list(status="PENDING", page_size=100).data
        except EmoError:
            return None  # only decoration: the wait goes on
        ids = [item.task_id for item in waiting]
        return len(ids) - ids.index(task_id) if task_id in ids else None
