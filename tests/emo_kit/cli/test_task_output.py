"""The display of a wait on a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest

from emo_client.models import TaskAnswer, TaskOutput
from emo_kit.cli.task_output import WaitProgress


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


class NoQueue:
    """A client that does not know the place in the queue."""

    def list(self, **_: Any) -> Any:
        return TaskAnswer

    def close(self) -> None:
        pass


@pytest.mark.parametrize("text", ["[/b]", "[bold]", "[link=x]", ":smile:"])
def test_markup_in_a_state_or_an_id_is_printed_unchanged(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with WaitProgress(lambda: NoQueue()) as progress:  # type: ignore[arg-type,return-value]
        progress.update(TaskAnswer(output=TaskOutput(task_id=text, task_status=text)), 0.0)
    assert f"task {text}" in terminal.getvalue()
    assert f"0.0 s  {text}" in terminal.getvalue()
