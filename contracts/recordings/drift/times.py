"""Compares how long recorded tasks were PENDING and RUNNING with the documented times of x-models,
within a band. Only tasks that succeeded count: a failure may end at any time."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.recordings.drift.difference import DriftDifference
from contracts.recordings.model import Cassette, RecordedTimeline
from contracts.recordings.timing import state_duration, state_starts
from contracts.spec.loader import Spec
from contracts.spec.models import SECONDS, VideoModel, named_model
from contracts.spec.pointers import parts_of, value_at

BAND = 3.0  # times longer or shorter; queue times of one day differ by more than a factor of 2


def differences(
    spec: Spec, name: str, cassette: Cassette, band: float
) -> Iterator[DriftDifference]:
    """The states that lasted longer or shorter than the band around the documented time allows."""
    for number, timeline in enumerate(cassette.timelines):
        place = f"{name}#/timelines/{number}"
        for state, expected in _expected(spec, cassette, timeline):
            found = state_duration(timeline, state)
            if found is not None and not _within(found, expected, band):
                yield _difference(place, state, found, expected, band)


def _within(found: tuple[float, float], expected: float, band: float) -> bool:
    """Whether the duration may be inside the band. Polls show only a range for it."""
    least, most = found
    return most >= expected / band and least <= expected * band


def _expected(
    spec: Spec, cassette: Cassette, timeline: RecordedTimeline
) -> Iterator[tuple[str, float]]:
    """The documented seconds of the states that can be compared."""
    model = _model(spec, cassette, timeline)
    seconds = _video_seconds(model, timeline) if model else None
    if model is None or seconds is None:
        return
    if not _waited_for_another(cassette, timeline):
        yield "PENDING", model.queue_seconds
    yield "RUNNING", model.work_seconds_per_video_second * seconds


def _model(spec: Spec, cassette: Cassette, timeline: RecordedTimeline) -> VideoModel | None:
    if timeline.created_by is None:
        return None
    body = cassette.exchanges[timeline.created_by].request.body
    return spec.video_models.get(named_model(body.json if body is not None else None))


def _video_seconds(model: VideoModel, timeline: RecordedTimeline) -> float | None:
    done = [state.answer for state in timeline.states if state.task_status == "SUCCEEDED"]
    place = parts_of(model.places(SECONDS)[0])
    seconds = value_at(done[-1].value, place) if done else None
    return seconds if isinstance(seconds, int | float) and seconds > 0 else None


def _waited_for_another(cassette: Cassette, timeline: RecordedTimeline) -> bool:
    """Whether an earlier task was still running when this one was created: one task runs at a
    time."""
    created = timeline.created
    for other in cassette.timelines:
        if other is timeline or other.created is None or created is None:
            continue
        moments = state_starts(other)
        if moments is not None and other.created <= created < other.created + moments[-1]:
            return True
    return False


def _difference(
    place: str, state: str, found: tuple[float, float], expected: float, band: float
) -> DriftDifference:
    least, most = (round(seconds, 3) for seconds in found)
    return DriftDifference(
        weight="cosmetic",
        kind="time",
        against="models",
        answer=f"getTask 200 {state}",
        pointer=f"#time/{state}",
        text=f"the duration in s differs by more than a factor of {band:g}",
        recorded=least if least == most else [least, most],
        expected=round(expected, 3),
        first=place,
    )
