"""docs/recording.md is right: its example runs and prints what the page shows."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import msgspec

from contracts.recordings.model import Cassette
from tests.helpers.cassette import leaks
from tests.project.test_docs import ROOT, VARYING, blocks, run, shown

PAGE = "docs/recording.md"
SIGNED = re.compile(r"Expires=\d+&OSSAccessKeyId=\w+&Signature=\S+|/results/[0-9a-f]{16}/")


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def comparable(text: str) -> str:
    return VARYING.sub("…", SIGNED.sub("…", re.sub(r"\d{4}-\d\d-\d\d (?=\d\d:)", "", text))).strip()


def test_the_example_prints_what_the_page_shows(tmp_path: Path) -> None:
    script = (ROOT / "examples/record.sh").read_text("utf-8")
    for port, free in zip(("8787", "8788"), free_ports(2), strict=True):
        script = script.replace(port, str(free))
    printed = run(["sh", "-c", script], tmp_path, NO_PROXY="127.0.0.1")
    milliseconds = re.compile(r"(?<=…)\.\d{3}")
    found, page = (milliseconds.sub("", comparable(t)) for t in (printed, shown(PAGE, "record.sh")))
    assert found == page
    assert leaks((tmp_path / "task.json").read_text("utf-8")) == []


def test_the_code_block_of_the_page_is_the_example() -> None:
    ((name, language, text),) = blocks(PAGE)
    assert (name, language) == ("record.sh", "sh")
    assert text == (ROOT / "examples" / name).read_text("utf-8")


def test_each_field_of_a_cassette_is_on_the_page() -> None:
    page = (ROOT / PAGE).read_text("utf-8")
    for field in msgspec.structs.fields(Cassette):
        assert f"`{field.encode_name}`" in page
