"""Control and invisible characters in text from outside are escaped; other text is unchanged."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.provider.curl import as_curl
from contracts.text.printable import LONGEST_LINE, in_json, in_line, shortened, visible
from contracts.text.shell_words import printf, shell_word
from tests.helpers.cases import each_case

often = settings(max_examples=200, derandomize=True, database=None, deadline=None)
# Categories of characters without a glyph of their own: controls, formats, line and paragraph
# separators, halves of surrogate pairs, private use.
WITHOUT_GLYPH = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co")
# Of category Cf and still visible: the signs before Arabic, Syriac and Kaithi numbers.
SEEN = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
EVIL = "\x1b\x07\r\n\t\0\x7f\x85\x9b\u061c\u200b\u2028\u202e\u2066\ufeff\ud800\U000e0041"
TEXTS = st.lists(st.sampled_from(EVIL) | st.text(max_size=3), max_size=8).map("".join)


def test_every_character_without_a_glyph_is_escaped() -> None:
    characters = (chr(code) for code in range(0x110000) if code not in SEEN)
    left = [c for c in characters if unicodedata.category(c) in WITHOUT_GLYPH and c == visible(c)]
    assert left == ["\t", "\n"]


@each_case("code", [0x34F, 0x115F, 0x3164, 0xFE00, 0xFFA0, 0xFDD0, 0xFFFF, 0x1FFFE,
                                  0xE0001, 0xE0100])  # fmt: skip
def test_fillers_selectors_and_noncharacters_are_escaped(code: int) -> None:
    assert visible(f"a{chr(code)}b").isascii()


@each_case(
    "text",
    ["未找到 任务　完成", "é e\u0301 ñ Å", "Ελληνικά עברית العربية ไทย", "👍🏽 👩\u200d💻 ❤\ufe0f",
     "1\ufe0f\u20e3", r"C:\new\table \x1b", "a\u00a0b"],
)  # fmt: skip
def test_ordinary_text_of_any_script_is_unchanged(text: str) -> None:
    assert in_line(text) == text


def test_a_joiner_or_selector_between_letters_is_escaped() -> None:
    assert in_line("pay\u200dpal p\ufe0f 1\ufe0f") == r"pay\u200dpal p\ufe0f 1\ufe0f"


def test_escapes_name_the_character() -> None:
    shown = r"\x1b[1m\x0d\x00\x9b\u202e\ud800\U000e0041"
    assert visible("\x1b[1m\r\0\x9b\u202e\ud800\U000e0041") == shown
    assert in_line("a\n\tb") == r"a\n\tb"
    assert visible("a\n\tb") == "a\n\tb"


@often
@given(TEXTS)
def test_an_escaped_line_has_no_line_separator_of_any_kind(text: str) -> None:
    line = in_line(text)
    assert len(line.splitlines()) <= 1
    assert in_line(line) == line
    assert line.encode().decode() == line


@often
@given(TEXTS, TEXTS)
def test_escaped_json_has_the_same_value_and_no_hidden_character(name: str, text: str) -> None:
    document = in_json(json.dumps({name: [text]}, ensure_ascii=False))
    assert json.loads(document) == {name: [text]}
    assert in_line(document) == document


def test_a_shortened_text_keeps_both_ends_and_names_the_missing_length() -> None:
    text = shortened("a" * LONGEST_LINE + "b" * LONGEST_LINE)
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert f"[… {LONGEST_LINE:,} characters …]" in text
    assert shortened("a" * LONGEST_LINE) == "a" * LONGEST_LINE


WORDS = TEXTS.map(lambda text: text.replace("\0", "").encode("utf-8", "replace").decode())


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_reads_each_quoted_word_and_input_unchanged(shell: str) -> None:
    @settings(max_examples=30, derandomize=True, database=None, deadline=None)
    @given(st.lists(WORDS, min_size=1, max_size=5), st.binary(max_size=40))
    def holds(texts: list[str], raw: bytes) -> None:
        words = [text.rstrip("\n") for text in texts]
        line = " ".join(["printf '%s\\0'", *map(shell_word, words), ";", printf(raw)])
        assert in_line(line) == line
        read = subprocess.run([shell, "-c", line], capture_output=True, check=True).stdout
        assert read == b"".join(word.encode() + b"\0" for word in words) + raw

    holds()


@pytest.mark.parametrize("make", [lambda text: {"body": {"a": text}}, lambda text: {"text": text}])
def test_text_from_outside_adds_no_line_to_a_curl_command(
    make: Callable[[str], dict[str, object]],
) -> None:
    evil = "\x1b]0;x\x07\u202e\nFORGED"
    command = as_curl("POST", "http://h/\x9b", {"x-a": evil}, **make(evil))  # type: ignore[arg-type]
    assert command == visible(command)
    assert not any(line.startswith("FORGED") for line in command.splitlines())


def test_curl_does_not_read_a_file_for_a_body_that_begins_with_an_at_sign() -> None:
    assert as_curl("POST", "http://h/", {}, text="@/etc/passwd").startswith("printf @/etc/passwd |")
