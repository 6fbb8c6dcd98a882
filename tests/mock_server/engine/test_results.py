"""The video of a task: its bytes, its ranges and its signed URL; and the sample files."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from contracts.spec.loader import Spec
from mock_server.engine.operations.results import Denied, _signature, open_result
from mock_server.media import samples
from tests.helpers.cases import each_case
from tests.helpers.fake import SECONDS
from tests.helpers.http import PLAIN, create, exchange, http_client  # noqa: F401

DAY = 86400


def video_url(http: httpx.Client, spec: Spec) -> str:
    task = create(http, spec)
    while (body := http.get(f"/api/v1/tasks/{task}").json())["output"][
        "task_status"
    ] != "SUCCEEDED":
        pass  # time is skipped: two polls
    return body["output"]["results"]["video_url"]


def test_the_result_is_a_playable_video_served_without_the_key(
    http: httpx.Client, url: str, spec: Spec
) -> None:
    found = video_url(http, spec)
    assert found.startswith(url)
    assert "Expires=" in found
    assert "Signature=" in found
    answer = PLAIN.get(found)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content == samples.video("1:1", SECONDS)


def test_a_range_of_the_result_can_be_requested(http: httpx.Client, spec: Spec) -> None:
    found, whole = video_url(http, spec), samples.video("1:1", SECONDS)
    part = PLAIN.get(found, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [("bytes=0-", 206, slice(0, None)), ("bytes=-100", 206, slice(-100, None)),
     ("bytes=0-99,200-299", 206, slice(0, 100)),
     ("bytes={size}-", 200, slice(0, None)), ("bytes=0-{size}", 200, slice(0, None))],
)  # fmt: skip
def test_a_range_outside_of_the_video_is_ignored_as_the_object_store_does(
    http: httpx.Client, spec: Spec, asked: str, status: int, part: slice
) -> None:
    found, whole = video_url(http, spec), samples.video("1:1", SECONDS)
    answer = PLAIN.get(found, headers={"Range": asked.format(size=len(whole))})
    assert (answer.status_code, answer.content) == (status, whole[part])


def test_a_header_asks_the_object_store_for_standard_ranges(http: httpx.Client, spec: Spec) -> None:
    found, whole = video_url(http, spec), samples.video("1:1", SECONDS)
    asked = {"x-oss-range-behavior": "standard"}
    beyond = PLAIN.get(found, headers={**asked, "Range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, "InvalidRange" in beyond.text) == (416, True)
    longer = PLAIN.get(found, headers={**asked, "Range": f"bytes=5-{len(whole)}"})
    assert (longer.status_code, longer.content) == (206, whole[5:])


def test_head_returns_the_headers_of_the_video_without_its_body(
    http: httpx.Client, spec: Spec
) -> None:
    found, whole = video_url(http, spec), samples.video("1:1", SECONDS)
    answer = PLAIN.head(found)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len(whole)
    assert answer.headers["etag"] == PLAIN.get(found).headers["etag"]


def test_a_put_to_a_result_is_refused(http: httpx.Client, spec: Spec) -> None:
    answer = PLAIN.put(video_url(http, spec), content=b"another")
    assert (answer.status_code, "MethodNotAllowed" in answer.text) == (405, True)


def test_a_malformed_range_is_ignored(http: httpx.Client, spec: Spec) -> None:
    found = video_url(http, spec)
    for odd in ("bytes=5-2", "foo=1-2", "bytes=", "bytes=a-b", "bytes=-", "bytes=0-" + "9" * 5000):
        assert PLAIN.get(found, headers={"Range": odd}).status_code == 200


def test_a_result_is_answered_403_after_a_day_of_the_tenants_clock(
    http: httpx.Client, spec: Spec
) -> None:
    found = video_url(http, spec)
    http.post("/__mock__/clock", json={"advance": DAY - 60})
    assert PLAIN.get(found).status_code == 200
    http.post("/__mock__/clock", json={"advance": 60})
    late = PLAIN.get(found)
    assert (late.status_code, late.headers["content-type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code><Message>Request has expired.</Message>" in late.text


@each_case(
    "old, new, status, code",
    [("1x1-", "3x4-", 403, "SignatureDoesNotMatch"),
     ("Expires=", "Expires=9", 403, "SignatureDoesNotMatch"),
     ("Signature=", "Signature=A", 403, "SignatureDoesNotMatch"),
     ("Signature=", "NoSignature=", 403, "AccessDenied"),
     ("Expires=", "Expires=x", 403, "AccessDenied"),
     ("/1x1-13.93.mp4", "/../../media/voice.wav", 404, "NoSuchKey"),
     ("-13.93.mp4", "-60.mp4", 403, "SignatureDoesNotMatch"),
     ("/1x1-13.93.mp4", "/%2e%2e%2fmanifest.json", 403, "SignatureDoesNotMatch"),
     ("/results/", "/results//", 404, "NoSuchKey"),
     ("/1x1-13.93.mp4", "", 404, "NoSuchKey")],
)  # fmt: skip
def test_a_changed_result_url_is_refused(
    http: httpx.Client, spec: Spec, old: str, new: str, status: int, code: str
) -> None:
    target = video_url(http, spec).replace(old, new, 1)
    answer = raw_get(target)
    assert f"<Code>{code}</Code>".encode() in answer
    assert answer.startswith(b"HTTP/1.1 %d" % status)


def raw_get(target: str) -> bytes:
    """A GET whose path is not normalized by a client library."""
    parts = urlsplit(target)
    path = target.removeprefix(f"{parts.scheme}://{parts.netloc}")
    return exchange(target, f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())


def test_only_the_sample_files_are_served(http: httpx.Client) -> None:
    assert http.get("/samples/portrait.png").headers["content-type"] == "image/png"
    assert http.get("/samples/voice.wav").content == samples.voice().path.read_bytes()
    for name in ("manifest.json", "..%2fdraw.py", "clip-1x1.mp4", ""):
        assert http.get(f"/samples/{name}").status_code == 404


@pytest.mark.parametrize(
    "name", ["9x9-3.0.mp4", "1x1.mp4", "1x1-1e9.mp4", "1x1-999999.mp4", "1x1-0.mp4", "1x1-nan.mp4"]
)
def test_a_signed_path_without_a_valid_video_name_is_answered_404(name: str) -> None:
    """The owner of a bundle of a tenant can sign any path of that tenant."""
    path = f"/results/tenant/task/{name}"
    query = urlencode({"Expires": "9999999999", "Signature": _signature(b"", path, "9999999999")})
    assert open_result(b"", path, query, 0.0) == Denied("no-such-key")
