"""Fetch a result: whole or not at all. The key is never sent to where results are kept.

Bytes go to a hidden file beside the target, whose name is made of the target, the address and the
ETag, so that what was left of one video is never continued with another. It becomes the target in
one step, when its length is what the object store said. One download per target at a time.
"""

import errno
import glob
import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, urlsplit

from emo_client import errors, retry
from emo_client.models import TaskAnswer
from emo_client.object_store import Refusal, is_over, way_on
from emo_client.settings import text
from emo_client.steps import Answer, Flow, Lost, Outcome, Sleep, Stream, World, ask

# Answers of stores and caches that do not give the rest of a video; the whole is asked for then.
_NO_REST = (304, 412, 416)


def download(world: World, source: str | TaskAnswer, path: str | os.PathLike[str]) -> Flow[Path]:
    """Fetch a result to a file. See Client.download."""
    url, target = _address(source), _target(path)
    part = _Part(target, url)
    failures, most = 0, part.size()
    while True:
        outcome = yield from ask(Stream(url, part.headers(), part.sink))
        if part.whole(outcome):
            part.finish()
            return Path(path)
        failures, most = (1, part.size()) if part.size() > most else (failures + 1, most)
        again: Outcome = Lost(part.problem, may_have_arrived=True)
        if isinstance(outcome, Answer) and not part.problem:
            again = again if _may_come(outcome, url, world.now()) else outcome
        wait = retry.delay(failures, again, world.random, now=world.now())
        if wait is None:
            raise _failure(outcome, part, url, world.now())
        yield Sleep(wait)


class _Part:
    """What has arrived so far: a file beside the target, and what is known of the whole."""

    def __init__(self, target: Path, url: str) -> None:
        self.target = target
        address = hashlib.sha256(os.fsencode(target.name) + f"\n{url}".encode()).hexdigest()[:16]
        self.prefix = f".{target.name[:40]}.{address}."
        self.file = self._leftover()
        self.expected: int | None = None
        self.problem = ""
        self.accepted = False

    def _leftover(self) -> Path:
        pattern = glob.escape(self.prefix) + "*.part"
        return next(iter(sorted(self.target.parent.glob(pattern))), self._named(""))

    def _named(self, etag: str) -> Path:
        return self.target.with_name(f"{self.prefix}{etag}.part")

    def etag(self) -> str:
        return self.file.name.removeprefix(self.prefix).removesuffix("part").removesuffix(".")

    def size(self) -> int:
        """Bytes that have arrived."""
        return self.file.stat().st_size if self.file.exists() else 0

    def headers(self) -> dict[str, str]:
        """For the rest, if it is still the same; a compressed body could not be continued."""
        self.problem, self.accepted = "", False
        asked = {"Accept-Encoding": "identity"}
        if self.size():
            asked["Range"] = f"bytes={self.size()}-"
        if self.size() and self.etag():
            asked["If-Range"] = f'"{self.etag()}"'
        return asked

    def sink(self, head: Answer) -> BinaryIO | None:
        """Where the body of this answer goes; None when it is not part of the video."""
        if self.size() and head.status in _NO_REST:
            self.problem = f"the rest was asked and {head.status} came"
            self.file.unlink()
        if self.problem or head.status not in (200, 206):
            return None
        self.problem = _no_video(head)
        if self.problem:
            return None  # what has arrived may yet be continued
        begins = head.status == 200
        self.problem = self._odd_whole(head) if begins else self._odd_rest(head)
        if begins or self.problem:
            self.file.unlink(missing_ok=True)
        if self.problem:
            return None
        if begins:
            self.file = self._named(_strong(head.headers.get("etag", "")))
        self.accepted = True
        return self.file.open("wb" if begins else "ab")

    def _odd_whole(self, head: Answer) -> str:
        """What is wrong with a 200; learns the length."""
        length = head.headers.get("content-length", "")
        self.expected = int(length) if length.isdecimal() else None
        if self.expected == 0:
            return "the video is empty"
        if self.expected is None and "chunked" not in head.headers.get("transfer-encoding", ""):
            return "the video came without a length"
        return ""

    def _odd_rest(self, head: Answer) -> str:
        """What is wrong with a 206; learns the length."""
        given = head.headers.get("content-range", "")
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", given, re.ASCII)
        if not found or int(found[1]) != self.size():
            return f"the rest from byte {self.size()} was asked and {given or 'no range'} came"
        etag = _strong(head.headers.get("etag", ""))
        if etag and self.etag() and etag != self.etag():
            return "the video changed while it was fetched"
        self.expected = int(found[2])
        return ""

    def whole(self, outcome: Outcome) -> bool:
        """Whether all of it is here; if not, problem says why unless the answer does."""
        if self.accepted and self.expected == self.size():
            return True
        if isinstance(outcome, Lost):
            self.problem = self.problem or outcome.reason
        elif self.accepted and self.expected is None:
            return True  # the end of the chunks came
        elif self.accepted:
            self.problem = f"{self.size()} of {self.expected} bytes came"
            if self.size() > (self.expected or 0):
                self.file.unlink()
        return False

    def finish(self) -> None:
        """Make it the target."""
        self.file.replace(self.target)


def _address(source: str | TaskAnswer) -> str:
    if isinstance(source, TaskAnswer):
        output = source.output
        if not (output.results and output.results.video_url):
            state = f"task {output.task_id} is {output.task_status} and has no video"
            raise errors.ConfigError(f"{state}; give what wait() returned")
        source = output.results.video_url
    text("url_or_task", source)
    try:
        parts = urlsplit(source)
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname
    except ValueError:
        usable = None
    if not usable:
        shown = source.partition("?")[0]
        raise errors.ConfigError(f"{shown!r} is not an http(s) URL; give results.video_url")
    return source


def _target(path: str | os.PathLike[str]) -> Path:
    """The file to replace; behind a symlink, the one it leads to."""
    target = _resolved(path)
    if target.is_dir():
        example = target / "video.mp4"
        raise errors.ConfigError(f"{target} is a folder; give a file in it, such as {example}")
    if not target.parent.is_dir():
        raise errors.ConfigError(f"there is no folder {target.parent}; make it first")
    for place in (target, Path(path)):  # a pipe cannot be followed: /dev/stdout
        if place.exists() and not place.is_file():
            raise errors.ConfigError(f"{place} is not a regular file, so it is not replaced")
    return target


def _resolved(path: str | os.PathLike[str]) -> Path:
    try:
        target = Path(path)
        if b"\0" in os.fsencode(target):
            raise ValueError
        is_link = target.is_symlink()
    except (TypeError, ValueError, OSError):
        raise errors.ConfigError(f"path={path!r} is no path of a file") from None
    return _followed(target) if is_link else target


def _followed(link: Path) -> Path:
    """Where a symlink leads, also to a file that is not there yet. Raises ConfigError for symlinks
    in a circle: up to Python 3.12 resolve() raises for them, from 3.13 on it returns one of them,
    which the download would replace."""
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


def _no_video(head: Answer) -> str:
    """What is wrong with the type of a 200 or 206: a login page is not saved as a video."""
    if head.headers.get("content-encoding", "identity") != "identity":
        return "the video came compressed, so its length cannot be checked"
    kind = head.headers.get("content-type", "").partition(";")[0].strip().lower()
    odd = kind.startswith("text/") or kind.endswith(("/xml", "+xml", "/json"))
    return f"{kind} came instead of a video" if odd else ""


def _strong(etag: str) -> str:
    """What is in an ETag that proves equal bytes and may be in a file name, else nothing."""
    found = re.fullmatch(r'"([\w-]{1,64})"', etag, re.ASCII)
    return found[1] if found else ""


def _may_come(answer: Answer, url: str, now: float) -> bool:
    """Whether the store does not have the object yet: a task may end a moment before that."""
    return Refusal.of(answer).is_missing() and not is_over(url, answer, now)


def _failure(outcome: Outcome, part: _Part, url: str, now: float) -> errors.DownloadFailed:
    """The error for the last try: what the object store says, or what was wrong."""
    where = f"the video at {_bare(url)} could not be fetched"
    if isinstance(outcome, Lost) or part.problem:
        kept = "; call again to fetch the rest" if part.size() else ""
        return errors.DownloadFailed(f"{where}: {_unsigned(part.problem, url)}{kept}")
    refusal = Refusal.of(outcome)
    code, message = _unsigned(refusal.code, url), _unsigned(refusal.message, url)
    said = ": ".join(filter(None, [code, message])) or "no reason given"
    over = refusal.has_expired() or is_over(url, outcome, now)
    end = "a result lives 24 h, so the video must be made again" if over else way_on(refusal, url)
    kind = errors.ResultExpired if over else errors.DownloadFailed
    text = "; ".join(filter(None, [f"{where}: {outcome.status} {said}", end]))
    named = refusal.request_id
    return kind(text, status=outcome.status, code=code, message=message, request_id=named)


def _bare(url: str) -> str:
    """Without its query, which holds the signature, and without a user."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _unsigned(text: str, url: str) -> str:
    query = urlsplit(url).query
    for secret in (query, *(value for _, value in parse_qsl(query) if len(value) > 8)):
        text = text.replace(secret, "…") if secret else text
    return text
