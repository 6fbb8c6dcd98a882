"""Types of option values for the client's commands: boxes, sizes in bytes, states of tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Box(click.ParamType[list[int]]):
    """Four whole numbers: x1,y1,x2,y2."""

    name = "x1,y1,x2,y2"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[int]:
        parts = str(value).strip("[]").split(",")
        if len(parts) != 4 or not all(re.fullmatch("[0-9]{1,9}", part.strip()) for part in parts):
            self.fail(f"{value!r} is not x1,y1,x2,y2, like 302,286,610,593", param, ctx)
        return [int(part) for part in parts]


class ByteSize(click.ParamType[int]):
    """A number of bytes: 1048576, 1024K, 1M."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch("([0-9]{1,15})([KMG]?)", str(value).strip().upper())
        size = int(found[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[found[2]] if found else 0
        if not size:
            self.fail(f"{value!r} is not a size in bytes, like 500K, 256M or 1G", param, ctx)
        return size


class TaskState(click.ParamType[str]):
    """The state of a task. A misspelled known state is refused; an unknown state is allowed."""

    name = "state"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from emo_client import TASK_STATUSES
        from mock_server.suggest.close_names import did_you_mean

        hint = did_you_mean(str(value).upper(), list(TASK_STATUSES))
        if value not in TASK_STATUSES and hint:
            self.fail(f"{value!r} is not a state of a task.{hint}", param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from emo_client import TASK_STATUSES

        known = (state for state in TASK_STATUSES if state.startswith(incomplete.upper()))
        return [CompletionItem(state) for state in known]
