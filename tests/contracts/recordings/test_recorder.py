"""The recorder on real sockets: what it forwards, and what it records."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.recordings import Cassette, load
from contracts.recordings.bodies import LONGEST
from contracts.spec.loader import Spec
from tests.helpers.cassette import KEY, client, leaks, recording, run_through

Serve = Callable[..., AbstractContextManager[str]]
PLAIN = b"answer"


class Upstream(BaseHTTPRequestHandler):
    """A server that keeps its requests and answers as the path demands."""

    protocol_version = "HTTP/1.1"
    got: list[dict[str, Any]]
    gate: threading.Event
    came: threading.Event

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self._chunked() if "transfer-encoding" in self.headers else self.rfile.read(length)
        self.got.append({"path": self.path, "headers": self.headers.items(), "body": body})
        getattr(self, self.path.strip("/").partition("?")[0].partition("/")[0], self.plain)()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def _chunked(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _head(self, status: int = 200, **headers: str) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def controls(self) -> None:
        self._head(X_Bad="\x1b[31m", X_Good="1", Content_Length=str(len(PLAIN)))
        self.wfile.write(PLAIN)

    def two_lengths(self) -> None:
        self._head(Content_Length="2", Transfer_Encoding="chunked")
        self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")

    def plain(self) -> None:
        self._head(Content_Length=str(len(PLAIN)), X_Kept="1", Keep_Alive="timeout=5",
                   Connection="keep-alive, X-Hop", X_Hop="1", Set_Cookie="a=secret")  # fmt: skip
        if self.command != "HEAD":
            self.wfile.write(PLAIN)

    def zipped(self) -> None:
        body = gzip.compress(json.dumps({"a": 1}).encode(), mtime=0)
        self._head(Content_Encoding="gzip", Content_Length=str(len(body)))
        self.wfile.write(body)

    def drips(self) -> None:
        self._head(Transfer_Encoding="chunked")
        for part in (b"first", b"second"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            if part == b"first":
                assert self.gate.wait(20)
        self.wfile.write(b"0\r\n\r\n")

    def long(self) -> None:
        self._head(Content_Length=str(2 * LONGEST), Content_Type="video/mp4")
        self.wfile.write(bytes(2 * LONGEST))

    def breaks(self) -> None:
        self._head(Content_Length="100")
        self.wfile.write(b"half")
        self.close_connection = True

    def breaks_chunked(self) -> None:
        self._head(Transfer_Encoding="chunked")
        self.wfile.write(b"4\r\nhalf\r\n")
        self.close_connection = True

    def garbles(self) -> None:
        self.wfile.write(b"\0\1\2 no HTTP\r\n\r\n")
        self.close_connection = True

    def silent(self) -> None:
        self.came.set()
        self.gate.wait(20)
        self.close_connection = True

    def continues(self) -> None:
        """100 Continue until the recorder disconnects."""
        with suppress(OSError):
            while not self.gate.wait(0.05):
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.close_connection = True

    def odd(self) -> None:
        self._head(999, Content_Length="0")

    def moved(self) -> None:
        self._head(302, Location="/elsewhere", Content_Length="0")

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


@contextmanager
def upstream() -> Iterator[tuple[str, type[Upstream]]]:
    events = {name: threading.Event() for name in ("gate", "came")}
    handler = type("Handler", (Upstream,), {"got": [], **events})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        handler.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def record(spec: Spec, tmp_path: Path) -> Callable[..., AbstractContextManager[Any]]:
    """`with record() as (http, handler):` a client of a recorder in front of an upstream."""

    @contextmanager
    def record(**options: Any) -> Iterator[tuple[httpx.Client, type[Upstream]]]:
        with (
            upstream() as (url, handler),
            recording(spec, url, tmp_path / "c.json", **options) as base,
            client(base) as http,
        ):
            yield http, handler

    return record


@pytest.fixture
def cassette(spec: Spec, tmp_path: Path) -> Callable[[], Cassette]:
    return lambda: load(tmp_path / "c.json", spec)


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
    assert cassette().exchanges[0].note.endswith("control characters in it: x-bad")


def test_a_length_beside_chunks_is_removed_from_the_answer(record: Any) -> None:
    with record() as (http, _):
        answer = http.get("/two_lengths")
    assert (answer.content, "content-length" in answer.headers) == (b"hello", False)


def test_an_unreachable_upstream_is_answered_502_with_the_reason(
    spec: Spec, tmp_path: Path, cassette: Any
) -> None:
    nowhere = "http://127.0.0.1:1"
    with recording(spec, nowhere, tmp_path / "c.json") as base, client(base) as http:
        answer = http.get("/api/v1/tasks/x")
    assert answer.status_code == 502
    assert answer.json()["code"] == "UpstreamUnreachable"
    assert answer.json()["message"].startswith(f"{nowhere} did not answer the recorder: ")
    (kept,) = cassette().exchanges
    assert kept.answer is None
    assert kept.note.startswith("no answer: ")


def test_a_lack_of_file_descriptors_is_answered_502_with_the_reason(
    record: Any, cassette: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_more(*_: Any, **__: Any) -> None:
        raise OSError(24, "Too many open files", "/a/module.py")

    monkeypatch.setattr(httpx.AsyncClient, "send", no_more)
    with record() as (http, _):
        answer = http.get("/plain")
    assert answer.status_code == 502
    assert answer.json()["message"].endswith("did not answer the recorder: Too many open files")
    assert cassette().exchanges[0].note == "no answer: Too many open files"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/garbles", "what it sent is no HTTP"),
        ("/silent", "no answer in time"),
        ("/continues", "no answer in time"),
        ("/odd", "the status 999 is none of HTTP's"),
    ],
)
def test_a_malformed_or_missing_upstream_answer_is_answered_502_with_the_reason(
    record: Any, cassette: Any, path: str, why: str
) -> None:
    with record(timeout=0.5) as (http, _):
        answer = http.get(path)
    assert answer.status_code == 502
    assert why in answer.json()["message"]
    assert why in cassette().exchanges[0].note


def test_the_time_of_a_slow_upload_does_not_count_for_the_timeout(record: Any) -> None:
    def slowly() -> Iterator[bytes]:
        for _ in range(8):
            yield b"a"
            threading.Event().wait(0.1)

    with record(timeout=0.5) as (http, _):
        assert http.post("/plain", content=slowly()).status_code == 200


def test_a_tls_failure_is_answered_502_with_the_reason(spec: Spec, tmp_path: Path) -> None:
    with upstream() as (url, _):
        secure = url.replace("http:", "https:")
        with recording(spec, secure, tmp_path / "c.json") as base, client(base) as http:
            answer = http.get("/plain")
    assert answer.status_code == 502
    assert "SSL" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/breaks", "/breaks_chunked"])
def test_an_answer_cut_by_the_upstream_is_cut_for_the_client(
    record: Any, cassette: Any, path: str
) -> None:
    with record() as (http, _), pytest.raises(httpx.RemoteProtocolError):
        http.get(path)
    (kept,) = cassette().exchanges
    assert kept.note.startswith("the answer broke off after 4 bytes: ")


def test_a_client_that_disconnects_early_is_noted_in_the_exchange(
    record: Any, cassette: Any
) -> None:
    with record() as (http, handler):
        with http.stream("GET", "/drips") as answer:
            assert next(answer.iter_raw()) == b"first"
        http.get("/plain")
        handler.gate.set()
    notes = {exchange.request.path: exchange.note for exchange in cassette().exchanges}
    assert notes == {"/drips": "the client left before the answer was whole", "/plain": ""}


def test_a_foreign_host_or_origin_is_refused_for_control_calls(
    serve: Serve, spec: Spec, tmp_path: Path
) -> None:
    key = {"Authorization": "Bearer sk-rebound"}
    with serve() as fake, recording(spec, fake, tmp_path / "c.json") as base, client(base) as http:
        for foreign in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            answer = http.get("/__mock__/state", headers=key | foreign)
            assert (answer.status_code, "call the fake itself" in answer.text) == (403, True)
        assert http.get("/__mock__/state", headers=key).status_code == 200
