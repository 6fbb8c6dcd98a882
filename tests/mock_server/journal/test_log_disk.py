"""A log survives a full disk: it continues when there is space, and reports the number of lost
lines."""

from __future__ import annotations

import errno
import json
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emo_kit.cli.notices import lost
from mock_server.journal import line_output
from mock_server.journal.log_writer import LogWriter

often = settings(max_examples=150, derandomize=True, database=None, deadline=None)


@contextmanager
def full(size: int) -> Iterator[None]:
    """Limits the size of the files that this process writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write(writer: LogWriter, *lines: str) -> None:
    for line in lines:
        writer._lines.append(line)  # not by `write`, whose thread would flush at some time
    writer.flush()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[TextIO]:
    with (tmp_path / "log").open("w") as file:
        yield file


def test_a_log_continues_when_the_disk_has_space_again(file: TextIO) -> None:
    writer = LogWriter(file)
    write(writer, "first")
    with full(9):
        write(writer, "second", "third")
        write(writer, "fourth")
    write(writer, "fifth")
    assert Path(file.name).read_text().splitlines() == [
        "first", "sec", "(3 lines were lost: File too large)", "fifth",
    ]  # fmt: skip
    assert writer.lost_count == 3


def test_lost_lines_are_reported_when_the_log_is_closed(file: TextIO) -> None:
    writer = LogWriter(file, lost)
    with full(0):
        write(writer, "first")
    writer.close()
    said = json.loads(Path(file.name).read_text())
    assert (said["event"], said["lines"]) == ("lost", 1)


@often
@given(st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 60)), max_size=8))
def test_each_line_is_written_or_counted(steps: list[tuple[int, int | None]]) -> None:
    """steps: the number of new lines, and the free space in bytes; None is enough for all."""
    out, room = bytearray(), [0]

    def put(_: int, data: bytes) -> int:
        size = min(len(data), room[0])
        room[0] -= size
        out.extend(data[:size])
        if not size:
            raise OSError(errno.ENOSPC, "No space left on device")
        return size

    with pytest.MonkeyPatch.context() as patch, open(os.devnull, "w") as file:  # noqa: PTH123
        patch.setattr(line_output, "_written", put)
        writer, number = LogWriter(file), 0
        for lines, space in [*steps, (1, None)]:
            room[0] = 10**6 if space is None else space
            write(writer, *(f"line {number + n}." for n in range(lines)))
            number += lines
    found = out.decode().splitlines()
    whole = [int(line[5:-1]) for line in found if line.startswith("line ") and line[-1:] == "."]
    assert whole == sorted(set(whole))
    assert len(whole) + writer.lost_count == number
    said = [int(line[1:].split()[0]) for line in found if line.endswith("device)")]
    assert sum(said) == writer.lost_count


def test_a_non_blocking_pipe_loses_no_line() -> None:
    reader, end = os.pipe()
    os.set_blocking(end, False)
    with os.fdopen(end, "w") as stream:
        writer = LogWriter(stream)
        writing = threading.Thread(target=write, args=(writer, *["x" * 999] * 200))
        writing.start()
        read = 0
        while read < 200_000:
            read += len(os.read(reader, 1 << 16))
        writing.join(10)
    os.close(reader)
    assert (read, writer.lost_count) == (200_000, 0)
