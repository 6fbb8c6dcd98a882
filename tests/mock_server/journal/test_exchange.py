"""An entry of the journal as an Exchange, the type that checks and reports use."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.provider.exchange import bytes_of_body, shown_body, text_of_body
from contracts.spec.loader import Spec
from mock_server.journal.exchange import exchange_of
from mock_server.simulation.call import Call, Delivery
from tests.helpers.contract import provider
from tests.helpers.fake import EPOCH, Service, request
from tests.helpers.journal import entry, reply


@pytest.mark.parametrize("body", ["{}", '{"model": "emo-v1"}', None])
def test_the_journal_and_the_client_of_a_call_have_the_same_exchange(
    spec: Spec, body: str | None
) -> None:
    service = Service(spec)

    def answer(sent: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in sent.headers.raw}
        call = Call(sent.method, sent.url.path, sent.url.query.decode(), headers, sent.content)
        given = service.engine.handle(call)
        return httpx.Response(given.status, headers=given.headers, content=given.body)

    path = "/api/v1/services/aigc/image2video/face-detect?x=1"
    client = provider(spec, answer, 1.0, key="sk-mine-0123456789", url="http://127.0.0.1:8787")
    body = body or json.dumps(request(spec, "detectFace"))
    theirs = client.send("POST", path, body=body, key=client.key, operation="detectFace")
    kept = service.engine.recorder.journal.last(service.tenant_id(client.key))
    ours = exchange_of(kept)
    names = ("method", "url", "body", "status", "answer", "answer_headers", "has_key", "operation")
    for name in names:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.value == theirs.value
    assert client.key not in repr(ours)


def test_an_answer_that_was_not_sent_has_no_status() -> None:
    found = exchange_of(entry(reply=reply(delivery=Delivery(sent=-1, end="reset"))))
    assert (found.status, found.answer_headers, found.answer) == (0, {}, "")


def test_the_seconds_of_an_exchange_are_its_delay_and_its_drip() -> None:
    late = Delivery(due=EPOCH + 1.5, rate=100.0)
    assert exchange_of(entry(reply=reply(body=b"x" * 50, delivery=late))).seconds == 2.0


@given(data=st.binary(max_size=40))
def test_the_bytes_of_any_body_survive_its_text(data: bytes) -> None:
    text = text_of_body(data)
    assert bytes_of_body(text) == data
    shown, encoded = shown_body(text)
    assert encoded or shown.encode() == data
