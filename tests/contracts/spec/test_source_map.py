"""The pointer and line in openapi.yaml where something is written, after all references."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.spec.document import default_path
from contracts.spec.loader import Spec
from contracts.spec.pointers import parts_of, pointer_of
from contracts.spec.source_map import SourceMap

CREATE = ("paths", "/services/aigc/image2video/video-synthesis", "post", "requestBody", "content")
BODY = "#" + pointer_of((*CREATE, "application/json", "schema"))
EXT_BBOX = "#/components/schemas/CreateInput/properties/ext_bbox"


def document(tmp_path: Path, text: str) -> SourceMap:
    path = tmp_path / "openapi.yaml"
    path.write_text(text, "utf-8")
    return SourceMap(yaml.safe_load(text), path)


@pytest.mark.parametrize(
    ("way", "written"),
    [
        ("", "#/components/schemas/CreateRequest"),
        ("/properties/input/properties/ext_bbox/x-box", f"{EXT_BBOX}/x-box"),
        ("/properties/input/properties/ext_bbox/description", f"{EXT_BBOX}/description"),
        ("/properties/input/properties/ext_bbox/items/maximum",
         "#/components/schemas/Box/items/maximum"),
        ("/properties/model/allOf/1/not",
         "#/components/schemas/CreateRequest/properties/model/allOf/1/not"),
    ],
)  # fmt: skip
def test_a_pointer_is_resolved_through_each_reference(spec: Spec, way: str, written: str) -> None:
    assert spec.source_map.resolve(BODY + way) == written
    assert spec.source_map.below(BODY)(parts_of(way)) == written


def test_a_key_beside_a_reference_wins_over_the_referenced_object(tmp_path: Path) -> None:
    text = "a: {$ref: '#/b', x: 1}\nb: {$ref: '#/c'}\nc: {x: 2, y: 3}\n"
    source_map = document(tmp_path, text)
    assert (source_map.resolve("#/a/x"), source_map.value("#/a/x")) == ("#/a/x", 1)
    assert (source_map.resolve("#/a/y"), source_map.value("#/a/y")) == ("#/c/y", 3)
    assert (source_map.resolve("#/b"), source_map.line(source_map.resolve("#/b"))) == ("#/c", 3)
    with pytest.raises(LookupError):
        source_map.value("#/a/z")


def keys(node: Any, pointer: str = "#", depth: int = 7) -> Iterator[tuple[str, str]]:
    """Every key of a tree down to a depth, with its pointer."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        place = pointer + pointer_of((key,))
        if isinstance(node, dict):
            yield str(key), place
        if depth and isinstance(value, dict | list):
            yield from keys(value, place, depth - 1)


def test_the_line_of_every_key_of_the_spec_is_right(spec: Spec) -> None:
    lines = default_path().read_text("utf-8").splitlines()
    found = list(keys(spec.source_map.root))
    assert len(found) > 1000
    for key, pointer in found:
        assert key in lines[spec.source_map.line(pointer) - 1], pointer


def test_the_line_of_an_unknown_pointer_or_file_is_0(tmp_path: Path) -> None:
    source_map = document(tmp_path, "a:\n  - b: 1\n  - c\n")
    assert [source_map.line(p) for p in ("#/a", "#/a/0/b", "#/a/1")] == [1, 2, 3]
    assert [source_map.line(p) for p in ("#/x", "#/a/2", "#/a/x", "#/a/1/x")] == [0] * 4
    source_map = document(tmp_path, "a: 1\n")
    source_map.path.unlink()
    assert source_map.line("#/a") == 0


@pytest.mark.parametrize("parts", [["a/b", "c~d", "~1"], ["", "x-box", "0"], []])
def test_a_pointer_is_read_back_to_its_parts(parts: list[str]) -> None:
    assert parts_of(pointer_of(parts)) == parts
    assert parts_of("#" + pointer_of(parts)) == parts
