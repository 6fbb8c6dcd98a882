"""What has arrived of a video: a hidden file beside the target. Its name is made of the target, the
address and the ETag, so that what was left of one video is never continued with another. It becomes
the target in one step. Nothing here knows HTTP. One download per target at a time."""

import glob
import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

# Not through a symlink that somebody put there; 0 where a system has no such flag.
_FLAGS = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class PartialFile:
    """The part of one target's video. url: where the video is. most: bytes that it may have."""

    def __init__(self, target: Path, url: str, most: int) -> None:
        self.target, self.most = target, most
        address = hashlib.sha256(os.fsencode(target.name) + f"\n{url}".encode()).hexdigest()[:16]
        self._prefix = f".{target.name[:40]}.{address}."
        self.path = self._leftover()
        self._out: BinaryIO | None = None
        self._taken = 0
        self._error: OSError | None = None

    def _leftover(self) -> Path:
        """What an earlier download left, if it is a file of this user that can be continued."""
        pattern = glob.escape(self._prefix) + "*.part"
        found = (path for path in sorted(self.target.parent.glob(pattern)) if _is_own(path))
        return next(found, self._named(""))

    def _named(self, etag: str) -> Path:
        return self.target.with_name(f"{self._prefix}{etag}.part")

    @property
    def etag(self) -> str:
        """Of the video that it is part of; "" where that is not known."""
        return self.path.name.removeprefix(self._prefix).removesuffix("part").removesuffix(".")

    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if _is_own(self.path) else 0

    def is_too_large(self) -> bool:
        """Whether more came than the video may have."""
        return self.size() > self.most

    def begin(self, etag: str) -> None:
        """Take the bytes of a video from its first one. Raises OSError, which names the target."""
        self.discard()
        self.path = self._named(etag)
        self.discard()  # whatever somebody else put there
        self._open(os.O_CREAT | os.O_EXCL)

    def go_on(self) -> None:
        """Take the bytes that follow. Raises OSError, which names the target."""
        self._open(os.O_APPEND)

    def _open(self, flags: int) -> None:
        try:
            self._out = os.fdopen(os.open(self.path, _FLAGS | flags, 0o666), "wb")
        except OSError as error:
            raise self._named_error(error) from None
        self._taken = self.size()

    def write(self, chunk: bytes) -> bool:
        """Keep it. Whether more is wanted: not after an error, or beyond `most`."""
        try:
            assert self._out is not None
            self._out.write(chunk)
        except OSError as error:
            self._error = error
            return False
        self._taken += len(chunk)
        return self._taken <= self.most

    def close(self) -> None:
        """No more comes for now."""
        try:
            if self._out is not None:
                self._out.close()
        except OSError as error:
            self._error = self._error or error
        self._out = None

    def check(self) -> None:
        """Raises OSError, which names the target, where bytes could not be written; nothing is left
        then: a hidden file should not fill a disk that is full."""
        if self._error is not None:
            self.discard()
            raise self._named_error(self._error, "what had arrived was removed")

    def discard(self) -> None:
        """Leave nothing."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._named_error(error) from None

    def finish(self) -> None:
        """Make it the target, with the mode that the target had. Raises OSError."""
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
    """Whether it is a regular file of this user alone, and no link to another one."""
    try:
        found = path.lstat()
    except OSError:
        return False
    owner = os.geteuid() if hasattr(os, "geteuid") else found.st_uid
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_uid == owner
