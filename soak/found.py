"""The results of a soak. Similar failures are counted together, so that memory stays small."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from dataclasses import dataclass, field

from soak.programs import Stop, Usage

KEPT_FAILURES = 40  # different kinds of failures
VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+"
)  # ids and numbers, in which similar failures differ
MB = 1e6


@dataclass
class Findings:
    """Counts, latencies in seconds by phase, failures, stops, and the usage of each program."""

    phase: str = "alone"
    good: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)  # failed because of a restart
    hostile: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)  # to attacks, by status
    failures: Counter[str] = field(default_factory=Counter)  # by the text of the first of each kind
    latencies: dict[str, array[float]] = field(default_factory=dict)
    stops: list[Stop] = field(default_factory=list)
    restarts: int = 0
    peaks: dict[str, int] = field(default_factory=dict)  # bytes, by program
    latest: dict[str, Usage] = field(default_factory=dict)
    threads: int = 0
    descriptors_before: int | None = None
    descriptors_after: int | None = None
    growth: float | None = None  # bytes
    _kinds: dict[str, str] = field(default_factory=dict)

    def fail(self, who: str, text: str) -> None:
        """Add a failure of a client or program."""
        kind = f"{who}: {VARYING.sub('#', text)}"
        if kind not in self._kinds and len(self._kinds) >= KEPT_FAILURES:
            kind = text = "others"
        self.failures[self._kinds.setdefault(kind, f"{who}: {text}")] += 1

    def answered(self, seconds: float) -> None:
        """Add the latency of an answer to a good client."""
        self.latencies.setdefault(self.phase, array("d")).append(seconds)

    def used(self, program: str, usage: Usage) -> None:
        """Add the present usage of a program."""
        self.latest[program] = usage
        self.peaks[program] = max(self.peaks.get(program, 0), usage.peak)
        self.threads = max(self.threads, usage.threads)

    def quantile(self, phase: str, share: float) -> float | None:
        """The quantile of the latencies in a phase, in ms; None without answers."""
        values = sorted(self.latencies.get(phase, ()))
        return 1e3 * values[min(len(values) - 1, int(share * len(values)))] if values else None

    def measured(self) -> dict[str, float]:
        """Values by the names of soak.limits.LIMITS, without unknown values."""
        values: dict[str, float | None] = {
            "failures": self.failures.total(),
            "good calls": self.good.total(),
            "hostile calls": self.hostile.total(),
            "restarts": self.restarts,
            "stop": max((stop.seconds for stop in self.stops), default=None),
            **{f"{name} peak": peak / MB for name, peak in self.peaks.items()},
            "fake growth": None if self.growth is None else self.growth / MB,
            "descriptors": self._left_open(),
            "threads": self.threads or None,
            "p50 alone": self.quantile("alone", 0.5),
            "p99 alone": self.quantile("alone", 0.99),
            "p50 attacked": self.quantile("attacked", 0.5),
            "p99 attacked": self.quantile("attacked", 0.99),
            "slowest": self.quantile("attacked", 1),
        }
        return {name: value for name, value in values.items() if value is not None}

    def _left_open(self) -> float | None:
        if self.descriptors_before is None or self.descriptors_after is None:
            return None
        return max(0, self.descriptors_after - self.descriptors_before)
