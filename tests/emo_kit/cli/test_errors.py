"""Errors of `emo`: as JSON with --json, with options as the user types them, and without keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emo_kit.cli.errors import NotReachable, as_typed
from emo_kit.cli.main import cli, main
from tests.helpers.cases import each_case
from tests.helpers.cli import BOXES, MEDIA, emo

SECRET = "sk-0123456789"
NOBODY = "http://127.0.0.1:9"


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The error on stdout, which must be the only output there. stderr has it too."""
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    told = capsys.readouterr()
    error: dict[str, Any] = json.loads(told.out)["error"]
    assert error["exit_code"] == end.value.code != 0
    assert "Error: " in told.err
    return error


@each_case(
    "arguments, kind, words",
    [(["get", "--json"], "UsageError", "Missing argument 'TASK_ID'"),
     (["--json"], "UsageError", "No such option"),
     (["scenarios", "--json", "--operation", "getTsk"], "UsageError", "Did you mean 'getTask'?"),
     (["scenarios", "--kind", "x", "--json"], "UsageError", "'x' is not one of"),
     (["env", "--json", "--key", "x"], "UsageError", "--key cannot be a key"),
     (["journal", "--json", "--server", NOBODY], "ConnectionFailed", "no fake answers at"),
     (["explain", "--json", "--server", NOBODY], "ConnectionFailed", "`emo serve`"),
     (["list", "--json", "--base-url", NOBODY], "ConnectionFailed", "`emo serve --port 9`"),
     (["reproduce", "--json", "/none"], "UsageError", "does not exist"),
     (["contract", "diff", "--json", "a"], "UsageError", "'OLD'"),
     (["contract", "drift", "--json"], "UsageError", "CASSETTES"),
     (["contract", "verify", "--json", NOBODY], "ConnectionFailed", "does not answer"),
     (["contract", "verify", "--json", "nowhere"], "UsageError", "such as http://127.0.0.1:8787"),
     (["contract", "verify", "--json", NOBODY, "--key", "a b"], "UsageError", "--key cannot be"),
     (["contract", "verify", "--json", NOBODY, "--timeout", "nan"], "UsageError", "--timeout nan"),
     (["create", "--json", *MEDIA, *BOXES, "--key", "a b"], "UsageError", "--key cannot be a key")],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_with_json_an_error_is_the_only_object_on_stdout(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    kind: str,
    words: str,
) -> None:
    monkeypatch.setattr("emo_client.retry.backoff", lambda *_: 0.0)
    monkeypatch.setattr("contracts.provider.http.TRIES", 1)
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    error = failed(capsys, *arguments)
    assert (error["type"], words in error["message"]) == (kind, True), error


def test_an_error_of_the_service_keeps_code_status_and_ids(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["--base-url", url, "--json", "--key", "sk-facts"]
    error = failed(capsys, "cancel", "no-such-task", *there)
    assert error["code"]
    assert error["status"] >= 400
    assert error["request_id"]
    failing = "https://x/a.wav?emo-scenario=FAILED.InvalidURL-size"
    error = failed(capsys, "generate", "--image", "https://x/a.png", "--audio", failing, *there)
    assert (error["type"], error["code"]) == ("TaskFailed", "InvalidURL")
    assert len(error["task_id"]) == 36


def test_without_json_stdout_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["get"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("said", "typed"),
    [("there is no API key: set X or give api_key=…", "there is no API key: set X or give --key"),
     ("api_key cannot be a key: it is", "--key cannot be a key: it is"),
     ("timeout=inf must be a number", "--timeout inf must be a number"),
     ("base_url='x' is not an http(s) URL", "--base-url 'x' is not an http(s) URL"),
     ("path='\\0' is not the path of a file", "--output '\\0' is not the path of a file"),
     ("check list() before you create again", "check `emo list` before you create again")],
)  # fmt: skip
def test_a_client_error_names_options_as_the_user_types_them(said: str, typed: str) -> None:
    assert as_typed(said, arguments=True) == typed


def test_a_field_of_the_service_is_not_printed_as_an_option() -> None:
    text = "answered 400 InvalidParameter: Field required: input.face_bbox, image_url"
    assert as_typed(text) == text


@pytest.mark.parametrize(
    "arguments",
    [["get", "x", SECRET], [SECRET], ["env", "--server", SECRET, "--json"],
     ["get", "--json", "x", SECRET], ["serve", "--log", "json", "--time", SECRET]],
)  # fmt: skip
def test_a_key_in_the_wrong_place_is_not_repeated(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    told = capsys.readouterr()
    assert SECRET not in told.out + told.err
    if "--json" in arguments:
        assert json.loads(told.out)["error"]["exit_code"] == 2
    if "--log" in arguments:
        assert json.loads(told.err)["event"] == "error"


def test_a_mistyped_option_does_not_suggest_a_deprecated_name() -> None:
    assert "--url" not in emo("journal", "--ur").stderr


def test_fuzz_reports_an_unreachable_provider_as_a_failed_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contracts.provider.http.TRIES", 1)
    with pytest.raises(NotReachable, match="does not answer"):
        cli.main(["contract", "fuzz", NOBODY], standalone_mode=False)


def test_ctrl_c_with_json_prints_an_error_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("emo_client.Client.get", interrupted)
    with pytest.raises(SystemExit) as end:
        main(["get", "--json", "x", "--base-url", NOBODY])
    error = json.loads(capsys.readouterr().out)["error"]
    assert (end.value.code, error["exit_code"], error["type"]) == (130, 130, "Interrupted")
