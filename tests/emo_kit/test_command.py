"""The command `emo` in a project that has packages with the names of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emo_kit.command import PACKAGES, main

EMO = [sys.executable, "-W", "error", "-c", "from emo_kit.command import main; main()"]


def emo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`emo …` from another folder, with that folder on PYTHONPATH before ours."""
    ours = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), ours])}
    return subprocess.run(
        [*EMO, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_ctrl_c_while_emo_is_loading_exits_130(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pressed(package: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("emo_kit.command.shadowed_by", pressed)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_emo_runs_in_a_project_without_packages_of_our_names(tmp_path: Path) -> None:
    done = emo(tmp_path, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("emo, version")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_folder_without_an_init_file_hides_no_package(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    done = emo(tmp_path, "list", "--help")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("file", ["{}/__init__.py", "{}.py"])
@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_that_hides_ours_is_named_in_one_sentence(
    tmp_path: Path, name: str, file: str
) -> None:
    path = tmp_path / file.format(name)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    done = emo(tmp_path, "list", "--help")
    where = path.parent if path.name == "__init__.py" else path
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {where} hides the package {name!r} of dashscope-emo-kit")
    assert "Traceback" not in done.stderr
