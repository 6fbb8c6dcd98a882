"""SIGTERM ends a command in order, as Ctrl-C does: it removes unfinished files, writes reports.
It is not lost where Python would ignore what its handler raises."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TERMINATED = 128 + signal.SIGTERM  # the exit code that shells show for it
AGAIN = 0.1  # seconds after which a signal that was lost is raised again


@contextmanager
def in_order() -> Iterator[None]:
    """Within the block SIGTERM raises SystemExit; a second one ends the process at once. Servers
    have handlers of their own while they run. Does nothing in another thread than the main one,
    which signals do not reach."""
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
    signal.signal(number, signal.SIG_DFL)
    sys.exit(TERMINATED)


def _raise_again(ignored: Any) -> bool:
    """Python ignores what is raised while it removes an object. Whether it was SystemExit; SIGTERM
    then comes once more, behind that."""
    in_main = threading.current_thread() is threading.main_thread()
    if ignored is not SystemExit or not in_main:
        return False
    signal.signal(signal.SIGTERM, _end)
    _thread.start_new_thread(_terminate, ())  # Thread.start would wait for it
    return True


def _terminate() -> None:
    threading.Event().wait(AGAIN)
    if hasattr(signal, "pthread_kill"):  # it also wakes a main thread that waits in the kernel
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    else:
        _thread.interrupt_main(signal.SIGTERM)
