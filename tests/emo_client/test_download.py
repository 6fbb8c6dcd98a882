"""A download is complete or not there, is resumed after a break, and never mixes two videos."""

import gzip
import re

import httpx
import pytest

from emo_client import DownloadFailed, TaskAnswer
from emo_client.models import TaskOutput, VideoResults
from tests.helpers.cases import each_case
from tests.helpers.object_store import URL, VIDEO, Broken, Store


def files(tmp_path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir())


def test_a_video_is_downloaded_to_its_file(fetch, tmp_path) -> None:
    assert fetch(Store()) == tmp_path / "video.mp4"
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert files(tmp_path) == ["video.mp4"]


def test_a_succeeded_task_can_be_given_instead_of_the_url(fetch, tmp_path) -> None:
    results = VideoResults(video_url=URL)
    output = TaskOutput(task_id="t", task_status="SUCCEEDED", results=results)
    assert fetch(Store(), TaskAnswer(output=output), str(tmp_path / "v")) == tmp_path / "v"


def test_an_existing_file_is_replaced(fetch, tmp_path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"old")
    fetch(Store())
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_the_key_is_sent_neither_to_the_store_nor_to_its_redirect(fetch) -> None:
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


def test_the_credentials_of_a_given_http_client_are_not_sent_to_the_store(tmp_path) -> None:
    from emo_client import Client

    store = Store()
    secret = {"Authorization": "Bearer sk-0123456789abcdef"}
    transport = httpx.MockTransport(store)
    with httpx.Client(transport=transport, headers=secret, auth=("user", "pw")) as http:
        Client(api_key="sk-0123456789abcdef", http=http).download(URL, tmp_path / "v")
    assert "authorization" not in store.requests[0].headers


def test_a_download_resumes_where_the_connection_broke(fetch, tmp_path) -> None:
    store = Store(VIDEO, '"ABC"', 100, 200)
    fetch(store)
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert store.ranges() == [None, "bytes=100-", "bytes=300-"]
    assert [r.headers.get("if-range") for r in store.requests] == [None, '"ABC"', '"ABC"']
    assert {r.headers["accept-encoding"] for r in store.requests} == {"identity"}


@pytest.mark.parametrize("etag", ['W/"weak"', None, '"with/slash"'])
def test_a_download_without_a_strong_etag_resumes_without_if_range(fetch, tmp_path, etag) -> None:
    store = Store(VIDEO, etag, 100)
    fetch(store)
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert (store.ranges(), store.requests[1].headers.get("if-range")) == (
        [None, "bytes=100-"],
        None,
    )


def test_a_second_call_resumes_the_part_of_the_first(fetch, tmp_path) -> None:
    with pytest.raises(
        DownloadFailed, match="peer closed connection; call again to download the rest"
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
def test_a_store_that_refuses_the_range_is_asked_for_the_whole_video(
    fetch, tmp_path, status
) -> None:
    store = Store(VIDEO, '"ABC"', 100)

    def answer(request: httpx.Request) -> httpx.Response:
        found = store(request)
        return httpx.Response(status) if "range" in request.headers else found

    fetch(answer)
    assert store.ranges() == [None, "bytes=100-", None]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_the_error_advises_to_call_again_only_if_a_part_was_kept(fetch) -> None:
    page = httpx.Response(200, html="<h1>Sign in</h1>")
    with pytest.raises(DownloadFailed, match=r"the answer is text/html, not a video$"):
        fetch(lambda _: page)


def test_the_part_of_another_url_is_not_resumed(fetch, tmp_path) -> None:
    with pytest.raises(DownloadFailed, match="peer closed"):
        fetch(Store(b"x" * 900, None, 100, 0, 0, 0, 0), "http://oss.test/other.mp4")
    store = Store(VIDEO, None)
    fetch(store)
    assert store.ranges() == [None]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_video_that_changed_is_downloaded_from_its_start(fetch, tmp_path) -> None:
    with pytest.raises(DownloadFailed, match="peer closed"):
        fetch(Store(b"x" * 900, '"OLD"', 100, 0, 0, 0, 0))
    store = Store(VIDEO, '"NEW"')
    fetch(store)
    assert store.ranges() == ["bytes=100-"]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert files(tmp_path) == ["video.mp4"]


def test_a_store_may_ignore_the_range_and_send_the_whole_video(fetch, tmp_path) -> None:
    store = Store(VIDEO, None, 100)
    store.start = lambda _: 0
    fetch(store)
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


@each_case(
    "given",
    ["bytes 0-923/1024", "bytes 101-1023/1024", "bytes 100-1023/*", "bits 1", "bytes */1024", ""],
)
@pytest.mark.parametrize("status", [206, 416])
def test_an_answer_with_a_wrong_range_leads_to_a_whole_download(
    fetch, tmp_path, given, status
) -> None:
    store = Store(VIDEO, '"ABC"', 100)

    def wrong(request: httpx.Request) -> httpx.Response:
        answer = store(request)
        if len(store.requests) == 2:
            return httpx.Response(status, headers={"content-range": given}, content=b"?" * 924)
        return answer

    fetch(wrong)
    assert store.ranges() == [None, "bytes=100-", None]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_rest_with_another_etag_leads_to_a_whole_download(fetch, tmp_path) -> None:
    store = Store(VIDEO, '"ABC"', 100)

    def changing(request: httpx.Request) -> httpx.Response:
        answer = store(request)
        if len(store.requests) == 2:
            answer.headers["etag"] = '"OTHER"'
        return answer

    fetch(changing)
    assert store.ranges() == [None, "bytes=100-", None]


def test_a_store_that_sends_pieces_is_asked_for_each(fetch, tmp_path) -> None:
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
def test_a_body_of_a_wrong_length_is_not_saved(fetch, tmp_path, length, why) -> None:
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
        ({"content-encoding": "gzip"}, gzip.compress(VIDEO), "the video is compressed"),
        ({"content-length": "0"}, b"", "the video is empty"),
        ({}, VIDEO, "the answer has no length"),
    ],
)
def test_a_compressed_empty_or_unmeasured_body_is_not_saved(
    fetch, tmp_path, headers, content, why
) -> None:
    def odd(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))

    with pytest.raises(DownloadFailed, match=why):
        fetch(odd)
    assert files(tmp_path) == []


def test_a_connection_that_breaks_after_the_last_byte_is_a_success(fetch, tmp_path) -> None:
    store = Store(VIDEO, '"ABC"', len(VIDEO))
    fetch(store)
    assert store.ranges() == [None]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_chunked_body_that_breaks_is_resumed(fetch, tmp_path) -> None:
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


def test_a_chunked_body_ends_with_its_last_chunk(fetch, tmp_path) -> None:
    headers = {"transfer-encoding": "chunked"}
    fetch(lambda _: httpx.Response(200, headers=headers, stream=httpx.ByteStream(VIDEO)))
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
