"""Every download is bounded in bytes, time, redirects and attempts, and leaves a defined state."""

import httpx
import pytest

from emo_client import ConfigError, DownloadFailed
from emo_client.limits import VIDEO as MOST
from tests.helpers.object_store import URL, VIDEO, Store


def files(tmp_path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir())


class Drops(Store):
    """A store that breaks each connection after this many bytes."""

    def __init__(self, size: int, step: int) -> None:
        super().__init__(bytes(size))
        self.step = step

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.breaks = [self.step]
        return super().__call__(request)


def test_a_download_that_gains_one_byte_an_attempt_is_abandoned(emo_with, tmp_path) -> None:
    store = Drops(1_000_000, 1)
    emo = emo_with(transport=httpx.MockTransport(store))
    with pytest.raises(DownloadFailed, match="peer closed connection; call again to download"):
        emo.download(URL, tmp_path / "v.mp4")
    assert len(store.requests) == 4


def test_a_download_that_gains_a_hundredth_an_attempt_is_completed(emo_with, tmp_path) -> None:
    store = Drops(10_000, 100)
    emo = emo_with(transport=httpx.MockTransport(store))
    assert emo.download(URL, tmp_path / "v").stat().st_size == 10_000
    assert len(store.requests) == 100


def test_a_download_ends_at_its_timeout(emo_with, tmp_path) -> None:
    store = Drops(10_000, 100)
    emo = emo_with(transport=httpx.MockTransport(store))
    with pytest.raises(
        DownloadFailed, match=r"; it was not complete after 3 s: raise timeout=…; call"
    ):
        emo.download(URL, tmp_path / "v", timeout=3.0)
    assert sum(emo.time.sleeps) < 3.0 and len(store.requests) == 6


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """An endless body that counts the bytes read from it."""

    taken = 0

    def __iter__(self):
        while True:
            self.taken += 1000
            yield bytes(1000)

    async def __aiter__(self):
        for chunk in self:
            yield chunk


def test_the_timeout_error_has_the_last_answer_of_the_store(emo_with, tmp_path) -> None:
    answer = lambda _: httpx.Response(503, headers={"retry-after": "50"})  # noqa: E731
    emo = emo_with(transport=httpx.MockTransport(answer))
    with pytest.raises(DownloadFailed, match=r"503 no reason given.*; it was not complete after"):
        emo.download(URL, tmp_path / "v", timeout=20.0)


def test_a_video_with_a_too_large_length_is_refused_before_its_body(fetch, tmp_path) -> None:
    body, headers = Endless(), {"content-length": str(MOST + 1)}
    with pytest.raises(
        DownloadFailed, match=rf"it has {MOST + 1} bytes, more than .*: raise max_bytes=…$"
    ):
        fetch(lambda _: httpx.Response(200, headers=headers, stream=body))
    assert body.taken < 100_000 and files(tmp_path) == []


def test_an_endless_video_is_abandoned_and_deleted(emo_with, tmp_path) -> None:
    body, headers = Endless(), {"transfer-encoding": "chunked"}
    answer = lambda _: httpx.Response(200, headers=headers, stream=body)  # noqa: E731
    emo = emo_with(transport=httpx.MockTransport(answer))
    with pytest.raises(DownloadFailed, match="it has more than 5000 bytes: raise"):
        emo.download(URL, tmp_path / "v.mp4", max_bytes=5000)
    assert (body.taken, files(tmp_path)) == (6000, [])


def test_a_video_of_the_largest_size_is_saved(emo_with, tmp_path) -> None:
    emo = emo_with(transport=httpx.MockTransport(Store()))
    assert emo.download(URL, tmp_path / "v", max_bytes=len(VIDEO)).read_bytes() == VIDEO


@pytest.mark.parametrize("most", [0, -1, 1.5, True, "1"])
def test_an_impossible_max_bytes_is_refused(emo, tmp_path, most) -> None:
    with pytest.raises(ConfigError, match=r"max_bytes=.* must be a whole number, 1 or more"):
        emo.download(URL, tmp_path / "v", max_bytes=most)


def leading(places: dict[str, str], requests: list[str]):
    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(str(request.url))
        if str(request.url) in places:
            return httpx.Response(302, headers={"location": places[str(request.url)]})
        return Store()(request)

    return answer


def chain(count: int) -> dict[str, str]:
    return {f"https://a.test/{n}": f"/{n + 1}" for n in range(count)}


@pytest.mark.parametrize(
    ("places", "why"),
    [
        ({"https://a.test/0": "https://a.test/0"}, "in a circle"),
        ({"https://a.test/0": "/1", "https://a.test/1": "../0#x"}, "in a circle"),
        ({"https://a.test/0": "http://a.test/0"}, "from https to http"),
        ({"https://a.test/0": "file:///etc/passwd"}, "to an address without a host, which is not"),
        ({"https://a.test/0": "//[x/"}, r"which is not an http\(s\) URL"),
        ({"https://a.test/0": ""}, "in a circle"),
        (chain(9), "after 5 other redirects"),
    ],
)
def test_a_redirect_that_must_not_be_followed_ends_the_download(
    fetch, tmp_path, places, why
) -> None:
    requests: list[str] = []
    with pytest.raises(DownloadFailed, match=rf"it is redirected.*{why}"):
        fetch(leading(places, requests), "https://a.test/0")
    assert len(requests) <= 6 and files(tmp_path) == []


def test_five_redirects_are_followed(fetch, tmp_path) -> None:
    requests: list[str] = []
    fetch(leading(chain(5), requests), "https://a.test/0")
    assert requests[-1] == "https://a.test/5"
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_a_download_resumes_at_the_target_of_the_redirect(fetch, tmp_path) -> None:
    store, requests = Store(VIDEO, '"ABC"', 100, 200), []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        found = {"/0": httpx.Response(307, headers={"location": "/1"})}
        return found.get(request.url.path) or store(request)

    fetch(answer, "https://a.test/0")
    assert requests == ["/0", "/1", "/1", "/1"]
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_the_body_of_a_redirect_is_not_read_to_its_end(fetch) -> None:
    body, headers = Endless(), {"location": "https://b.test/"}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "b.test":
            return Store()(request)
        return httpx.Response(302, headers=headers, stream=body)

    fetch(answer, "https://a.test/0")
    assert body.taken < 100_000


def test_the_error_hides_the_signature_of_a_redirect(fetch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "b.test":
            return httpx.Response(403, text=f"<Code>X</Code><Message>{request.url}</Message>")
        return httpx.Response(302, headers={"location": "https://b.test/?sign=abcdefghij"})

    with pytest.raises(DownloadFailed, match="403 X") as caught:
        fetch(answer, "https://a.test/0")
    assert "abcdefghij" not in str(caught.value)


def test_a_short_query_hides_no_other_part_of_the_error(fetch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": f"/v.mp4?{len(request.url.query)}"})

    with pytest.raises(DownloadFailed, match=r"redirected to https://a1\.test/v\.mp4, in a circle"):
        fetch(answer, "https://a1.test/0")
