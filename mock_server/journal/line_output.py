"""Writes lines to a stream and counts how many were written. If the disk is full, only these lines
are lost; the next ones are tried again."""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol


class TextStream(Protocol):
    """The methods of a text file that are needed here."""

    def write(self, text: str, /) -> int: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class LineOutput:
    """Writes to one stream. problem: the system's reason why the latest lines were not written."""

    def __init__(self, stream: TextStream) -> None:
        self._stream = stream
        self._is_torn = False  # the last written line has no line end
        self.problem = ""

    def write(self, lines: Sequence[str]) -> int:
        """Write lines and return how many were written completely.

        Raises BrokenPipeError if the reader closed the pipe, ValueError if the stream is closed."""
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
        """Write without the stream's buffer, which would keep or cut off lines after an error."""
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
    """Write and return the number of written bytes; waits for the reader of a non-blocking pipe."""
    while True:
        try:
            return os.write(descriptor, data)
        except BlockingIOError:
            select.select([], [descriptor], [])


def _descriptor(stream: TextStream) -> int | None:
    """The file descriptor of a stream; None if it has none or is closed."""
    try:
        number: int = stream.fileno()  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        return None
    return number
