"""Writes lines without making anyone wait: a thread writes what has come together. Knows no more of
a line than its text. A reader that left ends the log, never the server; a full disk ends neither.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from mock_server.journal.line_output import LineOutput, Stream

PAUSE = 0.05  # seconds in which lines come together
ENOUGH = 64 << 10  # characters that do not wait for more
LAST_WAIT = 1.0  # seconds for a reader who does not read when all ends
MOST = 4 << 20  # characters that wait for a slow reader; what comes on top is lost, and counted
UNREAD = "nobody read them in time"


def wants_colour(stream: Stream, environment: Mapping[str, str]) -> bool:
    """On a terminal that can, unless NO_COLOR says otherwise."""
    plain = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return stream.isatty() and not plain


def _lost(lines: int, why: str) -> str:
    return f"({lines} lines were lost: {why})"


class LogWriter:
    """`write` takes a line at any time, from any thread. Lines are out at most PAUSE seconds later,
    in their order, and all of them once `close` returns, which is called at exit too."""

    def __init__(self, stream: Stream, lost: Callable[[int, str], str] = _lost) -> None:
        """lost: the line in place of so many that were lost, and why they were."""
        self._output = LineOutput(stream)
        self._lost_line = lost
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._size = 0
        self._unread = 0  # lines that were not taken, for others were still waiting
        self._unwritten = 0  # lines that did not get out
        self.lost_count = 0  # all of either since the start
        self._broken = False
        self._some, self._hurry = threading.Event(), threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def write(self, line: str) -> None:
        """Keep a line, without its end, to be written soon."""
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
        """Write what has come together, and how much was lost. Waits for the reader."""
        with self._lock:
            lines, self._lines, self._size = self._lines, [], 0
            unread, self._unread = self._unread, 0
        before = self._said(self._unwritten, self._output.problem)
        # Each with how many lines are lost if it does not get out.
        items = [*before, *((line, 1) for line in lines), *self._said(unread, UNREAD)]
        if self._broken or not items:
            return
        try:
            written = self._output.write([text for text, _ in items])
        except (BrokenPipeError, ValueError):  # the reader left, the file is closed
            self._broken = True
            return
        self._unwritten = sum(count for _, count in items[written:])
        self.lost_count += max(0, len(lines) - max(0, written - len(before)))

    def _said(self, lines: int, why: str) -> list[tuple[str, int]]:
        return [(self._lost_line(lines, why), lines)] if lines else []

    def close(self) -> None:
        """Write the rest, unless nobody reads. Lines that come later are not taken."""
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
