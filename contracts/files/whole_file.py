"""The one way in which files are written: whole or not at all. The content goes to a temporary file
beside the target, which takes the target's place in one step; until then the old file is as it was.

Streams have no place to take: what leads to a pipe, a terminal or /dev/null is written to."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from contracts.files.file_target import Unwritable, file_of, is_stream, reason_of, stream_of

__all__ = ["Unwritable", "WriteError", "check", "write"]

Content = bytes | str | Iterable[bytes | str]
PRIVATE, PUBLIC = 0o600, 0o666
SHOWN = 40  # characters of the target's name in that of the temporary file
ENDING = ".unfinished"


class WriteError(OSError):
    """A file was not written: the disk is full, the folder may not be written to, … What was there
    before is as it was. The text names the file and the reason."""


def write(path: Path, content: Content, *, private: bool = False) -> None:
    """Write a file as a whole, or leave what is there.

    content: text is written as UTF-8; pieces as they come, and an exception of their iterator
    leaves the file as it was. private: a new file is its owner's alone (0600), else the umask
    counts. A file that is replaced keeps its mode, and its owner where the system permits that.

    Raises Unwritable where the path can be no file's, WriteError where the writing fails, and
    BrokenPipeError where the reader of a pipe left.
    """
    if is_stream(path):
        with _named(path), stream_of(path) as stream:
            _pour(stream, content)
        return
    target, old = file_of(path)
    with _named(path), _temporary(target) as temporary:
        with open(temporary, "xb", opener=_private) as file:
            _pour(file, content)
            _set_mode(file.fileno(), old, private)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    _keep_name(target.parent)


def check(path: Path) -> None:
    """Raise what write() would, as far as that shows before there is content: for commands that
    run for long, or cost money. Leaves everything as it is."""
    if not is_stream(path):
        target, _ = file_of(path)
        with _named(path), _temporary(target) as temporary:
            open(temporary, "xb", opener=_private).close()


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """The name of a file beside the target that nobody can foresee, so that nothing waits there;
    mode "x" follows no symlink. What the block leaves under it is removed."""
    temporary = target.with_name(f".{target.name[:SHOWN]}.{os.urandom(8).hex()}{ENDING}")
    try:
        yield temporary
    finally:
        with suppress(OSError):  # it is the target by now, or was never made
            temporary.unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors of the system name the file, and the reason."""
    try:
        yield
    except (Unwritable, WriteError, BrokenPipeError):
        raise
    except OSError as error:
        raise WriteError(f"{path} was not written: {reason_of(error)}") from error


def _pour(file: BinaryIO, content: Content) -> None:
    for piece in [content] if isinstance(content, bytes | str) else content:
        file.write(piece.encode() if isinstance(piece, str) else piece)


def _set_mode(descriptor: int, old: os.stat_result | None, private: bool) -> None:
    if not hasattr(os, "fchmod"):
        return
    if old is None:
        os.fchmod(descriptor, PRIVATE if private else PUBLIC & ~_umask())
        return
    with suppress(PermissionError):  # only root may give a file away
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode) & 0o777)


def _umask() -> int:
    """The process's umask, which cannot be read without setting it."""
    umask = os.umask(0o077)  # a file that another thread makes meanwhile is not open to others
    os.umask(umask)
    return umask


def _keep_name(folder: Path) -> None:
    """Let the new name survive a power failure, where the file system has that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
