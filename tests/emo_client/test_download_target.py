"""Files that a download may replace, and answers that are not a video in spite of their status."""

import os

import httpx
import pytest

from emo_client import ConfigError, DownloadFailed
from tests.helpers.object_store import VIDEO, Store


def files(tmp_path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir())


def test_a_pipe_as_the_target_is_refused(fetch, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    store = Store()
    with pytest.raises(ConfigError, match=r"pipe is not a regular file, so it is not replaced"):
        fetch(store, path=tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()
    assert store.requests == []


def test_a_link_to_standard_output_that_is_a_pipe_is_refused(fetch, tmp_path) -> None:
    reading, writing = os.pipe()
    (tmp_path / "out").symlink_to(f"/dev/fd/{writing}")
    with pytest.raises(ConfigError, match="out is not a regular file"):
        fetch(Store(), path=tmp_path / "out")
    os.close(reading), os.close(writing)


def test_a_symlink_to_a_pipe_is_refused(fetch, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "video.mp4").symlink_to("pipe")
    with pytest.raises(ConfigError, match=r"pipe is not a regular file"):
        fetch(Store())
    assert (tmp_path / "pipe").is_fifo() and (tmp_path / "video.mp4").is_symlink()


@pytest.mark.parametrize("there", [True, False])
def test_a_symlink_is_followed_and_kept(fetch, tmp_path, there) -> None:
    (tmp_path / "kept").mkdir()
    if there:
        (tmp_path / "kept" / "real.mp4").write_bytes(b"old")
    (tmp_path / "video.mp4").symlink_to("kept/real.mp4")
    assert fetch(Store()) == tmp_path / "video.mp4"
    assert (tmp_path / "video.mp4").is_symlink()
    assert (tmp_path / "kept" / "real.mp4").read_bytes() == VIDEO
    assert files(tmp_path / "kept") == ["real.mp4"]


@pytest.mark.parametrize(
    "links",
    [
        {"video.mp4": "video.mp4"},
        {"video.mp4": "other.mp4", "other.mp4": "video.mp4"},
        {"video.mp4": "missing/../other.mp4", "other.mp4": "other.mp4"},
        {"video.mp4": "a/../free.mp4", "a": "b", "b": "a"},
        {"video.mp4": "a/free.mp4", "a": "a"},
    ],
    ids=str,
)
def test_a_symlink_loop_is_refused_and_kept(fetch, tmp_path, links) -> None:
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    store = Store()
    with pytest.raises(ConfigError, match=r"video\.mp4 is a symlink that cannot be followed"):
        fetch(store)
    assert {path.name: str(path.readlink()) for path in tmp_path.iterdir()} == links
    assert store.requests == []


def typed(store: Store, kind: str | None):
    def answer(request: httpx.Request) -> httpx.Response:
        response = store(request)
        if kind:
            response.headers["content-type"] = kind
        return response

    return answer


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "Text/Plain", "application/xml", "application/xhtml+xml"]
)
def test_a_page_is_not_saved_as_a_video(fetch, tmp_path, kind) -> None:
    shown = kind.partition(";")[0].lower().replace("+", r"\+")
    with pytest.raises(DownloadFailed, match=f"the answer is {shown}, not a video"):
        fetch(typed(Store(), kind))
    assert files(tmp_path) == []


@pytest.mark.parametrize("kind", [None, "video/webm", "application/octet-stream", "binary/x"])
def test_an_answer_of_another_type_or_without_one_is_saved(fetch, tmp_path, kind) -> None:
    fetch(typed(Store(), kind))
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_page_instead_of_the_rest_does_not_delete_the_part(fetch, tmp_path) -> None:
    store = Store(VIDEO, '"ABC"', 100)

    def portal(request: httpx.Request) -> httpx.Response:
        answer = store(request)
        return httpx.Response(200, html="<html>") if len(store.requests) == 2 else answer

    fetch(portal)
    assert store.ranges() == [None, "bytes=100-", "bytes=100-"]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
