"""SIGTERM ends a command in order, as Ctrl-C does: it removes unfinished files, writes reports."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TERMINATED = 128 + signal.SIGTERM  # the exit code that shells show for it


@contextmanager
def in_order() -> Iterator[None]:
    """Within the block SIGTERM raises SystemExit; a second one ends the process at once. Servers
    have handlers of their own while they run. Does nothing in another thread than the main one,
    which signals do not reach."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _end(number: int, frame: object) -> None:
    del frame
    signal.signal(number, signal.SIG_DFL)
    sys.exit(TERMINATED)
