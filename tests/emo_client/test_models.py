"""models.py is generated from openapi.yaml and accepts answers of newer services."""

import importlib.util
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
import yaml

from emo_client import models

ROOT = Path(__file__).parents[2]
SPEC = yaml.load((ROOT / "openapi.yaml").read_bytes(), yaml.CSafeLoader)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = ROOT / "scripts" / "generate_models.py"
    spec = importlib.util.spec_from_file_location("generate_models", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def decode(kind: type, text: str) -> object:
    return msgspec.json.decode(text, type=kind, strict=False)


def test_the_models_are_up_to_date_with_the_spec(generator: ModuleType) -> None:
    assert generator.main(["--check"]) == 0


def test_an_outdated_models_file_is_reported_with_the_command_that_updates_it(
    generator: ModuleType, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(generator, "MODELS", tmp_path / "models.py")
    assert generator.main(["--check"]) == 1
    assert "run python scripts/generate_models.py" in capsys.readouterr().out
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


def test_the_models_have_the_task_states_of_the_spec() -> None:
    lifecycle = SPEC["components"]["schemas"]["TaskStatus"]["x-task-lifecycle"]
    assert frozenset(lifecycle["terminal"]) == models.TERMINAL_STATUSES
    assert set(models.TASK_STATUSES) == set(lifecycle["next"])


def test_the_models_have_the_method_and_path_of_every_operation() -> None:
    documented = {
        (operation["operationId"], method.upper(), path)
        for path, item in SPEC["paths"].items()
        for method, operation in item.items()
    }
    assert {(name, *place) for name, place in models.OPERATIONS.items()} == documented


def test_fields_that_are_not_set_are_not_sent() -> None:
    request = models.DetectRequest(model="m", input=models.DetectInput(image_url="u"))
    assert msgspec.json.encode(request) == b'{"model":"m","input":{"image_url":"u"}}'


def test_null_and_unknown_fields_are_accepted() -> None:
    text = '{"output":{"task_id":"t","task_status":"PRE-PROCESSING","new":1},"usage":null,"new":{}}'
    answer = decode(models.TaskAnswer, text)
    assert answer == models.TaskAnswer(
        output=models.TaskOutput(task_id="t", task_status="PRE-PROCESSING")
    )


def test_values_beyond_the_limits_of_the_spec_are_accepted() -> None:
    text = '{"output":{"check_pass":true,"face_bbox":[-1,0,9000,9000]}}'
    detection = decode(models.Detection, text)
    assert isinstance(detection, models.Detection)
    assert detection.output.face_bbox == [-1, 0, 9000, 9000]


def test_models_are_immutable() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        models.DetectInput(image_url="u").image_url = "v"  # type: ignore[misc]
