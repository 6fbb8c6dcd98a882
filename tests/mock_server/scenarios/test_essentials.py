"""The ten most needed scenarios exist, and their lines work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contracts.spec.loader import Spec
from emo_kit.cli.main import cli
from mock_server.scenarios.catalogue.essentials import ESSENTIALS, Essential
from mock_server.scenarios.names import find
from tests.helpers.cli import MEDIA, run_here  # noqa: F401

ENDS_WELL = {"latency=5"}


@pytest.mark.parametrize("essential", ESSENTIALS, ids=lambda one: one.scenario)
def test_the_line_of_each_essential_scenario_makes_it_happen(
    essential: Essential,
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("emo_client.retry.backoff", lambda *_: 0.0)
    name, _, key = essential.line.removeprefix("export ").partition("=")
    video = ["-o", str(tmp_path / "video.mp4"), "--timeout", "0.3"]
    done = run("generate", *MEDIA, *video, **{name: key})
    assert done.exit_code == (0 if essential.scenario in ENDS_WELL else 1), done.output
    kept = run("journal", "--json", "--scenario", **{name: key}).stdout.splitlines()
    met = {json.loads(exchange)["scenario"] for exchange in kept}
    assert essential.scenario.rpartition(":")[2].partition("=")[0] in met


def test_there_are_ten_essential_scenarios(spec: Spec) -> None:
    assert len({one.scenario for one in ESSENTIALS if find(spec, one.scenario)}) == 10


def test_emo_scenarios_begins_with_the_essential_ones_on_80_columns() -> None:
    lines = CliRunner().invoke(cli, ["scenarios"]).stdout.partition("\n\n")[0].splitlines()
    assert [line.split("  ")[-1].strip() for line in lines[1:11]] == [e.line for e in ESSENTIALS]
    assert max(map(len, lines)) <= 80
    filtered = CliRunner().invoke(cli, ["scenarios", "--kind", "fault"]).stdout
    assert not re.search("people need most", filtered)
