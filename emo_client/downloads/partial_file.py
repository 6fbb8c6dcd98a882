"""The partial file of a download: a hidden file beside the target. Its name contains the target, a
hash of the URL and the ETag, so that the bytes of two videos are never mixed. At the end it
replaces the target in one step. Only one download per target may run at a time."""

import glob
import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

# Do not follow a symlink at this path. 0 on systems without the flag.
_FLAGS = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class PartialFile:
    """The partial file for one target. url: the URL of the video. most: the limit in bytes."""

    def __init__(self, target: Path, url: str, most: int) -> None:
        self.target, self.most = target, most
        address = hashlib.sha256(os.fsencode(target.name) + f"\n{url}".encode()).hexdigest()[:16]
        self._prefix = f".{target.name[:40]}.{address}."
        self.path = self._leftover()
        self._out: BinaryIO | None = None
        self._written = 0
        self._error: OSError | None = None

    def _leftover(self) -> Path:
        """The partial file of an earlier download, if it is a regular file of this user; else the
        path of a new one."""
        pattern = glob.escape(self._prefix) + "*.part"
        found = (path for path in sorted(self.target.parent.glob(pattern)) if _is_own(path))
        return next(found, self._named(""))

    def _named(self, etag: str) -> Path:
        return self.target.with_name(f"{self._prefix}{etag}.part")

    @property
    def etag(self) -> str:
        """The ETag of the video; "" if it is unknown."""
        return self.path.name.removeprefix(self._prefix).removesuffix("part").removesuffix(".")

    def size(self) -> int:
        """The number of bytes received."""
        return self.path.stat().st_size if _is_own(self.path) else 0

    def is_too_large(self) -> bool:
        """Whether the received bytes exceed the limit."""
        return self.size() > self.most

    def begin(self, etag: str) -> None:
        """Start to receive a video at its first byte. Raises OSError, which names the target."""
        self.discard()
        self.path = self._named(etag)
        self.discard()  # a file that another program created
        self._open(os.O_CREAT | os.O_EXCL)

    def go_on(self) -> None:
        """Continue to receive at the next byte. Raises OSError, which names the target."""
        self._open(os.O_APPEND)

    def _open(self, flags: int) -> None:
        try:
            self._out = os.fdopen(os.open(self.path, _FLAGS | flags, 0o666), "wb")
        except OSError as error:
            raise self._named_error(error) from None
        self._written = self.size()

    def write(self, chunk: bytes) -> bool:
        """Write a chunk; returns whether more is wanted: not after an error or above the limit."""
        try:
            assert self._out is not None
            self._out.write(chunk)
        except OSError as error:
            self._error = error
            return False
        self._written += len(chunk)
        return self._written <= self.most

    def close(self) -> None:
        """Close the file; a later try may continue it."""
        try:
            if self._out is not None:
                self._out.close()
        except OSError as error:
            self._error = self._error or error
        self._out = None

    def check(self) -> None:
        """Raises OSError, which names the target, if writing failed. The partial file is deleted
        then, because a hidden file should not stay on a full disk."""
        if self._error is not None:
            self.discard()
            raise self._named_error(self._error, "the partial file was deleted")

    def discard(self) -> None:
        """Delete the partial file. Raises OSError, which names the target."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._named_error(error) from None

    def finish(self) -> None:
        """Replace the target by the file, with the mode of the old target. Raises OSError."""
        try:
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            if self.target.exists():
                self.path.chmod(stat.S_IMODE(self.target.stat().st_mode))
            self.path.replace(self.target)
        except OSError as error:
            self.discard()
            raise self._named_error(error) from None

    def _named_error(self, error: OSError, way_on: str = "") -> OSError:
        text = "; ".join(filter(None, [error.strerror or str(error), way_on]))
        return OSError(error.errno, text, str(self.target))


def _is_own(path: Path) -> bool:
    """Whether the path is a regular file of this user without further hard links."""
    try:
        found = path.lstat()
    except OSError:
        return False
    owner = os.geteuid() if hasattr(os, "geteuid") else found.st_uid
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_uid == owner
