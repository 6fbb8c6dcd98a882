"""Videos have the length of the recording; any length is made of the committed clips and plays."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import md5
from itertools import pairwise
from operator import itemgetter
from typing import Any

import av
import av.logging
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.media import samples as media
from mock_server.media.audio_length import audio_seconds
from mock_server.simulation.call import Call
from tests.helpers.fake import Service, request

FRAME = 1 / 15
RATIOS = ("1:1", "3:4")
LENGTHS = st.floats(0.01, 8).map(lambda seconds: round(seconds, 2))
URLS = st.text(st.characters(codec="utf-8"), max_size=40).map("https://example.com/{}.wav".format)
SPEC = Spec.load()


@cache
def pictures(ratio: str) -> list[str]:
    """The brightness of each frame of the committed clip."""
    return list(seen(media.clip(ratio).path.read_bytes()))


def seen(video: bytes) -> Iterator[str]:
    with av.open(io.BytesIO(video), "r") as clip:
        for frame in clip.decode(video=0):
            yield md5(frame.planes[0], usedforsecurity=False).hexdigest()


@given(LENGTHS, st.sampled_from(RATIOS))
@example(13.93, "1:1")
@example(1 / 30, "3:4")
@settings(max_examples=8, deadline=None)
def test_a_video_of_any_length_plays_to_the_frame(seconds: float, ratio: str) -> None:
    av.logging.set_level(av.logging.WARNING)
    with av.logging.Capture() as complaints:
        video = media.video(ratio, seconds)
        shown = list(seen(video))
        with av.open(io.BytesIO(video), "r") as clip:
            heard = sum(frame.samples for frame in clip.decode(audio=0)) / media.voice().sample_rate
            stated = [clip.duration / av.time_base if clip.duration else 0.0]
            stated += [float(s.duration * s.time_base) for s in clip.streams]  # type: ignore[operator]
            assert [stream.start_time for stream in clip.streams] == [0, 0]
    loop = pictures(ratio)
    assert shown == [loop[n % len(loop)] for n in range(max(1, round(seconds * 15)))]
    for length in (heard, *stated):
        assert abs(length - len(shown) * FRAME) < FRAME
        assert abs(len(shown) * FRAME - seconds) <= FRAME
    assert complaints == []


def test_the_repeated_voice_has_the_same_samples() -> None:
    with av.open(io.BytesIO(media.video("1:1", 9.6)), "r") as clip:
        samples = b"".join(
            bytes(frame.planes[0])[: frame.samples * 4] for frame in clip.decode(audio=0)
        )
    parts = [
        memoryview(samples)[at : at + 3 * 51_200 * 4 // 3].cast("f") for at in (0, 204_800, 409_600)
    ]
    for one, other in pairwise(parts):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) < 0.01


@pytest.mark.parametrize("seconds", [0.07, 3.2, 13.93])
def test_the_same_length_has_the_same_bytes(seconds: float) -> None:
    once = media.video("1:1", seconds)
    media.video.cache_clear()
    assert media.video("1:1", seconds) == once


def test_a_video_can_be_played_while_it_is_downloaded() -> None:
    """The index is at the beginning; picture and sound of one moment are near each other."""
    video = media.video("3:4", 13.93)
    with av.open(io.BytesIO(video), "r") as clip:
        packets = [
            (p.pos, p.stream.type, float((p.pts or 0) * p.time_base))
            for p in clip.demux()
            if p.size
        ]
    at = {"video": 0.0, "audio": 0.0}
    for _, kind, moment in sorted(packets, key=itemgetter(0)):
        at[kind] = moment
        assert abs(at["video"] - at["audio"]) < 2
    assert video.index(b"moov") < video.index(b"mdat")


@given(URLS)
@settings(max_examples=50)
def test_the_length_is_never_a_whole_number_and_has_two_decimals(url: str) -> None:
    seconds = audio_seconds(SPEC, "emo-v1", b"seed", url)
    assert 2 < seconds < 5
    assert seconds != int(seconds)
    assert round(seconds, 2) == seconds


def test_the_length_depends_on_the_recording_and_the_seed_alone() -> None:
    urls = [f"https://example.com/{number}.mp3" for number in range(50)]
    lengths = [audio_seconds(SPEC, "emo-v1", b"seed", url) for url in urls]
    assert lengths == [audio_seconds(SPEC, "emo-v1", b"seed", url) for url in urls]
    assert lengths != [audio_seconds(SPEC, "emo-v1", b"other", url) for url in urls]
    assert len(set(lengths)) > 30


def finished(service: Service, audio: str | None = None, **headers: str) -> dict[str, Any]:
    """The answer of a task of that recording once it succeeded."""
    body = request(service.spec, "createVideoTask")
    if audio is not None:
        body["input"]["audio_url"] = audio
    task = service.task_id(body, **headers)
    service.real += 20_000
    return dict(service.get(task).body)


def test_the_documented_recording_has_the_documented_length(service: Service) -> None:
    assert finished(service)["usage"] == {"video_duration": 13.93, "video_ratio": "1:1"}


def test_the_sample_recording_has_its_true_length(service: Service) -> None:
    audio = "http://127.0.0.1:8787/samples/voice.wav"
    assert finished(service, audio)["usage"]["video_duration"] == media.voice().duration == 3.2


def test_a_scenario_in_the_url_does_not_change_the_length(service: Service) -> None:
    plain = finished(service, "https://example.com/a.mp3?x=1")
    asked = finished(service, "https://example.com/a.mp3?emo-scenario=SUCCEEDED&x=1")
    assert plain["usage"] == asked["usage"]


def test_the_downloaded_video_has_the_length_of_the_usage(
    make_service: Callable[..., Service],
) -> None:
    for seed in ("1", "2", "3"):
        service = make_service(seed=seed)
        done = finished(service, "https://example.com/hello.mp3")
        path, _, query = done["output"]["results"]["video_url"].partition("8787")[2].partition("?")
        video = service.engine.handle(Call("GET", path, query)).body
        assert abs(len(list(seen(video))) * FRAME - done["usage"]["video_duration"]) <= FRAME / 2


def test_the_time_of_the_work_follows_the_length_of_the_video(service: Service) -> None:
    done = finished(service, "https://example.com/hello.mp3")
    task = next(iter(iter(service.tasks())))
    assert task.ended - task.scheduled == pytest.approx(8.5 * done["usage"]["video_duration"])
