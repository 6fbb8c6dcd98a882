"""Counts exchanges and renders Prometheus metrics. The number of label values is bounded for any
calls of clients."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from contracts.spec.loader import Spec
from mock_server.scenarios.faults import FAULTS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OWN_STATUSES = {200, 206, 400, 401, 403, 404, 405, 408, 413, 416, 431, 500, 502, 503, 504}
NONE, OTHER = "none", "other"
Sample = tuple[Mapping[str, str], float]


class Gauges(NamedTuple):
    """Numbers that other modules count.

    Tenants and tasks in the store, size and losses of the journal, log lines that were not written,
    tenants that were dropped to make room, and bugs of the fake itself."""

    tenants: int
    tasks: int
    journal_entries: int
    journal_bytes: int
    journal_dropped: int
    log_lost: int = 0
    evicted: int = 0
    mistakes: int = 0


class Metrics:
    """Counters since the start. `count` runs for every exchange."""

    def __init__(
        self,
        version: str,
        operations: Collection[str],
        statuses: Collection[int],
        faults: Collection[str],
    ) -> None:
        self._version = version
        self._operations = frozenset(operations)
        self._statuses = frozenset(statuses)
        self._faults = frozenset(faults)
        self._counts: dict[tuple[str, int, str], list[int]] = {}
        self._scenarios = 0
        self._explained = 0

    @classmethod
    def of(cls, spec: Spec) -> Metrics:
        """Metrics for the operations and statuses of the spec, and the fake's own statuses."""
        statuses = {outcome.status for outcome in spec.all_outcomes.values()} | OWN_STATUSES
        return cls(spec.version, spec.all_operations, statuses, FAULTS)

    def count(
        self,
        kind: str,
        status: int,
        fault: str = "",
        *,
        scenario: bool = False,
        explained: bool = False,
    ) -> None:
        """Count one exchange.

        kind: the operationId, "" for none. fault: its name, "" for none. scenario: whether one was
        applied. explained: whether the fake can explain the answer."""
        cell = self._counts.get((kind, status, fault)) or self._cell(kind, status, fault)
        cell[0] += 1
        if scenario:
            self._scenarios += 1
        if explained:
            self._explained += 1

    def render(self, gauges: Gauges) -> str:
        """All metrics, in the Prometheus text format 0.0.4."""
        return "".join(self._families(gauges))

    def _cell(self, kind: str, status: int, fault: str) -> list[int]:
        """The counter of these labels. Unknown values share the label `none` or `other`."""
        kind = kind if kind in self._operations else ""
        status = status if status in self._statuses else 0
        fault = fault if not fault or fault in self._faults else OTHER
        return self._counts.setdefault((kind, status, fault), [0])

    def _families(self, gauges: Gauges) -> Iterator[str]:
        yield _family("exchanges_total", "Calls answered.", self._exchanges())
        yield _family("faults_total", "Answers that a fault changed.", self._fault_counts())
        yield _family("scenarios_total", "Calls that a scenario decided.", _one(self._scenarios))
        yield _family("explained_total", "Calls with an explanation.", _one(self._explained))
        yield _family("tenants", "API keys with data in the store.", _one(gauges.tenants))
        yield _family("tasks", "Tasks in the store.", _one(gauges.tasks))
        yield _family("journal_entries", "Exchanges in the journal.", _one(gauges.journal_entries))
        yield _family("journal_bytes", "Bytes of these exchanges.", _one(gauges.journal_bytes))
        dropped = _one(gauges.journal_dropped)
        yield _family("journal_dropped_total", "Exchanges dropped to make room.", dropped)
        lost = _one(gauges.log_lost)
        yield _family("log_lost_total", "Log lines that were not written.", lost)
        evicted = _one(gauges.evicted)
        yield _family("tenants_evicted_total", "API keys dropped to make room.", evicted)
        mistakes = _one(gauges.mistakes)
        yield _family("internal_errors_total", "Exceptions in the fake itself.", mistakes)
        yield _family("info", "The contract that is served.", [({"spec": self._version}, 1)])

    def _exchanges(self) -> Iterator[Sample]:
        totals: dict[tuple[str, str], int] = {}
        for (kind, status, _), (number,) in list(self._counts.items()):
            labels = kind or NONE, str(status) if status else OTHER
            totals[labels] = totals.get(labels, 0) + number
        for (operation, shown), number in sorted(totals.items()):
            yield {"operation": operation, "status": shown}, number

    def _fault_counts(self) -> Iterator[Sample]:
        """The count of every fault, also 0: Prometheus computes a rate only from a first sample
        on."""
        totals = dict.fromkeys(sorted(self._faults), 0)
        for (_, _, fault), (number,) in list(self._counts.items()):
            if fault:
                totals[fault] = totals.get(fault, 0) + number
        return (({"fault": fault}, number) for fault, number in totals.items())


def _one(number: float) -> list[Sample]:
    return [({}, number)]


def _family(name: str, text: str, samples: Iterable[Sample]) -> str:
    name = f"emo_{name}"
    kind = "counter" if name.endswith("_total") else "gauge"
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {number}" for labels, number in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
