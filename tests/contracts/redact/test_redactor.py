"""Secrets are hidden in every encoding, and no other text is."""

from __future__ import annotations

import base64
import json
import zlib
from itertools import cycle
from time import process_time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from contracts.redact.redactor import TextRedactor
from contracts.spec.loader import Spec
from tests.helpers.cases import each_case
from tests.helpers.secrets import CHAINS, KEYS, encoded, shows

KEY = "sk-0a1b2c3d4e5f60718293a4b5c6d7e8f9"
AROUND = st.binary(max_size=30) | st.sampled_from(
    [b"", b"Bearer ", b'{"a": "', b"key=", b"/", b"x", b"\\n", b"%20", b"abc", b"=", b"\0", b"12"]
)
FORMS = st.sampled_from(["\\u{:04x}", "\\u{:04X}", "\\x{:02x}", "\\{:03o}", "%{:02X}", "&#{};"])
# An escape, and which characters it is used for, repeated to the end of the text.
ESCAPES = st.tuples(FORMS, st.lists(st.booleans(), min_size=1, max_size=5))


def _escaped(text: str, form: str, which: list[bool]) -> str:
    return "".join(
        form.format(ord(letter)) if is_escaped else letter
        for letter, is_escaped in zip(text, cycle(which), strict=False)
    )


@settings(max_examples=150)
@given(key=KEYS, chain=CHAINS, before=AROUND, after=AROUND)
@example(key="sk-my_own/key+1=", chain=("JSON of some", "JSON of some"), before=b"", after=b"")
@example(key=KEY, chain=("UTF-32", "UTF-16"), before=b"", after=b"")
@example(key=KEY, chain=("base64 in lines", "quoted-printable"), before=b"", after=b"")
def test_no_eight_characters_of_a_key_are_left_in_any_two_encodings(
    key: str, chain: tuple[str, str], before: bytes, after: bytes
) -> None:
    masked = TextRedactor([key]).redact_bytes(before + encoded(key, chain) + after)
    assert shows(masked, key) == ""


@settings(max_examples=100)
@given(key=KEYS, escapes=st.lists(ESCAPES, min_size=1, max_size=2), levels=st.integers(0, 2))
@example("sk-my_own/key+1=", [("\\u{:04X}", [True, False, False])] * 2, 1)
@example("sk-my_own/key+1=", [("&#{};", [True]), ("%{:02X}", [False, False, False, True])], 0)
@example("sk-" + 32 * "0", [("&#{};", [False, False, True]), ("&#{};", [False] * 3 + [True])], 0)
def test_no_eight_characters_of_a_key_are_left_in_nested_json_with_some_characters_escaped(
    key: str, escapes: list[tuple[str, list[bool]]], levels: int
) -> None:
    text = key
    for form, which in escapes:
        text = _escaped(text, form, which)
    for _ in range(levels):
        text = json.dumps({"message": f"is wrong: {text}"})
    assert shows(TextRedactor([key]).redact_keys(text), key) == ""


@given(text=st.text(max_size=200) | st.text(st.sampled_from("%u0073\\x&#;=+/Ak-"), max_size=60))
def test_a_text_without_the_key_is_unchanged(text: str) -> None:
    assume(not shows(text, KEY))
    assert TextRedactor([KEY]).redact_keys(text) == text


@pytest.mark.parametrize("key", ["sk-dashscope-results", "sk-emo-detect-v1", "sk-video-20261127"])
def test_the_words_of_a_key_made_of_common_words_are_not_hidden(spec: Spec, key: str) -> None:
    redactor = TextRedactor([key])
    for operation in spec.operations.values():
        for outcome in operation.outcomes.values():
            text = str(outcome.value)
            assert redactor.redact_keys(text) == text
    assert (
        redactor.redact_keys("/20261127/video.mp4 of dashscope")
        == "/20261127/video.mp4 of dashscope"
    )
    assert redactor.redact_keys(f"the key {key}") == "the key sk-***"


def test_a_key_is_hidden_in_two_places_that_decode_to_the_same_bytes() -> None:
    coded, words = base64.b64encode(KEY.encode()).decode().rstrip("="), " word" * 4000
    escaped = "".join(f"%{ord(letter):02x}" for letter in coded)
    masked = TextRedactor([KEY]).redact_keys(f"{coded}{words} {escaped}{words}")
    assert masked == f"sk-***{words} sk-***{words}"


@pytest.mark.parametrize("cut", [8, 12, 20])
@pytest.mark.parametrize("encode", [str.encode, lambda text: base64.b64encode(text.encode())])
def test_the_beginning_of_a_truncated_key_is_hidden(cut: int, encode: object) -> None:
    text = encode(f"no such key: {KEY[:cut]}")  # type: ignore[operator]
    assert shows(TextRedactor([KEY]).redact_bytes(text), KEY) == ""


@pytest.mark.parametrize("level", [1, 6, 9])
@pytest.mark.parametrize("words", [0, 2000])
def test_a_key_before_the_damage_in_compressed_data_is_hidden(level: int, words: int) -> None:
    text = " ".join(map(str, range(words))).encode() + KEY.encode()
    damaged = b"<" + zlib.compress(text, level)[:-4] + b'" and more text'
    assert shows(damaged, KEY)
    assert not shows(TextRedactor([KEY]).redact_bytes(damaged), KEY)


def test_the_text_around_a_key_is_unchanged() -> None:
    coded = base64.b64encode(f"Bearer {KEY}".encode()).decode()
    assert (
        TextRedactor([KEY]).redact_keys(f'{{"a": "Über {KEY} €", "b": 1}}')
        == '{"a": "Über sk-*** €", "b": 1}'
    )
    assert TextRedactor([KEY]).redact_keys(f"Basic {coded}, and more").endswith("sk-***, and more")


@each_case(
    "unit",
    ["%25", "\\u0073", "&#115;", "=73=6B", "c2st", "736b2d", "73 6b ", "s\0k\0", "aaaaaaaa", "sk-",
     "x\x9c", "\u200b", "\\\\", "\r\n"],
)  # fmt: skip
def test_the_cost_of_any_text_is_proportional_to_its_length(unit: str) -> None:
    secrets = [KEY, "a" * 4000, *(f"aaaaaaaa{number}" for number in range(2000))]
    started = process_time()
    TextRedactor(secrets).redact_bytes((unit * (30_000 // len(unit)) + KEY).encode())
    assert process_time() - started < 1.5


@each_case("unit", ["%41", "\\ud800", "\\\\", "&#65;", "41", "H4sIAAAAAAAA", "\\\\x41"])
def test_a_text_of_escapes_is_searched_at_a_megabyte_per_second(unit: str) -> None:
    started = process_time()
    assert not TextRedactor([KEY]).may_be_in((unit * (200_000 // len(unit))).encode())
    assert process_time() - started < 0.2
