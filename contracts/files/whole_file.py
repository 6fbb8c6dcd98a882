"""Writes files atomically: completely or not at all. All files of the project are written here.

The content goes to a temporary file in the same folder, which then replaces the target in one step.
Until then the old file is unchanged. A pipe, a terminal or /dev/null cannot be replaced; it is
written to directly."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from contracts.files.file_target import (
    Unwritable,
    file_of,
    is_stream,
    path_of,
    reason_of,
    stream_of,
)

__all__ = ["Unwritable", "WriteError", "check", "path_of", "write"]

Content = bytes | str | Iterable[bytes | str]
PRIVATE, PUBLIC = 0o600, 0o666
SHOWN = 40  # characters of the target's name in that of the temporary file
ENDING = ".unfinished"


class WriteError(OSError):
    """A file was not written: the disk is full, the folder is not writable, … The old file is
    unchanged. The text names the file and the reason."""


def write(path: Path, content: Content, *, private: bool = False) -> None:
    """Write a file atomically. If that fails, the old file is unchanged.

    content: text is written as UTF-8. An iterable is written piece by piece; if it raises, the old
    file is unchanged. private: only the owner may read a new file (mode 0600); otherwise the umask
    decides. A replaced file keeps its mode, and its owner if the system permits it.

    Raises Unwritable if the path cannot be a file, WriteError if the file cannot be written, and
    BrokenPipeError if the reader of a pipe has closed it.
    """
    if is_stream(path):
        with _naming(path), stream_of(path) as stream:
            _write_pieces(stream, content)
        return
    target, old = file_of(path)
    with _naming(path), _temporary(target) as temporary:
        with open(temporary, "xb", opener=_private) as file:
            _write_pieces(file, content)
            _set_mode(file.fileno(), old, private)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    _sync_folder(target.parent)


def check(path: Path) -> None:
    """Raise the error that write() would raise, as far as it can be known without content. Used
    before a command that takes long or costs money. Changes nothing."""
    if not is_stream(path):
        target, _ = file_of(path)
        with _naming(path), _temporary(target) as temporary:
            open(temporary, "xb", opener=_private).close()


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A random name for a temporary file in the folder of the target. Nobody can predict it and put
    a symlink there, and mode "x" follows none. The file is removed after the block."""
    temporary = target.with_name(f".{target.name[:SHOWN]}.{os.urandom(8).hex()}{ENDING}")
    try:
        yield temporary
    finally:
        with suppress(OSError):  # it was renamed to the target, or never created
            temporary.unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn an OSError into a WriteError that names the file and the reason."""
    try:
        yield
    except (Unwritable, WriteError, BrokenPipeError):
        raise
    except OSError as error:
        raise WriteError(f"{path} was not written: {reason_of(error)}") from error


def _write_pieces(file: BinaryIO, content: Content) -> None:
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
    """The umask of the process; the system can only read it by setting it."""
    umask = os.umask(0o077)  # strict, for files that another thread creates at this moment
    os.umask(umask)
    return umask


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power failure, if the file system supports it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
