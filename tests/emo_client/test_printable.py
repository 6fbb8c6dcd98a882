"""The text of an error is one line without control characters, whatever the service answers."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.text import printable as judges
from emo_client import FaceRejected, InvalidRequest, TaskFailed
from emo_client.printable import LONGEST, in_line

EVIL = "\x1b]0;x\x07\x9b2J\u202e\u200b\r\nFORGED\u2028\ud800"
TEXTS = st.lists(st.sampled_from(EVIL + "\t\ufe0f\u200d1\u20e3❤😀") | st.characters(), max_size=12)


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(TEXTS.map("".join))
def test_the_client_and_the_contract_kit_escape_a_text_in_the_same_way(text: str) -> None:
    assert in_line(text) == judges.in_line(judges.shortened(text))


def test_both_shorten_a_long_text_in_the_same_way() -> None:
    text = "a\n" * LONGEST
    assert in_line(text) == judges.in_line(judges.shortened(text))


@pytest.mark.parametrize(
    "error",
    [InvalidRequest(400, EVIL, EVIL, EVIL), FaceRejected(EVIL, EVIL, None),
     TaskFailed(EVIL, EVIL, EVIL, EVIL).with_way_on(EVIL)],
)  # fmt: skip
def test_the_text_of_an_error_is_escaped_and_its_attributes_are_not(
    error: InvalidRequest | FaceRejected | TaskFailed,
) -> None:
    for one in (error, pickle.loads(pickle.dumps(error))):
        assert str(one) == judges.in_line(str(one))
        assert len(str(one).splitlines()) == 1
        assert r"\x1b]0;x\x07\x9b2J\u202e\u200b\x0d\nFORGED\u2028\ud800" in str(one)
        assert one.message == EVIL


def test_a_long_message_leaves_room_for_the_advice() -> None:
    error = InvalidRequest(400, "", "x" * 10 * LONGEST, None).with_way_on("call again")
    assert len(str(error)) < 2 * LONGEST
    assert str(error).endswith("call again")
