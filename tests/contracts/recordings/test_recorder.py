"""The recorder on real sockets: what it forwards, and what it records."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.recordings import load
from contracts.recordings.bodies import LONGEST
from contracts.spec.loader import Spec
from tests.helpers.cassette import KEY, client, leaks, recording, run_through
from tests.helpers.http import Serve
from tests.helpers.upstream import PLAIN, recorded_cassette, recorder_of_upstream  # noqa: F401


def test_a_run_against_the_fake_is_recorded_as_exchanges_and_timelines(
    serve: Serve, spec: Spec, tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    with serve() as url, recording(spec, url, path) as base:
        last = run_through(base, spec)
    cassette = load(path, spec)
    assert cassette.upstream == url
    paths = [exchange.request.path.rpartition("/")[2] for exchange in cassette.exchanges]
    assert paths == ["face-detect", "video-synthesis", "tasks"]
    task, unknown = cassette.timelines
    assert (task.created_by, unknown.created_by) == (1, None)
    assert [state.task_status for state in task.states] == ["RUNNING", "SUCCEEDED"]
    assert sum(state.polls for state in task.states) == 5
    assert task.states[-1].answer.value["usage"] == last["usage"]
    text = path.read_text()
    assert KEY not in text
    assert leaks(text) == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_any_method_is_forwarded_with_its_body(record: Any, cassette: Any, method: str) -> None:
    with record() as (http, handler):
        odd = {"target": b"/any/%E5%9B%BE{x}?a=%20b&c{}"}
        answer = http.request(method, "/any", content=b'{"x": 1}', extensions=odd)
    assert answer.status_code == 200
    assert answer.content == (b"" if method == "HEAD" else PLAIN)
    assert handler.got[0]["path"] == "/any/%E5%9B%BE{x}?a=%20b&c{}"
    assert handler.got[0]["body"] == b'{"x": 1}'
    (kept,) = cassette().exchanges
    assert (kept.request.method, kept.request.path) == (method, "/any/%E5%9B%BE{x}")
    assert kept.request.body.json == {"x": 1}


@pytest.mark.parametrize("path", ["/plain%0A", "//plain", "/plain%2F..%2F%00", "/plain?%0A="])
def test_any_path_is_forwarded_unchanged(record: Any, cassette: Any, path: str) -> None:
    with record() as (http, handler):
        raw = httpx.Request("GET", http.base_url, extensions={"target": path.encode()})
        assert http.send(raw).content == PLAIN
    assert [got["path"].lstrip("/") for got in handler.got] == [path.lstrip("/")]
    kept = cassette().exchanges[0].request
    assert kept.path + ("?" if kept.query else "") + kept.query == path


def test_only_encodings_that_can_be_recorded_are_requested(record: Any) -> None:
    with record() as (http, handler):
        for sent in ("br;q=1, gzip;q=0.5, zstd", "br"):
            http.get("/plain", headers={"accept-encoding": sent})
    asked = [dict(got["headers"])["accept-encoding"].strip() for got in handler.got]
    assert asked == ["gzip;q=0.5", "identity"]


def test_a_key_that_becomes_known_late_is_removed_from_earlier_exchanges(
    record: Any, cassette: Any
) -> None:
    with record() as (http, _):
        http.post("/plain", json={"note": "for plainreseller999"})
        http.get("/plain", params={"api_key": "plainreseller999"})
    assert "plainreseller999" not in str(cassette())


def test_headers_are_forwarded_except_those_of_the_connection(record: Any, cassette: Any) -> None:
    sent = {"X-Own": "1", "Connection": "keep-alive, X-Mine", "X-Mine": "1", "TE": "trailers"}
    with record() as (http, handler):
        http.headers.clear()
        answer = http.get("/plain", headers={**sent, "Cookie": "a=secret"})
    got = {name.lower(): value for name, value in handler.got[0]["headers"]}
    assert got["x-own"] == "1"
    assert got["cookie"] == "a=secret", "cookies pass, and are not written"
    assert not {"te", "x-mine", "user-agent", "accept-encoding", "proxy-connection"} & got.keys()
    assert got["host"] == f"127.0.0.1:{handler.got[0]['headers'][0][1].rpartition(':')[2]}"
    assert answer.headers["x-kept"] == "1"
    assert answer.headers["set-cookie"] == "a=secret"
    assert not {"x-hop", "keep-alive", "server", "date"} & answer.headers.keys()
    assert cassette().exchanges[0].answer.headers == {"content-length": "6", "x-kept": "1"}


@pytest.mark.parametrize("offer", ["h2c", "TLS/1.2", "websocket"])
def test_a_body_after_an_offer_of_another_protocol_is_forwarded(record: Any, offer: str) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": offer, "Expect": "100-continue"}
    with record() as (http, handler):
        assert http.post("/plain", content=b"a body", headers=headers).content == PLAIN
    assert handler.got[0]["body"] == b"a body"
    assert "upgrade" not in {name.lower() for name, _ in handler.got[0]["headers"]}


def test_a_compressed_body_is_forwarded_unchanged_and_recorded_decompressed(
    record: Any, cassette: Any
) -> None:
    with record() as (http, _), http.stream("GET", "/zipped") as answer:
        raw = b"".join(answer.iter_raw())
    assert raw == gzip.compress(json.dumps({"a": 1}).encode(), mtime=0)
    assert cassette().exchanges[0].answer.value == {"a": 1}


def test_an_answer_is_forwarded_while_it_arrives(record: Any, cassette: Any) -> None:
    with record() as (http, handler), http.stream("GET", "/drips") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"first", "while the rest is still to come"
        handler.gate.set()
        assert b"".join(parts) == b"second"
    assert cassette().exchanges[0].answer.body.text == "firstsecond"


def test_a_chunked_request_is_forwarded_and_recorded(record: Any, cassette: Any) -> None:
    with record() as (http, handler):
        parts = iter([b"one ", b"two"])
        assert http.post("/plain", content=parts).content == PLAIN
    assert handler.got[0]["body"] == b"one two"
    assert cassette().exchanges[0].request.body.text == "one two"


def test_a_download_is_forwarded_whole_and_recorded_as_its_size(record: Any, cassette: Any) -> None:
    with record() as (http, _):
        assert len(http.get("/long").content) == 2 * LONGEST
    assert cassette().exchanges[0].answer.body.size == 2 * LONGEST


def test_a_redirect_is_forwarded_and_not_followed(record: Any) -> None:
    with record() as (http, handler):
        assert http.get("/moved").headers["location"] == "/elsewhere"
    assert [got["path"] for got in handler.got] == ["/moved"]


def test_options_of_the_whole_server_is_forwarded(record: Any) -> None:
    with record() as (http, handler):
        assert http.options("/", extensions={"target": b"*"}).status_code == 200
    assert [got["path"] for got in handler.got] == ["*"]


def test_a_header_with_control_characters_is_removed_from_the_answer(
    record: Any, cassette: Any
) -> None:
    with record() as (http, _):
        answer = http.get("/controls")
    assert (answer.content, answer.headers["x-good"]) == (PLAIN, "1")
    assert "x-bad" not in answer.headers
    assert cassette().exchanges[0].note.endswith("control characters: x-bad")


def test_a_length_beside_chunks_is_removed_from_the_answer(record: Any) -> None:
    with record() as (http, _):
        answer = http.get("/two_lengths")
    assert (answer.content, "content-length" in answer.headers) == (b"hello", False)


def test_a_foreign_host_or_origin_is_refused_for_control_calls(
    serve: Serve, spec: Spec, tmp_path: Path
) -> None:
    key = {"Authorization": "Bearer sk-rebound"}
    with serve() as fake, recording(spec, fake, tmp_path / "c.json") as base, client(base) as http:
        for foreign in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            answer = http.get("/__mock__/state", headers=key | foreign)
            assert (answer.status_code, "call the fake itself" in answer.text) == (403, True)
        assert http.get("/__mock__/state", headers=key).status_code == 200
