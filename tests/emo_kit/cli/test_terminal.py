"""Control characters from outside (in an answer, a request, a file, an argument or a variable)
never reach the terminal, and each row of a table stays one line."""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.recordings.model import RecordedAnswer, RecordedBody
from emo_kit.cli.main import main
from emo_kit.cli.notices import Notices, json_notice
from emo_kit.cli.notices import _Handler as Handler
from mock_server.playback.answers import NO_SHIFT, reply_of
from tests.helpers.cases import each_case
from tests.helpers.evil import EVIL, EVIL_NAME, evil_provider, obeyed
from tests.helpers.fake import SERVICE
from tests.helpers.http import http_client  # noqa: F401

Emo = Callable[..., str]
MEDIA = ["--image", EVIL, "--audio", EVIL]
BOXES = ["--face", "1,2,3,4", "--ext", "1,2,3,4"]


@pytest.fixture(name="provider", scope="module")
def evil_url() -> Iterator[str]:
    with evil_provider() as url:
        yield url


@pytest.fixture(name="emo", params=["terminal", "pipe"])
def shown_by(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Emo:
    """Runs `emo` on a terminal or with pipes; returns the text of both output streams."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("emo_client.retry.backoff", lambda *_: 0.0)
    monkeypatch.setattr("contracts.provider.http.TRIES", 1)

    def run(*arguments: object) -> str:
        for stream in ("stdout", "stderr"):
            monkeypatch.setattr(f"sys.{stream}.isatty", lambda: request.param == "terminal")
        with pytest.raises(SystemExit):
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return shown.out + shown.err

    return run


@pytest.mark.parametrize("below", ["", "/refused", "/words"])
@each_case(
    "arguments",
    [["get", "SUCCEEDED"], ["get", "x", "--json"], ["wait", "SUCCEEDED"], ["wait", "FAILED"],
     ["wait", EVIL, "--timeout", "0.01"], ["list"], ["list", "--json"], ["cancel", EVIL],
     ["detect", "--image", EVIL], ["create", *MEDIA, *BOXES], ["generate", *MEDIA, "--json"]],
    ids=ascii,
)  # fmt: skip
def test_control_characters_in_an_answer_of_a_provider_are_escaped(
    emo: Emo, provider: str, below: str, arguments: list[str]
) -> None:
    shown = emo(*arguments, "--base-url", f"{provider}{below}/api/v1", "--key", "sk-evil")
    assert "evil" in shown
    assert not obeyed(shown)


@pytest.mark.parametrize("form", [[], ["--json"], ["--har"], ["--curl"], ["--task", EVIL]])
def test_control_characters_in_the_journal_of_an_evil_server_are_escaped(
    emo: Emo, provider: str, form: list[str]
) -> None:
    assert not obeyed(emo("journal", *form, "--server", provider))
    assert not obeyed(emo("explain", *form[:1] * (form == ["--json"]), "--server", provider))


@pytest.mark.parametrize("command", [["journal"], ["journal", "--json"], ["journal", "--har"],
                                     ["journal", "--curl"], ["explain"], ["explain", "--json"]],
                         ids=" ".join)  # fmt: skip
def test_control_characters_in_a_recorded_request_are_escaped(
    emo: Emo, http: httpx.Client, command: list[str]
) -> None:
    key = http.headers["Authorization"].removeprefix("Bearer ")
    there = ["--server", str(http.base_url), "--key", key]
    bodies = EVIL.encode(), json.dumps({"model": EVIL, EVIL: EVIL}).encode(), b"\n\nFORGED"
    for body in bodies:
        http.post(f"{SERVICE}/face-detect", content=body, params={"x": EVIL})
        shown = emo(*command, *there)
        assert not obeyed(shown)
    http.get(f"/api/v1/tasks/{EVIL.encode().hex()}%1b%0aFORGED%e2%80%ae")
    assert not obeyed(emo(*command, *there))


@each_case(
    "arguments",
    [[EVIL], ["get"], ["get", EVIL, EVIL], ["get", "x", "--base-url", EVIL], ["get", f"--{EVIL}"],
     ["list", "--page-no", EVIL], ["create", *MEDIA, "--face", EVIL, "--ext", EVIL],
     ["scenarios", "--kind", EVIL], ["scenarios", "--status", EVIL], ["env", "--key", EVIL],
     ["env", "--server", f"http://127.0.0.1/{EVIL}"], ["serve", "--time", EVIL],
     ["serve", "--scenario", f"[{json.dumps({EVIL: EVIL})}]"], ["serve", "--variant", EVIL],
     ["serve", "--cors", EVIL], ["serve", "--host", EVIL], ["serve", "--log", "json", "--seed",
     EVIL, "--port", EVIL], ["journal", "--status", EVIL], ["explain", EVIL], ["completion", EVIL],
     ["contract", EVIL], ["contract", "verify", EVIL], ["contract", "verify", "--check", EVIL],
     ["contract", "verify", "--report", EVIL], ["contract", "fuzz", "--phase", EVIL],
     ["contract", "record", "--base-url", f"http://{EVIL}"], ["download", EVIL, "-o", "/"],
     ["reproduce", EVIL_NAME], ["get", "x", "--json", EVIL]],
    ids=ascii,
)  # fmt: skip
def test_control_characters_in_an_argument_are_escaped_in_the_error(
    emo: Emo, arguments: list[str]
) -> None:
    assert not obeyed(emo(*arguments))


@each_case(
    "command, content",
    [("contract diff", json.dumps({"openapi": "3.1.0", "paths": {f"/{EVIL}": {"get": {}}}})),
     ("contract diff", f"openapi: 3.1.0\npaths: !{EVIL_NAME}"), ("contract diff", "{\x1b"),
     ("contract drift", json.dumps({"emo-cassette": EVIL})), ("contract drift", EVIL),
     ("contract drift", json.dumps({"log": {"entries": [{"request": {"url": EVIL}}]}})),
     ("reproduce", json.dumps({EVIL: EVIL})), ("reproduce", EVIL),
     ("contract verify http://127.0.0.1:1 --baseline", EVIL),
     ("contract verify http://127.0.0.1:1 --ledger", EVIL),
     ("serve --replay", EVIL), ("serve --scenario", EVIL),
     ("serve --scenario", json.dumps([{EVIL: EVIL, "operation": EVIL, "do": EVIL}]))],
    ids=ascii,
)  # fmt: skip
def test_control_characters_in_a_file_and_its_name_are_escaped(
    emo: Emo, tmp_path: Path, command: str, content: str
) -> None:
    file = tmp_path / f"{EVIL_NAME}.json"
    file.write_text(content, "utf-8", newline="")
    more = [Path(__file__).parents[3] / "openapi.yaml"] if command == "contract diff" else []
    for order in ([file, *more], [*more, file])[: len(more) + 1]:
        assert not obeyed(emo(*command.split(), *order))


def test_control_characters_in_a_differing_bundle_are_escaped(
    emo: Emo, http: httpx.Client, tmp_path: Path
) -> None:
    http.post(f"{SERVICE}/face-detect", content=EVIL.encode())
    bundle = http.get("/__mock__/bundle").json()
    bundle["exchanges"][0]["reply_body"] = base64.b64encode(EVIL.encode()).decode()
    file = tmp_path / EVIL_NAME
    file.write_text(json.dumps(bundle), "utf-8")
    for form in ([], ["--json"]):
        shown = emo("reproduce", file, *form)
        assert "evil" in shown
        assert not obeyed(shown)


@pytest.mark.parametrize(
    "variable",
    ["DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_API_KEY", "EMO_PORT", "EMO_TIME", "EMO_SCENARIO",
     "EMO_VARIANT", "EMO_REPLAY"],
)  # fmt: skip
def test_control_characters_in_a_variable_are_escaped_in_the_error(
    emo: Emo, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, EVIL)
    assert not obeyed(emo(*(["serve"] if variable.startswith("EMO") else ["get", "x"])))


@pytest.mark.parametrize("form", [[], ["--report", "text"], ["--json"], ["--report", "junit"],
                                  ["--report", "html"], ["--report", "sarif"]])  # fmt: skip
def test_control_characters_in_a_report_of_verify_are_escaped(
    emo: Emo, provider: str, form: list[str]
) -> None:
    shown = emo("contract", "verify", provider, "--check", "keys", "--key", "sk-evil", *form)
    assert "FAILED" in shown
    assert not obeyed(shown)


def test_a_notice_of_a_server_is_one_line_in_each_form(capsys: pytest.CaptureFixture[str]) -> None:
    Notices().write("unused-scenarios", f"scenarios that matched no call: {EVIL}", EVIL)
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 2
    assert not obeyed(shown)
    line = json_notice("unused-scenarios", EVIL, scenarios=[EVIL])
    assert not obeyed(line)
    assert json.loads(line)["scenarios"] == [EVIL]


def test_a_log_record_with_a_traceback_becomes_an_escaped_notice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    notices = Notices()
    record = logging.LogRecord("x", logging.ERROR, "", 0, "%s", (EVIL,), _raised())
    Handler(notices).emit(record)
    assert not obeyed(capsys.readouterr().err)


def _raised() -> Any:
    try:
        raise RuntimeError(EVIL)
    except RuntimeError:
        return sys.exc_info()


def test_the_traceback_of_a_bug_is_escaped_and_hides_keys(
    emo: Emo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(EVIL.replace("\n", " ") + " sk-evil-and-long pass-phrase")

    monkeypatch.setenv("EMO_ADMIN_TOKEN", "pass-phrase")
    monkeypatch.setattr("emo_client.Client.get", fail)
    shown = emo("get", "x", "--base-url", "http://127.0.0.1:1", "--key", "sk-evil")
    assert "Traceback" in shown
    assert not obeyed(shown)
    message = shown.splitlines()[-1]
    assert "evil-and-long" not in message and "pass-phrase" not in message


def test_a_recorded_header_cannot_add_another_one() -> None:
    recorded = {"x-evil": "a\r\nset-cookie: b", "a b": "c", "x\r\nx": "d", "x-plain": "e"}
    answer = RecordedAnswer(200, headers=recorded, body=RecordedBody(text="{}"))
    headers = dict(reply_of(answer, {}, NO_SHIFT, "r", 0.0).headers)
    assert headers[b"x-evil"] == rb"a\x0d\nset-cookie: b"
    assert headers[b"x-plain"] == b"e"
    assert set(headers) == {b"content-length", b"x-evil", b"x-plain"}
