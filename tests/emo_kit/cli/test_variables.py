"""Every option of `emo serve` as an environment variable, and errors that name the variable."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import mock_server.server.run
from emo_kit.cli.main import cli
from emo_kit.cli.variables import misspelled
from mock_server.settings import Settings
from tests.helpers.cases import each_case

SERVE = cli.get_command(click.Context(cli), "serve")
assert SERVE is not None
OPTIONS = {option.opts[0]: option for option in SERVE.params if option.name != "help"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`run("--port", "0", EMO_TIME="skip")`: the result, and the settings of the server."""
    served: list[Settings] = []
    monkeypatch.setattr(mock_server.server.run, "listen", lambda settings: served.append(settings))
    monkeypatch.setattr(mock_server.server.run, "serve", lambda *_: None)

    def run(*arguments: str, **environment: str) -> tuple[Result, Settings | None]:
        result = CliRunner().invoke(cli, ["serve", *arguments], env=environment)
        return result, served.pop() if served else None

    return run


@each_case("name", OPTIONS)
def test_every_option_has_a_variable_that_the_help_shows(name: str, run: Any) -> None:
    variable = "EMO_" + name.removeprefix("--").replace("-", "_").upper()
    assert OPTIONS[name].envvar == variable
    assert f"env var: {variable}" in " ".join(run("--help")[0].output.split())


@each_case(
    "variable, value, field, expected",
    [("EMO_HOST", "0.0.0.0", "host", "0.0.0.0"), ("EMO_PORT", "0", "port", 0),
     ("EMO_TIME", "skip", "time", "skip"), ("EMO_SPEED", "2.5", "speed", 2.5),
     ("EMO_CONCURRENCY", "3", "concurrency", 3), ("EMO_SEED", "a b", "seed", "a b"),
     ("EMO_LIMITS", "documented", "limits", "documented"), ("EMO_LOG", "json", "log", "json"),
     ("EMO_SCENARIO", "{do: Throttling}", "scenario", "{do: Throttling}"),
     ("EMO_VARIANT", "models=retired, result-life=3d", "variants",
      {"models": "retired", "result-life": "3d"}),
     ("EMO_CORS", "localhost https://a.example,http://b", "cors",
      ("localhost", "https://a.example", "http://b")),
     ("EMO_PUBLIC_URL", "https://fake.example", "public_url", "https://fake.example"),
     ("EMO_FORWARDED_ALLOW_IPS", "10.0.0.1,::1", "forwarded_allow_ips", "10.0.0.1,::1"),
     ("EMO_ADMIN_TOKEN", "s3cret", "admin_token", "s3cret"),
     ("EMO_TIMEOUT_KEEP_ALIVE", "75", "timeout_keep_alive", 75),
     ("EMO_TIMEOUT_HEAD", "0.5", "timeout_head", 0.5),
     ("EMO_TIMEOUT_BODY", "600", "timeout_body", 600),
     ("EMO_ALLOW_HOST", "Fake, emo.internal", "allow_hosts", ("fake", "emo.internal"))],
)  # fmt: skip
def test_a_variable_has_the_effect_of_its_option(
    run: Any, variable: str, value: str, field: str, expected: Any
) -> None:
    result, settings = run(**{variable: value})
    assert result.exit_code == 0, result.output
    assert getattr(settings, field) == expected


def test_an_option_overrides_its_variable_and_an_empty_variable_is_ignored(run: Any) -> None:
    _, settings = run("--time", "real", EMO_TIME="skip", EMO_SPEED="", EMO_CORS="", EMO_PORT="")
    assert (settings.time, settings.speed, settings.cors, settings.port) == ("real", None, (), 8787)


@each_case(
    "variable, value",
    [("EMO_HOST", "http://127.0.0.1"), ("EMO_HOST", "[::1]"),
     ("EMO_PORT", "tcp://10.0.0.1:80"), ("EMO_PORT", "99999"), ("EMO_TIME", "slow"),
     ("EMO_SPEED", "-1"), ("EMO_SPEED", "x"), ("EMO_CONCURRENCY", "0"), ("EMO_LIMITS", "on"),
     ("EMO_LOG", "yaml"), ("EMO_SCENARIO", "nowhere.yaml"), ("EMO_VARIANT", "models"),
     ("EMO_VARIANT", "no=such"), ("EMO_REPLAY", "nowhere.json"), ("EMO_CORS", "http://a/b"),
     ("EMO_PUBLIC_URL", "fake"), ("EMO_FORWARDED_ALLOW_IPS", "10.0.0.5/8"),
     ("EMO_ALLOW_HOST", "fake:8787"), ("EMO_ADMIN_TOKEN", "s3cret ")],
)  # fmt: skip
def test_an_error_names_the_variable_that_is_wrong(run: Any, variable: str, value: str) -> None:
    result, settings = run(**{variable: value})
    assert (result.exit_code, settings) == (2, None)
    assert variable in result.stderr
    assert "Traceback" not in result.stderr


def test_an_error_about_an_option_names_the_option(run: Any) -> None:
    assert "Error: --cors: 'x' is not an origin" in run("--cors", "x")[0].stderr
    assert "Error: --speed: -1.0 must be" in run("--speed", "-1")[0].stderr


def test_no_error_shows_the_admin_token(run: Any) -> None:
    for given in (
        {"EMO_ADMIN_TOKEN": "s3cret\x01"},
        {"EMO_ADMIN_TOKEN": "s3cret", "EMO_PORT": "x"},
    ):
        result, _ = run(**given)
        assert result.exit_code == 2
        assert "s3cret" not in result.output + result.stderr
    assert "EMO_ADMIN_TOKEN: must be printable ASCII" in run(EMO_ADMIN_TOKEN="s3cret\x01")[0].stderr


def test_a_misspelled_variable_is_reported_and_others_are_ignored() -> None:
    names = ["EMO_PROT", "EMO_ALLOW_HOSTS", "EMO_ADMINTOKEN", "EMO_PORT", "EMO_NO_SKIPS", "EMO_KIT",
             "EMO_SERVICE_PORT", "EMO_CONTRACT_URL", "OTHER_PROT"]  # fmt: skip
    assert list(misspelled(SERVE, names)) == [
        ("EMO_ADMINTOKEN", "EMO_ADMIN_TOKEN"), ("EMO_ALLOW_HOSTS", "EMO_ALLOW_HOST"),
        ("EMO_PROT", "EMO_PORT"),
    ]  # fmt: skip


def test_a_service_named_emo_in_kubernetes_is_explained(run: Any) -> None:
    assert "enableServiceLinks" in run(EMO_PORT="tcp://10.96.0.1:8787")[0].stderr
