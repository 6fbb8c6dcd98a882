"""The journal as HAR 1.2, the format of the developer tools of browsers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.journal.export import journal_answer
from mock_server.journal.har import ERRORS, INSTANT, as_har, har_entry
from mock_server.journal.journal import Journal
from mock_server.scenarios.faults import FAULTS, Fault, apply_fault, parse
from mock_server.simulation.call import Call, Delivery
from tests.helpers.cases import each_case
from tests.helpers.fake import EPOCH
from tests.helpers.journal import HEADERS, KEY, TASK, create, entry, reply

HAR = jsonschema_rs.Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "data" / "har12.json").read_text("utf-8"))
)
often = settings(max_examples=100, derandomize=True, database=None, deadline=None)


def har_of(**changes: Any) -> dict[str, Any]:
    """One exchange as a HAR entry, checked against the schema."""
    log = json.loads("".join(as_har([entry(**changes)], "1.0")))
    HAR.validate(log)
    return log["log"]["entries"][0]


def test_an_exchange_is_a_valid_entry_at_the_tenants_time() -> None:
    har = har_of(**create(scenario="Throttling", source="header", task_id=TASK))
    assert har["startedDateTime"] == "2025-09-11T14:33:38.716+08:00"
    assert har["time"] == INSTANT
    assert har["request"]["url"].startswith("http://127.0.0.1:8787/api/v1/services")
    assert har["request"]["postData"] == {
        "mimeType": "application/json", "text": '{"model":"emo-v1"}',
    }  # fmt: skip
    assert (har["response"]["status"], har["response"]["statusText"]) == (200, "OK")
    assert har["response"]["content"]["mimeType"] == "application/json"
    assert har["response"]["content"]["size"] == len(har["response"]["content"]["text"])
    assert "scenario: Throttling by header" in har["comment"]


def test_a_query_is_split_into_parameters_and_a_key_is_redacted() -> None:
    call = Call("GET", "/api/v1/tasks", "page_no=2&flag&x=%E4%BD%A0+b", HEADERS)
    request = har_of(call=call)["request"]
    assert request["queryString"] == [
        {"name": "page_no", "value": "2"}, {"name": "flag", "value": ""},
        {"name": "x", "value": "你 b"},
    ]  # fmt: skip
    assert KEY not in json.dumps(request)
    assert "postData" not in request


def test_binary_bodies_are_base64() -> None:
    har = har_of(
        call=Call("POST", "/", "", {b"x": b"\xff"}, b"\xfe\xff"), reply=reply(body=b"\x1f\x8b")
    )
    assert base64.b64decode(har["request"]["postData"]["text"]) == b"\xfe\xff"
    content = har["response"]["content"]
    assert (base64.b64decode(content["text"]), content["encoding"]) == (b"\x1f\x8b", "base64")


def test_latency_is_the_wait_time_and_a_drip_is_the_receive_time() -> None:
    line = Delivery(due=EPOCH + 1.5, rate=100.0)
    har = har_of(reply=reply(body=b"x" * 50, delivery=line), fault="drip")
    assert har["timings"] == {"send": 0, "wait": 1500, "receive": 500}
    assert har["time"] == 2000


@pytest.mark.parametrize("end", ["reset", "refuse", "hold", "close"])
def test_a_missing_answer_is_written_as_browsers_write_it(end: str) -> None:
    har = har_of(reply=reply(delivery=Delivery(sent=-1, end=end)), fault=end)
    assert (har["response"]["status"], har["response"]["_error"]) == (0, ERRORS[end])
    assert har["response"]["content"] == {"size": 0, "mimeType": "x-unknown"}
    assert f"fault: {end}" in har["comment"]


def test_an_incomplete_answer_has_its_part_of_the_body_and_the_error() -> None:
    response = har_of(reply=reply(delivery=Delivery(sent=9, end="reset")))["response"]
    assert (response["status"], response["content"]["text"]) == (200, '{"output"')
    assert response["_error"] == "net::ERR_CONNECTION_RESET"


@each_case("name", FAULTS)
def test_every_fault_makes_a_valid_entry(name: str) -> None:
    fault: Fault = parse(name)
    struck = apply_fault(fault, reply(), EPOCH, bytes(32))
    har = har_of(reply=struck, fault=name)
    assert name in har["comment"]


@often
@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    path=st.binary(max_size=20).map(lambda raw: "/" + raw.decode("latin-1")),
    query=st.binary(max_size=20).map(lambda raw: raw.decode("latin-1")),
    headers=st.dictionaries(st.binary(min_size=1, max_size=9), st.binary(max_size=9), max_size=3),
    body=st.binary(max_size=30),
    status=st.integers(100, 599),
    answer=st.binary(max_size=30),
)
def test_any_exchange_is_a_valid_har_entry(
    method: str, path: str, query: str, headers: dict[bytes, bytes], body: bytes, status: int,
    answer: bytes,
) -> None:  # fmt: skip
    call = Call(method, path, query, headers, body)
    har_of(call=call, reply=reply(status, body=answer))


def test_the_export_of_a_journal_is_valid_and_ends_at_its_limit() -> None:
    journal = Journal()
    for number in range(3):
        journal.append("t", KEY, EPOCH, EPOCH, "", Call("GET", f"/{number}"), reply(), "r")
    kind, body = journal_answer(journal, "t", {"format": "har", "last": "2"})
    log = json.loads("".join(body))
    HAR.validate(log)
    assert (kind, len(log["log"]["entries"])) == ("application/json", 2)
    assert log["log"]["creator"]["name"] == "dashscope-emo-kit"


def test_the_har_schema_rejects_invalid_entries() -> None:
    har = har_entry(entry())
    for broken in ({"time": -1}, {"cache": None}, {"startedDateTime": "2025-09-11 14:33:38"}):
        log = json.loads("".join(as_har([], "1.0")))
        log["log"]["entries"] = [har | broken]
        assert not HAR.is_valid(log)
