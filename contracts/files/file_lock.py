"""A lock for files that are read, changed and written again, so that of two writers none loses what
the other one wrote. It is the kernel's: it ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contracts.files.file_target import file_of, reason_of
from contracts.files.whole_file import PRIVATE, SHOWN, WriteError

try:
    import fcntl
except ImportError:  # not on Windows: there is no lock then
    fcntl = None  # type: ignore[assignment]

PATIENCE = 10.0  # seconds that a writer waits for another; each holds the lock for milliseconds
PAUSE = 0.02  # seconds between two tries


@contextmanager
def locked(path: Path, *, sleep: Callable[[float], object] = time.sleep) -> Iterator[None]:
    """Hold the lock of a file for the length of the block. A symlink and what it leads to have the
    same lock. Raises Unwritable where the path can be no file's, WriteError where the lock cannot
    be had in PATIENCE seconds."""
    target, _ = file_of(path)
    lock = target.with_name(f".{target.name[:SHOWN]}.lock")
    descriptor = _taken(path, lock, sleep) if fcntl else None
    try:
        yield
    finally:
        if descriptor is not None:
            with suppress(OSError):
                lock.unlink()  # first: who waits for it sees then that it is another file's
            os.close(descriptor)


def _taken(path: Path, lock: Path, sleep: Callable[[float], object]) -> int:
    """The descriptor that holds the lock."""
    for _ in range(round(PATIENCE / PAUSE)):
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE)
        except OSError as error:
            raise WriteError(f"{path} was not written: {lock}: {reason_of(error)}") from error
        if _is_mine(descriptor, lock):
            return descriptor
        os.close(descriptor)
        sleep(PAUSE)
    way_on = "end that program, or try again"
    raise WriteError(
        f"{path} was not written: another program has held {lock} for {PATIENCE:g} s; {way_on}"
    )


def _is_mine(descriptor: int, lock: Path) -> bool:
    """Whether the lock was free, and is still the file of this name: the one who held it before
    removes it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), lock.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
