"""Where a path leads that somebody names for output: to a regular file, or to a stream, which is
written to and never replaced: `-`, a pipe, a terminal, /dev/null, /dev/stdout, the shell's `>(…)`.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

STDOUT = Path("-")
MOST_LINKS = 40  # symlinks in a row that are followed; Linux follows as many
# /dev/stdout is a symlink to one of these.
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")


class Unwritable(OSError):
    """The path cannot be the place of a file: its folder is missing, it is a folder itself, … The
    text names the path and the reason."""


def is_stream(path: Path) -> bool:
    """Whether a path leads to a stream. Raises Unwritable."""
    target = followed(path)
    return _descriptor(target) is not None or _is_stream(_mode(target))


def stream_of(path: Path) -> BinaryIO:
    """The stream that a path leads to, open for writing. Raises Unwritable, also for a named pipe
    that nobody reads: to wait for a reader would look like a command that hangs."""
    number = _descriptor(followed(path))
    try:
        if number is None:
            return _opened(path)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()  # so that what was printed before comes before
        return os.fdopen(os.dup(number), "wb")
    except OSError as error:
        is_unread = error.errno == errno.ENXIO
        why = "nobody reads it; start its reader first" if is_unread else reason_of(error)
        raise Unwritable(f"{path} cannot be written to: {why}") from None


def file_of(path: Path) -> tuple[Path, os.stat_result | None]:
    """The regular file that a path leads to, behind symlinks, and what is there now; None for
    nothing. Raises Unwritable."""
    target = followed(path)
    if is_stream(path):
        raise Unwritable(f"{path} is not a regular file, so it cannot be replaced")
    found = _status(path, target)
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise Unwritable(f"{path} is a folder; name a file in it")
    if found is not None and not stat.S_ISREG(found.st_mode):  # a socket, a disk
        raise Unwritable(f"{path} is not a regular file, so it cannot be replaced")
    if found is not None and not os.access(target, os.W_OK):
        raise Unwritable(f"{path} cannot be written: it is read-only")
    if not os.access(target.parent, os.W_OK):
        why = f"the folder {target.parent} cannot be written to, and a file is replaced as a whole"
        raise Unwritable(f"{path} cannot be written: {why}")
    return target, found


def followed(path: Path) -> Path:
    """Where a symlink leads, also to a file that is not there yet. The names of open descriptors
    are not followed. Raises Unwritable for symlinks in a circle."""
    target = path
    try:
        for _ in range(MOST_LINKS):
            is_end = _descriptor(target) is not None or not target.is_symlink()
            if is_end or _is_stream(_mode(target)):
                return target
            target = target.parent / target.readlink()
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {reason_of(error)}") from None
    raise Unwritable(f"{path} cannot be written: its symlinks lead in a circle")


def reason_of(error: Exception) -> str:
    """Why the system refused, in its own words."""
    return getattr(error, "strerror", None) or str(error)


def _status(path: Path, target: Path) -> os.stat_result | None:
    """What there is at the target; None for nothing in a folder that there is."""
    if "\0" in str(target):  # Python's own words for it differ between versions
        raise Unwritable(f"{path} cannot be written: no path can hold a NUL")
    try:
        return target.lstat()
    except (FileNotFoundError, NotADirectoryError):
        if target.parent.is_dir():
            return None
        why = f"there is no folder {target.parent}"
        raise Unwritable(f"{path} cannot be written: {why}") from None
    except (OSError, ValueError) as error:
        raise Unwritable(f"{path} cannot be written: {reason_of(error)}") from None


def _descriptor(path: Path) -> int | None:
    """The number of the open descriptor that a path is a name of."""
    if path == STDOUT:
        return 1
    found = _DESCRIPTOR.fullmatch(str(path.absolute()))
    return int(found[1]) if found else None


def _opened(path: Path) -> BinaryIO:
    """It neither creates nor cuts off what may have taken the stream's place meanwhile."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "wb")


def _is_stream(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _mode(path: Path) -> int:
    with suppress(OSError, ValueError):
        return path.stat().st_mode
    return 0
