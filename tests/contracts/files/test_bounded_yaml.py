"""The YAML reader: any text is loaded, or refused with a message and a place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.files import bounded_yaml
from contracts.files.bounded_yaml import YamlError, load
from contracts.files.user_file import FileError
from contracts.recordings import CassetteError
from contracts.recordings import load as load_cassette
from contracts.spec.document import SpecError
from contracts.spec.document import read as read_document
from contracts.spec.loader import Spec
from mock_server.control.bundle import read as read_bundle
from mock_server.scenarios.rule_file import ScenarioError, compiled
from tests.helpers.cases import each_case

SPEC = Spec.load()
MERSENNE = 2**61 - 1  # all of its multiples have the same hash
ODD = {
    "a long integer": ("a: " + "9" * 5000, "1, column 4"),
    "a number of base 60": ("a: 1" + ":1" * 3000, "1, column 4"),
    "an impossible date": ("a: 2001-99-99", "1, column 4"),
    "an impossible offset": ("a: 2001-12-14t21:59:43.10-99:99", "1, column 4"),
    "a number in words": ("a: !!int x", "1, column 4"),
    "an empty number": ("- 1\n- !!int ''", "2, column 3"),
    "a boolean in words": ("a: !!bool maybe", "1, column 4"),
    "a time in words": ("a: !!timestamp x", "1, column 4"),
    "a list as a mapping": ("!!map [a]", "1, column 1"),
    "a list as a set": ("!!set [a]", "1, column 1"),
    "a list as a key": ("{[[a]]: b}", "1, column 2"),
    "two documents": ("a: 1\n---\nb: 2", "2, column 1"),
    "an unknown tag": ("- a\n- !mine [1]", "2, column 3"),
    "a tag of Python": ("!!python/object:os.system {}", "1, column 1"),
    "merging a number": ("{<<: 5}", "1, column 6"),
    "merges of merges": (
        "".join(f"- &m{n} {{<<: *m{n - 1}, k{n}: 1}}\n" if n else "- &m0 {}\n" for n in range(300)),
        "column",
    ),
    "aliases of aliases": (
        "- &a0 x\n" + "".join(f"- &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 9)), "column"
    ),
    "a list in itself": ("&a [*a]", "1, column 1"),
    "a list in lists": ("[" * 200 + "]" * 200, "1, column 130"),
    "a list in more lists": ("[" * 100_000, "1, column"),
    "keys of one hash": (
        "{" + ", ".join(f"{MERSENNE * n}: 1" for n in range(1, 3000)) + "}", "1, column 1"
    ),
    "half a pair": (r'a: "\ud800"', "1, column"),
    "a control character": ("a: \x07", "control characters"),
}  # fmt: skip


def as_scenarios(text: str, _: Path) -> None:
    compiled(SPEC, text, "f.yaml")


def as_cassette(text: str, folder: Path) -> None:
    (folder / "c.yaml").write_text(text, "utf-8")
    load_cassette(folder / "c.yaml", SPEC)


def as_document(text: str, folder: Path) -> None:
    (folder / "d.yaml").write_text(text, "utf-8")
    read_document(folder / "d.yaml")


@each_case("text, place", ODD.values(), ids=ODD)
def test_unusual_yaml_is_refused_with_a_short_message_and_its_place(text: str, place: str) -> None:
    with pytest.raises(YamlError, match=place) as caught:
        load(text)
    assert "Traceback" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("read", [as_scenarios, as_cassette, as_document])
@each_case("text", [text for text, _ in ODD.values()], ids=ODD)
def test_scenarios_cassettes_and_specs_are_read_by_the_same_yaml_reader(
    read: Callable[[str, Path], None], text: str, tmp_path: Path
) -> None:
    with pytest.raises((ScenarioError, CassetteError, SpecError)):
        read(text, tmp_path)


PIECES = st.sampled_from(
    ["a", "1", "-1", "0x", "1:2", ".inf", "~", "on", "2001-01-01", "<<", "=", "'", '"', "\\", "#",
     "\n", "  ", "- ", ": ", "? ", ", ", "{", "}", "[", "]", "&a ", "*a", "!!int ", "!!set ",
     "!!omap ",     "!!binary ", "!!str ", "!m ", "%TAG ! !x\n", "---", "...", "|\n", ">-", "\t",
     "\ufeff", "\0", "é"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=14).map("".join) | st.binary(max_size=40))
def test_any_text_is_loaded_or_refused_with_a_message(text: str | bytes) -> None:
    try:
        load(text)
    except YamlError as error:
        assert str(error)


def test_a_yaml_text_beyond_the_limits_is_refused_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded_yaml, "MOST_VALUES", 100)
    with pytest.raises(YamlError, match="more than 100 values; split it"):
        load("[" + "1," * 300 + "]")
    monkeypatch.setattr(bounded_yaml, "MOST_CHARACTERS", 1 << 20)
    with pytest.raises(YamlError, match="more than 1 MiB; split it"):
        load("x" * (1 << 20) + "x")


@pytest.mark.parametrize("path", ["/dev/zero"])
def test_an_endless_file_is_refused_with_the_size_limit(path: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("contracts.files.user_file.bytes_of.__defaults__", (1 << 20,))
    for read in (read_document, lambda p: load_cassette(p, SPEC)):
        with pytest.raises((SpecError, CassetteError), match="larger than 1 MiB"):
            read(Path(path))


def test_a_scenario_file_has_at_most_1000_rules(spec: Spec) -> None:
    with pytest.raises(ScenarioError, match="has 1001 rules; at most 1000 are allowed"):
        compiled(spec, "[" + "1," * 1001 + "]", "f")


@pytest.mark.parametrize("text", ['{"a":' + "[" * 100_000, '{"a":' * 50_000 + "1" + "}" * 50_000])
def test_a_bundle_that_is_nested_too_deep_is_refused(text: str) -> None:
    with pytest.raises(FileError, match="is not a bundle: it is nested too deep"):
        read_bundle(text.encode())


def test_a_yaml_tag_of_another_language_is_refused_by_name() -> None:
    text = "a: !!python/object/apply:os.system [id]"
    with pytest.raises(
        YamlError, match=r"^the tag 'python/object/apply:os.system' is not supported"
    ):
        load(text)
