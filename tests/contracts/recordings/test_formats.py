"""HAR files and VCR.py cassettes, in every form, become the same cassette."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import yaml

from contracts.recordings import Cassette, CassetteError, RecordedBody, load, read
from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.cassette import CASSETTES, TASK, answer_of, client, request_of, run_through

Serve = Callable[..., AbstractContextManager[str]]
ORIGIN = "https://dashscope.aliyuncs.com"
POLL = f"{ORIGIN}/api/v1/tasks/{TASK}"


def entry(at: int, url: str, status: int = 200, **more: Any) -> dict[str, Any]:
    """An entry of a HAR, `at` seconds after a full minute."""
    return {
        "startedDateTime": f"2026-02-11T08:00:{at:02}.250Z",
        "request": {"method": "GET", "url": url, "headers": more.get("headers", [])},
        "response": {"status": status, "content": more.get("content", {}), **more.get("said", {})},
    }


def har(spec: Spec, *entries: dict[str, Any]) -> Cassette:
    return read(json.dumps({"log": {"version": "1.2", "entries": entries}}).encode(), spec)


def state(spec: Spec, name: str) -> str:
    return json.dumps(answer_of(spec, "getTask", name).value)


def test_a_har_becomes_timelines_with_times(spec: Spec) -> None:
    content = [{"text": state(spec, name)} for name in ("PENDING", "PENDING", "SUCCEEDED")]
    cassette = har(
        spec,
        entry(9, POLL, content=content[2]),
        entry(1, POLL, content=content[0]),
        entry(4, POLL, content=content[1]),
    )
    assert (cassette.upstream, cassette.began) == (ORIGIN, "2026-02-11T08:00:01.250Z")
    (timeline,) = cassette.timelines
    seen = [(s.task_status, s.since, s.until, s.polls) for s in timeline.states]
    assert seen == [("PENDING", 0, 3, 2), ("SUCCEEDED", 8, 8, 1)], "in the order of time"


def test_requests_to_other_hosts_are_left_out_of_a_har(spec: Spec) -> None:
    poll = entry(2, POLL, content={"size": 0})
    cassette = har(spec, entry(1, "https://example.com/app.js"), poll)
    assert len(cassette.exchanges) == 1
    assert cassette.notes == ("1 call is left out as not DashScope's: 1 of example.com",)


@each_case(
    "content, body",
    [
        ({"text": '{"a": 1}'}, RecordedBody(json={"a": 1})),
        ({"text": "hello"}, RecordedBody(text="hello")),
        ({"text": "eyJhIjog\nMX0=", "encoding": "base64"}, RecordedBody(json={"a": 1})),
        ({"text": "//4=", "encoding": "base64"}, RecordedBody(size=2)),
        ({"text": '{"a": 1}', "encoding": "base64"}, RecordedBody(json={"a": 1})),
        ({"text": "plain", "encoding": "base64"}, RecordedBody(text="plain")),
        (
            {"text": "abcd", "encoding": "base64", "mimeType": "text/plain"},
            RecordedBody(text="abcd"),
        ),
        ({"text": "eyJhIjogMX0", "encoding": "Base64"}, RecordedBody(json={"a": 1})),
        ({"text": '{"a": 1}', "encoding": None, "size": None}, RecordedBody(json={"a": 1})),
        ({"text": None, "size": "230"}, RecordedBody(size=230)),
        ({"size": 4000}, RecordedBody(size=4000)),
        ({"size": -1}, RecordedBody(size=0)),
        ({}, RecordedBody(size=0)),
        ({"size": 0}, None),
    ],
)  # fmt: skip
def test_a_har_body_is_read_in_every_encoding(
    spec: Spec, content: Any, body: RecordedBody | None
) -> None:
    (exchange,) = har(spec, entry(1, POLL, content=content)).exchanges
    assert exchange.answer
    assert exchange.answer.body == body


def test_an_answer_that_never_came_is_a_note(spec: Spec) -> None:
    said = {"_error": "net::ERR_CONNECTION_RESET"}
    reset, silent = har(spec, entry(1, POLL, 0, said=said), entry(2, POLL, 0)).exchanges
    assert (reset.answer, reset.note) == (None, "net::ERR_CONNECTION_RESET")
    assert silent.note == "no answer arrived"


def test_pseudo_headers_of_http_2_are_left_out(spec: Spec) -> None:
    headers = [{"name": ":authority", "value": "h"}, {"name": "X-A", "value": "1"}]
    (exchange,) = har(spec, entry(1, POLL, headers=headers)).exchanges
    assert exchange.request.headers == {"x-a": "1"}


def test_the_fakes_own_har_is_read(serve: Serve, spec: Spec) -> None:
    with serve() as url:
        run_through(url, spec)
        with client(url) as http:
            data = http.get("/__mock__/journal", params={"format": "har"}).content
    cassette = read(data, spec)
    assert [len(cassette.exchanges), len(cassette.timelines)] == [3, 2]
    assert cassette.timelines[0].created_by == 1


def interaction(content: Any, *, listed: bool = False, **response: Any) -> dict[str, Any]:
    """A poll in VCR.py's form."""
    headers: dict[str, Any] = {"X-A": "1", **response.pop("headers", {})}
    if listed:
        headers = {name: [value] for name, value in headers.items()}
    said = {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": content}
    request = {"method": "GET", "uri": POLL, "headers": headers, "body": None}
    return {"request": request, "response": {**said, **response}}


def vcr(spec: Spec, *interactions: dict[str, Any]) -> Cassette:
    return read(yaml.safe_dump({"version": 1, "interactions": interactions}).encode(), spec)


BOMB = base64.b64encode(gzip.compress(b"a" * 300_000)).decode()


def test_bodies_that_unpack_to_more_than_a_file_may_hold_are_refused(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.recordings.bodies.LONGEST_FILE", 500_000)
    packed = {"headers": [{"name": "Content-Encoding", "value": "gzip"}]}
    content = {"text": BOMB, "encoding": "base64"}
    with pytest.raises(CassetteError, match=r"more than .* of decompressed bodies; remove some"):
        har(spec, *[entry(n % 60, POLL, content=content, said=packed) for n in range(2)])
    body = {"base64_string": BOMB}
    with pytest.raises(CassetteError, match=r"more than .* of decompressed bodies; remove some"):
        vcr(spec, *[interaction(body, headers={"Content-Encoding": "gzip"})] * 2)


@pytest.mark.parametrize("listed", [False, True])
@each_case(
    "content, headers",
    [
        ({"string": '{"a": 1}'}, {}),
        ({"string": b'{"a": 1}'}, {}),
        ({"string": gzip.compress(b'{"a": 1}')}, {"Content-Encoding": "gzip"}),
        ({"string": b'{"a": 1}'}, {"Content-Encoding": "gzip"}),
        ({"base64_string": base64.b64encode(b'{"a": 1}').decode()}, {}),
        ('{"a": 1}', {}),
    ],
)
def test_a_vcr_body_is_read_in_every_encoding(
    spec: Spec, content: Any, headers: Any, listed: bool
) -> None:
    (exchange,) = vcr(spec, interaction(content, listed=listed, headers=headers)).exchanges
    assert exchange.answer
    assert exchange.answer.body == RecordedBody(json={"a": 1})
    assert exchange.answer.headers["x-a"] == "1"


def test_a_vcr_cassette_of_httpx_is_read(spec: Spec) -> None:
    said = interaction(None)
    said["response"] = {"status_code": 404, "content": "no", "headers": {}}
    (exchange,) = vcr(spec, said).exchanges
    assert exchange.answer
    assert (exchange.answer.status, exchange.answer.body) == (404, RecordedBody(text="no"))


def test_a_vcr_cassette_gives_the_order_of_states_without_times(spec: Spec) -> None:
    names = ("PENDING", "PENDING", "SUCCEEDED")
    cassette = vcr(spec, *(interaction({"string": state(spec, name)}) for name in names))
    (timeline,) = cassette.timelines
    assert [(s.task_status, s.since, s.polls) for s in timeline.states] == [
        ("PENDING", None, 2),
        ("SUCCEEDED", None, 1),
    ]
    assert cassette.notes == ("read from VCR.py: it has the order of the calls, but no times",)


def test_a_vcr_cassette_as_json_is_read_like_yaml(spec: Spec) -> None:
    said = {"version": 1, "interactions": [interaction({"string": "{}"})]}
    assert read(json.dumps(said).encode(), spec) == vcr(spec, *said["interactions"])


def test_the_sample_recordings_contain_the_same_tasks(spec: Spec) -> None:
    recorded = load(CASSETTES / "fake.json", spec)
    browser = load(CASSETTES / "browser.har", spec)
    assert [t.task_id for t in recorded.timelines] == [t.task_id for t in browser.timelines]
    assert [t.created_by for t in recorded.timelines] == [t.created_by for t in browser.timelines]
    request = recorded.exchanges[0].request
    assert request.body == browser.exchanges[0].request.body
    assert request.body
    assert request.body.json == request_of(spec, "detectFace")
