"""The fake on a real socket: results, samples, the control API and who may use it, bad bytes."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from support import SERVICE, request

from contracts.spec import Spec
from mock_server import media
from mock_server.clock import MODES

DAY = 86400
Serve = Callable[..., AbstractContextManager[str]]


# A client costs 80 ms to make: one with a key, one without, for all tests.
PLAIN = httpx.Client()
KEYS = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def close() -> Iterator[None]:
    yield
    PLAIN.close()


@pytest.fixture(scope="module")
def keyed(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def http(keyed: httpx.Client) -> httpx.Client:
    """A client of the module's server; each test has its own key."""
    keyed.headers["Authorization"] = f"Bearer sk-{next(KEYS)}"
    return keyed


def video_url(http: httpx.Client, spec: Spec) -> str:
    task = create(http, spec)
    while (body := http.get(f"/api/v1/tasks/{task}").json())["output"][
        "task_status"
    ] != "SUCCEEDED":
        pass  # time is skipped: two polls
    return body["output"]["results"]["video_url"]


def create(http: httpx.Client, spec: Spec) -> str:
    answer = http.post(
        f"{SERVICE}/video-synthesis",
        json=request(spec, "createVideoTask"),
        headers={"X-DashScope-Async": "enable"},
    )
    return answer.json()["output"]["task_id"]


def test_the_result_is_a_playable_video_served_without_the_key(
    http: httpx.Client, url: str, spec: Spec
) -> None:
    found = video_url(http, spec)
    assert found.startswith(url)
    assert "Expires=" in found
    assert "Signature=" in found
    answer = PLAIN.get(found)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content == media.clip("1:1").path.read_bytes()


def test_a_part_of_the_result_can_be_asked_for(http: httpx.Client, spec: Spec) -> None:
    found, whole = video_url(http, spec), media.clip("1:1").path.read_bytes()
    part = PLAIN.get(found, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert PLAIN.get(found, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416


def test_a_day_later_the_result_is_the_stores_403_while_the_clock_says_so(
    http: httpx.Client, spec: Spec
) -> None:
    found = video_url(http, spec)
    http.post("/__mock__/clock", json={"advance": DAY - 60})
    assert PLAIN.get(found).status_code == 200
    http.post("/__mock__/clock", json={"advance": 60})
    late = PLAIN.get(found)
    assert (late.status_code, late.headers["content-type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code><Message>Request has expired.</Message>" in late.text


@pytest.mark.parametrize(
    ("old", "new", "status", "code"),
    [("1x1.mp4", "3x4.mp4", 403, "SignatureDoesNotMatch"),
     ("Expires=", "Expires=9", 403, "SignatureDoesNotMatch"),
     ("Signature=", "Signature=A", 403, "SignatureDoesNotMatch"),
     ("Signature=", "NoSignature=", 403, "AccessDenied"),
     ("Expires=", "Expires=x", 403, "AccessDenied"),
     ("/1x1.mp4", "/../../media/voice.wav", 404, "NoSuchKey"),
     ("/1x1.mp4", "/%2e%2e%2fmanifest.json", 403, "SignatureDoesNotMatch"),
     ("/results/", "/results//", 404, "NoSuchKey"),
     ("/1x1.mp4", "", 404, "NoSuchKey")],
)  # fmt: skip
def test_a_result_url_that_was_changed_opens_nothing(
    http: httpx.Client, spec: Spec, old: str, new: str, status: int, code: str
) -> None:
    target = video_url(http, spec).replace(old, new, 1)
    answer = raw_get(target)
    assert f"<Code>{code}</Code>".encode() in answer
    assert answer.startswith(b"HTTP/1.1 %d" % status)


def raw_get(target: str) -> bytes:
    """A GET whose path no client library has tidied up."""
    parts = urlsplit(target)
    path = target.removeprefix(f"{parts.scheme}://{parts.netloc}")
    return exchange(target, f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())


def exchange(target: str, data: bytes) -> bytes:
    """What the server sends back on a connection of its own, to the end of one answer."""
    parts = urlsplit(target)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=10) as sock:
        sock.sendall(data)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += sock.recv(65536) or b"\r\n\r\n"
        head, _, body = answer.partition(b"\r\n\r\n")
        length = next(int(h.split(b":")[1]) for h in head.split(b"\r\n") if b"content-length" in h)
        while len(body) < length:
            body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def test_the_samples_are_served_and_nothing_else(http: httpx.Client) -> None:
    assert http.get("/samples/portrait.png").headers["content-type"] == "image/png"
    assert http.get("/samples/voice.wav").content == media.voice().path.read_bytes()
    for name in ("manifest.json", "..%2fdraw.py", "clip-1x1.mp4", ""):
        assert http.get(f"/samples/{name}").status_code == 404


def test_both_spellings_and_the_resellers_prefix_answer_without_redirect(
    http: httpx.Client, spec: Spec
) -> None:
    for prefix in ("", "/qwen"):
        for slash in ("", "/"):
            path = f"{prefix}{SERVICE}/face-detect{slash}"
            assert http.post(path, json=request(spec, "detectFace")).status_code == 200
            assert http.get(f"{prefix}/api/v1/tasks{slash}").status_code == 200
            assert http.get(f"{prefix}/api/v1/tasks/x{slash}").status_code == 200
            assert http.post(f"{prefix}/api/v1/tasks/x/cancel{slash}").status_code == 400


def test_the_control_api_shows_and_moves_the_tenants_time(http: httpx.Client, spec: Spec) -> None:
    http.post("/__mock__/clock", json={"freeze": True})
    task = create(http, spec)
    state = http.get("/__mock__/state").json()
    assert [(t["task_id"], t["task_status"]) for t in state["tasks"]] == [(task, "PENDING")]
    assert state["tasks"][0]["next_event_in"] == 14.373
    http.post("/__mock__/clock", json={"next_event": True})
    assert http.get("/__mock__/state").json()["tasks"][0]["task_status"] == "RUNNING"
    before = http.get("/__mock__/clock").json()["now"]
    assert http.post("/__mock__/clock", json={"advance": 100}).json()["now"] == before + 100
    assert http.get("/__mock__/state").json()["tasks"][0]["task_status"] == "SUCCEEDED"
    assert http.post("/__mock__/clock", json={"speed": 60}).json()["speed"] == 60


def test_a_frozen_clock_stands_still_for_polls_that_skip_too(
    http: httpx.Client, spec: Spec
) -> None:
    http.post("/__mock__/clock", json={"freeze": True})
    task = create(http, spec)
    states = [http.get(f"/api/v1/tasks/{task}").json()["output"]["task_status"] for _ in range(3)]
    assert states == ["PENDING"] * 3


def test_reset_drops_what_belongs_to_one_key_only(http: httpx.Client, url: str, spec: Spec) -> None:
    create(http, spec)
    other = {"Authorization": "Bearer sk-bystander"}
    headers = {**other, "X-DashScope-Async": "enable"}
    body = request(spec, "createVideoTask")
    kept = PLAIN.post(f"{url}{SERVICE}/video-synthesis", json=body, headers=headers).json()
    assert http.post("/__mock__/reset").json() == {"dropped_tasks": 1}
    assert http.get("/__mock__/state").json()["tasks"] == []
    state = PLAIN.get(f"{url}/__mock__/state", headers=other).json()
    assert state["tasks"][0]["task_id"] == kept["output"]["task_id"]


@pytest.mark.parametrize(
    ("body", "words"),
    [('{"advance": -1}', "never goes back"), ('{"advance": "1"}', "must be a number"),
     ('{"advance": 1e12}', "above 1e9"), ('{"advance": 1%s}' % ("0" * 400), "above 1e9"),
     ('{"speed": -1%s}' % ("0" * 400), "never goes back"), ('{"speed": -2}', "never goes back"),
     ('{"forward": 1}', "give one of"), ("{}", "give one of"), ("[]", "must be a JSON object"),
     ('{"advance": NaN}', "no JSON"), ('{"advance": true}', "must be a number"),
     ('{"freeze": 1}', "give one of"), ("{", "no JSON"), ('{"a":1,"a":1}', "stands twice")],
)  # fmt: skip
def test_a_control_call_that_makes_no_sense_is_a_400_in_words(
    http: httpx.Client, body: str, words: str
) -> None:
    answer = http.post("/__mock__/clock", content=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_time_ends_before_dates_do_and_breaks_nothing(http: httpx.Client, spec: Spec) -> None:
    answers = [http.post("/__mock__/clock", json={"advance": 1e9}) for _ in range(260)]
    assert [answers[0].status_code, answers[-1].status_code] == [200, 400]
    assert "year 9996" in answers[-1].json()["error"]
    http.post("/__mock__/clock", json={"speed": 1e9})
    task = create(http, spec)
    for path in (f"/api/v1/tasks/{task}", "/api/v1/tasks", "/__mock__/state"):
        assert http.get(path).status_code == 200


def test_two_hosts_or_two_origins_are_refused(url: str) -> None:
    for name, twice in (("Host", "127.0.0.1"), ("Origin", "http://127.0.0.1")):
        head = f"GET /__mock__/health HTTP/1.1\r\n{name}: {twice}\r\n{name}: evil.example\r\n"
        host = "" if name == "Host" else "Host: 127.0.0.1\r\n"
        assert exchange(url, f"{head}{host}\r\n".encode()).startswith(b"HTTP/1.1 4")


def test_a_call_that_breaks_off_is_not_carried_out(
    http: httpx.Client, url: str, spec: Spec
) -> None:
    http.post("/__mock__/clock", json={"freeze": True})
    body = json.dumps(request(spec, "createVideoTask"))
    parts = urlsplit(url)
    head = (
        f"POST {SERVICE}/video-synthesis HTTP/1.1\r\nHost: x\r\nX-DashScope-Async: enable\r\n"
        f"Authorization: {http.headers['Authorization']}\r\nContent-Length: {len(body) + 9}\r\n\r\n"
    )
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as sock:
        sock.sendall((head + body).encode())
    assert http.get("/api/v1/tasks").json()["total"] == 0


def test_a_range_that_makes_no_sense_is_as_good_as_none(http: httpx.Client, spec: Spec) -> None:
    found = video_url(http, spec)
    for odd in ("bytes=5-2", "foo=1-2", "bytes=", "bytes=a-b", "bytes=-", "bytes=0-" + "9" * 5000):
        assert PLAIN.get(found, headers={"Range": odd}).status_code == 200


def test_the_fakes_own_paths_say_in_json_what_is_wrong(http: httpx.Client) -> None:
    for method, path in (("DELETE", "/__mock__/state"), ("POST", "/samples/portrait.png")):
        answer = http.request(method, path)
        assert answer.status_code == 405
        assert path in answer.json()["error"]


def test_control_calls_need_a_key_and_a_route_that_exists(url: str) -> None:
    assert PLAIN.get(f"{url}/__mock__/state").status_code == 401
    assert PLAIN.get(f"{url}/__mock__/health").json()["status"] == "ok"
    assert "GET health" in PLAIN.get(f"{url}/__mock__/nothing").json()["error"]
    assert PLAIN.get(f"{url}/__mock__/reset").status_code == 405


@pytest.mark.parametrize("route", ["health", "state", "clock", "reset", "nothing"])
@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example:8787"}, {"Host": ""},
     {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://192.168.0.9"},
     {"Origin": "http://[bad"}, {"Host": "[bad"}],
)  # fmt: skip
def test_a_foreign_page_reaches_no_control_route(
    http: httpx.Client, route: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST"):
        answer = http.request(method, f"/__mock__/{route}", headers=headers)
        assert answer.status_code == 403
        assert "error" in answer.json()


def test_off_this_machine_the_control_api_needs_its_token(serve: Serve) -> None:
    with serve(host="0.0.0.0") as url:
        assert "--admin-token" in PLAIN.get(f"{url}/__mock__/health").json()["error"]
    with serve(host="0.0.0.0", admin_token="s3cret") as url:
        health = f"{url}/__mock__/health"
        assert PLAIN.get(health).status_code == 403
        assert PLAIN.get(health, headers={"X-Mock-Admin-Token": "wrong"}).status_code == 403
        for host in ("127.0.0.1", "10.1.2.3:8787", "[fe80::1]:1"):
            headers = {"X-Mock-Admin-Token": "s3cret", "Host": host}
            assert PLAIN.get(health, headers=headers).status_code == 200
        headers = {"X-Mock-Admin-Token": "s3cret", "Host": "fake.internal"}
        assert PLAIN.get(health, headers=headers).status_code == 403
    with serve(host="0.0.0.0", admin_token="s3cret", allow_hosts=("fake.internal",)) as url:
        assert PLAIN.get(f"{url}/__mock__/health", headers=headers).status_code == 200


def deep(levels: int) -> bytes:
    return b'{"input":' * levels + b"1" + b"}" * levels


BAD_BODIES = {
    "over 1 MiB": b'{"model": "' + b"a" * (1 << 20) + b'"}',
    "far over 1 MiB": b" " * (5 << 20),
    "invalid UTF-8": b'{"model": "\xff\xfe"}',
    "UTF-16": '{"model": "emo-v1"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"model": "emo-v1"}',
    "a key twice": b'{"model": "emo-v1", "model": "emo-v1", "input": {}}',
    "a key twice in escapes": b'{"model": "emo-v1", "\\u006dodel": "emo-v1", "input": {}}',
    "NaN": b'{"model": "emo-v1", "input": {"x": NaN}}',
    "Infinity": b'{"model": "emo-v1", "input": {"x": -Infinity}}',
    "10,000 deep": deep(10_000),
    "500 deep": deep(500),
    "100,000 arrays": b"[" * 100_000,
    "a huge integer": b'{"model": "emo-v1", "input": {"face_bbox": [' + b"9" * 5000 + b"]}}",
    "an integer past 64 bits": b'{"model": ' + b"9" * 30 + b"}",
    "a float past all measure": b'{"model": 1e999}',
    "half a surrogate pair": b'{"model": "emo-v1", "input": {"image_url": "\\ud800"}}',
    "half a pair as a key": b'{"\\udfff": 1}',
    "a zero byte": b'{"model": "emo-v1\x00"}',
    "nothing": b"",
    "a form": b"model=emo-v1",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize("operation", ["face-detect", "video-synthesis"])
def test_bad_bytes_get_a_clean_4xx_in_the_services_envelope(
    http: httpx.Client, operation: str, body: bytes
) -> None:
    headers = {"X-DashScope-Async": "enable"} if operation == "video-synthesis" else {}
    answer = http.post(f"{SERVICE}/{operation}", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.json().keys() == {"code", "message", "request_id"}
    assert http.get("/api/v1/tasks/1").status_code == 200


def test_values_that_are_odd_but_json_are_taken_as_they_are(http: httpx.Client, spec: Spec) -> None:
    body = request(spec, "createVideoTask")
    body["input"] |= {
        "😀": '\\ " \u2028',
        "n": 10**40,
        "f": 1e300,
        "deep": json.loads("[" * 90 + "]" * 90),
    }
    headers = {"X-DashScope-Async": "enable"}
    answer = http.post(f"{SERVICE}/video-synthesis", content=json.dumps(body), headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [[("X-Filler", "a" * 100_000)], [(f"X-{n}", "a" * 100) for n in range(1000)],
     [("X-Same", "a" * 100)] * 1000, [("Cookie", "é" * 40_000)]],
)  # fmt: skip
def test_100_kb_of_headers_get_a_431_in_the_envelope(
    http: httpx.Client, headers: list[tuple[str, str]]
) -> None:
    raw = [(name.encode(), value.encode()) for name, value in [*headers, *http.headers.items()]]
    answer = http.get("/api/v1/tasks/1", headers=raw)
    assert answer.status_code == 431
    assert answer.json()["code"] == "InvalidParameter"


@pytest.mark.parametrize(
    "start",
    [b"GET /api/v1/tasks/%ff%fe HTTP/1.1", b"GET /api/v1/tasks/%00 HTTP/1.1",
     b"GET /api/v1/tasks/%2e%2e%2f HTTP/1.1", b"GET /api/v1/tasks?page_no=%ff&;&= HTTP/1.1",
     b"GET /api/v1/tasks?" + b"a=1&" * 5000 + b" HTTP/1.1", b"GET /api/v1/tasks/%zz HTTP/1.1",
     b"GET http://other.example/api/v1/tasks/1 HTTP/1.1", b"GET //api/v1/tasks/1 HTTP/1.1",
     b"BREW /api/v1/tasks/1 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET /\xe4\xbd HTTP/1.1",
     b"GET /results/%ff/%00/1x1.mp4?Expires=1&Signature=%ff HTTP/1.1",
     b"GET /results/a/b/1x1.mp4?Expires=\xe2&Signature=1 HTTP/1.1"],
)  # fmt: skip
def test_an_odd_request_line_never_breaks_the_server(
    url: str, start: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    head = b"\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-a\r\nConnection: close\r\n\r\n"
    answer = exchange(url, start + head)
    assert answer.split(b" ", 2)[1][:1] in (b"2", b"4")
    if b"/results/" not in start:
        assert b'"request_id":"' in answer
    assert PLAIN.get(f"{url}/__mock__/health").status_code == 200
    assert "Traceback" not in capfd.readouterr().err + caplog.text


def test_a_host_that_cannot_be_one_is_not_repeated_in_answers(
    http: httpx.Client, url: str, spec: Spec
) -> None:
    task, odd = create(http, spec), {"Host": 'x"><script>'}
    answers = [http.get(f"/api/v1/tasks/{task}", headers=odd).json() for _ in range(2)]
    assert answers[-1]["output"]["results"]["video_url"].startswith(f"{url}/results/")


@pytest.mark.parametrize("mode", MODES)
def test_every_time_mode_starts_and_says_so(serve: Serve, mode: str) -> None:
    with serve(time=mode) as url:
        health: dict[str, Any] = PLAIN.get(f"{url}/__mock__/health").json()
        clock = PLAIN.get(f"{url}/__mock__/clock", headers={"Authorization": "Bearer sk-a"}).json()
    assert health["time"] == mode
    assert (clock["speed"], clock["skip"]) == MODES[mode]
