"""A lock for files that are read, changed and written back. It prevents that two writers overwrite
each other's changes. The kernel holds the lock and releases it when the process ends, even after a
crash."""

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
except ImportError:  # Windows: files are not locked there
    fcntl = None  # type: ignore[assignment]

PATIENCE = 10.0  # seconds to wait for the lock; a writer holds it for milliseconds
PAUSE = 0.02  # seconds between two attempts


@contextmanager
def locked(path: Path, *, sleep: Callable[[float], object] = time.sleep) -> Iterator[None]:
    """Hold the lock of a file during the block. A symlink and its target share one lock. Raises
    Unwritable if the path cannot be a file, WriteError if the lock is not free within PATIENCE
    seconds."""
    target, _ = file_of(path)
    lock = target.with_name(f".{target.name[:SHOWN]}.lock")
    descriptor = _acquire(path, lock, sleep) if fcntl else None
    try:
        yield
    finally:
        if descriptor is not None:
            with suppress(OSError):
                lock.unlink()  # before close: a waiting process then sees that the file was removed
            os.close(descriptor)


def _acquire(path: Path, lock: Path, sleep: Callable[[float], object]) -> int:
    """Wait for the lock and return the descriptor that holds it."""
    for _ in range(round(PATIENCE / PAUSE)):
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE)
        except OSError as error:
            raise WriteError(f"{path} was not written: {lock}: {reason_of(error)}") from error
        if _try_lock(descriptor, lock):
            return descriptor
        os.close(descriptor)
        sleep(PAUSE)
    hint = "end that program, or try again"
    raise WriteError(
        f"{path} was not written: another program has held {lock} for {PATIENCE:g} s; {hint}"
    )


def _try_lock(descriptor: int, lock: Path) -> bool:
    """Whether the lock was free and is now held. False also if the previous holder removed the lock
    file meanwhile, because other processes then lock a new file of this name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), lock.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
