"""The cost of recording a call does not depend on the number of calls recorded before it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.recordings import (
    Cassette,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
    RecordedTimeline,
    load,
    memory_limit,
)
from contracts.recordings import backlog as backlog_module
from contracts.recordings import encoding as encoding_module
from contracts.recordings import writer as writer_module
from contracts.recordings.backlog import NO_BODIES, Backlog, FinishedCall
from contracts.recordings.encoding import Encoder, encoded
from contracts.recordings.leaks import without_leaks
from contracts.recordings.model import FORMAT, RecordedAnswer, RecordedState
from contracts.recordings.recording import LOST, BodyCopy, RawRequest, Recording
from contracts.recordings.writer import Writer
from contracts.redact.search_text import search_text_of
from contracts.spec.loader import Spec
from mock_server.journal.mistakes import Mistakes
from tests.helpers.cassette import KEY, SERVICE, TASK, leaks

ODD = st.text(max_size=9) | st.sampled_from(["\n", '\n  "states": []', '"', "\u2028", "[]", "{}"])
VALUES = st.none() | st.integers(0, 9) | ODD | st.lists(ODD) | st.dictionaries(ODD, ODD)
REQUESTS = st.builds(
    RecordedRequest, st.just("GET"), ODD, body=st.builds(RecordedBody, json=VALUES)
)
ANSWERS = st.builds(RecordedAnswer, st.integers(100, 599), st.dictionaries(ODD, ODD))
EXCHANGES = st.builds(
    RecordedExchange, REQUESTS, st.none() | st.just(1.5), st.none() | ANSWERS, ODD
)
STATES = st.lists(st.builds(RecordedState, ODD, ANSWERS), min_size=1, max_size=3).map(tuple)
TIMELINES = st.builds(RecordedTimeline, ODD, REQUESTS, STATES, created_by=st.none() | st.just(0))
PARTS = st.lists(EXCHANGES, max_size=3).map(tuple), st.lists(TIMELINES, max_size=2).map(tuple)
CASSETTES = st.builds(
    Cassette, st.just(FORMAT), ODD, notes=st.lists(ODD, max_size=2).map(tuple),
    exchanges=PARTS[0], timelines=PARTS[1],
)  # fmt: skip
often = settings(max_examples=60, derandomize=True, database=None, deadline=None)


def whole(cassette: Cassette) -> bytes:
    return msgspec.json.format(msgspec.json.encode(cassette), indent=2) + b"\n"


@often
@given(CASSETTES, st.lists(EXCHANGES, max_size=2).map(tuple))
def test_a_file_written_in_parts_has_the_bytes_of_one_written_at_once(
    cassette: Cassette, more: tuple[RecordedExchange, ...]
) -> None:
    assume(not leaks(whole(replace(cassette, exchanges=cassette.exchanges + more)).decode()))
    encoder = Encoder()
    for exchanges in (cassette.exchanges, cassette.exchanges + more, more):
        grown = replace(cassette, exchanges=exchanges)
        assert b"".join(encoder.pieces(grown)) == whole(grown) == encoded(grown)


def copy(value: Any) -> BodyCopy:
    made = BodyCopy.empty()
    made.add(json.dumps(value).encode())
    return made


def keep(recording: Recording, number: int, key: str = KEY, **body: Any) -> None:
    """One more creation."""
    headers = [(b"authorization", f"Bearer {key}".encode())]
    sent = RawRequest(6.0, "POST", f"{SERVICE}/video-synthesis", "", headers, copy(body))
    answer = {"output": {"task_id": f"{TASK}-{number}", "task_status": "PENDING"}}
    recording.keep(sent, 200, [], copy(answer))


def poll(recording: Recording, number: int) -> None:
    """One more poll of one task, which answers something new each time."""
    sent = RawRequest(6.0 + number, "GET", f"/api/v1/tasks/{TASK}", "", [], BodyCopy.empty())
    answer = {"output": {"task_id": TASK, "task_status": "RUNNING", "percent": number}}
    recording.keep(sent, 200, [], copy(answer))


@pytest.fixture
def recording(spec: Spec) -> Recording:
    return Recording(spec, "https://h", clock=lambda: 5.0)


@pytest.mark.parametrize("call", [keep, poll])
def test_a_call_is_encoded_and_scanned_once_however_often_the_file_is_written(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, call: Any
) -> None:
    scanned: list[int] = []

    def count(value: Any) -> Any:
        scanned.append(len(str(value)))
        return without_leaks(value)

    monkeypatch.setattr(encoding_module, "without_leaks", count)
    encoder = Encoder()
    for number in range(60):
        call(recording, number)
        data = b"".join(encoder.pieces(recording.cassette()))
    assert data == whole(recording.cassette())
    assert max(map(sum, zip(scanned[-3:], scanned[-6:-3], strict=True))) < 3000
    assert sum(scanned) < 60 * 1500


def work(run: Callable[[], object]) -> int:
    """The number of function calls: a measure that the load of the machine does not change."""
    calls = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal calls
        calls += event.endswith("call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls


def test_a_call_with_a_new_key_costs_the_same_after_many_keys(recording: Recording) -> None:
    def of_new_keys(first: int) -> int:
        return work(
            lambda: [
                keep(recording, n, f"sk-{n:08x}{n * n:024x}") for n in range(first, first + 50)
            ]
        )

    early = of_new_keys(0)
    of_new_keys(100)
    of_new_keys(200)
    assert of_new_keys(300) < 1.5 * early


def test_a_failed_write_continues_where_it_stopped(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(recording, 0)
    keep(recording, 1)
    encoder = Encoder()
    pieces = encoder.pieces(recording.cassette())
    for _ in range(3):
        next(pieces)
    pieces.close()  # as when the disk is full
    texts: list[str] = []
    monkeypatch.setattr(
        encoding_module, "without_leaks", lambda v: (texts.append(str(v)), without_leaks(v))[1]
    )
    list(encoder.pieces(recording.cassette()))
    assert [f"{TASK}-0" in text or f"{TASK}-1" in text for text in texts] == [False, True]


def test_a_secret_that_a_later_call_reveals_is_removed_from_earlier_ones(
    recording: Recording,
) -> None:
    encoder, secret = Encoder(), "Xq7Zr2Lm9Tw4"
    keep(recording, 0, prompt=f"so {secret}")
    keep(recording, 1, prompt="other")
    before = recording.cassette().exchanges
    assert secret.encode() in b"".join(encoder.pieces(recording.cassette()))
    keep(recording, 2, key=secret)
    after = recording.cassette().exchanges
    assert secret.encode() not in b"".join(encoder.pieces(recording.cassette()))
    assert after[0] != before[0]
    assert after[1] is before[1], "an exchange without the secret is not encoded again"


def test_the_last_write_does_not_wait_for_the_pause_between_writes(
    recording: Recording, spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PAUSE", 1e9)
    writer = Writer(tmp_path / "c.json", recording.cassette, Mistakes().report)

    async def run() -> None:
        running = asyncio.create_task(writer.run())
        writer.changed()
        while not (tmp_path / "c.json").exists():
            await asyncio.sleep(0)
        for number in range(3):
            keep(recording, number)
            writer.changed()
        writer.end()
        await running

    asyncio.run(run())
    assert len(load(tmp_path / "c.json", spec).exchanges) == 3


def test_a_new_recording_is_private_and_a_changed_mode_is_kept(
    recording: Recording, tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    writer = Writer(path, recording.cassette, Mistakes().report)
    assert writer.write()
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    assert writer.write()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_pipe_gets_the_recording_once_at_its_end(recording: Recording, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    writer = Writer(tmp_path / "fifo", recording.cassette, Mistakes().report)

    async def run() -> None:
        keep(recording, 0)
        writer.end()
        await writer.run()

    try:
        asyncio.run(run())
        assert writer.write()
        assert os.read(reader, 1 << 16) == whole(recording.cassette())
    finally:
        os.close(reader)


def test_earlier_calls_are_not_decoded_again_to_find_a_later_secret(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    monkeypatch.setattr(
        memory_limit,
        "search_text_of",
        lambda data: (decoded.append(len(data)), search_text_of(data))[1],
    )
    secret = "Xq7Zr2Lm9Tw4" * 2
    keep(recording, 0, prompt=f"so {base64.b64encode(secret.encode()).decode()}")
    for number in range(1, 30):
        keep(recording, number, f"sk-{number:08x}{number * number:024x}")
        recording.cassette()
    keep(recording, 30, key=secret)
    assert "Xq7Z" not in str(recording.cassette().exchanges[0]) and "sk-RED" in str(
        recording.cassette()
    )
    assert len(decoded) <= 31 + 2, "each once, and a rewritten one again"


def body_sizes(recording: Recording) -> list[bool]:
    """Of each exchange, whether only the size of its request's body was kept."""
    bodies = [exchange.request.body for exchange in recording.cassette().exchanges]
    return [body is not None and isinstance(body.size, int) for body in bodies]


def test_a_full_recording_keeps_calls_and_timelines_but_only_sizes_of_bodies(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_limit, "ROOM", 6000)
    lines: list[str] = []
    recording = Recording(spec, "https://h", clock=lambda: 5.0, warn=lines.append)
    for number in range(4):
        keep(recording, number, prompt="b " * 500)
        poll(recording, number)
    cassette = recording.cassette()
    assert body_sizes(recording) == [False, False, True, True]
    assert memory_limit.FULL in cassette.exchanges[3].note
    assert sum(state.polls for state in cassette.timelines[0].states) == 4
    assert lines == [LOST] == list(cassette.notes)
    assert (
        "4 calls, 1 task, 4 polls (" in recording.summary() and "without all" in recording.summary()
    )


def test_a_body_that_decodes_to_far_more_than_itself_is_kept_as_its_size(
    recording: Recording,
) -> None:
    packed = gzip.compress(b"so many words " * 60_000)
    keep(recording, 0, prompt=base64.b64encode(packed).decode())
    keep(recording, 1, prompt="one")
    assert body_sizes(recording) == [True, False]
    assert memory_limit.COSTLY in recording.cassette().exchanges[0].note


def test_the_search_for_a_later_secret_is_bounded_and_drops_the_other_bodies(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_limit, "LOOK", 3000)
    secret = "Xq7Zr2Lm9Tw4" * 2
    for number in range(4):
        keep(recording, number, prompt=f"{'b ' * 500}{secret}")
    keep(recording, 4, prompt="no secret here")
    keep(recording, 5, key=secret)
    assert body_sizes(recording) == [False, False, True, True, False, False]
    assert secret not in str(recording.cassette())


def test_an_unchanged_file_is_not_written_again_at_the_end(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[Path] = []
    monkeypatch.setattr(writer_module, "write", lambda path, *_, **__: writes.append(path))
    writer = Writer(tmp_path / "c.json", recording.cassette, Mistakes().report)
    writer.end()
    asyncio.run(writer.run())
    assert writer.finish() and len(writes) == 1
    writer.changed()
    assert writer.finish() and len(writes) == 2, "a change after the end is written too"


def waiting(number: int = 0) -> FinishedCall:
    sent = RawRequest(float(number), "POST", "/", "", [], copy({"a": "b" * 1000}))
    return FinishedCall(sent, 200, [], copy({}), "")


def test_calls_are_kept_in_order_until_the_end_and_after_it() -> None:
    kept: list[float] = []
    backlog = Backlog(lambda call: kept.append(call.sent.at))

    async def run() -> None:
        running = asyncio.create_task(backlog.run())
        for number in range(120):
            backlog.add(waiting(number))
        backlog.end()
        await running
        backlog.add(waiting(120))

    asyncio.run(run())
    assert kept == [float(number) for number in range(121)]


@pytest.mark.parametrize(("bound", "value"), [("WAITING", 2000), ("END_SECONDS", -1.0)])
def test_calls_over_the_limit_of_the_backlog_keep_only_the_sizes_of_their_bodies(
    monkeypatch: pytest.MonkeyPatch, bound: str, value: float
) -> None:
    monkeypatch.setattr(backlog_module, bound, value)
    kept: list[FinishedCall] = []
    backlog = Backlog(kept.append)

    async def run() -> None:
        backlog.add(waiting())
        backlog.add(waiting())
        backlog.end()
        for _ in range(2):
            await asyncio.sleep(0)  # until the time for the end is over, if it is negative
        await backlog.run()

    asyncio.run(run())
    assert (kept[1].note, kept[1].sent.body.body([])) == (NO_BODIES, RecordedBody(size=1009))
    assert (kept[0].note == NO_BODIES) is (bound == "END_SECONDS")
