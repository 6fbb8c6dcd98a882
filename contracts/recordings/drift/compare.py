"""Compares recordings with the spec, a fake and the documented times. Sends nothing and reads no
file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from contracts.recordings.drift import against_fake, times
from contracts.recordings.drift.against_fake import AskFake
from contracts.recordings.drift.against_spec import SpecComparison
from contracts.recordings.drift.difference import (
    WEIGHTS,
    ComparedCall,
    DriftDifference,
    Weight,
    merged,
)
from contracts.recordings.drift.times import BAND
from contracts.recordings.model import Cassette
from contracts.spec.loader import Spec

__all__ = ["BAND", "WEIGHTS", "AskFake", "Drift", "DriftDifference", "Weight", "drift"]


class Drift(Struct, frozen=True):
    """The result: how much was compared, and the differences. silent: calls without an answer."""

    spec: str
    files: tuple[str, ...]
    answers: int
    tasks: int
    silent: int
    differences: tuple[DriftDifference, ...]

    def at_least(self, weight: Weight) -> list[DriftDifference]:
        """The differences of this weight or a more severe one."""
        severe = WEIGHTS[: WEIGHTS.index(weight) + 1]
        return [one for one in self.differences if one.weight in severe]


def drift(
    spec: Spec,
    cassettes: Iterable[tuple[str, Cassette]],
    ask: AskFake | None = None,
    *,
    band: float = BAND,
) -> Drift:
    """Compare recordings with the spec and, if `ask` is given, with a fake. cassettes: each with
    the name of its file. band: a state may last so many times longer or shorter than documented."""
    cassettes = list(cassettes)
    calls = [one for name, cassette in cassettes for one in _calls(spec, name, cassette)]
    found = [*_answer_differences(spec, calls, ask)]
    checks = SpecComparison(spec)
    for name, cassette in cassettes:
        for number, timeline in enumerate(cassette.timelines):
            found += checks.transitions(f"{name}#/timelines/{number}", timeline)
        found += times.differences(spec, name, cassette, band)
    return Drift(
        spec=spec.version,
        files=tuple(name for name, _ in cassettes),
        answers=len(calls),
        tasks=sum(len(cassette.timelines) for _, cassette in cassettes),
        silent=sum(e.answer is None for _, cassette in cassettes for e in cassette.exchanges),
        differences=tuple(merged(found)),
    )


def _answer_differences(
    spec: Spec, calls: list[ComparedCall], ask: AskFake | None
) -> Iterator[DriftDifference]:
    checks = SpecComparison(spec)
    for call in calls:
        yield from checks.differences(call)
        if ask is not None and call.called is not None:
            yield from against_fake.differences(call, ask)


def _calls(spec: Spec, name: str, cassette: Cassette) -> Iterator[ComparedCall]:
    """Every answer of a recording; for polls, one answer per state."""
    find = spec.router.find_anywhere
    for number, exchange in enumerate(cassette.exchanges):
        if exchange.answer is not None:
            called = find(exchange.request.method, exchange.request.path)
            yield ComparedCall(
                f"{name}#/exchanges/{number}", exchange.request, exchange.answer, called
            )
    for number, timeline in enumerate(cassette.timelines):
        called = find(timeline.request.method, timeline.request.path)
        for step, state in enumerate(timeline.states):
            place = f"{name}#/timelines/{number}/states/{step}"
            yield ComparedCall(place, timeline.request, state.answer, called)
