"""The recorder on real sockets when a call fails: unreachable, malformed, cut or abandoned."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.spec.loader import Spec
from tests.helpers.cassette import client, recording
from tests.helpers.upstream import recorded_cassette, recorder_of_upstream, upstream  # noqa: F401


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
        ("/garbles", "its answer is not HTTP"),
        ("/silent", "no answer in time"),
        ("/continues", "no answer in time"),
        ("/odd", "999 is not a status of HTTP"),
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
    assert notes == {
        "/drips": "the client disconnected before the answer was complete",
        "/plain": "",
    }
