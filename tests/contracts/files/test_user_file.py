"""Files of users are read in the encodings that editors and shells write."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.files.user_file import FileError, text_of
from contracts.recordings import CassetteError, load, read
from contracts.spec import document
from contracts.spec.loader import Spec
from contracts.verify.ledger import load as load_ledger
from mock_server.control.bundle import read as read_bundle
from mock_server.scenarios.rule_file import RulesFile
from tests.helpers.cases import each_case
from tests.helpers.cassette import CASSETTES
from tests.helpers.http import http_client  # noqa: F401

WRITTEN = {
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16 of PowerShell": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 big-endian": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
}
written = each_case("write", WRITTEN.values(), ids=WRITTEN)


@pytest.mark.parametrize("name", ["fake.json", "browser.har", "vcr.yaml"])
@written
def test_a_recording_is_read_in_any_encoding(spec: Spec, name: str, write: Any) -> None:
    text = (CASSETTES / name).read_text("utf-8")
    assert read(write(text), spec) == load(CASSETTES / name, spec)


@written
def test_a_scenario_file_is_read_in_any_encoding(spec: Spec, tmp_path: Path, write: Any) -> None:
    path = tmp_path / "bad-day.yaml"
    path.write_bytes(write("scenarios:\n- operation: getTask\n  do: Throttling\n"))
    assert len(RulesFile(spec, str(path))(0.0).rules) == 1


@pytest.mark.parametrize("text", ['{"openapi": "3.1.0"}', "openapi: 3.1.0\n"])
@written
def test_a_spec_is_read_in_any_encoding(tmp_path: Path, text: str, write: Any) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_bytes(write(text))
    assert document.read(path) == {"openapi": "3.1.0"}


@written
def test_a_ledger_is_read_in_any_encoding(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "ledger.json"
    path.write_bytes(write('{"format": 1}\n'))
    assert load_ledger(path).claims == {}


@written
def test_a_bundle_is_read_in_any_encoding(http: Any, write: Any) -> None:
    http.get("/api/v1/tasks/1")
    text = http.get("/__mock__/bundle").text
    found = read_bundle(write(text))
    assert found.exchanges[-1].path == "/api/v1/tasks/1"
    assert found == read_bundle(text.encode())


@written
def test_a_body_for_the_control_api_is_read_in_any_encoding(http: Any, write: Any) -> None:
    rules = write('{"scenarios":\n[{"operation": "getTask", "do": "Throttling"}]}')
    assert http.put("/__mock__/scenarios", content=rules).status_code == 200
    assert http.put("/__mock__/scenarios", content="访问".encode("gbk")).json() == {
        "error": "the body is not text in UTF-8: byte 0 is 0xb7; save it as UTF-8"
    }


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("访问".encode("gbk"), r"is not text in UTF-8: byte 0 is 0xb7; save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"{", r"is not text in UTF-16: byte 2 is 0x7b; save it as UTF-8"),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_the_reason(
    spec: Spec, tmp_path: Path, data: bytes, why: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(CassetteError, match=why):
        load(path, spec)
    with pytest.raises(document.SpecError, match=why):
        document.read(path)
    with pytest.raises(FileError, match=why):
        load_ledger(path)
    with pytest.raises(FileError, match=why):
        read_bundle(data)


# No file begins with NUL, and UTF-16 of it looks like the mark of UTF-32.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(text=TEXTS, encoding=st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
def test_a_text_with_a_byte_order_mark_is_read(text: str, encoding: str) -> None:
    assert text_of(text.encode(encoding)) == text.replace("\r\n", "\n")


def test_a_newer_bundle_is_refused_by_its_format() -> None:
    with pytest.raises(FileError, match="has the format 'emo-bundle-3'"):
        read_bundle(b'{"format": "emo-bundle-3"}')


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08", b"PK\x03\x04"], ids=["gzip", "zip"])
def test_the_error_for_a_compressed_file_names_its_format(data: bytes) -> None:
    with pytest.raises(FileError, match=r"is compressed with .*; unpack it first"):
        text_of(data)


@given(data=st.binary(max_size=40))
def test_any_bytes_are_text_or_refused_with_the_reason(data: bytes) -> None:
    try:
        assert json.dumps(text_of(data))
    except FileError as error:
        assert re.search("is not text in UTF-|is compressed with", str(error))
