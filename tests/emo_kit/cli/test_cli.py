"""`emo` commands that call no server: wrong usage, help, scenarios, env and completion."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from contracts.spec.loader import Spec
from emo_kit.cli.main import COMMANDS, cli, main
from mock_server.scenarios.faults import FAULTS
from tests.helpers.cases import each_case
from tests.helpers.cli import CLEAN, EMO, MEDIA, emo_process, run_here  # noqa: F401


@each_case(
    "arguments, words",
    [(["serv"], "Did you mean 'serve'?"), (["serve", "--prot", "1"], "--port"),
     (["serve", "--time", "fats"], "Did you mean 'fast'?"),
     (["serve", "--port", "x"], "whole number"),
     (["serve", "--port", "70000"], "from 0 (any free one) to 65535"),
     (["serve", "--speed", "-1"], "from 0"), (["serve", "--admin-token", ""], "not empty"),
     (["serve", "--time", "frozen", "--speed", "5"], "contradicts"),
     (["serve", "--host", ""], "0.0.0.0"), (["serve", "--concurrency", "0"], "from 1"),
     (["scenarios", "--status", "4x"], "like 4xx"), (["env", "--shell", "bsh"], "'sh'"),
     (["create", *MEDIA, "--face", "1,2,3", "--ext", "1,2,3,4"], "is not x1,y1,x2,y2"),
     (["create", *MEDIA, "--face", "²,2,3,4", "--ext", "1,2,3,4"], "is not x1,y1,x2,y2"),
     (["wait", "x", "--timeout", "0"], "timeout"), (["detect"], "--image"),
     (["list", "--status", "PENDNG"], "Did you mean 'PENDING'?"),
     (["scenarios", "--operation", "getTsk"], "Did you mean 'getTask'?"),
     (["generate", *MEDIA, "-o", "."], ". names a folder; name a file in it"),
     (["generate", *MEDIA, "-o", "/nowhere/video.mp4"], "the folder /nowhere does not exist"),
     (["demo", "-o", "/"], "/ names a folder; name a file in it"),
     (["download", "x", "-o", "-"], "name a file")],
)  # fmt: skip
def test_wrong_usage_exits_2_with_advice(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert words in capsys.readouterr().err


@each_case("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    assert f"emo {command}" in result.output.partition("Example")[2]


def test_a_command_that_calls_a_server_loads_no_library_for_terminals(url: str) -> None:
    """httpx would import rich and pygments for a command line of its own."""
    arguments = ["list", "--json", "--base-url", url, "--key", "sk-fast"]
    code = f"""
import atexit, sys
atexit.register(lambda: print({{"httpx", "rich", "pygments"}} & set(sys.modules), file=sys.stderr))
from emo_kit.cli.main import main
main({arguments})"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=CLEAN, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "{'httpx'}"


def test_help_and_version_need_no_server_or_key() -> None:
    assert "demo" in emo_process("--help").stdout
    assert re.match(r"emo, version \d+\.\d+", emo_process("--version").stdout)


def test_scenarios_prints_the_whole_catalogue(spec: Spec, run: Callable[..., Result]) -> None:
    rows = json.loads(run("scenarios", "--json").output)
    assert {row["name"] for row in rows if row["kind"] == "outcome"} == spec.all_outcomes.keys()
    assert {row["name"] for row in rows if row["kind"] == "fault"} == FAULTS.keys()
    assert rows[0].keys() >= {"name", "operation", "status", "code", "evidence", "trigger"}
    text = run("scenarios").output
    assert all(row["name"] in text and row["recipe"] in text for row in rows)
    assert max(map(len, text.splitlines())) <= 160


def test_scenarios_shows_the_trigger_and_the_invalid_request_of_each_answer(
    run: Callable[..., Result],
) -> None:
    text = run("scenarios", "--operation", "createVideoTask").output
    line = r"\nBadRequest.EmptyModel +400 +BadRequest.EmptyModel +documented "
    recipe = r"-H 'X-Mock-Scenario: BadRequest.EmptyModel'\n +or leave out model\n"
    assert re.search(line + recipe, text)
    assert "detectFace" not in text
    name = "FAILED.InternalError.Algo-inference"
    (row,) = json.loads(run("scenarios", "--json", "--search", name).output)
    assert row["recipe"] == row["trigger"]["url"] == f"?emo-scenario={name}"
    assert row["trigger"]["header"] == f"-H 'X-Mock-Scenario: {name}'"
    assert row["trigger"]["key"] == f"-H 'Authorization: Bearer sk-anything+{name}'"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [(["--kind", "variant", "--search", "RETIRED"], ["models=retired", "models=retired-404"]),
     (["--status", "431", "--operation", "getTask"], ["InvalidParameter-headers"]),
     (["--status", "5XX", "--operation", "cancelTask", "--search", "timeout"],
      ["RequestTimeOut", "RequestTimeOut-response"]),
     (["--kind", "fault", "--search", "gateway"], ["not-json", "bad-gateway"]),
     (["--kind", "fault", "--status", "4xx"], []), (["--search", "no such text"], [])],
)  # fmt: skip
def test_scenarios_filters_by_kind_status_operation_and_text(
    arguments: list[str], names: list[str], run: Callable[..., Result]
) -> None:
    rows = json.loads(run("scenarios", "--json", *arguments).stdout)
    assert [row["name"] for row in rows] == names
    printed = run("scenarios", *arguments)
    assert all(f"\n{name} " in printed.stdout for name in names)
    assert ("no scenario matches" in printed.stderr) is (not names)


def test_env_can_be_evaluated_by_a_shell() -> None:
    script = (
        'eval "$(%s env --server http://127.0.0.1:9 --key sk-a)"; echo "$DASHSCOPE_HTTP_BASE_URL"'
    )
    command = ["sh", "-c", script % shlex.join(EMO)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout == "http://127.0.0.1:9/api/v1\n"


def test_env_keeps_the_existing_hosts_of_no_proxy() -> None:
    script = 'NO_PROXY=corp; eval "$(%s env --server http://fake:9)"; echo "$NO_PROXY"'
    result = subprocess.check_output(["sh", "-c", script % shlex.join(EMO)], text=True, timeout=60)
    assert result == "127.0.0.1,localhost,::1,fake,corp\n"


def test_env_prints_for_three_shells_and_as_json(run: Callable[..., Result]) -> None:
    assert "set -gx DASHSCOPE_API_KEY 'sk-local'" in run("env", "--shell", "fish").output
    assert '$env:NO_PROXY = "127.0.0.1,localhost,::1,' in run("env", "--shell", "powershell").output
    assert json.loads(run("env", "--json").output)["DASHSCOPE_API_KEY"] == "sk-local"
    assert run("env", "--key", "sk-'; rm -rf ~ #").exit_code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_three_shells(shell: str, run: Callable[..., Result]) -> None:
    assert "_EMO_COMPLETE" in run("completion", shell).output
