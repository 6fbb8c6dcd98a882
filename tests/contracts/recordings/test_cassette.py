"""Cassettes: from exchanges to timelines, writing and reading files, and errors for broken
files."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.recordings import (
    Cassette,
    CassetteError,
    RecordedBody,
    RecordedExchange,
    RecordingBuilder,
    load,
    save,
)
from contracts.recordings import read as read_bytes
from contracts.recordings.bodies import LONGEST, body_of, bytes_of
from contracts.recordings.encoding import Encoder, encoded
from contracts.recordings.timing import state_at, state_duration, state_starts
from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.cassette import CASSETTES, TASK, answer_of, creation_of, life_of, poll_of

NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


def polls(spec: Spec, *names: str, every: float = 5.0) -> Cassette:
    """A task that is created at 10 s and polled `every` seconds; each poll has the next named
    answer."""
    builder = RecordingBuilder(spec)
    created = answer_of(spec, "createVideoTask", "accepted", task_id=TASK)
    builder.take(RecordedExchange(creation_of(spec), 10.0, created))
    for number, name in zip(count(1), names, strict=False):
        answer = answer_of(spec, "getTask", name)
        builder.take(RecordedExchange(poll_of(), 10.0 + number * every, answer))
    return builder.cassette()


def test_polls_become_a_timeline_of_states_with_times(spec: Spec) -> None:
    cassette = polls(spec, "PENDING", "PENDING", "RUNNING", "RUNNING", "RUNNING", "SUCCEEDED")
    (timeline,) = cassette.timelines
    seen = [(s.task_status, s.since, s.until, s.polls) for s in timeline.states]
    assert seen == [("PENDING", 5, 10, 2), ("RUNNING", 15, 25, 3), ("SUCCEEDED", 30, 30, 1)]
    assert (timeline.task_id, timeline.created, timeline.created_by) == (TASK, 10.0, 0)
    assert len(cassette.exchanges) == 1, "the creation is all that is no poll"


def test_a_new_signature_of_the_result_url_is_not_a_new_state(spec: Spec) -> None:
    builder = RecordingBuilder(spec)
    for signature in ("a", "b"):
        answer = answer_of(spec, "getTask", "SUCCEEDED")
        answer.output["results"]["video_url"] = f"https://oss/v.mp4?Signature={signature}"
        builder.take(RecordedExchange(poll_of(), 1.0, answer))
    assert [s.polls for s in builder.cassette().timelines[0].states] == [2]


def test_polls_answered_out_of_order_make_no_duplicate_state(spec: Spec) -> None:
    builder = RecordingBuilder(spec)
    for at, name in ((1.0, "PENDING"), (3.0, "RUNNING"), (2.0, "PENDING")):
        builder.take(RecordedExchange(poll_of(), at, answer_of(spec, "getTask", name)))
    states = builder.cassette().timelines[0].states
    assert [(s.task_status, s.since, s.until) for s in states] == [
        ("PENDING", 0.0, 1.0),
        ("RUNNING", 2.0, 2.0),
    ]


def test_states_are_ordered_by_time_and_not_by_arrival(spec: Spec) -> None:
    builder = RecordingBuilder(spec)
    for at, name in ((1.0, "PENDING"), (41.0, "SUCCEEDED"), (39.0, "RUNNING")):
        builder.take(RecordedExchange(poll_of(), at, answer_of(spec, "getTask", name)))
    states = builder.cassette().timelines[0].states
    assert [s.task_status for s in states] == ["PENDING", "RUNNING", "SUCCEEDED"]


def test_an_unknown_answer_to_another_key_is_not_a_state_of_the_task(spec: Spec) -> None:
    builder = RecordingBuilder(spec)
    for who, name in (("me", "PENDING"), ("you", "UNKNOWN"), ("me", "RUNNING")):
        builder.take(RecordedExchange(poll_of(), 1.0, answer_of(spec, "getTask", name)), who)
    cassette = builder.cassette()
    assert [s.task_status for s in cassette.timelines[0].states] == ["PENDING", "RUNNING"]
    assert [e.answer.output["task_status"] for e in cassette.exchanges if e.answer] == ["UNKNOWN"]


def test_two_different_answers_of_one_state_start_one_after_the_other(spec: Spec) -> None:
    builder = RecordingBuilder(spec)
    for at, done in ((1.0, 0), (16.0, 0), (30.0, 2)):
        answer = answer_of(spec, "getTask", "PENDING" if at == 1.0 else "RUNNING")
        if at > 1.0:
            answer.output["task_metrics"] = {"SUCCEEDED": done}
        builder.take(RecordedExchange(poll_of(), at, answer))
    assert state_starts(builder.cassette().timelines[0]) == (0.0, 14.373, 29.0)


def test_a_state_that_returns_is_recorded_again(spec: Spec) -> None:
    timeline = polls(spec, "RUNNING", "PENDING", "RUNNING").timelines[0]
    assert [s.task_status for s in timeline.states] == ["RUNNING", "PENDING", "RUNNING"]


def test_a_throttled_poll_stays_an_exchange(spec: Spec) -> None:
    builder = RecordingBuilder(spec)
    builder.take(
        RecordedExchange(poll_of(), 1.0, answer_of(spec, "getTask", "Throttling.RateQuota"))
    )
    cassette = builder.cassette()
    assert (len(cassette.exchanges), cassette.timelines) == (1, ())


def test_a_poll_is_recognized_under_any_path_prefix(spec: Spec) -> None:
    builder = RecordingBuilder(spec)
    request = poll_of().__class__("GET", f"/some/reseller/api/v1/tasks/{TASK}")
    builder.take(RecordedExchange(request, 1.0, answer_of(spec, "getTask", "PENDING")))
    assert builder.cassette().timelines[0].created_by is None


def test_the_times_in_the_answers_decide_when_a_state_started(spec: Spec) -> None:
    timeline = polls(spec, "PENDING", "RUNNING", "SUCCEEDED", every=60).timelines[0]
    assert state_starts(timeline) == (0.0, 14.373, 132.825), "not when a poll happened to see it"
    assert state_duration(timeline, "PENDING") == (14.373, 14.373)
    assert state_duration(timeline, "RUNNING") == (118.452, 118.452)


def test_without_times_in_the_answers_the_polls_decide_when_a_state_started(spec: Spec) -> None:
    timeline = polls(spec, "PENDING", "PENDING", "UNKNOWN").timelines[0]
    assert state_starts(timeline) == (0.0, 15.0)
    assert state_duration(timeline, "PENDING") == (5.0, 15.0), "at least and at most"


def test_a_state_never_starts_before_the_state_ahead_of_it(spec: Spec) -> None:
    timeline = polls(spec, "RUNNING", "SUCCEEDED", "UNKNOWN", every=1).timelines[0]
    assert state_starts(timeline) == (14.373, 132.825, 133.825), (
        "a fake may run faster than the polls"
    )


@pytest.mark.parametrize(
    ("elapsed", "number"), [(0, 0), (13.9, 0), (14, 1), (39.9, 1), (40, 2), (1e9, 2)]
)
def test_the_state_at_a_time_is_the_last_one_that_started(elapsed: float, number: int) -> None:
    assert state_at((0.0, 14.0, 40.0), elapsed) == number


def test_a_file_is_read_as_it_was_written(spec: Spec, tmp_path: Path) -> None:
    cassette = life_of(spec)
    save(tmp_path / "c.json", cassette)
    read = load(tmp_path / "c.json", spec)
    assert read.exchanges == cassette.exchanges
    save(tmp_path / "again.json", read)
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "c.json").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"c.json", "again.json"}


def test_a_remaining_secret_is_replaced_and_reported_once(
    spec: Spec,
) -> None:
    told: list[str] = []
    encoder = Encoder(told.append)
    leaking = RecordedExchange(poll_of(), 1.0, note="the key is sk-0123456789abcdef")
    cassette = Cassette(1, exchanges=(RecordedExchange(poll_of(), note="fine"), leaking))
    for _ in range(2):
        first, second = read_bytes(b"".join(encoder.pieces(cassette)), spec).exchanges
    assert (first, second.note) == (cassette.exchanges[0], "REDACTED")
    assert (second.request, second.at) == (leaking.request, 1.0)
    assert told == ["key at /exchanges/1/note looks like a secret: REDACTED is in its place"]


def test_a_reader_sees_the_old_file_until_the_new_one_is_complete(
    spec: Spec, tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    save(path, life_of(spec))
    before = path.read_bytes()
    with path.open("rb") as reader:
        save(path, life_of(spec, "PENDING"))
        assert reader.read() == before
    assert path.read_bytes() != before


BROKEN: list[tuple[bytes, str]] = [
    (b"", "is not a recording: it must have one of"),
    (b"[1]", "is not a recording"),
    (b"{]", "is not JSON: "),
    (b"\xff\xfe{", "is not text in UTF-16: byte 2"),
    (b"a: [", "is not YAML: "),
    (b"!!python/object/apply:os.getcwd []", r"the tag !!python/object/apply:os.getcwd is refused"),
    (b'{"emo-cassette": 2}', "has the format 2; this version reads 1"),
    (b'{"emo-cassette": "1"}', r"Expected `int`, got `str` - at `\$.emo-cassette`"),
    (b'{"emo-cassette": 1, "exchange": []}', "unknown field `exchange`"),
    (b'{"emo-cassette": 1, "exchanges": [{"request": {"method": "GET"}}]}',
     r"missing required field `path` - at `\$.exchanges\[0\].request`"),
    (b'{"emo-cassette": 1, "exchanges": [{"request": {"method": "GET", "path": "/"}, "answer": '
     b'{"status": 99}}]}', r"Expected `int` >= 100 - at `\$.exchanges\[0\].answer.status`"),
    (b'{"emo-cassette": 1, "timelines": [{"task_id": "a", "request": {"method": "GET", "path": '
     b'"/"}, "states": []}]}', r"length >= 1 - at `\$.timelines\[0\].states`"),
    (b'{"emo-cassette": 1, "timelines": [{"task_id": "a", "created_by": 3, "request": {"method": '
     b'"GET", "path": "/"}, "states": [{"task_status": "PENDING", "answer": {"status": 200}}]}]}',
     r"there is no exchange 3 - at `\$.timelines\[0\].created_by`"),
    (b'{"log": {"entries": [{"startedDateTime": "soon", "request": {"method": "GET", "url": '
     b'"https://dashscope.aliyuncs.com/api/v1/tasks"}, "response": {"status": 200}}]}}',
     r"'soon' is not a time - at `\$.log.entries\[0\].startedDateTime`"),
    (b'{"log": {"entries": [{"startedDateTime": "0001-01-01T00:00:00+23:59", "request": {"method": '
     b'"GET", "url": "https://dashscope.aliyuncs.com/api/v1/tasks"}}]}}', "is not a time"),
    (b'{"log": {"entries": [{"request": {"method": "GET", "url": '
     b'"https://dashscope.aliyuncs.com/api/v1/tasks"}}]}}',
     r"missing required field `startedDateTime` - at `\$.log.entries\[0\]`"),
    (b'{"log": {"entries": [{"startedDateTime": "2026-01-01", "request": {"method": "GET", "url": '
     b'"https://dashscope.aliyuncs.com/api/v1/tasks", "headers": 5}}]}}',
     r"got `int` - at `\$.log.entries\[0\].request.headers`"),
    (b'{"emo-cassette": 1, "exchanges": [{"request": {"method": "GET", "path": "/", "body": {}}}]}',
     r"a body is one of .* - at `\$.exchanges\[0\].request.body`"),
    (b'{"log": {}}', r"missing required field `entries` - at `\$.log`"),
    (b"interactions: [{request: {method: GET, uri: 'https://dashscope.aliyuncs.com/api/v1/tasks'}, "
     b"response: {}}]", r"The status is missing - at `\$.interactions\[0\].response`"),
    (b"interactions: [{request: {method: GET, uri: 'https://dashscope.aliyuncs.com/api/v1/tasks', "
     b"body: {base64_string: '1'}}, response: {status: {code: 200}}}]",
     r"Invalid base64 - at `\$.interactions\[0\].request"),
    (b'{"emo-cassette": 1, "notes": [' + b"[" * 100_000, "is not JSON: it is nested too deep"),
]  # fmt: skip


@each_case("data, said", BROKEN, ids=lambda value: str(value)[:40])
def test_an_invalid_recording_is_refused_with_the_reason_and_the_place(
    spec: Spec, data: bytes, said: str
) -> None:
    with pytest.raises(CassetteError, match=said):
        read_bytes(data, spec)


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_as_a_recording_or_refused_with_a_message(
    spec: Spec, data: bytes
) -> None:
    try:
        read_bytes(data, spec)
    except CassetteError as error:
        assert str(error)


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_recording_is_read_or_refused_with_a_message(
    spec: Spec, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(["fake.json", "browser.har", "vcr.yaml"]))
    tree = json.loads(_tree(path))
    node = tree
    while isinstance(node, dict | list) and node:
        keys: Any = list(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.integers(0, 3)) == 0 or not isinstance(node[key], dict | list):
            node[key] = data.draw(JSON_VALUES)
            break
        node = node[key]
    try:
        read_bytes(json.dumps(tree).encode(), spec)
    except CassetteError as error:
        assert str(error)


@cache
def _tree(name: str) -> str:
    """A sample as JSON text; bytes, which only YAML has, become text."""
    text = (CASSETTES / name).read_text("utf-8")
    return json.dumps(yaml.safe_load(text), default=repr) if name.endswith("yaml") else text


@given(value=JSON_VALUES)
def test_a_json_body_is_stored_as_its_value(value: Any) -> None:
    body = body_of(json.dumps(value).encode())
    assert body is not None
    assert json.loads(bytes_of(body)) == value


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress),
     ("deflate", lambda data: zlib.compress(data)[2:-4]), ("identity", bytes),
     ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data)))],
)  # fmt: skip
def test_a_compressed_body_is_stored_uncompressed(encoding: str, pack: Any) -> None:
    assert body_of(pack(b'{"a": 1}'), encoding) == RecordedBody(json={"a": 1})


NESTED = b"[" * 70 + b"]" * 70


@pytest.mark.parametrize(
    ("data", "encoding", "kept"),
    [
        pytest.param(b"", "", None, id="nothing"),
        pytest.param(b"hello", "", RecordedBody(text="hello"), id="text"),
        pytest.param(b"\xff\x00", "", "its length", id="bytes"),
        pytest.param(b"a" * (LONGEST + 1), "", "its length", id="too long"),
        pytest.param(b"{}", "br", "its length", id="packed in a way that is not known"),
        pytest.param(b"no gzip", "gzip", "its length", id="not packed as it says"),
        pytest.param(
            gzip.compress(bytes(LONGEST + 1)), "gzip", "its length", id="unpacks too long"
        ),
        pytest.param(gzip.compress(b"{}")[:-3], "gzip", "its length", id="cut off"),
        pytest.param(NESTED, "", RecordedBody(text=NESTED.decode()), id="nested too deep"),
        pytest.param(b"NaN", "", RecordedBody(text="NaN"), id="no JSON"),
    ],
)
def test_a_binary_or_too_long_body_is_stored_as_its_length(
    data: bytes, encoding: str, kept: RecordedBody | str | None
) -> None:
    expected = RecordedBody(size=len(data)) if kept == "its length" else kept
    assert body_of(data, encoding) == expected


def test_a_cassette_is_text_that_people_can_read_and_compare(spec: Spec) -> None:
    lines = encoded(life_of(spec)).decode().splitlines()
    assert lines[:2] == ["{", '  "emo-cassette": 1,']
    assert '          "task_status": "PENDING",' in lines
    assert max(map(len, lines)) < 400
