"""The committed sample files fit the manifest and are those that the script draws."""

import struct
import subprocess
import sys
import wave
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from mock_server.media import samples as media
from mock_server.media.samples import Box
from scripts.media import draw, figure, speech

RATIOS = ("1:1", "3:4")
each_ratio = pytest.mark.parametrize("ratio", RATIOS)


def image_of(frame: av.VideoFrame) -> Image.Image:
    return frame.to_image()  # type: ignore[no-untyped-call,no-any-return]


@cache
def frames(path: Path) -> list[Image.Image]:
    with av.open(str(path)) as clip:
        return [image_of(frame) for frame in clip.decode(video=0)]


def voice_samples(path: Path) -> list[int]:
    with wave.open(str(path)) as wav:
        count = wav.getnframes()
        return list(struct.unpack(f"<{count}h", wav.readframes(count)))


def mouth_area(ratio: str) -> Box:
    """The middle of the face's lower third, in pixels of the clip."""
    x1, y1, x2, y2 = media.portrait().face
    left, top, right, _ = draw.view(ratio)
    scale = media.clip(ratio).width / (right - left)
    quarter, lip = (x2 - x1) / 4, y1 + (y2 - y1) * 0.72
    area = x1 + quarter - left, lip - top, x2 - quarter - left, y2 - top
    x1, y1, x2, y2 = (round(edge * scale) for edge in area)
    return x1, y1, x2, y2


def pixels(image: Image.Image) -> Iterator[tuple[int, int, int]]:
    return zip(*(band.tobytes() for band in image.convert("RGB").split()), strict=True)


def inside_of_mouth(image: Image.Image) -> int:
    return sum(r < 130 and g < 70 and b < 75 for r, g, b in pixels(image))


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def where(image: Image.Image, color: str) -> Box:
    """The box around all pixels of exactly this colour."""
    apart = ImageChops.difference(image.convert("RGB"), Image.new("RGB", image.size, color))
    most = ImageChops.lighter(ImageChops.lighter(*apart.split()[:2]), apart.split()[2])
    box = most.point([255] + [0] * 255).getbbox()
    assert box, f"nothing is {color}"
    return box


def within(inner: Box, outer: Box) -> bool:
    x1, y1, x2, y2 = inner
    return outer[0] <= x1 < x2 <= outer[2] and outer[1] <= y1 < y2 <= outer[3]


@each_ratio
def test_a_clip_is_h264_with_an_aac_voice(ratio: str) -> None:
    with av.open(str(media.clip(ratio).path)) as clip:
        assert [stream.codec_context.name for stream in clip.streams] == ["h264", "aac"]
        assert clip.streams.video[0].pix_fmt == "yuv420p"
        assert clip.streams.audio[0].rate == media.voice().sample_rate


@each_ratio
def test_a_clip_has_the_size_rate_and_duration_of_the_manifest(ratio: str) -> None:
    facts = media.clip(ratio)
    with av.open(str(facts.path)) as clip:
        video, audio = clip.streams.video[0], clip.streams.audio[0]
        assert (video.width, video.height) == (facts.width, facts.height)
        assert video.average_rate == facts.fps == 15
        assert clip.duration == facts.duration * av.time_base == 3.2 * av.time_base
        for stream in (video, audio):
            assert stream.start_time == 0
            assert stream.duration is not None and stream.time_base is not None
            assert float(stream.duration * stream.time_base) == facts.duration
        assert sum(1 for _ in clip.decode(video=0)) == facts.fps * facts.duration == 48


def test_clips_have_the_sizes_of_the_service() -> None:
    sizes = [(media.clip(ratio).width, media.clip(ratio).height) for ratio in RATIOS]
    assert sizes == [(512, 512), (512, 704)]


@each_ratio
def test_a_clip_can_be_played_while_it_is_downloaded(ratio: str) -> None:
    data = media.clip(ratio).path.read_bytes()
    boxes, at = [], 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        boxes.append(name)
        at += size
    assert boxes.index(b"moov") < boxes.index(b"mdat")


@each_ratio
def test_the_mouth_opens_when_the_voice_is_loud(ratio: str) -> None:
    facts = media.clip(ratio)
    loudness = speech.loudness(voice_samples(media.voice().path), facts.fps)
    mouths = [frame.crop(mouth_area(ratio)) for frame in frames(facts.path)]
    by_loudness = [
        mouth for _, mouth in sorted(zip(loudness, mouths, strict=True), key=itemgetter(0))
    ]
    quiet = [inside_of_mouth(mouth) for mouth in by_loudness[:5]]
    loud = [inside_of_mouth(mouth) for mouth in by_loudness[-5:]]
    assert max(quiet) * 2 < min(loud)


def test_the_head_moves_and_the_background_does_not() -> None:
    shown = frames(media.clip("1:1").path)
    wall = (0, 0, 60, 60)
    rows = [list(pixels(frame.crop((0, 250, 256, 251)))) for frame in shown]
    hair = [next(x for x, (r, _, _) in enumerate(row) if r < 110) for row in rows]
    assert 8 <= max(hair) - min(hair) <= 40
    assert all(abs(one - other) <= 4 for one, other in pairwise(hair)), "it jumps"
    assert all(difference(shown[0].crop(wall), frame.crop(wall)) < 1 for frame in shown)


def test_the_eyes_blink() -> None:
    """The iris is green; shut eyes show none of it."""
    green = [
        sum(g > r + 15 and g > b + 15 for r, g, b in pixels(frame.crop((128, 180, 384, 280))))
        for frame in frames(media.clip("1:1").path)
    ]
    assert min(green) * 10 < max(green)


def test_the_voice_is_a_mono_16_bit_wav_of_the_length_of_the_clips() -> None:
    facts = media.voice()
    with wave.open(str(facts.path)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth()) == (1, 2)
        assert wav.getframerate() == facts.sample_rate == 16_000
        assert wav.getnframes() / wav.getframerate() == facts.duration == 3.2


def test_the_voice_speaks_and_pauses() -> None:
    samples = voice_samples(media.voice().path)
    loudness = speech.loudness(samples, 15)
    assert max(map(abs, samples)) < 32_767, "clipped"
    assert sum(level < 0.05 for level in loudness) >= 3
    assert sum(level > 0.30 for level in loudness) >= 25


def test_the_portrait_has_the_size_of_the_manifest() -> None:
    facts = media.portrait()
    with Image.open(facts.path) as image:
        assert image.format == "PNG"
        assert image.size == (facts.width, facts.height) == (768, 1024)


@pytest.mark.parametrize(("ratio", "aspect"), [("1:1", (1, 1)), ("3:4", (3, 4))])
def test_an_ext_bbox_has_the_exact_ratio_and_contains_the_face(
    ratio: str, aspect: tuple[int, int]
) -> None:
    facts = media.portrait()
    x1, y1, x2, y2 = facts.areas[ratio]
    assert (x2 - x1) * aspect[1] == (y2 - y1) * aspect[0]
    assert within((x1, y1, x2, y2), (0, 0, facts.width, facts.height))
    assert within(facts.face, (x1, y1, x2, y2))


def test_the_face_bbox_contains_the_face() -> None:
    facts = media.portrait()
    with Image.open(facts.path) as image:
        face = image.crop(facts.face)
        eyes, lips = where(image, figure.IRIS), where(image, figure.LIP)
    skin = sum(r > 215 and 150 < g < 215 and 120 < b < 180 for r, g, b in pixels(face))
    middle = (facts.face[1] + facts.face[3]) // 2
    assert skin > 0.6 * face.width * face.height
    assert within(eyes, facts.face) and within(lips, facts.face)
    assert eyes[3] < middle + 20 < lips[1]


def test_the_files_are_small_enough_to_commit() -> None:
    limits = {"portrait.png": 60_000, "voice.wav": 110_000}
    limits |= {media.clip(ratio).path.name: 150_000 for ratio in RATIOS}
    folder = media.portrait().path.parent
    assert {
        name for name, limit in limits.items() if (folder / name).stat().st_size > limit
    } == set()


@pytest.mark.parametrize("name", ["portrait.png", "voice.wav"])
def test_a_sample_input_is_found_by_its_name(name: str) -> None:
    path = media.sample(name)
    assert path is not None
    assert path.name == name and path.is_file()


@pytest.mark.parametrize(
    "name", ["", "clip-1x1.mp4", "manifest.json", "draw.py", "../media/voice.wav", "VOICE.WAV"]
)
def test_another_name_is_not_a_sample(name: str) -> None:
    assert media.sample(name) is None


def test_the_error_for_an_unknown_ratio_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no clip of ratio '16:9'; there are 1:1 and 3:4"):
        media.clip("16:9")


def test_importing_media_loads_neither_pillow_nor_pyav_nor_the_manifest() -> None:
    code = (
        "import pathlib, sys\n"
        "sys.modules['PIL'] = sys.modules['av'] = pathlib.Path.read_text = None\n"
        "import mock_server.media.samples"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(media.__file__).parents[2])


def test_the_script_draws_the_committed_files(tmp_path: Path) -> None:
    draw.main([str(tmp_path)])
    committed = media.portrait().path.parent
    assert (tmp_path / "manifest.json").read_text() == (committed / "manifest.json").read_text()
    voices = (voice_samples(folder / "voice.wav") for folder in (tmp_path, committed))
    assert max(abs(a - b) for a, b in zip(*voices, strict=True)) <= 2
    with Image.open(tmp_path / "portrait.png") as new, Image.open(media.portrait().path) as old:
        assert difference(new, old) < 0.5
    for ratio in RATIOS:
        path = media.clip(ratio).path
        pairs = zip(frames(tmp_path / path.name), frames(path), strict=True)
        assert max(difference(new, old) for new, old in pairs) < 1
