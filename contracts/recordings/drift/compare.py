"""Recordings held against the spec, a fake, and the documented times: what differs, and how bad
that is. It sends nothing and reads no file."""

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
    gathered,
)
from contracts.recordings.drift.times import BAND
from contracts.recordings.model import Cassette
from contracts.recordings.operations import OperationFinder
from contracts.spec.loader import Spec

__all__ = ["BAND", "WEIGHTS", "AskFake", "Drift", "DriftDifference", "Weight", "drift"]


class Drift(Struct, frozen=True):
    """What was looked at, and what was found. silent: calls that nobody answered."""

    spec: str
    files: tuple[str, ...]
    answers: int
    tasks: int
    silent: int
    differences: tuple[DriftDifference, ...]

    def at_least(self, weight: Weight) -> list[DriftDifference]:
        """The differences of this weight, and graver ones."""
        grave = WEIGHTS[: WEIGHTS.index(weight) + 1]
        return [one for one in self.differences if one.weight in grave]


def drift(
    spec: Spec,
    cassettes: Iterable[tuple[str, Cassette]],
    ask: AskFake | None = None,
    *,
    band: float = BAND,
) -> Drift:
    """Hold recordings, each with the name of its file, against the spec and, where there is one to
    ask, a fake. band: a state may last so many times longer or shorter than documented."""
    cassettes = list(cassettes)
    seen = [one for name, cassette in cassettes for one in _seen(spec, name, cassette)]
    found = [*_of_answers(spec, seen, ask)]
    checks = SpecComparison(spec)
    for name, cassette in cassettes:
        for number, timeline in enumerate(cassette.timelines):
            found += checks.life(f"{name}#/timelines/{number}", timeline)
        found += times.differences(spec, name, cassette, band)
    return Drift(
        spec=spec.version,
        files=tuple(name for name, _ in cassettes),
        answers=len(seen),
        tasks=sum(len(cassette.timelines) for _, cassette in cassettes),
        silent=sum(e.answer is None for _, cassette in cassettes for e in cassette.exchanges),
        differences=tuple(gathered(found)),
    )


def _of_answers(
    spec: Spec, seen: list[ComparedCall], ask: AskFake | None
) -> Iterator[DriftDifference]:
    checks = SpecComparison(spec)
    for one in seen:
        yield from checks.differences(one)
        if ask is not None and one.called is not None:
            yield from against_fake.differences(one, ask)


def _seen(spec: Spec, name: str, cassette: Cassette) -> Iterator[ComparedCall]:
    """Every answer of a recording; of a state the one that was kept."""
    find = OperationFinder(spec).find
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
