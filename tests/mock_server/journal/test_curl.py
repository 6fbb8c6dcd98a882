"""Exchanges as curl commands, and the requests that a shell sends with them."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mock_server.journal.curl import as_curl_lines, curl_line
from mock_server.simulation.call import Call
from tests.helpers.cases import each_case
from tests.helpers.fake import need
from tests.helpers.journal import HEADERS, KEY, entry


class Echo(BaseHTTPRequestHandler):
    """Stores the request that it receives."""

    def answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        self.server.seen = (self.command, self.path, dict(self.headers), body)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def echo() -> Iterator[ThreadingHTTPServer]:
    need(shutil.which("curl"), "curl")
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def repeated(
    echo: ThreadingHTTPServer, call: Call, key: str = KEY, **changes: Any
) -> tuple[str, str, dict[str, str], bytes]:
    """The request that arrives when a shell runs the command."""
    origin = f"http://127.0.0.1:{echo.server_port}"
    command = curl_line(entry(key, call=call._replace(origin=origin), **changes))
    environment = {"PATH": "/usr/bin:/bin", "DASHSCOPE_API_KEY": "sk-of-the-shell"}
    done = subprocess.run(["sh"], input=command.encode(), capture_output=True, env=environment)
    assert done.returncode == 0, (command, done.stderr)
    method, path, headers, body = echo.seen  # type: ignore[attr-defined]
    return method, path, {name.lower(): value for name, value in headers.items()}, body


@each_case(
    "body",
    [b'{"a":"it\'s $HOME `id`"}', b'{"a": 1, "a": 2}', b"@/etc/passwd", b"a=1\nb=2\n", b"\xff\0%s'",
     b"[1,", "你".encode(), b'{"x":"%s"}' % (b"y" * 120_000), b"\\0 %d \\n"],
    ids=map(str, range(9)),
)  # fmt: skip
def test_a_curl_command_sends_the_same_body(echo: ThreadingHTTPServer, body: bytes) -> None:
    headers = {**HEADERS, b"x-dashscope-async": b"enable"}
    method, path, sent, got = repeated(echo, Call("POST", "/api/v1/x", "", headers, body))
    assert (method, path) == ("POST", "/api/v1/x")
    assert got == body or json.loads(got) == json.loads(body)
    assert sent["authorization"] == "Bearer sk-of-the-shell"
    assert (sent["content-type"], sent["x-dashscope-async"]) == ("application/json", "enable")


def test_a_curl_command_sends_the_same_path_and_method(echo: ThreadingHTTPServer) -> None:
    call = Call("HEAD", "/results/../[a]{b}/'", "x=[1]&y='$(id)'", {})
    method, path, sent, _ = repeated(echo, call)
    assert (method, path) == ("HEAD", f"{call.path}?{call.query}")
    assert "authorization" not in sent


def test_a_body_without_a_content_type_is_sent_without_one(echo: ThreadingHTTPServer) -> None:
    _, _, sent, _ = repeated(echo, Call("POST", "/", "", {}, b"{}"))
    assert "content-type" not in sent


def test_a_scenario_in_the_key_becomes_a_header(echo: ThreadingHTTPServer) -> None:
    key = "sk-anything.InvalidFile.NoHuman"
    call = Call("GET", "/", "", {b"authorization": b"Bearer " + key.encode()})
    name = "InvalidFile.NoHuman"
    _, _, sent, _ = repeated(echo, call, key, source="key", scenario=name, shown=f".{name}")
    assert sent["x-mock-scenario"] == "InvalidFile.NoHuman"
    assert sent["authorization"] == "Bearer sk-of-the-shell"


def test_a_wrong_key_stays_wrong_and_other_secrets_are_left_out() -> None:
    headers = {b"authorization": b"Basic dTpw", b"cookie": b"a=1", b"x-mock-admin-token": b"s"}
    command = curl_line(entry("", call=Call("GET", "/", "", headers)))
    assert command == ("curl -sS http://127.0.0.1:8787/ \\\n  -H 'authorization: Basic ****'\n")


def test_a_method_cannot_run_a_command() -> None:
    command = curl_line(entry(call=Call("X|id;$(id)", "/", "", {})))
    assert "-X 'X|id;$(id)'" in command


def test_a_journal_as_curl_is_one_command_for_each_exchange() -> None:
    text = "".join(as_curl_lines([entry(), entry()]))
    assert text.count("curl -sS") == 2
    assert text.count('"authorization: Bearer ${DASHSCOPE_API_KEY:-sk-local}"') == 2
