"""Results that cannot be downloaded: refusals of the store, and invalid arguments."""

import httpx
import pytest

from emo_client import ConfigError, DownloadFailed, ResultExpired, TaskAnswer
from emo_client.models import TaskOutput
from tests.helpers.cases import each_case
from tests.helpers.object_store import SIGNED, URL, VIDEO, Store

EXPIRED = """<?xml version="1.0"?>
<Error><Code>AccessDenied</Code><Message>Request has expired.</Message>
<RequestId>68C2</RequestId><HostId>oss.test</HostId></Error>"""


def files(tmp_path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir())


def test_an_expired_result_raises_its_own_error_with_the_reason_of_the_store(
    fetch, tmp_path
) -> None:
    calls = []

    def expired(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(403, text=EXPIRED)

    with pytest.raises(ResultExpired, match="403 AccessDenied: Request has expired") as caught:
        fetch(expired)
    error = caught.value
    assert (error.status, error.code, error.request_id) == (403, "AccessDenied", "68C2")
    assert "http://oss.test/r/v.mp4 " in str(error) and "24 h" in str(error)
    assert len(calls) == 1 and files(tmp_path) == []


@each_case(
    "status, body, kind, text",
    [
        (404, "<Error><Code>NoSuchBucket</Code></Error>", DownloadFailed, "404 NoSuchBucket"),
        (404, "<html><p>Gone</p>", DownloadFailed, "404 Gone"),
        (403, "<h1>auth_key expired</h1>", ResultExpired, "403 auth_key expired"),
        (500, "<h1>expired</h1>", DownloadFailed, "500 expired"),
        (403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", DownloadFailed, "403 Sig"),
        (403, '{"code": 1, "message": "no"}', DownloadFailed, "403 1: no"),
        (410, "", ResultExpired, "410 no reason given"),
        (400, "<Error><Code>ExpiredToken</Code></Error>", ResultExpired, "400 ExpiredToken"),
    ],
)
def test_the_error_of_a_refusal_has_the_code_of_the_store(fetch, status, body, kind, text) -> None:
    with pytest.raises(kind, match=text) as caught:
        fetch(lambda _: httpx.Response(status, text=body))
    assert type(caught.value) is kind


MISSING = "<Error><Code>NoSuchKey</Code><Message>not found</Message></Error>"
YEARS = 4102444800
BASE = "http://oss.test/v.mp4"


@pytest.mark.parametrize("status", [403, 404])
@each_case(
    "query, valid",
    [
        (f"Expires={YEARS}&OSSAccessKeyId=x&Signature=y", True),
        ("Expires=900&OSSAccessKeyId=x&Signature=y", False),
        ("X-Amz-Date=20200101T000000Z&X-Amz-Expires=604800&X-Amz-Signature=y", False),
        ("x-oss-date=20200101T000000Z&x-oss-expires=9999999999&x-oss-signature=y", True),
        ("X-Goog-Date=20200101T000000Z&X-Goog-Expires=60&X-Goog-Signature=y", False),
        ("se=2099-01-01T00%3A00%3A00Z&sig=y", True),
        ("q-sign-time=900;950&q-signature=y", False),
        (f"e={YEARS}&token=y", True),
    ],
)
def test_the_times_in_the_url_decide_whether_it_has_expired(fetch, status, query, valid) -> None:
    date = {"date": "Fri, 27 Nov 2026 08:00:00 GMT"}
    with pytest.raises(DownloadFailed, match="valid until 2" if valid else "made again") as caught:
        fetch(lambda _: httpx.Response(status, text=MISSING, headers=date), f"{BASE}?{query}")
    assert type(caught.value) is (DownloadFailed if valid else ResultExpired)


def test_a_missing_object_whose_url_never_expires_is_not_called_expired(fetch) -> None:
    with pytest.raises(DownloadFailed, match="not have the video yet, or no longer") as caught:
        fetch(lambda _: httpx.Response(404, text=MISSING), BASE)
    assert type(caught.value) is DownloadFailed


def test_a_result_that_is_not_there_yet_is_requested_again(emo_with, tmp_path) -> None:
    store = Store()

    def late(request: httpx.Request) -> httpx.Response:
        answer = store(request)
        return answer if len(store.requests) == 3 else httpx.Response(404, text=MISSING)

    emo = emo_with(transport=httpx.MockTransport(late))
    assert emo.download(f"{BASE}?Expires={YEARS}", tmp_path / "v").read_bytes() == VIDEO
    assert emo.time.sleeps == [0.5, 1.0]


def test_the_error_of_the_store_hides_the_signature(fetch) -> None:
    body = (
        f"<Error><Code>X</Code><Message>GET /r/v.mp4?{SIGNED} s3cretsignature+1=</Message></Error>"
    )
    with pytest.raises(DownloadFailed, match="403 X") as caught:
        fetch(lambda _: httpx.Response(403, text=body))
    shown = repr(caught.value) + str(caught.value) + str(vars(caught.value))
    assert "s3cret" not in shown and "LTAI5tKey" not in shown


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_download_is_repeated_while_the_store_is_busy(emo_with, tmp_path, status) -> None:
    store = Store()

    def busy(request: httpx.Request) -> httpx.Response:
        answer = store(request)
        return answer if len(store.requests) == 3 else httpx.Response(status)

    emo = emo_with(transport=httpx.MockTransport(busy))
    emo.download(URL, tmp_path / "v")
    assert emo.time.sleeps == [0.5, 1.0]


def test_a_store_that_stays_busy_is_an_error(fetch) -> None:
    with pytest.raises(DownloadFailed, match="503 no reason given") as caught:
        fetch(lambda _: httpx.Response(503))
    assert caught.value.status == 503


def test_a_folder_as_the_target_is_refused(fetch, tmp_path) -> None:
    words = r"names a folder; give a file in it, such as .*video\.mp4"
    for path in (tmp_path, f"{tmp_path}/none/"):
        with pytest.raises(ConfigError, match=words):
            fetch(Store(), path=path)
    assert files(tmp_path) == []


def test_an_empty_path_is_refused(fetch) -> None:
    with pytest.raises(ConfigError, match="path='' is not the path of a file"):
        fetch(Store(), path="")


def test_a_target_in_a_missing_folder_is_refused(fetch, tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"the folder .*nowhere does not exist; create it first"):
        fetch(Store(), path=tmp_path / "nowhere" / "v.mp4")


@pytest.mark.parametrize(
    "source", ["t-1", "ftp://x/y", "http://", "file:///etc/passwd", "http://[x/"]
)
def test_a_source_that_is_not_an_http_url_is_refused(fetch, source) -> None:
    with pytest.raises(ConfigError, match=r"is not an http\(s\) URL; give results.video_url"):
        fetch(Store(), source)


def test_a_task_without_a_video_is_refused(fetch) -> None:
    task = TaskAnswer(output=TaskOutput(task_id="t", task_status="RUNNING"))
    with pytest.raises(ConfigError, match=r"RUNNING and has no video; give the task that wait"):
        fetch(Store(), task)


def test_a_long_file_name_with_special_characters_can_be_written(fetch, tmp_path) -> None:
    name = "视频[*]" * 12 + ".mp4"
    fetch(Store(VIDEO, '"ABC"', 100), path=tmp_path / name)
    assert files(tmp_path) == [name]


def test_an_unreachable_store_leaves_nothing_behind(fetch, tmp_path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    with pytest.raises(DownloadFailed, match="ConnectError: Connection refused"):
        fetch(refuse)
    assert files(tmp_path) == []
