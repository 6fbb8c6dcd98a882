"""The sample inputs and result videos the fake serves, and what is true of them.

It reads the committed files and never draws or decodes them: `draw` made them, and wrote
`manifest.json` from them; `cut` makes videos of other lengths out of the clips. Importing it opens
no file and needs neither Pillow nor PyAV.
"""

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

__all__ = ["Box", "Clip", "Portrait", "Voice", "clip", "portrait", "sample", "video", "voice"]

Box: TypeAlias = tuple[int, int, int, int]

_FOLDER = Path(__file__).parent


class Clip(NamedTuple):
    """A committed video, H.264 with an AAC voice, that can be repeated without a seam; `duration`
    in seconds is the container's own."""

    path: Path
    width: int
    height: int
    fps: int
    duration: float


class Portrait(NamedTuple):
    """The sample image. Boxes are pixels (x1, y1, x2, y2), the latter two exclusive.

    `face_bbox` is hairline to chin; `ext_bbox` has one box for each ratio a clip can have, of
    exactly that aspect.
    """

    path: Path
    width: int
    height: int
    face_bbox: Box
    ext_bbox: Mapping[str, Box]


class Voice(NamedTuple):
    """The sample sound, mono 16-bit PCM; `duration` in seconds, `sample_rate` in Hz."""

    path: Path
    duration: float
    sample_rate: int


@cache
def clip(ratio: str) -> Clip:
    """The talking portrait in `ratio`, "1:1" (head) or "3:4" (head and shoulders)."""
    clips = _manifest()["clips"]
    if ratio not in clips:
        raise ValueError(f"no clip of ratio {ratio!r}; there are {' and '.join(clips)}")
    return Clip(**_located(clips[ratio]))


@lru_cache(maxsize=16)  # 16 videos of 60 s have 40 MB
def video(ratio: str, seconds: float) -> bytes:
    """The clip of `ratio`, repeated and cut to the whole frame next to `seconds`; at least one."""
    from mock_server.media.cut import cut  # for the first download only

    base = clip(ratio)
    return cut(base.path.read_bytes(), max(1, round(seconds * base.fps)) / base.fps)


@cache
def portrait() -> Portrait:
    """The sample image, a drawing of nobody."""
    facts = _located(_manifest()["portrait"])
    ext_bbox = {ratio: _box(corners) for ratio, corners in facts.pop("ext_bbox").items()}
    return Portrait(
        **facts | {"face_bbox": _box(facts["face_bbox"]), "ext_bbox": MappingProxyType(ext_bbox)}
    )


def voice() -> Voice:
    """The sample sound, the same one the clips speak with."""
    return Voice(**_located(_manifest()["voice"]))


def sample(name: str) -> Path | None:
    """The file of a sample input that may be served as `name`, or None: any other name is unknown.

    >>> sample("clip-1x1.mp4"), sample("../media/voice.wav")
    (None, None)
    """
    inputs = (portrait().path, voice().path)
    return next((path for path in inputs if path.name == name), None)


@cache
def _manifest() -> Any:
    return json.loads((_FOLDER / "manifest.json").read_text(encoding="utf-8"))


def _located(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with `path` in place of the manifest's `file`."""
    rest = {name: value for name, value in facts.items() if name != "file"}
    return rest | {"path": _FOLDER / facts["file"]}


def _box(corners: list[int]) -> Box:
    x1, y1, x2, y2 = corners
    return x1, y1, x2, y2
