"""Shell completion of names and values, also where bash splits words at `=` and `:`."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from emo_kit.cli.complete import VARIABLE
from emo_kit.cli.main import cli, main
from tests.helpers.cases import each_case
from tests.helpers.cli import CLEAN
from tests.helpers.fake import need

ROOT = Path(__file__).parents[3]


def completed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str,
              at: int = -1) -> list[str]:  # fmt: skip
    """What `emo` suggests to the shell for the word `at` of a line; -1 is the last word."""
    words = line.split(" ")
    monkeypatch.setenv(VARIABLE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(at if at >= 0 else len(words) - 1))
    with pytest.raises(SystemExit):
        main([])
    return [word.removeprefix("plain,") for word in capsys.readouterr().out.split()]


@each_case(
    "line, found",
    [("emo down", ["download"]), ("emo serve --time f", ["fast", "frozen"]),
     ("emo serve --variant models=ret", ["models=retired", "models=retired-404"]),
     ("emo serve --variant models = ret", ["retired", "retired-404"]),
     ("emo serve --time = f", ["fast", "frozen"]),
     ("emo contract verify --check keys.m", ["keys.missing"]),
     ("emo contract verify --skip key", ["keys", "keys.missing"]),
     ("emo scenarios --operation can", ["cancelTask"]),
     ("emo scenarios --search cut", ["cut-off"]),
     ("emo journal --operation no", ["none"]),
     ("emo journal --outcome Throttling.Rate", ["Throttling.RateQuota"]),
     ("emo list --status PEN", ["PENDING"]), ("emo list --model emo-d", ["emo-detect-v1"]),
     ("emo list --key sk-a+InvalidFile.NoH", ["sk-a+InvalidFile.NoHuman"]),
     ("emo list --key sk-a+getTask:Throttling.R", ["sk-a+getTask:Throttling.RateQuota"]),
     ("emo list --key sk-a+getTask : Throttling.R", ["Throttling.RateQuota"]),
     ("emo list --ba", ["--base-url"]), ("emo contract fuzz --ph", ["--phase"])],
)  # fmt: skip
def test_completion_suggests_names_and_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, found: list[str]
) -> None:
    answer = completed(monkeypatch, capsys, line)
    assert answer[: len(found)] == found


@pytest.mark.parametrize("old", ["emo journal --ur", "emo contract record --up"])
def test_completion_suggests_no_deprecated_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], old: str
) -> None:
    assert completed(monkeypatch, capsys, old) == []


def test_completion_suggests_reproduce_but_not_its_former_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert completed(monkeypatch, capsys, "emo rep") == ["reproduce"]
    assert "--json" in completed(monkeypatch, capsys, "emo replay --")


def test_bash_completes_a_word_that_it_splits(tmp_path: Path) -> None:
    need(shutil.which("bash"), "bash")
    emo = tmp_path / "emo"
    run = shlex.join([sys.executable, "-c", "from emo_kit.cli.main import main; main()"])
    emo.write_text(f'#!/bin/sh\nexec {run} "$@"\n')
    emo.chmod(0o755)
    script = """
        eval "$(emo completion bash)"
        COMP_WORDS=(emo serve --variant models = ret) COMP_CWORD=5
        _emo_completion emo
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = f"{tmp_path}:{CLEAN['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env={**CLEAN, "PATH": path}, cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["retired", "retired-404"]


@pytest.mark.parametrize(
    ("shell", "line"),
    [("/bin/zsh", 'For zsh: eval "$(emo completion zsh)"'), ("", 'eval "$(emo completion bash)"'),
     ("/usr/bin/fish", "For fish: emo completion fish | source"), ("/bin/ksh", "For bash:")],
)  # fmt: skip
def test_completion_without_a_shell_shows_the_line_for_the_current_shell(
    shell: str, line: str
) -> None:
    result = CliRunner().invoke(cli, ["completion"], env={"SHELL": shell})
    assert result.exit_code == 2
    assert "which shell? bash, zsh, fish" in result.stderr
    assert line in result.stderr
