"""The log of the server: the content of its lines, masked secrets, and the writer thread."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.text.printable import in_line
from mock_server.journal.entry import Entry
from mock_server.journal.journal import Journal
from mock_server.journal.log_line import json_line, text_line
from mock_server.journal.log_writer import MOST, LogWriter, wants_colour
from mock_server.simulation.call import Call, Delivery
from tests.helpers.cases import each_case
from tests.helpers.fake import EPOCH
from tests.helpers.journal import HEADERS, KEY, TASK, VIOLATION, create, entry, keep, reply

often = settings(max_examples=200, derandomize=True, database=None, deadline=None)
TENANT = "3f2a91c0d4e5b6a7"


@each_case(
    "found, line",
    [(entry(), f"14:33:38+08:00 3f2a91c0 GET  /tasks/{TASK} 200 RUNNING"),
     (entry(**create()), "14:33:38+08:00 3f2a91c0 POST /services/aigc/image2video/video-synthesis "
                         "200 PENDING task a8532587"),
     (entry(fault="reset", scenario="reset", source="rule a",
            reply=reply(delivery=Delivery(sent=-1))),
      f"14:33:38+08:00 3f2a91c0 GET  /tasks/{TASK} --- reset (by rule a)"),
     (entry(fault="latency", scenario="latency", source="header"),
      f"14:33:38+08:00 3f2a91c0 GET  /tasks/{TASK} 200 RUNNING latency (by header)"),
     (entry(scenario="FAILED.InvalidURL", source="url"),
      f"14:33:38+08:00 3f2a91c0 GET  /tasks/{TASK} 200 RUNNING (FAILED.InvalidURL by url)"),
     (entry(reply=reply(429), source="limits"),
      f"14:33:38+08:00 3f2a91c0 GET  /tasks/{TASK} 429 RUNNING (by limits)"),
     (entry(reply=reply(400, "", b'{"code":"UnknownScenario","message":""}')),
      f"14:33:38+08:00 3f2a91c0 GET  /tasks/{TASK} 400 UnknownScenario"),
     (entry(call=Call("GET", "/api/v1x/y", "Signature=abc", {}), task_id=""),
      "14:33:38+08:00 3f2a91c0 GET  /api/v1x/y 200 RUNNING")],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_log_line_describes_its_exchange(found: Entry, line: str) -> None:
    assert text_line(found, TENANT) == line


def test_a_log_line_may_leave_out_the_tenant() -> None:
    assert text_line(entry()).startswith("14:33:38+08:00 GET  /tasks/")


@pytest.mark.parametrize(("code", "colour"), [(200, "32"), (404, "33"), (500, "31")])
def test_colours_follow_the_status(code: int, colour: str) -> None:
    assert f"\x1b[{colour}m{code}\x1b[0m" in text_line(entry(reply=reply(code)), colour=True)
    assert "\x1b" not in text_line(entry(reply=reply(code)))


def test_a_json_line_leaves_out_empty_fields() -> None:
    assert json.loads(json_line(entry(), TENANT)) == {
        "time": "2025-09-11 14:33:38.716", "real": round(EPOCH, 3), "tenant": TENANT, "number": 1,
        "operation": "getTask", "method": "GET", "path": f"/api/v1/tasks/{TASK}", "status": 200,
        "outcome": "RUNNING", "task_id": TASK, "request_id": "r-1",
    }  # fmt: skip
    held = entry(reply=reply(delivery=Delivery(sent=-1, end="hold")), fault="hold")
    assert "status" not in json.loads(json_line(held))


@pytest.mark.parametrize("long", ["x" * 5000, "\x00" * 5000, "\u202e" * 5000])
def test_a_log_line_has_a_maximum_length(long: str) -> None:
    found = entry(call=Call("GET", long, long, {}), scenario=long, source="header", task_id="")
    assert len(text_line(found, TENANT)) < 300
    assert len(json_line(found, TENANT)) < 700


@pytest.mark.parametrize(
    "changes",
    [{}, create(), create(violation=VIOLATION, near_miss=VIOLATION),
     {"fault": "hold", "source": "rule a"},
     {"reply": reply(400, "", b'{"code":"UnknownScenario","message":""}')},
     {"reply": reply(404, "", b"<Code>NoSuchKey</Code>"), "scenario": KEY},
     {"call": Call("GET", f"/api/v1/tasks/{KEY}/%73k-0123456789abcdef0123", "", HEADERS)}],
)  # fmt: skip
def test_the_log_entry_gives_the_same_line_as_the_complete_exchange(
    changes: dict[str, Any],
) -> None:
    journal = Journal()
    keep(journal, **changes)
    logged, whole = journal.log_entry("t"), journal.last("t")
    assert logged is not None
    assert whole is not None
    assert text_line(logged) == text_line(whole)
    assert json_line(logged) == json_line(whole)


@pytest.mark.parametrize("header", [b"x-api-key", b"cookie"])
def test_secrets_of_headers_and_body_are_redacted_in_the_path(
    header: bytes,
) -> None:
    journal = Journal()
    secrets = {header: b"a=q7Rm2xWv9Kd4"}, b'{"api_key": "Zt5Pn8cYb3Lh"}'
    keep(journal, call=Call("GET", "/x/q7Rm2xWv9Kd4/Zt5P%6e8cYb3Lh", "", *secrets))
    found = journal.log_entry("t")
    assert found is not None
    assert found.path == "/x/************/**************"
    assert (found.headers, found.body, found.reply_headers, found.reply_body) == ({}, b"", [], b"")


ODD = st.text(st.characters(max_codepoint=0xFF), max_size=400)


@often
@given(path=ODD, method=ODD, name=st.text(max_size=300))
def test_no_client_data_breaks_a_log_line_or_makes_it_too_long(
    path: str, method: str, name: str
) -> None:
    found = entry(call=Call(method, path, path, {}), scenario=name, source=name, task_id=path)
    for line in (text_line(found, TENANT), json_line(found, TENANT)):
        assert line.splitlines() == [in_line(line)]
        assert len(line) < 1200


@often
@given(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=3, max_size=30).filter(
        lambda s: not set(s) & set("./?&*")
    )
)
def test_no_log_line_contains_a_key(secret: str) -> None:
    key = f"sk-{secret}"
    call = Call("GET", f"/{'x' * 110}/{key}/{key}.a", key, {b"authorization": key.encode()})
    plain = Entry(
        1, EPOCH, EPOCH, "", key, call.path, call.query, "", call.headers, b"", 200, [], b"", key,
        key, key, key, key, key,
    )  # fmt: skip
    for line in (text_line(plain, TENANT), json_line(plain, TENANT)):
        assert key not in line.replace("sk-***", "")
        assert json.dumps(key)[1:-1] not in line.replace("sk-***", "")


class Screen(io.StringIO):
    """A stream that counts its writes and signals the first one."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()
        self.times = 0

    def write(self, text: str, /) -> int:
        self.times += 1
        size = super().write(text)
        self.written.set()
        return size


def test_lines_are_written_soon_and_in_order() -> None:
    screen = Screen()
    writer = LogWriter(screen)
    for number in range(100):
        writer.write(str(number))
    assert screen.written.wait(10)
    writer.write("last")
    writer.close()
    assert screen.getvalue().split() == [*map(str, range(100)), "last"]
    assert screen.times <= 3


def test_a_closed_log_accepts_no_lines() -> None:
    screen = Screen()
    writer = LogWriter(screen)
    writer.write("a")
    writer.close()
    writer.write("b")
    writer.close()
    assert screen.getvalue() == "a\n"


class Broken(Screen):
    def write(self, text: str, /) -> int:
        super().write(text)
        raise BrokenPipeError


@pytest.mark.parametrize("make", [Broken, lambda: _closed()])
def test_a_broken_pipe_ends_only_the_log(make: Any) -> None:
    stream = make()
    writer = LogWriter(stream)
    writer.write("a")
    writer.flush()
    writer.write("b")
    writer.close()
    if not stream.closed:
        assert stream.times == 1


def _closed() -> Screen:
    screen = Screen()
    screen.close()
    return screen


class Stuck(Screen):
    """A pipe whose reader waits until the test continues it."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def write(self, text: str, /) -> int:
        self.written.set()
        self.go.wait(10)
        return io.StringIO.write(self, text)


def test_a_slow_reader_delays_nobody_and_gets_the_number_of_lost_lines() -> None:
    stream = Stuck()
    writer = LogWriter(stream)
    writer.write("first")
    assert stream.written.wait(10)
    for _ in range(3):
        writer.write("x" * MOST)
    stream.go.set()
    writer.close()
    lines = stream.getvalue().splitlines()
    assert (lines[0], len(lines[1])) == ("first", MOST)
    assert lines[-1] == "(1 lines were lost: nobody read them in time)"


def test_a_reader_that_never_reads_does_not_block_the_end_of_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mock_server.journal.log_writer.LAST_WAIT", 0.0)
    stream = Stuck()
    writer = LogWriter(stream)
    writer.write("first")
    assert stream.written.wait(10)
    writer.close()
    assert stream.getvalue() == ""
    stream.go.set()


class Terminal(Screen):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)  # fmt: skip
def test_colours_are_used_only_on_terminals_that_allow_them(
    environment: dict[str, str], colour: bool
) -> None:
    assert wants_colour(Terminal(), environment) is colour
    assert not wants_colour(Screen(), environment)
