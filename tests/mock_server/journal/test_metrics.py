"""The metrics in the format that Prometheus reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.spec.loader import Spec
from mock_server.journal.metrics import Gauges, Metrics
from mock_server.scenarios.faults import FAULTS

often = settings(max_examples=200, derandomize=True, database=None, deadline=None)
NOTHING = Gauges(0, 0, 0, 0, 0)
NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:{{({LABEL}(?:,{LABEL})*)}})? (-?[0-9.e+]+|NaN|[+-]Inf)")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parse(text: str) -> tuple[Samples, dict[str, str]]:
    """Samples and types of a text in the format 0.0.4; AssertionError where it is not."""
    samples: Samples = {}
    types: dict[str, str] = {}
    helped: set[str] = set()
    current = ""
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            current = line.split(" ")[2]
            assert current not in helped
            helped.add(current)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current
            assert name not in types
            assert kind in ("counter", "gauge")
            types[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            assert found[1] == current
            labels = frozenset(_unescaped(pair) for pair in re.findall(LABEL, found[2] or ""))
            assert (current, labels) not in samples
            samples[current, labels] = float(found[found.re.groups])
    assert helped == types.keys()
    return samples, types


def _unescaped(pair: tuple[str, str]) -> tuple[str, str]:
    escapes = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
    return pair[0], re.sub(r"\\.", lambda found: escapes[found[0]], pair[1])


def sample(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


@pytest.fixture
def metrics(spec: Spec) -> Metrics:
    return Metrics.of(spec)


def test_exchanges_are_counted_by_operation_and_status(metrics: Metrics) -> None:
    for status in (200, 200, 429):
        metrics.count("getTask", status)
    metrics.count("getTask", 200, "latency", scenario=True)
    metrics.count("", 404, explained=True)
    found, types = parse(metrics.render(NOTHING))
    assert sample(found, "emo_exchanges_total", operation="getTask", status="200") == 3
    assert sample(found, "emo_exchanges_total", operation="getTask", status="429") == 1
    assert sample(found, "emo_exchanges_total", operation="none", status="404") == 1
    assert sample(found, "emo_faults_total", fault="latency") == 1
    assert sample(found, "emo_faults_total", fault="reset") == 0
    assert sample(found, "emo_scenarios_total") == 1
    assert sample(found, "emo_explained_total") == 1
    assert types["emo_exchanges_total"] == types["emo_journal_dropped_total"] == "counter"


def test_gauges_of_other_modules_are_shown(metrics: Metrics, spec: Spec) -> None:
    found, types = parse(metrics.render(Gauges(1, 2, 3, 4, 5, 6)))
    gauges = ("tenants", "tasks", "journal_entries", "journal_bytes")
    names = (*gauges, "journal_dropped_total", "log_lost_total")
    assert [sample(found, f"emo_{name}") for name in names] == [1, 2, 3, 4, 5, 6]
    assert [types[f"emo_{name}"] for name in names] == ["gauge"] * 4 + ["counter"] * 2
    assert sample(found, "emo_info", spec=spec.version) == 1


def test_every_status_of_the_spec_has_its_own_series(metrics: Metrics, spec: Spec) -> None:
    statuses = {outcome.status for outcome in spec.outcomes.values()}
    for status in statuses:
        metrics.count("getTask", status)
    found, _ = parse(metrics.render(NOTHING))
    for status in statuses:
        assert sample(found, "emo_exchanges_total", operation="getTask", status=str(status)) == 1


@often
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["getTask", "control", ""]) | st.text(),
            st.integers(),
            st.sampled_from(["", *FAULTS]) | st.text(),
        ),
        max_size=50,
    )
)
def test_labels_have_few_values_for_any_calls(calls: list[tuple[str, int, str]]) -> None:
    metrics = Metrics("1", ["getTask"], [200, 404], FAULTS)
    for kind, status, fault in calls:
        metrics.count(kind, status, fault)
    found, _ = parse(metrics.render(NOTHING))
    exchanges = {labels: n for (name, labels), n in found.items() if "exchanges" in name}
    assert sum(exchanges.values()) == len(calls)
    assert len(exchanges) <= 6
    faults = [n for (name, _), n in found.items() if name == "emo_faults_total"]
    assert sum(faults) == sum(bool(fault) for _, _, fault in calls)
    assert len(faults) <= len(FAULTS) + 1


@often
@given(st.text())
def test_any_label_is_escaped(version: str) -> None:
    found, _ = parse(Metrics(version, [], [], []).render(NOTHING))
    assert sample(found, "emo_info", spec=version) == 1


@pytest.mark.parametrize(
    "text",
    ["", "emo_x 1\n", "# TYPE emo_x gauge\n", '# HELP a b\n# TYPE a gauge\na{b="\\x"} 1\n',
     "# HELP a b\n# TYPE a gauge\na 1", "# HELP a b\n# TYPE a gauge\na 1\na 2\n"],
)  # fmt: skip
def test_the_parser_of_these_tests_is_strict(text: str) -> None:
    with pytest.raises(AssertionError):
        parse(text)
