"""Which server the client commands call, how they print it, and what they print if there is
none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emo_kit.cli import client
from emo_kit.cli.destination import destination
from emo_kit.cli.main import cli, main
from tests.helpers.cases import each_case
from tests.helpers.cli import BOXES, MEDIA, run_here  # noqa: F401

OFFICIAL = "https://dashscope.aliyuncs.com/api/v1"
CALLS = [
    ["detect", *MEDIA[:2]], ["create", *MEDIA, *BOXES], ["get", "x"], ["wait", "x"],
    ["cancel", "x"], ["list"], ["generate", *MEDIA], ["download", "x", "-o", "no-such-video.mp4"],
]  # fmt: skip


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without a base URL and without a key."""
    for name in ("DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_API_KEY", "EMO_PORT"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@each_case(
    "base_url, live, variable, line",
    [(None, False, "", "calling the fake at http://127.0.0.1:8787/api/v1"),
     (None, False, "http://h:9", "calling http://h:9/api/v1 (from DASHSCOPE_HTTP_BASE_URL)"),
     (None, False, OFFICIAL, f"{OFFICIAL} (the paid service, from DASHSCOPE_HTTP_BASE_URL)"),
     (None, True, "", f"calling {OFFICIAL} (the paid service, --live)"),
     (None, True, "http://127.0.0.1:9", "--live, not the DASHSCOPE_HTTP_BASE_URL of the environ"),
     ("http://fake:1/", False, OFFICIAL, "emo: calling http://fake:1/api/v1"),
     ("http://fake:1/qwen", False, "", "emo: calling http://fake:1/qwen/api/v1"),
     ("http://fake:1/compatible-mode/v1", False, "", "http://fake:1/compatible-mode/v1"),
     ("https://dashscope-intl.aliyuncs.com", False, "", "(the paid service)"),
     ("http://notaliyuncs.com", False, "", "calling http://notaliyuncs.com/api/v1")],
)  # fmt: skip
def test_the_first_line_names_the_server(
    variables: pytest.MonkeyPatch, base_url: str | None, live: bool, variable: str, line: str
) -> None:
    variables.setenv("DASHSCOPE_HTTP_BASE_URL", variable)
    said = destination(base_url, live).announcement()
    assert line in said
    assert ("paid" in said) is ("aliyuncs.com/" in said and "not" not in said.partition("/api")[0])


@pytest.mark.parametrize("arguments", CALLS, ids=lambda a: str(a[0]))
def test_each_client_command_calls_the_fake_by_default_and_prints_its_url(
    variables: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    variables.setenv("EMO_PORT", "9")
    variables.setenv("DASHSCOPE_API_KEY", "sk-a-real-key")
    variables.setattr("emo_client.retry.backoff", lambda *_: 0.0)
    result = CliRunner().invoke(cli, arguments)
    assert result.stderr.startswith("emo: calling the fake at http://127.0.0.1:9/api/v1\n")
    assert "nobody answers at http://127.0.0.1:9/api/v1" in result.stderr
    assert "`emo serve --port 9`" in result.stderr
    assert (result.exit_code, result.stdout) == (2, "")


def test_live_and_a_base_url_contradict_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["list", "--live", "--base-url", "http://127.0.0.1:9"])
    assert end.value.code == 2
    assert "--live or --base-url, not both" in capsys.readouterr().err


@pytest.mark.parametrize("where", [["--live"], ["--base-url", "https://example.com"]])
def test_a_service_on_another_machine_needs_a_key(
    variables: pytest.MonkeyPatch, where: list[str]
) -> None:
    result = CliRunner().invoke(cli, ["list", *where])
    assert result.exit_code == 2
    assert "set DASHSCOPE_API_KEY or give --key" in result.stderr


def test_the_fake_is_called_without_any_key_and_around_every_proxy(
    url: str, variables: pytest.MonkeyPatch
) -> None:
    variables.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    result = CliRunner().invoke(cli, ["list", "--base-url", url])
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("bad", ["127.0.0.1:8787", "ftp://x", "http://x y", "http://h:99999", ""])
def test_an_invalid_base_url_is_refused_by_the_name_of_its_option(
    variables: pytest.MonkeyPatch, bad: str
) -> None:
    typed = CliRunner().invoke(cli, ["list", "--base-url", bad])
    assert (typed.exit_code, "--base-url " in typed.stderr) == (2, True)
    assert "base_url" not in typed.stderr
    if bad:
        result = CliRunner().invoke(cli, ["list"], env={"DASHSCOPE_HTTP_BASE_URL": bad})
        assert (result.exit_code, "DASHSCOPE_HTTP_BASE_URL " in result.stderr) == (2, True)


def test_a_wait_for_a_missing_server_ends_at_once(
    variables: pytest.MonkeyPatch,
) -> None:
    variables.setattr("emo_client.retry.backoff", lambda *_: 0.0)
    result = CliRunner().invoke(cli, ["wait", "x", "--base-url", "http://127.0.0.1:9"])
    assert (result.exit_code, "nobody answers" in result.stderr) == (2, True)


def test_a_video_is_downloaded_by_its_task_or_its_url(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    task = json.loads(run("generate", *MEDIA, "--json").stdout)["output"]
    by_task = run("download", task["task_id"], "-o", str(tmp_path / "a.mp4"), "--json")
    assert json.loads(by_task.stdout)["bytes"] == (tmp_path / "a.mp4").stat().st_size
    by_url = run("download", task["results"]["video_url"], "-o", str(tmp_path / "b.mp4"))
    assert by_url.stdout == f"saved to {tmp_path / 'b.mp4'}\n"
    assert by_url.stderr.startswith("emo: fetching http://127.0.0.1:")
    assert "Signature" not in by_url.output
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_download_of_an_unfinished_task_suggests_emo_wait(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    task = run("create", *MEDIA, *BOXES).stdout.strip()
    result = run("download", task, "-o", str(tmp_path / "v.mp4"))
    assert result.exit_code == 1
    assert f"emo wait {task} -o {tmp_path / 'v.mp4'}" in result.stderr
    assert client.MOMENT not in result.stderr


@pytest.mark.parametrize("command", [["env"], ["journal"], ["explain"]], ids=" ".join)
def test_control_commands_refuse_the_paid_service(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command, "--server", "https://dashscope-intl.aliyuncs.com/api/v1"])
    told = capsys.readouterr()
    assert (end.value.code, told.out) == (2, "")
    assert "is the paid service; give the root of a fake" in told.err
