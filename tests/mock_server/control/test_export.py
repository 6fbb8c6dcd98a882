"""Large exports are sent in pieces, at the speed of the reader."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.types import Message

from contracts.spec.loader import Spec
from mock_server.control import journal as reports
from mock_server.control.export import MOST, PIECE, Exports, in_pieces
from mock_server.control.request import ControlError, ControlRequest, Export
from mock_server.engine.pipeline import Engine
from mock_server.simulation.call import Call
from tests.helpers.fake import EPOCH, KEY
from tests.helpers.http import Serve

ON_SOCKET = {"transport": asyncio.Transport()}
SCOPE = {"type": "http", "method": "GET", "state": ON_SOCKET}
TEXT = "x" * PIECE


class Texts:
    """An export of ten pieces that counts how many were made."""

    made = 0

    def texts(self) -> tuple[str, Iterator[str]]:
        return "text/plain", self._texts()

    def _texts(self) -> Iterator[str]:
        for self.made in range(1, 11):
            yield TEXT


async def connected() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=40))
def test_an_export_is_sent_in_small_pieces(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mock_server.control.export.PIECE", 16)
        patch.setattr("mock_server.control.export.PARTS", 5)
        pieces = list(in_pieces(texts))
    assert b"".join(pieces) == "".join(texts).encode()
    assert max(map(len, pieces), default=0) <= 16


def test_a_piece_is_made_only_when_the_earlier_ones_were_sent() -> None:
    texts, exports, sent = Texts(), Exports(), []

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))
        assert texts.made <= max(len(sent), 2)
        assert exports.count == 1

    async def run() -> None:
        await (await exports.answer(Export(texts.texts), SCOPE))(SCOPE, connected, send)

    asyncio.run(run())
    assert b"".join(sent) == TEXT.encode() * 10
    assert exports.count == 0


def test_a_short_export_has_a_length() -> None:
    for is_short in (True, False):
        export = Export(lambda: ("text/plain", iter("ab")), is_short)
        answer = asyncio.run(Exports().answer(export, SCOPE))
        assert (answer.body, answer.headers["content-length"]) == (b"ab", "2")


def test_only_long_exports_are_made_in_another_thread() -> None:
    makers = []

    def make() -> tuple[str, Iterator[str]]:
        makers.append(threading.current_thread())
        return "text/plain", iter("ab")

    for is_short in (True, False):
        asyncio.run(Exports().answer(Export(make, is_short), SCOPE))
    assert [maker is threading.current_thread() for maker in makers] == [True, False]


@pytest.mark.parametrize("export", [reports.journal, reports.bundle])
def test_an_export_is_short_while_the_journal_is_small(
    export: Callable[[ControlRequest], Export], spec: Spec
) -> None:
    engine = Engine(spec, real=lambda: EPOCH)
    tenant = engine.tenant_of_headers({b"authorization": f"Bearer {KEY}".encode()})
    body = b"x" * (reports.SHORT // 3)
    for is_short in (True, True, True, False):
        assert export(ControlRequest(engine, tenant, EPOCH)).is_short == is_short
        engine.handle(Call("POST", "/x", "", {b"authorization": f"Bearer {KEY}".encode()}, body))


def test_an_export_whose_client_reads_nothing_is_aborted() -> None:
    exports, aborted = Exports(stalled=0.01), []

    class Transport:
        def abort(self) -> None:
            aborted.append(True)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def run() -> None:
        scope: dict[str, Any] = {**SCOPE, "state": {"transport": Transport()}}
        await (await exports.answer(Export(Texts().texts), SCOPE))(scope, connected, send)

    with pytest.raises(ClientDisconnect):
        asyncio.run(run())
    assert (aborted, exports.count) == ([True], 0)


def test_too_many_exports_at_a_time_are_refused() -> None:
    exports = Exports()

    async def run() -> None:
        for _ in range(MOST):
            await exports.answer(Export(Texts().texts), SCOPE)
        with pytest.raises(ControlError, match=f"{MOST} exports are being sent: try again") as full:
            await exports.answer(Export(Texts().texts), SCOPE)
        assert full.value.status == 503

    asyncio.run(run())


def test_a_failed_export_releases_its_place() -> None:
    exports = Exports()

    def make() -> tuple[str, Iterator[str]]:
        raise ControlError("no such filter")

    for is_short in (True, False):
        with pytest.raises(ControlError, match="no such filter"):
            asyncio.run(exports.answer(Export(make, is_short), SCOPE))
    assert exports.count == 0


@pytest.mark.parametrize("path", ["journal", "journal?format=har", "bundle"])
def test_a_long_export_is_complete_json(serve: Serve, path: str) -> None:
    with (
        serve() as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}) as http,
    ):
        for _ in range(3):
            http.post("/api/v1/services/aigc/image2video/face-detect", content=b"x" * 70_000)
        answer = http.get(f"/__mock__/{path}")
        value = answer.json()
        kept = value.get("exchanges") or value["log"]["entries"]
        assert (len(kept), answer.headers["transfer-encoding"]) == (3, "chunked")
        assert "transfer-encoding" not in http.head(f"/__mock__/{path}").headers
