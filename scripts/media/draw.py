"""Draws the sample inputs and result clips of the fake, and writes a manifest of their properties.

    python -m scripts.media.draw [FOLDER]

The files are committed; the server only reads them and needs neither Pillow nor PyAV. Sizes,
rates and durations in the manifest are measured on the finished files, not copied from the settings
of the encoder.
"""

import json
import math
import sys
import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image

from scripts.media import figure, speech
from scripts.media.figure import Pose

FPS = 15
SIZES = {"1:1": (512, 512), "3:4": (512, 704)}  # the real service makes 8:11 videos for 3:4
PORTRAIT, VOICE, MANIFEST = "portrait.png", "voice.wav", "manifest.json"

_BLINKS = (0.66, 2.06)  # seconds, in the middle of a frame, when the eyes are shut
_X264 = {
    "crf": "24",
    "preset": "fast",
    "tune": "animation",
    "profile": "main",
    "bf": "0",  # B-frames would make the first frame start late
    "threads": "1",  # the same bytes on a machine of any number of cores
}


def main(arguments: Sequence[str]) -> None:
    folder = (
        Path(arguments[0]) if arguments else Path(__file__).parents[2] / "mock_server" / "media"
    )
    folder.mkdir(parents=True, exist_ok=True)
    voice = speech.samples()
    speech.write(folder / VOICE, voice)
    draw_portrait(folder / PORTRAIT)
    for ratio in SIZES:
        draw_clip(folder / clip_name(ratio), ratio, speech.loudness(voice, FPS), folder / VOICE)
    text = json.dumps(measure(folder), indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def clip_name(ratio: str) -> str:
    return f"clip-{ratio.replace(':', 'x')}.mp4"


def pose_at(seconds: float, loudness: float) -> Pose:
    """The head sways once in the length of the voice, so a looping clip does not jump."""
    turn = 2 * math.pi * seconds / speech.SECONDS
    lid = max(1 - abs(seconds - blink) / 0.14 for blink in _BLINKS)
    return Pose(
        mouth=loudness**0.7,  # a voice half as strong sounds more than half as loud
        blink=max(lid, 0.0),
        sway=math.sin(turn),
        nod=0.6 * math.sin(2 * turn) + 0.4 * loudness,
    )


def view(ratio: str) -> tuple[float, float, float, float]:
    """The middle of the ratio's ext_bbox that has the aspect of the clip."""
    x1, y1, x2, y2 = figure.EXT_BBOX[ratio]
    width, height = SIZES[ratio]
    spare = (x2 - x1) - (y2 - y1) * width / height
    return x1 + spare / 2, y1, x2 - spare / 2, y2


def draw_portrait(path: Path) -> None:
    whole = (0, 0, figure.WIDTH, figure.HEIGHT)
    figure.picture(Pose(), whole[2:], whole).save(path, optimize=True)


def draw_clip(path: Path, ratio: str, loudness: Sequence[float], sound: Path) -> None:
    size = SIZES[ratio]
    with (
        av.open(str(path), "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as clip,
        av.open(str(sound)) as voice,
    ):
        video = clip.add_stream("libx264", rate=FPS, options=_X264)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        audio = clip.add_stream("aac", rate=speech.RATE, layout="mono")
        audio.bit_rate = 48_000
        for number, level in enumerate(loudness):
            image = figure.picture(pose_at(number / FPS, level), size, view(ratio))
            frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            clip.mux(video.encode(frame))
        for audio_frame in voice.decode(audio=0):
            clip.mux(audio.encode(audio_frame))
        clip.mux(video.encode())
        clip.mux(audio.encode())


def measure(folder: Path) -> dict[str, Any]:
    return {
        "clips": {ratio: _measure_clip(folder / clip_name(ratio)) for ratio in SIZES},
        "portrait": _measure_portrait(folder / PORTRAIT),
        "voice": _measure_voice(folder / VOICE),
    }


def _measure_clip(path: Path) -> dict[str, Any]:
    with av.open(str(path)) as clip:
        video = clip.streams.video[0]
        if video.average_rate is None or clip.duration is None:
            raise ValueError(f"{path} has no frame rate or duration")
        return {
            "file": path.name,
            "width": video.width,
            "height": video.height,
            "fps": int(video.average_rate),
            "duration": clip.duration / av.time_base,
        }


def _measure_portrait(path: Path) -> dict[str, Any]:
    with Image.open(path) as image:
        width, height = image.size
    return {
        "file": path.name,
        "width": width,
        "height": height,
        "face": figure.face_bbox(),
        "areas": figure.EXT_BBOX,
    }


def _measure_voice(path: Path) -> dict[str, Any]:
    with wave.open(str(path)) as wav:
        rate = wav.getframerate()
        return {"file": path.name, "duration": wav.getnframes() / rate, "sample_rate": rate}


if __name__ == "__main__":
    main(sys.argv[1:])
