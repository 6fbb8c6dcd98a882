"""The sample inputs and result videos of the fake, with their properties.

The files are committed: scripts/media/draw.py made them and `manifest.json`. `cut` makes videos of
other lengths from the clips. Importing this module opens no file and needs neither Pillow nor PyAV.
"""

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "Box",
    "Clip",
    "Portrait",
    "Voice",
    "clip",
    "portrait",
    "ratios",
    "sample",
    "video",
    "voice",
]

Box: TypeAlias = tuple[int, int, int, int]

_FOLDER = Path(__file__).parent


class Clip(NamedTuple):
    """A committed video, H.264 with AAC, that repeats without a visible seam. duration: of the
    container, in seconds."""

    path: Path
    width: int
    height: int
    fps: int
    duration: float


class Portrait(NamedTuple):
    """The sample image. Boxes are (x1, y1, x2, y2) in pixels; x2 and y2 are exclusive.

    face: from hairline to chin. areas: one box for each ratio of a clip, with exactly that aspect
    ratio.
    """

    path: Path
    width: int
    height: int
    face: Box
    areas: Mapping[str, Box]


class Voice(NamedTuple):
    """The sample audio, mono 16-bit PCM. duration: in seconds. sample_rate: in Hz."""

    path: Path
    duration: float
    sample_rate: int


@cache
def clip(ratio: str) -> Clip:
    """The sample video in `ratio`: "1:1" (head) or "3:4" (head and shoulders).

    Raises ValueError for another ratio."""
    clips = _manifest()["clips"]
    if ratio not in clips:
        raise ValueError(f"no clip of ratio {ratio!r}; there are {' and '.join(clips)}")
    return Clip(**_located(clips[ratio]))


@cache
def ratios() -> tuple[str, ...]:
    """The ratios for which there is a clip."""
    return tuple(_manifest()["clips"])


@lru_cache(maxsize=16)  # 16 videos of 60 s take 40 MB
def video(ratio: str, seconds: float) -> bytes:
    """The clip of `ratio`, repeated and cut to `seconds`, rounded to whole frames (at least
    one)."""
    from mock_server.media.cut import cut  # for the first download only

    base = clip(ratio)
    return cut(base.path.read_bytes(), max(1, round(seconds * base.fps)) / base.fps)


@cache
def portrait() -> Portrait:
    """The sample image: a drawing, of no real person."""
    facts = _located(_manifest()["portrait"])
    areas = {ratio: _box(corners) for ratio, corners in facts["areas"].items()}
    boxes = {"face": _box(facts["face"]), "areas": MappingProxyType(areas)}
    return Portrait(**facts | boxes)


def voice() -> Voice:
    """The sample audio, the same as in the clips."""
    return Voice(**_located(_manifest()["voice"]))


def sample(name: str) -> Path | None:
    """The file of the sample input `name`, or None if there is none.

    >>> sample("clip-1x1.mp4"), sample("../media/voice.wav")
    (None, None)
    """
    inputs = (portrait().path, voice().path)
    return next((path for path in inputs if path.name == name), None)


@cache
def _manifest() -> Any:
    return json.loads((_FOLDER / "manifest.json").read_text(encoding="utf-8"))


def _located(facts: dict[str, Any]) -> dict[str, Any]:
    """The properties with `path` instead of the manifest's `file`."""
    rest = {name: value for name, value in facts.items() if name != "file"}
    return rest | {"path": _FOLDER / facts["file"]}


def _box(corners: list[int]) -> Box:
    x1, y1, x2, y2 = corners
    return x1, y1, x2, y2
