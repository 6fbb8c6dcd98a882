"""Handles SIGTERM like Ctrl-C: the command removes unfinished files, writes its reports and exits.
The signal also works while Python runs a destructor, which ignores exceptions."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TERMINATED = 128 + signal.SIGTERM  # the exit code that shells show for it
AGAIN = 0.1  # seconds until an ignored signal is sent again
_handled = threading.Event()  # whether the handler has run since a signal was ignored


@contextmanager
def in_order() -> Iterator[None]:
    """Within the block SIGTERM raises SystemExit, and a second SIGTERM ends the process at once. A
    running server has its own handler. Does nothing outside the main thread: Python runs signal
    handlers only there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    show = sys.unraisablehook
    sys.unraisablehook = lambda ignored: _raise_again(ignored.exc_type) or show(ignored)
    try:
        yield
    finally:
        sys.unraisablehook = show
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _end(number: int, frame: object) -> None:
    del frame
    _handled.set()
    signal.signal(number, signal.SIG_DFL)
    sys.exit(TERMINATED)


def _raise_again(ignored: Any) -> bool:
    """Send SIGTERM again if Python ignored SystemExit in a destructor. Returns whether it did."""
    in_main = threading.current_thread() is threading.main_thread()
    if ignored is not SystemExit or not in_main:
        return False
    _handled.clear()
    signal.signal(signal.SIGTERM, _end)
    _thread.start_new_thread(_terminate, ())  # Thread.start would wait for the new thread
    return True


def _terminate() -> None:
    """Send SIGTERM until its handler has run: a signal that arrives just before the main thread
    begins to wait does not end the wait."""
    while not _handled.wait(AGAIN):
        if hasattr(signal, "pthread_kill"):  # also wakes a main thread that waits in a system call
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
        else:
            _thread.interrupt_main(signal.SIGTERM)
