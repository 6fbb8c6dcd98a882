"""A written file is complete or unchanged, whatever goes wrong during the write."""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.files import whole_file
from contracts.files.whole_file import Unwritable, WriteError, check, write
from emo_kit.cli import terminate

CODES = st.sampled_from([errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS])
STEPS = ("open", "write", "flush", "fsync", "fchmod", "replace", "close", "pieces")
PIECES = st.lists(st.binary(max_size=9) | st.text(max_size=9), max_size=4)
often = settings(max_examples=100, derandomize=True, database=None, deadline=None)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


class Failing:
    """An open file that fails in the middle of one step."""

    def __init__(self, file: BinaryIO, step: str, error: OSError) -> None:
        self.file, self.step, self.error = file, step, error
        self.fileno = file.fileno

    def __enter__(self) -> Failing:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self._fail("close")

    def write(self, data: bytes) -> None:
        self.file.write(data[: len(data) // 2] if self.step == "write" else data)
        self._fail("write")

    def flush(self) -> None:
        self.file.flush()
        self._fail("flush")

    def _fail(self, step: str) -> None:
        if self.step == step:
            raise self.error


@contextmanager
def failing(step: str, code: int) -> Iterator[None]:
    error = OSError(code, os.strerror(code))

    def fail(*_: object, **__: object) -> None:
        raise error

    def opened(path: Path, *arguments: Any, **options: Any) -> Failing:
        return Failing(open(path, *arguments, **options), step, error)  # noqa: PTH123

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_file, "open", opened, raising=False)
        for name in {"open", "fsync", "fchmod"} & {step}:
            patch.setattr(whole_file.os, name, fail)
        if step == "replace":
            patch.setattr(Path, "replace", fail)
        yield


@often
@given(st.sampled_from(STEPS), CODES, st.none() | st.binary(max_size=9), PIECES, st.booleans())
def test_a_failure_at_any_step_leaves_the_old_file_and_nothing_else(
    step: str, code: int, old: bytes | None, pieces: list[bytes | str], private: bool
) -> None:
    def content() -> Iterator[bytes | str]:
        yield from pieces
        yield "last"
        if step == "pieces":
            raise OSError(code, os.strerror(code))

    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.har"
        if old is not None:
            path.write_bytes(old)
        message = rf"x\.har was not written: {os.strerror(code)}"
        with failing(step, code), pytest.raises(WriteError, match=message):
            write(path, content(), private=private)
        assert names(path.parent) == ["x.har"] * (old is not None)
        assert old is None or path.read_bytes() == old


@often
@given(st.none() | st.integers(0, 0o777).map(lambda mode: mode | 0o600), PIECES, st.booleans())
def test_a_written_file_is_complete_and_keeps_the_earlier_mode(
    mode: int | None, pieces: list[bytes | str], private: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        if mode is not None:
            path.touch()
            path.chmod(mode)
        write(path, iter(pieces), private=private)
        whole = b"".join(p.encode() if isinstance(p, str) else p for p in pieces)
        assert path.read_bytes() == whole
        umask = os.umask(0)
        os.umask(umask)
        fresh = 0o600 if private else 0o666 & ~umask
        assert stat.S_IMODE(path.stat().st_mode) == (fresh if mode is None else mode)
        assert names(Path(folder)) == ["x"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_exception_in_the_content_leaves_the_old_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    def content() -> Iterator[str]:
        yield "half"
        raise error

    path = tmp_path / "x"
    path.write_text("old")
    with pytest.raises(error):
        write(path, content())
    assert (path.read_text(), names(tmp_path)) == ("old", ["x"])


def test_sigterm_ends_a_command_and_leaves_the_old_file(tmp_path: Path) -> None:
    def content() -> Iterator[str]:
        yield "half"
        signal.raise_signal(signal.SIGTERM)
        yield "the rest"

    path, handler = tmp_path / "x", signal.getsignal(signal.SIGTERM)
    path.write_text("old")
    with pytest.raises(SystemExit, match="143"), terminate.in_order():
        write(path, content())
    assert (path.read_text(), names(tmp_path)) == ("old", ["x"])
    assert signal.getsignal(signal.SIGTERM) == handler


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(WriteError, match="x was not written: File too large"):
            write(path, ["1" * 3000] * 9)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (path.read_text(), names(tmp_path)) == ("old", ["x"])


def test_an_unfinished_file_is_private(tmp_path: Path) -> None:
    def content() -> Iterator[str]:
        (unfinished,) = tmp_path.iterdir()
        yield oct(unfinished.stat().st_mode & 0o777)

    write(tmp_path / "x", content())
    assert (tmp_path / "x").read_text() == "0o600"


def test_a_planted_link_with_the_temporary_name_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_file.os, "urandom", bytes)
    (tmp_path / "precious").write_text("precious")
    planted = tmp_path / f".x.{bytes(8).hex()}{whole_file.ENDING}"
    planted.symlink_to("precious")
    with pytest.raises(WriteError, match="x was not written: File exists"):
        write(tmp_path / "x", "new")
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "dangling"])
def test_a_symlink_is_kept_and_its_target_is_written(tmp_path: Path, there: bool) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target"
    if there:
        target.write_text("old")
    (tmp_path / "one").symlink_to("folder/target")
    (tmp_path / "two").symlink_to("one")
    write(tmp_path / "two", "new")
    assert (tmp_path / "two").is_symlink()
    assert (target.read_text(), target.is_symlink()) == ("new", False)


def test_a_symlink_loop_a_folder_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("pool")
    (tmp_path / "pool").symlink_to("loop")
    (tmp_path / "link").symlink_to(tmp_path / "none" / "x")
    (tmp_path / "file").touch()
    for name, message in {
        "loop": "symlinks form a loop", ".": "is a folder; name a file in it",
        "none/x": "none does not exist", "link": "none does not exist",
        "file/x": "file does not exist", "y" * 256: "File name too long",
            "a\0b": "a path cannot contain NUL",
    }.items():  # fmt: skip
        for attempt in (check, lambda path: write(path, "new")):
            with pytest.raises(Unwritable, match=message):
                attempt(tmp_path / name)


@pytest.mark.parametrize("length", [41, 251, 255])
def test_a_file_with_the_longest_allowed_name_is_written(tmp_path: Path, length: int) -> None:
    write(tmp_path / ("ü" + "x" * (length - 2)), "new")
    assert len(names(tmp_path)) == 1


def test_a_read_only_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(Unwritable, match="x cannot be written: it is read-only"):
        write(path, "new")
    assert path.read_text() == "old"


def test_the_error_for_an_unwritable_folder_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("old")
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    for name in ("x", "new"):
        with pytest.raises(Unwritable, match=f"the folder {tmp_path} cannot be written to"):
            check(tmp_path / name)
    assert names(tmp_path) == ["x"]


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind("s")
        with pytest.raises(Unwritable, match="s is not a regular file"):
            write(Path("s"), "new")
        assert stat.S_ISSOCK(Path("s").stat().st_mode)


@pytest.mark.parametrize("name", ["fifo", "link"])
def test_a_named_pipe_is_written_to_and_not_replaced(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    check(tmp_path / name)
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(tmp_path / name, ["new", b" text"])
        assert os.read(reader, 99) == b"new text"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "fifo").stat().st_mode)


def test_a_pipe_without_a_reader_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(Unwritable, match="nobody reads it; start its reader first"):
        write(tmp_path / "fifo", "new")


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    null = tmp_path / "null"
    null.symlink_to(os.devnull)
    write(null, "new")
    write(Path(os.devnull), "new")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert null.is_symlink()


def test_an_open_descriptor_is_written_at_its_position(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "x").open("w+b", buffering=0) as file:
        file.write(b"before ")
        write(Path(f"/dev/fd/{file.fileno()}"), "behind")
    assert (tmp_path / "x").read_text() == "before behind"
    for path in ("-", "/dev/stdout", "/dev/fd/1"):
        print("printed", end=" ")
        write(Path(path), f"{path} ")
    write(Path("/dev/stderr"), "said")
    assert capfd.readouterr() == ("printed - printed /dev/stdout printed /dev/fd/1 ", "said")


def test_a_reader_that_closes_the_pipe_is_a_broken_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)

    def content() -> Iterator[bytes]:
        os.close(reader)
        yield b"1" * (1 << 17)

    with pytest.raises(BrokenPipeError):
        write(tmp_path / "fifo", content())


def test_readers_see_the_old_or_the_new_file_at_any_time(tmp_path: Path) -> None:
    path, seen = tmp_path / "x", set()
    write(path, "0" * 9999)
    writing = threading.Thread(target=lambda: [write(path, f"{n}" * 9999) for n in range(5)])
    writing.start()
    while writing.is_alive():
        text = path.read_text()
        seen.add((len(text), len(set(text))))
    writing.join()
    assert seen <= {(9999, 1)}
