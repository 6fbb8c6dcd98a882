"""docs/control.md shows each call of the control API as the fake answers it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from mock_server.control.api import CONTROLS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = ROOT / "scripts/generate_control.py"
    spec = importlib.util.spec_from_file_location("generate_control", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_shows_what_the_fake_answers(generator: ModuleType) -> None:
    assert generator.main(["--check"]) == 0, "run make control"


def test_each_control_call_has_an_example_that_succeeds(generator: ModuleType) -> None:
    routes = {example.route for example in generator.examples()}
    paths = {path: f"/__mock__{path}".replace("{id}", "{{request_id}}") for _, path, _ in CONTROLS}
    assert routes == {f"{method} {paths[path]}" for method, path, _ in CONTROLS}
    page = (ROOT / "docs/control.md").read_text("utf-8")
    assert page.count("    HTTP/1.1 200 OK") == len(generator.examples())


def test_a_page_that_differs_is_reported_with_the_command_that_writes_it(
    generator: ModuleType, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(generator, "PAGE", tmp_path / "control.md")
    assert generator.main(["--check"]) == 1
    assert "run python scripts/generate_control.py" in capsys.readouterr().out
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


def test_long_values_of_an_answer_are_shortened_and_marked(generator: ModuleType) -> None:
    assert generator.shortened({"a": [1, 2, 3], "b": "x" * 200}) == {
        "a": [1, 2, "…"], "b": "x" * 160 + "…"
    }  # fmt: skip
    by_name = {name: {"of": name} for name in "abc"}
    assert generator.shortened(by_name) == {"a": {"of": "a"}, "b": {"of": "b"}, "…": "…"}
    deep = {"1": {"2": {"3": {"4": {"5": {"6": 0}}}}}}
    assert "'5': '…'" in str(generator.shortened({"0": 0, **deep}))
