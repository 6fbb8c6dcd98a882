"""Every command has the same name for the same option; deprecated names work and are hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from emo_kit.cli.main import cli
from emo_kit.cli.options import Option
from tests.helpers.cli import run_here  # noqa: F401

SHARED = {"--base-url", "--server", "--output", "--json", "--key", "--seed", "--admin-token"}
# Former names, and what they are now.
FORMER = {
    ("env", "--url"): "--server",
    ("explain", "--url"): "--server",
    ("journal", "--url"): "--server",
    ("contract fuzz", "--save"): "--output",
    ("contract record", "--upstream"): "--base-url",
    ("contract verify", "--image-url"): "--image",
    ("contract verify", "--audio-url"): "--audio",
}


def commands(group: click.Group = cli, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} ")
        else:
            yield f"{before}{name}", command


def options(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option)]


def test_an_option_has_the_same_name_on_all_commands() -> None:
    for name, command in commands():
        shown = {text for option in options(command) if not option.hidden for text in option.opts}
        assert not shown & {"--url", "--out", "--format", "--save", "--upstream", "--file"}, name
        assert ("-o" in shown) is ("--output" in shown), name


def test_every_option_has_a_help_text() -> None:
    for name, command in commands():
        for option in options(command):
            assert option.hidden or option.help, f"{name} {option.opts}"


def test_each_deprecated_option_works_and_is_hidden() -> None:
    found = {
        (name, old): option.opts[-1]
        for name, command in commands()
        for option in options(command)
        if isinstance(option, Option)
        for old in option.old
    }
    assert found == FORMER
    for name, old in FORMER:
        shown = CliRunner().invoke(cli, [*name.split(), "--help"]).output
        assert f"{old} " not in shown


def test_replay_is_a_hidden_former_name_of_reproduce(tmp_path: Path) -> None:
    assert not re.search(r"\breplay\b", CliRunner().invoke(cli, ["--help"]).output)
    file = tmp_path / "run.json"
    file.write_text("{}")
    old, new = (CliRunner().invoke(cli, [name, str(file)]) for name in ("replay", "reproduce"))
    assert (old.exit_code, old.output) == (2, new.output)
    assert "Usage: cli reproduce" in old.output


@pytest.mark.parametrize(
    ("file", "words"),
    [("", "the name of the file is empty"), ("none/", "none/ names a folder; name a file in it")],
)
def test_every_file_to_write_needs_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, command in commands():
        for option in options(command):
            if isinstance(option.type, click.Path) and not option.type.exists:
                result = CliRunner().invoke(cli, [*name.split(), option.opts[0], file])
                assert (result.exit_code, words in result.stderr) == (2, True), f"{name} {option}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["env", "explain", "journal"])
def test_url_is_a_deprecated_name_of_server(url: str, command: str) -> None:
    key = ["--key", f"sk-former-{command}"]
    new, old = (
        CliRunner().invoke(cli, [command, name, url, *key]).output for name in ("--server", "--url")
    )
    assert new == old
    assert "No such option" not in new


def test_control_commands_use_the_admin_token_of_serve(
    serve: Callable[..., AbstractContextManager[str]],
) -> None:
    with serve(admin_token="s3cret") as url:
        explain = ["explain", "--server", url, "--key", "sk-a"]
        refused = CliRunner().invoke(cli, explain)
        answered = CliRunner().invoke(cli, explain, env={"EMO_ADMIN_TOKEN": "s3cret"})
    assert "token" in refused.output
    assert "there is nothing to explain" in answered.output


@pytest.mark.parametrize("name", ["--base-url", "--upstream"])
def test_upstream_is_a_deprecated_name_of_base_url(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(cli, ["contract", "record", name, "http://h/x"])
    assert "--base-url http://h/x has a path" in result.output


@pytest.mark.parametrize("name", ["-o", "--output", "--save"])
def test_save_is_a_deprecated_name_of_output(tmp_path: Path, name: str) -> None:
    wrong = ["contract", "fuzz", "--examples", "0", name, str(tmp_path / "test_x.py")]
    assert "--examples 0 must be 1 or more" in CliRunner().invoke(cli, wrong).output


def test_har_takes_its_file_as_a_value_or_as_output(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    run("list")
    files = [tmp_path / name for name in "abc"]
    assert run("journal", "--har", str(files[0])).exit_code == 0
    assert run("journal", "--har", "-o", str(files[1])).exit_code == 0
    assert len(json.loads(run("journal", "--har").stdout)["log"]["entries"]) == 1
    assert run("journal", "-o", str(files[2])).exit_code == 0
    sizes = [len(json.loads(file.read_text())["log"]["entries"]) for file in files[:2]]
    assert sizes == [1, 1]
    assert "GET  /tasks 200" in files[2].read_text()


def test_a_provider_is_named_once() -> None:
    twice = ["contract", "fuzz", "http://h", "--base-url", "http://h"]
    assert "give the URL once" in CliRunner().invoke(cli, twice).output
    assert "which provider?" in CliRunner().invoke(cli, ["contract", "verify"]).output


@pytest.mark.parametrize("name", ["--audio", "--audio-url"])
def test_audio_url_is_a_deprecated_name_of_audio(name: str) -> None:
    result = CliRunner().invoke(cli, ["contract", "verify", "http://x", name, "http://y"])
    assert "give --audio and --audio-seconds together" in result.output


def test_verify_prints_json_as_every_command_does(url: str) -> None:
    one = ["contract", "verify", "--base-url", f"{url}/api/v1", "--check", "keys.missing"]
    result = CliRunner().invoke(cli, [*one, "--json"])
    assert json.loads(result.stdout)["ended"]["counts"]["passed"] == 1


def test_a_seed_is_any_text() -> None:
    few = ["contract", "fuzz", "--phase", "machine", "--examples", "1", "--seed", "a word"]
    assert "machine: 1 orders of calls, nothing found" in CliRunner().invoke(cli, few).output


def test_help_fits_80_columns() -> None:
    for name, _ in commands():
        shown = CliRunner().invoke(cli, [*name.split(), "--help"], terminal_width=80)
        assert shown.exit_code == 0
        assert not [line for line in shown.output.splitlines() if len(line) > 80], name
