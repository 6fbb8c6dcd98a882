"""A result is fetched whole or not at all, is continued after a break, and never mixed."""

import gzip
import re

import httpx
import pytest
from object_store import URL, VIDEO, Broken, Store

from emo_client import DownloadFailed, TaskAnswer
from emo_client.models import TaskOutput, VideoResults


def files(tmp_path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir())


def test_a_video_is_fetched_to_its_file(fetch, tmp_path) -> None:
    assert fetch(Store()) == tmp_path / "video.mp4"
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert files(tmp_path) == ["video.mp4"]


def test_a_task_that_succeeded_can_be_given_for_its_url(fetch, tmp_path) -> None:
    results = VideoResults(video_url=URL)
    output = TaskOutput(task_id="t", task_status="SUCCEEDED", results=results)
    assert fetch(Store(), TaskAnswer(output=output), str(tmp_path / "v")) == tmp_path / "v"


def test_a_file_that_is_there_is_replaced(fetch, tmp_path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"old")
    fetch(Store())
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_neither_key_nor_cookies_go_to_the_store_nor_where_it_redirects(fetch) -> None:
    store = Store()

    def redirecting(request: httpx.Request) -> httpx.Response:
        if request.url.host == "oss.test":
            store.requests.append(request)
            return httpx.Response(302, headers={"location": "https://cdn.test/v.mp4"})
        return store(request)

    fetch(redirecting)
    assert [request.url.host for request in store.requests] == ["oss.test", "cdn.test"]
    for request in store.requests:
        assert "authorization" not in request.headers
        assert b"sk-0123456789abcdef" not in str(request.headers.raw).encode()


def test_a_key_of_the_given_http_client_is_not_sent_either(tmp_path) -> None:
    from emo_client import Client

    store = Store()
    secret = {"Authorization": "Bearer sk-0123456789abcdef"}
    transport = httpx.MockTransport(store)
    with httpx.Client(transport=transport, headers=secret, auth=("user", "pw")) as http:
        Client(api_key="sk-0123456789abcdef", http=http).download(URL, tmp_path / "v")
    assert "authorization" not in store.requests[0].headers


def test_a_broken_connection_is_continued_from_where_it_broke(fetch, tmp_path) -> None:
    store = Store(VIDEO, '"ABC"', 100, 200)
    fetch(store)
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert store.ranges() == [None, "bytes=100-", "bytes=300-"]
    assert [r.headers.get("if-range") for r in store.requests] == [None, '"ABC"', '"ABC"']
    assert {r.headers["accept-encoding"] for r in store.requests} == {"identity"}


@pytest.mark.parametrize("etag", ['W/"weak"', None, '"with/slash"'])
def test_without_a_strong_etag_it_is_continued_by_range_alone(fetch, tmp_path, etag) -> None:
    store = Store(VIDEO, etag, 100)
    fetch(store)
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert (store.ranges(), store.requests[1].headers.get("if-range")) == (
        [None, "bytes=100-"],
        None,
    )


def test_what_is_left_of_an_earlier_call_is_continued(fetch, tmp_path) -> None:
    with pytest.raises(
        DownloadFailed, match="peer closed connection; call again to fetch the rest"
    ):
        fetch(Store(VIDEO, '"ABC"', 100, 0, 0, 0, 0))
    assert [name[:10] for name in files(tmp_path)] == [".video.mp4"]
    store = Store()
    fetch(store)
    assert store.ranges() == ["bytes=100-"]
    assert store.requests[0].headers["if-range"] == '"ABC"'
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert files(tmp_path) == ["video.mp4"]


@pytest.mark.parametrize("status", [304, 412, 416])
def test_a_store_that_does_not_give_the_rest_is_asked_for_the_whole(
    fetch, tmp_path, status
) -> None:
    store = Store(VIDEO, '"ABC"', 100)

    def answer(request: httpx.Request) -> httpx.Response:
        found = store(request)
        return httpx.Response(status) if "range" in request.headers else found

    fetch(answer)
    assert store.ranges() == [None, "bytes=100-", None]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_only_what_was_kept_is_offered_to_be_continued(fetch) -> None:
    page = httpx.Response(200, html="<h1>Sign in</h1>")
    with pytest.raises(DownloadFailed, match=r"text/html came instead of a video$"):
        fetch(lambda _: page)


def test_what_is_left_of_another_url_is_never_mixed_in(fetch, tmp_path) -> None:
    with pytest.raises(DownloadFailed, match="peer closed"):
        fetch(Store(b"x" * 900, None, 100, 0, 0, 0, 0), "http://oss.test/other.mp4")
    store = Store(VIDEO, None)
    fetch(store)
    assert store.ranges() == [None]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_video_that_changed_meanwhile_is_fetched_anew(fetch, tmp_path) -> None:
    with pytest.raises(DownloadFailed, match="peer closed"):
        fetch(Store(b"x" * 900, '"OLD"', 100, 0, 0, 0, 0))
    store = Store(VIDEO, '"NEW"')
    fetch(store)
    assert store.ranges() == ["bytes=100-"]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert files(tmp_path) == ["video.mp4"]


def test_a_store_that_ignores_range_sends_it_all_again(fetch, tmp_path) -> None:
    store = Store(VIDEO, None, 100)
    store.start = lambda _: 0
    fetch(store)
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


@pytest.mark.parametrize(
    "given",
    ["bytes 0-923/1024", "bytes 101-1023/1024", "bytes 100-1023/*", "bits 1", "bytes */1024", ""],
)
@pytest.mark.parametrize("status", [206, 416])
def test_a_wrong_range_is_not_used_and_all_is_fetched_again(fetch, tmp_path, given, status) -> None:
    store = Store(VIDEO, '"ABC"', 100)

    def wrong(request: httpx.Request) -> httpx.Response:
        answer = store(request)
        if len(store.requests) == 2:
            return httpx.Response(status, headers={"content-range": given}, content=b"?" * 924)
        return answer

    fetch(wrong)
    assert store.ranges() == [None, "bytes=100-", None]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_rest_with_another_etag_is_not_used(fetch, tmp_path) -> None:
    store = Store(VIDEO, '"ABC"', 100)

    def changing(request: httpx.Request) -> httpx.Response:
        answer = store(request)
        if len(store.requests) == 2:
            answer.headers["etag"] = '"OTHER"'
        return answer

    fetch(changing)
    assert store.ranges() == [None, "bytes=100-", None]


def test_a_store_that_gives_a_piece_at_a_time_is_asked_for_each(fetch, tmp_path) -> None:
    def pieces(request: httpx.Request) -> httpx.Response:
        start = int(re.sub(r"\D", "", request.headers.get("range", "0")))
        piece = VIDEO[start : start + 100]
        headers = {"content-range": f"bytes {start}-{start + len(piece) - 1}/{len(VIDEO)}"}
        return httpx.Response(206, headers=headers, content=piece)

    fetch(pieces)
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


@pytest.mark.parametrize(
    ("length", "why"), [(2000, "1024 of 2000 bytes came"), (1000, "1024 of 1000 bytes came")]
)
def test_a_body_of_a_wrong_length_is_never_the_file(fetch, tmp_path, length, why) -> None:
    def lying(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={"content-length": str(length)}, stream=httpx.ByteStream(VIDEO)
        )

    with pytest.raises(DownloadFailed, match=why):
        fetch(lying)
    assert "video.mp4" not in files(tmp_path)
    assert (files(tmp_path) == []) == (length < len(VIDEO))  # too much is not worth keeping


@pytest.mark.parametrize(
    ("headers", "content", "why"),
    [
        ({"content-encoding": "gzip"}, gzip.compress(VIDEO), "the video came compressed"),
        ({"content-length": "0"}, b"", "the video is empty"),
        ({}, VIDEO, "the video came without a length"),
    ],
)
def test_a_body_that_cannot_be_checked_is_never_the_file(
    fetch, tmp_path, headers, content, why
) -> None:
    def odd(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))

    with pytest.raises(DownloadFailed, match=why):
        fetch(odd)
    assert files(tmp_path) == []


def test_a_connection_that_breaks_after_the_last_byte_has_brought_it_all(fetch, tmp_path) -> None:
    store = Store(VIDEO, '"ABC"', len(VIDEO))
    fetch(store)
    assert store.ranges() == [None]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_chunked_body_that_breaks_is_continued(fetch, tmp_path) -> None:
    store = Store()

    def breaking(request: httpx.Request) -> httpx.Response:
        answer = store(request)
        if len(store.requests) > 1:
            return answer
        headers = {"transfer-encoding": "chunked", "etag": '"ABC"'}
        return httpx.Response(200, headers=headers, stream=Broken(VIDEO[:100]))

    fetch(breaking)
    assert store.ranges() == [None, "bytes=100-"]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_chunked_body_ends_where_its_chunks_end(fetch, tmp_path) -> None:
    headers = {"transfer-encoding": "chunked"}
    fetch(lambda _: httpx.Response(200, headers=headers, stream=httpx.ByteStream(VIDEO)))
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
