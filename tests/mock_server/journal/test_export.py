"""Reading a journal: filters, pages, JSON and the timeline of a task."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.journal import journal
from mock_server.journal.entry import Entry
from mock_server.journal.export import as_json, journal_answer
from mock_server.journal.filters import FilterError, Filters
from mock_server.journal.journal import READ_AT_ONCE, Journal
from mock_server.journal.timeline import TaskTimeline, TimelineBuilder
from mock_server.simulation.call import Call, Delivery
from tests.helpers.cases import each_case
from tests.helpers.fake import EPOCH
from tests.helpers.journal import TASK, VIOLATION, create, entry, keep, numbers, reply

often = settings(max_examples=200, derandomize=True, database=None, deadline=None)
OPERATIONS = ("getTask", "createVideoTask")


def timeline(entries: Iterable[Entry]) -> TaskTimeline:
    builder = TimelineBuilder()
    for one in entries:
        builder.add(one)
    return builder.timeline()


def naive(entries: list[Entry], f: Filters) -> list[int]:
    found = [
        e.number for e in entries
        if e.number > f.after
        and (f.operation is None or f.operation == (e.kind or "none"))
        and (f.status is None or f.status.replace("xx", "") in (str(e.status), str(e.status)[0]))
        and (f.task_id is None or f.task_id == e.task_id)
        and (f.outcome is None or f.outcome == e.outcome)
        and (f.scenario is None or f.scenario == (e.scenario != ""))
        and (f.explained is None or f.explained == e.explained)
    ]  # fmt: skip
    found = found if f.last is None else found[-f.last :]
    return found if f.limit is None else found[: f.limit]


EXCHANGES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["getTask", "createVideoTask", "", "control"]),
        "task_id": st.sampled_from(["a", "b", "ab", ""]),
        "scenario": st.sampled_from(["", "reset"]),
        "violation": st.sampled_from([None, VIOLATION]),
        "reply": st.builds(
            reply, st.sampled_from([200, 201, 400, 429]), st.sampled_from(["RUNNING", "FAILED"])
        ),
    }
)


def rarely(*values: Any) -> st.SearchStrategy[Any]:
    """Mostly no filter: with many at once nothing is left."""
    return st.sampled_from([None] * 3 * len(values) + list(values))


WANTED = st.builds(
    Filters,
    operation=rarely("getTask", "none", "control"),
    status=rarely("200", "4xx", "2xx", "429"),
    task_id=rarely("a", "ab"),
    outcome=rarely("RUNNING"),
    scenario=rarely(True, False),
    explained=rarely(True, False),
    after=rarely(1, 3, 25).map(lambda after: after or 0),
    limit=rarely(1, 3),
    last=rarely(1, 3),
)


@often
@given(st.lists(EXCHANGES, max_size=20), WANTED, st.integers(1, 20))
def test_filters_find_the_same_exchanges_as_a_plain_search(
    exchanges: list[dict[str, Any]], wanted: Filters, space: int
) -> None:
    journal = Journal(max_entries=space)
    for exchange in exchanges:
        keep(journal, **exchange)
    everything = list(journal.entries("t"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mock_server.journal.journal.READ_AT_ONCE", 300)
        found = [e.number for e in journal.entries("t", wanted)]
    assert found == naive(everything, wanted)


@often
@given(st.lists(st.integers(0, 3), max_size=12), st.booleans())
def test_a_slow_reader_misses_dropped_and_later_exchanges(written: list[int], resets: bool) -> None:
    journal, read = Journal(max_entries=6), []
    for _ in range(5):
        keep(journal)
    entries = journal.entries("t")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mock_server.journal.journal.READ_AT_ONCE", 1)
        for count in written:
            oldest = 5 if resets and read else max(journal.number("t") - 6, *read, 0)
            entry = next(entries, None)
            assert (entry.number if entry else 6) == min(oldest + 1, 6)
            read += [entry.number] if entry else []
            for _ in range(count):
                keep(journal)
            if resets:
                journal.reset("t")


def test_a_reader_holds_only_a_part_of_the_journal_in_memory() -> None:
    journal = Journal()
    for _ in range(40):
        keep(journal, call=Call("POST", "/", "", {}, b"x" * (READ_AT_ONCE // 4)))
    gc.collect()
    tracemalloc.start()
    entries = journal.entries("t")
    next(entries)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 3 * READ_AT_ONCE
    assert len(list(entries)) == 39


def test_a_filter_does_not_match_its_value_in_another_field() -> None:
    journal = Journal()
    keep(journal, kind="", task_id="x", reply=reply(status="FAILED", body=b"getTask a RUNNING"))
    wanted = [{"operation": "getTask"}, {"task_id": "a"}, {"outcome": "RUNNING"}]
    assert [numbers(journal, **filters) for filters in wanted] == [[], [], []]


def test_an_exchange_without_an_answer_has_no_status() -> None:
    journal = Journal()
    keep(journal, reply=reply(delivery=Delivery(sent=-1, end="reset")), fault="reset")
    assert (numbers(journal, status="200"), numbers(journal, status="none")) == ([], [1])


@each_case(
    "query, words",
    [({"operation": "getTasks"}, "no operation 'getTasks'. Did you mean 'getTask'?"),
     ({"operation": "zzz"}, "there are detectFace, "),
     ({"outcome": "RUNING"}, "Did you mean 'RUNNING'?"), ({"status": "4x"}, "like 200 or 4xx"),
     ({"status": "9xx"}, "like 200 or 4xx"), ({"last": "0"}, "'0' must be a whole number, 1 or"),
     ({"after": "-1"}, "whole number, 0 or more"), ({"limit": "9" * 5000}, "99' must be a whole"),
     ({"scenario": "reset"}, "must be true or false"), ({"task": "x"}, "no filter 'task'"),
     ({"format": "hat"}, "Did you mean 'har'?"), ({"format": "timeline"}, "add task_id")],
)  # fmt: skip
def test_a_wrong_filter_is_refused_with_the_reason(query: dict[str, str], words: str) -> None:
    with pytest.raises(FilterError, match=r".") as caught:
        journal_answer(Journal(), "t", query, ["detectFace", *OPERATIONS], ["RUNNING", "SUCCEEDED"])
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


def test_filters_are_read_from_a_query() -> None:
    query = {"operation": "getTask", "status": "4XX", "explained": "1", "last": "", "after": "7"}
    wanted = Filters(operation="getTask", status="4xx", explained=True, after=7)
    assert Filters.read(query, OPERATIONS) == wanted


def test_a_timeline_joins_polls_with_the_same_result() -> None:
    journal = Journal()
    keep(journal, **create(at=EPOCH))
    shown = [
        (2.0, reply(status="PENDING"), ""), (4.0, reply(status="PENDING"), ""),
        (6.0, reply(delivery=Delivery(sent=-1, end="reset")), "reset"),
        (8.0, reply(429, body=b'{"code":"Throttling"}'), ""),
        (9.0, reply(body=b'{"o'), "truncated"),
        (10.0, reply(status="SUCCEEDED"), "latency"),
    ]  # fmt: skip
    for since, answer, fault in shown:
        keep(journal, at=EPOCH + since, reply=answer, fault=fault)
    keep(journal, kind="cancelTask")
    seen = timeline(journal.entries("t"))
    assert seen.created == EPOCH
    assert [round(poll.since or 0) for poll in seen.polls] == [2, 4, 6, 8, 9, 10]
    runs = [(run.shown, run.polls, round(run.end - run.start)) for run in seen.runs]
    assert runs == [
        ("PENDING", 2, 2), ("reset", 1, 0), ("429 Throttling", 1, 0), ("truncated", 1, 0),
        ("SUCCEEDED", 1, 0),
    ]  # fmt: skip


def test_a_timeline_without_the_creation_has_no_start() -> None:
    seen = timeline([entry()])
    assert (seen.created, seen.polls[0].since, seen.runs[0].shown) == (None, None, "RUNNING")


def test_the_json_of_an_exchange_has_its_parts_decoded() -> None:
    shown = as_json(entry(**create(violation=VIOLATION)))
    assert shown["time"] == "2025-09-11 14:33:38.716"
    assert (shown["at"], shown["operation"]) == (EPOCH, "createVideoTask")
    assert shown["request"]["body"] == {"model": "emo-v1"}
    assert ("content-type", "application/json") in shown["request"]["headers"]
    assert shown["response"]["body"]["output"]["task_status"] == "PENDING"
    assert shown["violation"]["pointer"] == "/input"
    assert "200" in shown["summary"]


@pytest.mark.parametrize(
    ("body", "shown", "how"),
    [(b"", None, None), (b"{", "{", "text"), (b"\xff", "/w==", "base64"), (b"NaN", "NaN", "text"),
     (b'"\\ud800"', '"\\ud800"', "text"), (b"1" * 5000, "1" * 5000, "text"), (b"[1]", [1], None)],
)  # fmt: skip
def test_any_body_can_be_shown_in_json(body: bytes, shown: Any, how: str | None) -> None:
    found = as_json(entry(call=Call("POST", "/", "", {}, body)))["request"]
    assert (found["body"], found.get("body_is")) == (shown, how)
    json.dumps(found)


def pages(journal: Journal, **query: str) -> tuple[list[int], int, int]:
    kind, body = journal_answer(journal, "t", query, OPERATIONS)
    page = json.loads("".join(body))
    assert kind == "application/json"
    return [e["number"] for e in page["exchanges"]], page["next"], page["dropped"]


def test_pages_lead_from_one_to_the_next() -> None:
    journal = Journal(max_entries=5)
    for _ in range(7):
        keep(journal)
    assert pages(journal) == ([3, 4, 5, 6, 7], 7, 2)
    assert pages(journal, limit="2") == ([3, 4], 4, 2)
    assert pages(journal, limit="2", after="4") == ([5, 6], 6, 2)
    assert pages(journal, limit="2", last="3") == ([5, 6], 6, 2)
    assert pages(journal, after="7") == ([], 7, 2)
    assert pages(journal, after="99") == ([], 7, 2)
    assert pages(journal, operation="none") == ([], 7, 2)
    assert pages(Journal()) == ([], 0, 0)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("step", ["pack", "Row", "has_explanation"])
def test_a_reader_during_writes_of_another_thread_gets_each_exchange_once(
    monkeypatch: pytest.MonkeyPatch, step: str, before: bool
) -> None:
    book, seen, after = Journal(), [], 0
    real = getattr(journal, step)

    def read(*given: Any) -> Any:
        nonlocal after
        done = None if before else real(*given)
        page = json.loads("".join(journal_answer(book, "t", {"after": str(after)})[1]))
        seen.extend(exchange["number"] for exchange in page["exchanges"])
        after = page["next"]
        return real(*given) if before else done

    monkeypatch.setattr(journal, step, read)
    for _ in range(5):
        keep(book)
    monkeypatch.setattr(journal, step, real)
    rest = json.loads("".join(journal_answer(book, "t", {"after": str(after)})[1]))
    assert [*seen, *(exchange["number"] for exchange in rest["exchanges"])] == [1, 2, 3, 4, 5]


def test_a_page_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.journal.export.PAGE", 2)
    journal = Journal()
    for _ in range(3):
        keep(journal)
    assert pages(journal, limit="50") == ([1, 2], 2, 0)


def test_the_timeline_of_one_task_is_served_as_json() -> None:
    journal = Journal()
    keep(journal, **create())
    keep(journal, at=EPOCH + 5)
    _, body = journal_answer(journal, "t", {"task_id": TASK, "format": "timeline"})
    shown = json.loads("".join(body))
    assert shown["polls"] == [
        {"at": EPOCH + 5, "since": 5.0, "shown": "RUNNING", "time": "2025-09-11 14:33:43.716"}
    ]
    assert shown["runs"][0]["polls"] == 1
