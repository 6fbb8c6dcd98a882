"""Resolves a path for output to a regular file or to a stream. Streams are written to and never
replaced: `-`, a pipe, a terminal, /dev/null, /dev/stdout, the shell's `>(…)`."""

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
MOST_LINKS = 40  # symlinks in a row that are followed, as in Linux
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))
# /dev/stdout is a symlink to one of these.
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")


class Unwritable(OSError):
    """A path cannot be written: its folder is missing, it is a folder itself, … The text names the
    path and the reason."""


def path_of(text: str) -> Path:
    """Return the path of a file that a user typed. Raises Unwritable for an empty text and for the
    name of a folder (`reports/`, `..`): a Path drops the slash, so a file would be written."""
    if not text:
        raise Unwritable("the name of the file is empty")
    if text.endswith(_SEPARATORS) or Path(text).name in ("", ".."):
        raise Unwritable(f"{text} names a folder; name a file in it")
    return Path(text)


def is_stream(path: Path) -> bool:
    """Whether a path leads to a stream, behind symlinks. Raises Unwritable."""
    target = followed(path)
    return _descriptor(target) is not None or _is_stream(_mode(target))


def stream_of(path: Path) -> BinaryIO:
    """Open the stream that a path leads to, for writing. Raises Unwritable, also for a named pipe
    without a reader: to wait for a reader would look as if the command hung."""
    number = _descriptor(followed(path))
    try:
        if number is None:
            return _opened(path)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()  # earlier output must come first
        return os.fdopen(os.dup(number), "wb")
    except OSError as error:
        has_no_reader = error.errno == errno.ENXIO
        why = "nobody reads it; start its reader first" if has_no_reader else reason_of(error)
        raise Unwritable(f"{path} cannot be written to: {why}") from None


def file_of(path: Path) -> tuple[Path, os.stat_result | None]:
    """The regular file that a path leads to, behind symlinks, and its current status; None if it
    does not exist yet. Raises Unwritable."""
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
    """The target of a path behind all symlinks; the target may not exist yet. Names of open
    descriptors such as /dev/fd/1 are not followed. Raises Unwritable for a loop of symlinks."""
    target = path
    try:
        for _ in range(MOST_LINKS):
            is_end = _descriptor(target) is not None or not target.is_symlink()
            if is_end or _is_stream(_mode(target)):
                return target
            target = target.parent / target.readlink()
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {reason_of(error)}") from None
    raise Unwritable(f"{path} cannot be written: its symlinks form a loop")


def reason_of(error: Exception) -> str:
    """The reason of an error, in the words of the operating system."""
    return getattr(error, "strerror", None) or str(error)


def _status(path: Path, target: Path) -> os.stat_result | None:
    """The status of the target; None if it does not exist in an existing folder."""
    if "\0" in str(target):  # Python's own message differs between versions
        raise Unwritable(f"{path} cannot be written: a path cannot contain NUL")
    try:
        return target.lstat()
    except (FileNotFoundError, NotADirectoryError):
        if target.parent.is_dir():
            return None
        why = f"the folder {target.parent} does not exist"
        raise Unwritable(f"{path} cannot be written: {why}") from None
    except (OSError, ValueError) as error:
        raise Unwritable(f"{path} cannot be written: {reason_of(error)}") from None


def _descriptor(path: Path) -> int | None:
    """The number of the open descriptor that a path names, as /dev/fd/1; None for other paths."""
    if path == STDOUT:
        return 1
    found = _DESCRIPTOR.fullmatch(str(path.absolute()))
    return int(found[1]) if found else None


def _opened(path: Path) -> BinaryIO:
    """Open a stream without O_CREAT and O_TRUNC, in case a file replaced the stream meanwhile."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "wb")


def _is_stream(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _mode(path: Path) -> int:
    with suppress(OSError, ValueError):
        return path.stat().st_mode
    return 0
