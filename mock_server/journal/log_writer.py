"""Writes log lines in a background thread, so that no caller waits.

If the reader of a pipe closes it, the log ends, but not the server. A full disk ends neither.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from mock_server.journal.line_output import LineOutput, TextStream

PAUSE = 0.05  # seconds in which lines are collected before they are written
ENOUGH = 64 << 10  # characters after which lines are written immediately
LAST_WAIT = 1.0  # seconds to wait at the end for a slow reader
MOST = 4 << 20  # characters that wait for a slow reader; further lines are lost and counted
UNREAD = "nobody read them in time"


def wants_colour(stream: TextStream, environment: Mapping[str, str]) -> bool:
    """Whether the stream is a terminal with colours and NO_COLOR is not set."""
    plain = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return stream.isatty() and not plain


def _lost(lines: int, why: str) -> str:
    return f"({lines} lines were lost: {why})"


class LogWriter:
    """Writes lines to a stream, from any thread and in order, at most PAUSE seconds later.

    `close` writes the remaining lines; it is also called at exit. lost_count: lines lost so far."""

    def __init__(self, stream: TextStream, lost: Callable[[int, str], str] = _lost) -> None:
        """lost: makes the line that replaces lost lines, from their number and the reason."""
        self._output = LineOutput(stream)
        self._lost_line = lost
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._size = 0
        self._unread = 0  # lines refused because too many were waiting
        self._unwritten = 0  # lines that could not be written
        self.lost_count = 0  # both kinds since the start
        self._broken = False
        self._some, self._hurry = threading.Event(), threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def write(self, line: str) -> None:
        """Queue a line (without line end) to be written."""
        if self._broken or self._closing:
            return
        with self._lock:
            if self._size > MOST:
                self._unread += 1
                self.lost_count += 1
                return
            self._lines.append(line)
            self._size += len(line)
        if not self._some.is_set():
            self._begin()
        if self._size > ENOUGH:
            self._hurry.set()

    def flush(self) -> None:
        """Write the queued lines, and a line about lost ones. Blocks until they are written."""
        with self._lock:
            lines, self._lines, self._size = self._lines, [], 0
            unread, self._unread = self._unread, 0
        before = self._lost_notice(self._unwritten, self._output.problem)
        # Each text with the number of lines that are lost if it is not written.
        items = [*before, *((line, 1) for line in lines), *self._lost_notice(unread, UNREAD)]
        if self._broken or not items:
            return
        try:
            written = self._output.write([text for text, _ in items])
        except (BrokenPipeError, ValueError):  # the reader closed the pipe, or the file is closed
            self._broken = True
            return
        self._unwritten = sum(count for _, count in items[written:])
        self.lost_count += max(0, len(lines) - max(0, written - len(before)))

    def _lost_notice(self, lines: int, why: str) -> list[tuple[str, int]]:
        return [(self._lost_line(lines, why), lines)] if lines else []

    def close(self) -> None:
        """Write the remaining lines, unless the reader is blocked. Later lines are ignored."""
        self._closing = True
        self._some.set()
        self._hurry.set()
        if self._thread:
            self._thread.join(LAST_WAIT)
        if not (self._thread and self._thread.is_alive()):
            self.flush()
        atexit.unregister(self.close)

    def _begin(self) -> None:
        self._some.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="emo-log", daemon=True)
            self._thread.start()
            with suppress(RuntimeError):  # the interpreter is ending
                atexit.register(self.close)

    def _run(self) -> None:
        while not (self._closing or self._broken):
            self._some.wait()
            self._hurry.wait(PAUSE)
            self._some.clear()
            self._hurry.clear()
            self.flush()
