"""The hidden file that a download writes beside its target, and the target itself."""

import os
import resource
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emo_client import DownloadFailed
from emo_client.downloads.partial_file import PartialFile
from emo_client.downloads.video import wrong_content
from tests.helpers.object_store import URL, VIDEO, Store


def files(tmp_path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir())


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process may become larger, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_error_of_a_full_disk_names_the_file_and_nothing_is_left(fetch, tmp_path) -> None:
    store = Store(VIDEO * 64)
    with room_for(4096), pytest.raises(OSError, match=r"file was deleted: .*video\.mp4"):
        fetch(store)
    assert (len(store.requests), files(tmp_path)) == (1, [])


def test_the_error_of_an_unwritable_folder_names_the_file(fetch, tmp_path) -> None:
    part = PartialFile(tmp_path / "video.mp4", URL, 1)
    (tmp_path / part.path.name.replace(".part", "ABC.part")).mkdir()
    with pytest.raises(OSError, match=r"video\.mp4"):
        fetch(Store())


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_replaced_file_keeps_its_mode(fetch, tmp_path, mode) -> None:
    (tmp_path / "video.mp4").touch(mode)
    (tmp_path / "video.mp4").chmod(mode)
    fetch(Store())
    assert (tmp_path / "video.mp4").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("etag", ["", "ABC"])
@pytest.mark.parametrize("plant", [os.symlink, os.link], ids=["symlink", "hard link"])
def test_a_planted_link_with_the_name_of_the_hidden_file_is_not_followed(
    fetch, tmp_path, plant, etag
) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    part = PartialFile(tmp_path / "video.mp4", URL, 1)
    hidden = part.path.name.replace(".part", f"{etag}.part")
    plant(tmp_path / "precious", tmp_path / hidden)
    store = Store(VIDEO, f'"{etag}"' if etag else None, 100)
    fetch(store)
    assert (tmp_path / "precious").read_bytes() == b"mine"
    assert store.ranges() == [None, "bytes=100-"]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def box(kind: bytes, size: int) -> bytes:
    return struct.pack(">I4s", size + 8, kind) + bytes(size)


MP4 = box(b"ftyp", 16) + box(b"moov", 200) + struct.pack(">I4sQ", 1, b"mdat", 316) + bytes(300)


def answering(content: bytes, kind: str):
    headers = {"content-type": kind}
    return lambda _: httpx.Response(200, headers=headers, content=content)


@pytest.mark.parametrize("content", [MP4, MP4[:-316] + struct.pack(">I4s", 0, b"mdat") + bytes(9)])
def test_a_complete_mp4_is_saved(fetch, content) -> None:
    assert fetch(answering(content, "video/mp4")).read_bytes() == content


@pytest.mark.parametrize("size", [100, 300, 400, len(MP4) - 1])
def test_a_truncated_mp4_with_a_fitting_length_is_refused(fetch, tmp_path, size) -> None:
    with pytest.raises(DownloadFailed, match=rf"MP4 is incomplete: it has {size} of \d+ bytes$"):
        fetch(answering(MP4[:size], "video/mp4"))
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("video/mp4", b"upstream request timeout"),
        ("video/mp4", b"\x00" * 100),
        ("binary/octet-stream", b'\xef\xbb\xbf {"code": "x"}'),
        ("", b"\n<html><title>Sign in</title>"),
        ("application/octet-stream", b"[1, 2]"),
    ],
)
def test_a_text_instead_of_a_video_is_refused(fetch, tmp_path, kind, content) -> None:
    with pytest.raises(DownloadFailed, match="is not an MP4, which has ftyp at byte 4: it begins"):
        fetch(answering(content, kind))
    assert files(tmp_path) == []


@given(st.binary(max_size=200), st.sampled_from(["", "video/mp4"]))
def test_any_bytes_can_be_checked_for_an_mp4(tmp_path_factory, content, kind) -> None:
    file: Path = tmp_path_factory.getbasetemp() / "any"
    file.write_bytes(b"\x00\x00\x00\x08ftyp" + content)
    assert isinstance(wrong_content(file, kind), str)
