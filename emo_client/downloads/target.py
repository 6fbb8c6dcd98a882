"""Checks the target of a download: a regular file, or a new file in an existing folder."""

import errno
import os
from pathlib import Path

from emo_client import errors


def target_of(path: str | os.PathLike[str]) -> Path:
    """The file to write; for a symlink, the file that it leads to. Raises ConfigError."""
    target = _resolved(path)
    if target.is_dir() or _names_folder(path):
        example = target / "video.mp4"
        name = os.fspath(path)
        raise errors.ConfigError(f"{name} names a folder; give a file in it, such as {example}")
    if not target.parent.is_dir():
        raise errors.ConfigError(f"the folder {target.parent} does not exist; create it first")
    for one in (target, Path(path)):  # both: a pipe such as /dev/stdout has no resolved path
        if one.exists() and not one.is_file():
            raise errors.ConfigError(f"{one} is not a regular file, so it is not replaced")
    return target


def _names_folder(path: str | os.PathLike[str]) -> bool:
    """Whether it ends in a slash, of which a Path keeps no trace: it would become a file."""
    return os.path.basename(os.fspath(path)) == ""  # noqa: PTH119 (a Path has no basename of "x/")


def _resolved(path: str | os.PathLike[str]) -> Path:
    try:
        target = Path(path)
        if not os.fspath(path) or b"\0" in os.fsencode(target):
            raise ValueError
        is_link = target.is_symlink()
    except (TypeError, ValueError, OSError):
        raise errors.ConfigError(f"path={path!r} is not the path of a file") from None
    return _followed(target) if is_link else target


def _followed(link: Path) -> Path:
    """The path that a symlink leads to, which need not exist. Raises ConfigError for symlinks in a
    circle: up to Python 3.12 resolve() raises for them; from 3.13 on it returns one of them, which
    the download would replace."""
    try:
        try:
            return link.resolve(strict=True)
        except FileNotFoundError:
            target = link.resolve()
        if target.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    except (OSError, RuntimeError) as error:
        reason = f"{link} is a symlink that cannot be followed: {error}"
        raise errors.ConfigError(f"{reason}; give the path of a file") from None
    return target
