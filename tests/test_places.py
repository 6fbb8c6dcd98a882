"""Where the spec says what it says: behind every reference, on which line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.document import default_path
from contracts.places import Places, parts_of, pointer_of
from contracts.spec import Spec

CREATE = ("paths", "/services/aigc/image2video/video-synthesis", "post", "requestBody", "content")
BODY = "#" + pointer_of((*CREATE, "application/json", "schema"))
EXT_BBOX = "#/components/schemas/CreateInput/properties/ext_bbox"


def document(tmp_path: Path, text: str) -> Places:
    path = tmp_path / "openapi.yaml"
    path.write_text(text, "utf-8")
    return Places(yaml.safe_load(text), path)


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
def test_a_place_is_followed_through_each_reference(spec: Spec, way: str, written: str) -> None:
    assert spec.places.written(BODY + way) == written
    assert spec.places.under(BODY)(parts_of(way)) == written


def test_what_stands_beside_a_reference_counts_before_what_it_leads_to(tmp_path: Path) -> None:
    text = "a: {$ref: '#/b', x: 1}\nb: {$ref: '#/c'}\nc: {x: 2, y: 3}\n"
    places = document(tmp_path, text)
    assert (places.written("#/a/x"), places.value("#/a/x")) == ("#/a/x", 1)
    assert (places.written("#/a/y"), places.value("#/a/y")) == ("#/c/y", 3)
    assert (places.written("#/b"), places.line(places.written("#/b"))) == ("#/c", 3)
    with pytest.raises(LookupError):
        places.value("#/a/z")


def keys(node: Any, pointer: str = "#", depth: int = 7) -> Iterator[tuple[str, str]]:
    """Every key of a tree down to a depth, with its pointer."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        place = pointer + pointer_of((key,))
        if isinstance(node, dict):
            yield str(key), place
        if depth and isinstance(value, dict | list):
            yield from keys(value, place, depth - 1)


def test_every_key_of_the_spec_stands_on_its_line(spec: Spec) -> None:
    lines = default_path().read_text("utf-8").splitlines()
    found = list(keys(spec.places.root))
    assert len(found) > 1000
    for key, pointer in found:
        assert key in lines[spec.places.line(pointer) - 1], pointer


def test_a_line_that_is_not_there_any_more_is_none(tmp_path: Path) -> None:
    places = document(tmp_path, "a:\n  - b: 1\n  - c\n")
    assert [places.line(p) for p in ("#/a", "#/a/0/b", "#/a/1")] == [1, 2, 3]
    assert [places.line(p) for p in ("#/x", "#/a/2", "#/a/x", "#/a/1/x")] == [0] * 4
    places = document(tmp_path, "a: 1\n")
    places.path.unlink()
    assert places.line("#/a") == 0


@pytest.mark.parametrize("parts", [["a/b", "c~d", "~1"], ["", "x-box", "0"], []])
def test_a_pointer_is_read_as_it_was_written(parts: list[str]) -> None:
    assert parts_of(pointer_of(parts)) == parts
    assert parts_of("#" + pointer_of(parts)) == parts
