"""Recordings of many programs: with nulls, without optional fields, and with calls of other
services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from operator import getitem
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.recordings import Cassette, CassetteError, RecordedExchange, load, read, save
from contracts.recordings.drift.compare import drift
from contracts.spec.loader import Spec
from emo_kit.cli.contract.fake_answers import fake_answers
from tests.helpers.cases import each_case
from tests.helpers.cassette import CASSETTES, TASK, answer_of, cassette_of, poll_of

SERVICE = "https://dashscope.aliyuncs.com/api/v1"
RESELLER = "https://api.example.org:8443/qwen/api/v1"
CREATE = "/services/aigc/image2video/video-synthesis"
BROWSER: dict[str, Any] = json.loads((CASSETTES / "browser.har").read_text("utf-8"))


def entry(url: str, answer: Any = None, method: str = "GET", status: Any = 200) -> dict[str, Any]:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return {
        "startedDateTime": "2026-11-20T08:00:00.000Z",
        "request": {"method": method, "url": url, "headers": []},
        "response": {"status": status, "headers": [], "content": {"text": text}},
    }


def har(spec: Spec, *entries: Any) -> Cassette:
    return read(json.dumps({"log": {"version": "1.1", "entries": entries}}).encode(), spec)


def calls_of(cassette: Cassette) -> int:
    polls = sum(state.polls for line in cassette.timelines for state in line.states)
    return len(cassette.exchanges) + polls


# What programs add, and what they leave out.

CHANGES: dict[str, dict[str, Any]] = {
    "Chrome": {"_initiator": {"type": "script"}, "_priority": None, "connection": None,
               "response": {"_error": None, "_transferSize": 300, "_fetchedVia": False}},
    "Firefox": {"pageref": None, "comment": "", "cache": {},
                "request": {"postData": {"params": [], "comment": None}}},
    "Playwright": {"response": {"_failureText": None, "redirectURL": None}, "time": -1},
    "Charles": {"_charlesStatus": "COMPLETE", "serverIPAddress": None, "timings": {"dns": -1}},
    "Insomnia": {"request": {"cookies": None, "queryString": None}, "timings": None},
    "Fiddler": {"startedDateTime": "2026-11-20T16:00:00.1234567+08:00"},
    "strings for numbers": {"response": {"status": "200", "content": {"size": "143"}}},
    "floats for numbers": {"response": {"status": 200.0, "bodySize": -1.0}},
    "Proxyman": {"response": {"httpVersion": None, "cookies": None}},
}  # fmt: skip


def changed(value: Any, change: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(change, dict):
        return change
    return value | {name: changed(value.get(name), item) for name, item in change.items()}


@each_case("program", CHANGES)
def test_a_har_of_each_program_is_read(spec: Spec, program: str) -> None:
    whole = load(CASSETTES / "browser.har", spec)
    tree = deepcopy(BROWSER)
    tree["log"]["entries"] = [changed(one, CHANGES[program]) for one in tree["log"]["entries"]]
    cassette = read(json.dumps(tree).encode(), spec)
    assert calls_of(cassette) == calls_of(whole)
    assert [t.task_id for t in cassette.timelines] == [t.task_id for t in whole.timelines]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a tree."""
    yield path
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(item, (*path, name))


PATHS = [path for path in paths(BROWSER) if len(path) > 2]
ODD = [None, "", "7", -1, 999, [], {}, True, "http://["]


@settings(deadline=None)
@given(path=st.sampled_from(PATHS), odd=st.sampled_from(ODD))
def test_any_field_of_a_har_may_be_null_or_of_another_type(
    spec: Spec, path: tuple[Any, ...], odd: Any
) -> None:
    tree = deepcopy(BROWSER)
    *parents, last = path
    reduce(getitem, parents, tree)[last] = odd
    try:
        assert isinstance(read(json.dumps(tree).encode(), spec), Cassette)
    except CassetteError as error:
        assert "`$.log" in str(error)


@pytest.mark.parametrize(
    ("status", "more", "note"),
    [
        (0, {"_error": "net::ERR_BLOCKED_BY_CLIENT"}, "net::ERR_BLOCKED_BY_CLIENT"),
        (-1, {"_failureText": "net::ERR_ABORTED"}, "net::ERR_ABORTED"),
        (999, {}, "999 is not a status of HTTP"),
        (None, {"content": None, "_error": {"code": 1}}, "no answer arrived"),
    ],
)
def test_a_call_without_an_answer_is_a_note(
    spec: Spec, status: Any, more: dict[str, Any], note: str
) -> None:
    one = entry(f"{SERVICE}/tasks/{TASK}", status=status)
    one["response"] |= more
    (exchange,) = har(spec, one).exchanges
    assert (exchange.answer, exchange.note) == (None, note)


def test_headers_as_an_object_and_values_that_are_numbers_are_read(spec: Spec) -> None:
    one = entry(f"{SERVICE}/tasks", {"total": 0})
    one["response"]["headers"] = {"X-A": 1, ":status": "200"}
    (exchange,) = har(spec, one).exchanges
    assert exchange.answer
    assert exchange.answer.headers == {"x-a": "1"}


@pytest.mark.parametrize(("size", "is_known"), [(-1, False), (180, False), (0, True)])
def test_a_create_call_whose_body_is_missing_from_the_har_is_not_compared(
    spec: Spec, size: int, is_known: bool
) -> None:
    created = answer_of(spec, "createVideoTask", "accepted").value
    one = entry(f"{SERVICE}{CREATE}", created, "POST")
    one["request"] |= {"bodySize": size, "postData": {"mimeType": "application/json", "text": None}}
    found = drift(spec, [("c.har", har(spec, one))], fake_answers(spec))
    assert any(one.pointer == "#status" for one in found.differences) == is_known


# Whose a call is.

FOREIGN = {
    "another program": entry("http://studio.example.org/api/v1/tasks/8d7c", {"data": {"state": 1}}),
    "odd status": entry("https://other.example.org/api/v1/tasks/1", status=999),
    "no URL": entry("http://[::1"),
    "data": entry("data:image/png;base64,AA=="),
    "websocket": entry("wss://dashscope.aliyuncs.com/api-ws/v1/inference"),
    "extension": entry("chrome-extension://abc/api/v1/tasks/1"),
    "blocked": {"request": {"url": "https://ads.example.org/"}, "response": None},
    "nothing": None,
}  # fmt: skip


@each_case("name", FOREIGN)
def test_calls_of_other_services_are_left_out_of_a_har(spec: Spec, name: str) -> None:
    poll = entry(f"{SERVICE}/tasks/{TASK}", answer_of(spec, "getTask", "PENDING").value)
    cassette = har(spec, FOREIGN[name], poll)
    assert calls_of(cassette) == 1
    assert cassette.notes[0].startswith("1 call is left out as not DashScope's: 1 of ")


@pytest.mark.parametrize(
    "host",
    [
        "dashscope-intl.aliyuncs.com",
        "vpc-1.dashscope.aliyuncs.com:443",
        "llm-1.cn-beijing.maas.aliyuncs.com",
    ],
)
def test_each_host_of_the_service_is_recognized(spec: Spec, host: str) -> None:
    assert calls_of(har(spec, entry(f"https://{host}/api/v1/tasks/1", {}))) == 1


@pytest.mark.parametrize(
    "host", ["dashscope.aliyuncs.com.example.org", "xdashscope.example.org", "aliyuncs.com"]
)
def test_a_host_with_a_similar_name_is_not_the_service(spec: Spec, host: str) -> None:
    assert calls_of(har(spec, entry(f"https://{host}/api/v1/tasks/1", {}))) == 0


def test_a_create_call_identifies_the_host_of_a_reseller(spec: Spec) -> None:
    created = entry(f"{RESELLER}{CREATE}", {}, "POST")
    polls = [
        entry(f"{RESELLER}/tasks/1", {}),
        entry(f"{RESELLER.replace('/qwen', '')}/tasks/1", {}),
    ]
    cassette = har(spec, *polls, created)
    assert (calls_of(cassette), cassette.upstream) == (2, "https://api.example.org:8443")


@pytest.mark.parametrize("operation", ["getTask", "listTasks"])
def test_a_documented_answer_identifies_the_host_of_a_reseller(spec: Spec, operation: str) -> None:
    outcomes = spec.operations[operation].outcomes.values()
    for value in (outcome.value for outcome in outcomes):
        assert calls_of(har(spec, entry(f"{RESELLER}/tasks", value))) == 1


def vcr(*uris: str, **response: Any) -> bytes:
    said = {"status": {"code": 200, "message": "OK"}, "headers": None, "body": {"string": "{}"}}
    return yaml.safe_dump({"version": 1, "interactions": [
        {"request": {"method": "GET", "uri": uri, "body": None, "headers": {}},
         "response": said | response} for uri in uris]}).encode()  # fmt: skip


def test_calls_of_other_services_are_left_out_of_vcr_too(spec: Spec) -> None:
    cassette = read(vcr("https://pypi.example.org/simple/", f"{SERVICE}/tasks/1"), spec)
    assert calls_of(cassette) == 1
    assert cassette.upstream == "https://dashscope.aliyuncs.com"
    assert cassette.notes[1] == "1 call is left out as not DashScope's: 1 of pypi.example.org"


def test_a_cassette_of_betamax_is_read(spec: Spec) -> None:
    body = {"encoding": "utf-8", "string": "", "base64_string": "eyJhIjogMX0="}
    tree = yaml.safe_load(vcr(f"{SERVICE}/tasks/1", body=body))
    data = json.dumps({"http_interactions": tree["interactions"], "recorded_with": "betamax/0.9"})
    (exchange,) = read(data.encode(), spec).exchanges
    assert exchange.answer
    assert exchange.answer.value == {"a": 1}


def test_plain_values_that_python_2_tagged_are_read(spec: Spec) -> None:
    text = vcr(f"{SERVICE}/tasks/{TASK}", body={"string": "{}"}).decode()
    tagged = text.replace("method: ", "method: !!python/unicode ").replace(
        "code: ", "code: !!python/int "
    )
    assert "!!python" in tagged
    assert read(tagged.encode(), spec) == read(text.encode(), spec)


def test_nulls_and_lower_case_methods_of_a_vcr_cassette_are_read(spec: Spec) -> None:
    tree = yaml.safe_load(vcr(f"{SERVICE}/tasks/{TASK}"))
    tree["interactions"][0]["request"] |= {"method": "get", "headers": {"Authorization": [None]}}
    tree["interactions"][0]["response"] = None
    (exchange,) = read(yaml.safe_dump(tree).encode(), spec).exchanges
    assert (exchange.request.method, exchange.note) == ("GET", "no answer arrived")


@pytest.mark.parametrize("removed", ["authorization", ""], ids=["the key", "all headers"])
def test_missing_keys_in_a_recording_are_ignored(spec: Spec, removed: str) -> None:
    tree = deepcopy(BROWSER)
    for one in tree["log"]["entries"]:
        kept = [h for h in one["request"]["headers"] if h["name"].lower() != removed]
        one["request"]["headers"] = kept if removed else []
    cassette = read(json.dumps(tree).encode(), spec)
    assert drift(spec, [("browser.har", cassette)], fake_answers(spec)).at_least("breaking") == []


def test_a_har_with_bodies_in_other_files_gets_a_note(spec: Spec) -> None:
    poll = entry(f"{SERVICE}/tasks/{TASK}")
    poll["response"]["content"] = {"size": 143, "_file": "1.json"}
    cassette = har(spec, poll)
    why = "the body of 1 answer is not in this file: only status and headers are compared"
    assert cassette.notes == (why,)


def test_an_internal_redirect_of_chrome_is_not_an_answer(spec: Spec) -> None:
    call = entry(f"{SERVICE}/tasks/{TASK}", "", status=307)
    call["response"]["statusText"] = "Internal Redirect"
    assert har(spec, call).exchanges[0].answer is None


def test_a_lone_surrogate_in_another_page_does_not_invalidate_a_har(spec: Spec) -> None:
    page = entry("https://example.com/app.js", "HALF")
    text = json.dumps({"log": {"entries": [page, entry(f"{SERVICE}/tasks/{TASK}")]}})
    assert read(text.replace("HALF", "\\ud800").encode(), spec).exchanges


@pytest.mark.parametrize("kind", ["har", "vcr", "own"])
def test_a_recording_without_a_dashscope_call_is_refused_where_one_is_needed(
    spec: Spec, tmp_path: Any, kind: str
) -> None:
    path = tmp_path / "c"
    if kind == "own":
        request = poll_of()
        save(path, cassette_of(RecordedExchange(type(request)("GET", "/simple/"))))
    else:
        data = json.dumps({"log": {"entries": [entry("https://a.example.org/")]}}).encode()
        path.write_bytes(data if kind == "har" else vcr("https://a.example.org/"))
    assert not load(path, spec).timelines
    with pytest.raises(CassetteError, match="holds no call of DashScope's API"):
        load(path, spec, needed=True)
