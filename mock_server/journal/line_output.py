"""Writes lines to a stream and knows how many got out. A full disk loses these lines alone; the
next ones are tried again."""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol


class Stream(Protocol):
    """As much of a text file as is needed."""

    def write(self, text: str, /) -> int: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class LineOutput:
    """One stream. problem: why the latest lines did not get out, in the system's words."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._is_torn = False  # the line that got out last has no end
        self.problem = ""

    def write(self, lines: Sequence[str]) -> int:
        """Write lines, and return how many got out whole. Raises BrokenPipeError where the reader
        left, ValueError where the stream is closed."""
        descriptor = _descriptor(self._stream)
        text = "".join(f"{line}\n" for line in lines)
        try:
            if descriptor is None:
                self._stream.write(text)
                self._stream.flush()
                return len(lines)
            return self._write(descriptor, text)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.problem = error.strerror or str(error)
            return 0

    def _write(self, descriptor: int, text: str) -> int:
        """Past the buffer of the stream, which would keep, lose or tear what does not get out."""
        with suppress(OSError):
            self._stream.flush()
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        begun = self._is_torn
        data = b"\n" * begun + text.encode(encoding, "backslashreplace")
        written = 0
        try:
            while written < len(data):
                written += _written(descriptor, data[written:])
        except BrokenPipeError:
            raise
        except OSError as error:
            self.problem = error.strerror or str(error)
        if written:
            self._is_torn = data[written - 1 : written] != b"\n"
        lacks_only_its_end = written > begun and data[written : written + 1] == b"\n"
        return max(0, data[:written].count(b"\n") - begun) + lacks_only_its_end


def _written(descriptor: int, data: bytes) -> int:
    """How many bytes got out; waits for a slow reader, also of a pipe that does not block."""
    while True:
        try:
            return os.write(descriptor, data)
        except BlockingIOError:
            select.select([], [descriptor], [])


def _descriptor(stream: Stream) -> int | None:
    """The number of the stream's file; None for one that has none, or is closed."""
    try:
        number: int = stream.fileno()  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        return None
    return number
