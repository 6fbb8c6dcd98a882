"""`emo contract verify` as its users run it: against a server, with reports, and called wrongly."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contracts.provider.http import Provider, Unreachable
from contracts.spec.loader import Spec
from contracts.verify.registry import all_checks
from emo_kit.cli.contract.group import COMMANDS
from emo_kit.cli.main import cli, main
from tests.helpers.cases import each_case
from tests.helpers.cli import emo
from tests.liars import all_liars, lying

FORMS = ("text", "json", "junit", "sarif", "html")


def run(*arguments: str, **variables: str) -> Result:
    hidden = {"DASHSCOPE_API_KEY": None, "EMO_CONTRACT_OTHER_KEY": None}
    return CliRunner().invoke(cli, ["contract", *arguments], env={**hidden, **variables})


def code_of(*arguments: str) -> int:
    """The exit code of a command that runs in this process."""
    with pytest.raises(SystemExit) as end:
        main(["contract", *arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"emo contract {command}" in result.output.partition("Example")[2]


@pytest.mark.parametrize("prefix", ["", "/qwen"])
def test_the_fake_passes_every_check_and_every_report_is_written(
    url: str, tmp_path: Path, prefix: str
) -> None:
    reports = [f"--report={form}={tmp_path / form}" for form in FORMS]
    result = run("verify", url, "--prefix", prefix, "--budget", "10", *reports)
    assert result.exit_code == 0, result.output
    assert f"{len(all_checks())} passed" in result.output
    for form in FORMS:
        assert "story.download" in (tmp_path / form).read_text("utf-8")


def test_a_wrong_server_exits_1_with_the_failed_check() -> None:
    with lying(Spec.load(), all_liars()["usage_is_a_list"].make()) as url:
        done = emo("contract", "verify", url, "--budget", "10", "--check", "story.usage")
    assert done.returncode == 1
    assert "FAILED story.usage" in done.stdout
    assert "at /usage" in done.stdout


def test_a_fake_needs_no_budget_and_the_result_shows_the_cost_on_the_service(url: str) -> None:
    result = run("verify", url)
    assert result.exit_code == 0
    last = result.stdout.splitlines()[-1]
    assert last.startswith(f"{len(all_checks())} passed, 0 failed, 0 skipped in ")
    assert re.search(r"; would have cost [\d.]+ CNY$", last)
    assert " CNY" not in result.stderr


def test_a_budget_limits_a_run_on_a_fake_too(url: str) -> None:
    result = run("verify", url, "--budget", "1", "--check", "story", "--check", "detection.pass")
    assert result.exit_code == 0
    skips = [line for line in result.stdout.splitlines() if line.startswith("SKIPPED")]
    assert skips == [
        f"SKIPPED {sum(id.startswith('story.') for id in all_checks())} checks: "
        "0.996 of 1 CNY are left, and that is too little; --budget CNY allows more"
    ]


def test_a_run_without_a_check_does_not_pass(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("verify", url, "--budget", "0", "--check", "creation.area") == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("No check ran: 0 passed, 0 failed, 1 skipped")
    assert code_of("verify", url, "--tier", "free", "--check", "creation") == 2
    assert "no check is left to run: change --check, --skip or --tier" in capsys.readouterr().err


@pytest.mark.parametrize(("fail_on", "code"), [("note", 1), ("warning", 0), ("error", 0)])
def test_a_note_fails_the_run_only_with_fail_on_note(
    fail_on: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with lying(Spec.load(), all_liars()["says_not_how_long_it_took"].make()) as url:
        got = code_of("verify", url, "--check", "answers.headers", "--fail-on", fail_on)
    assert got == code
    result = capsys.readouterr().out
    assert ("FAILED" in result) == bool(code)
    assert ("ACCEPTED answers.headers (note), below --fail-on" in result) != bool(code)


def test_the_fake_is_reached_although_a_proxy_is_set(url: str) -> None:
    result = run("verify", url, "--check", "keys", HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="")
    assert result.exit_code == 0, result.output


def test_an_error_through_a_proxy_names_it_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contracts.provider.http.TRIES", 1)
    proxy = "http://user:secret@127.0.0.1:9"
    result = run("verify", "http://provider.example", HTTP_PROXY=proxy, NO_PROXY="")
    assert result.exit_code == 2
    assert "does not answer through the proxy http://127.0.0.1:9: " in result.stderr
    assert "secret" not in result.output


def test_a_report_on_stdout_is_printed_alone(url: str) -> None:
    result = run("verify", url, "--check", "keys", "--report", "json")
    assert json.loads(result.stdout)["verdict"] == "passed"
    assert " passed, 0 failed" in result.stderr


def test_verify_lists_its_checks(url: str) -> None:
    result = run("verify", url, "--list", "--tier", "free")
    listed = [line.split()[0] for line in result.stdout.splitlines()]
    assert listed == [name for name, c in all_checks().items() if c.tier == "free"]


def test_the_key_of_the_environment_is_never_shown(url: str, tmp_path: Path) -> None:
    secret = "sk-0123456789abcdef0123"
    reports = [f"--report={form}={tmp_path / form}" for form in FORMS]
    variables = {"DASHSCOPE_API_KEY": secret, "EMO_CONTRACT_OTHER_KEY": f"{secret}b"}
    result = run("verify", url, "--budget", "10", *reports, **variables)
    written = [(tmp_path / form).read_text("utf-8") for form in FORMS]
    assert secret not in result.output + "".join(written)


def test_a_run_on_a_fake_writes_no_ledger(url: str, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.json"
    assert run("verify", url, "--ledger", str(ledger)).exit_code == 0
    assert not ledger.exists()


@each_case(
    "arguments, words",
    [
        (["ftp://x"], "must be http:// or https://"),
        (["http://x", "--check", "keys.mising"], "Did you mean 'keys.missing'?"),
        (["http://x", "--report", "htm=x"], "Did you mean 'html'?"),
        (["http://x", "--report", "report.pdf"], "is not a report"),
        (
            ["{url}", "--report", "html=no/such/folder/x"],
            "the folder no/such/folder does not exist",
        ),
        (["http://x", "--budget", "-1"], "must be 0 or more"),
        (["http://x", "--budget", "nan"], "must be 0 or more"),
        (["http://x", "--audio", "https://x/y.wav"], "--audio-seconds together"),
        (["http://x", "--audio", "u", "--audio-seconds", "61"], "at most 60"),
        (["http://x", "--tier", "payed"], "Did you mean 'paid'?"),
    ],
)
def test_wrong_usage_of_verify_exits_2_with_advice(
    url: str, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    arguments = [url if argument == "{url}" else argument for argument in arguments]
    with pytest.raises(SystemExit) as end:
        main(["contract", "verify", *arguments])
    assert end.value.code == 2
    assert words in capsys.readouterr().err


def test_an_invalid_ledger_is_refused_before_the_first_call(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.json"
    ledger.write_text("[]")
    result = run("verify", "http://127.0.0.1:1", "--ledger", str(ledger))
    assert result.exit_code == 2
    assert "is not a ledger" in result.output


def test_an_unreachable_url_exits_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contracts.provider.http.TRIES", 1)
    result = run("verify", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "does not answer" in result.output


def test_fuzz_runs_against_the_fake_in_process_and_over_http() -> None:
    for where in ([], ["--over-http"]):
        few = "--phase", "examples", "--phase", "machine", "--examples", "2"
        done = run("fuzz", *where, *few)
        assert done.exit_code == 0, done.output
        assert "machine: 2 orders of calls, nothing found" in done.stdout
        assert re.search(r"examples: \d+ calls, nothing found", done.stdout)


def test_fuzz_reaches_the_fake_although_a_proxy_is_set(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    proxy = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    for phase in ("examples", "machine"):
        done = run("fuzz", url, "--phase", phase, "--examples", "2", **proxy)
        assert "nothing found" in done.stdout, done.output


def test_a_failure_found_by_fuzz_exits_1_and_is_saved_as_a_test(tmp_path: Path) -> None:
    found = tmp_path / "test_found.py"
    with lying(Spec.load(), all_liars()["works_on_all_at_once"].make()) as url:
        done = emo("contract", "fuzz", url, "--phase", "machine", "--examples", "9", "--save",
                   str(found))  # fmt: skip
    assert done.returncode == 1
    assert "got RUNNING" in done.stdout
    assert "def test_reproduction() -> None:" in found.read_text("utf-8")


def test_a_running_fake_can_be_fuzzed_twice(url: str) -> None:
    for _ in range(2):
        done = run("fuzz", url, "--phase", "machine", "--examples", "3", "--prefix", "/qwen")
        assert "machine: 3 orders of calls, nothing found" in done.output


def test_a_call_found_by_schemathesis_is_printed_as_a_curl_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unknown_is_a_404 = all_liars()["unknown_is_a_404"].make()
    with lying(Spec.load(), unknown_is_a_404, time="skip") as url, pytest.raises(SystemExit) as end:
        main(["contract", "fuzz", url, "--phase", "examples", "--examples", "5"])
    assert end.value.code == 1
    assert "curl -sS -g -X GET" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--examples", "0"], "must be 1 or more"),
        (["--phase", "machin"], "Did you mean 'machine'?"),
        (["http://127.0.0.1:1"], "does not answer"),
        (["ftp://x"], "must be http:// or https://"),
        (["http://127.0.0.1:1", "--prefix", "qwen"], "does not answer"),
    ],
)
def test_wrong_usage_of_fuzz_exits_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.setattr("contracts.provider.http.TRIES", 1)
    with pytest.raises(SystemExit) as end:
        main(["contract", "fuzz", *arguments])
    assert end.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("phase", ["machine", "examples"])
def test_a_provider_that_stops_during_fuzz_is_reported_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], phase: str
) -> None:
    looked: list[Provider] = []

    def look(self: Provider) -> None:
        looked.append(self)
        self.has_clock = True
        if len(looked) > 1:
            raise Unreachable("http://127.0.0.1:1 does not answer")

    monkeypatch.setattr(Provider, "detect_control_api", look)
    with pytest.raises(SystemExit) as end:
        main(["contract", "fuzz", "http://127.0.0.1:1", "--phase", phase, "--examples", "3"])
    assert end.value.code == 2
    assert capsys.readouterr().err.count("does not answer") == 1
    assert len(looked) == 2


def test_a_test_that_cannot_be_saved_is_refused_before_a_call_is_sent(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nowhere = tmp_path / "no" / "test.py"
    with pytest.raises(SystemExit) as end:
        main(["contract", "fuzz", "--phase", "machine", "--examples", "9", "-o", str(nowhere)])
    assert end.value.code == 2
    told = capsys.readouterr()
    assert f"{nowhere} cannot be written: the folder {nowhere.parent} does not exist" in told.err
    assert told.out == ""


def test_two_reports_are_not_mixed_on_stdout(url: str) -> None:
    mixed = run("verify", url, "--json", "--report", "junit")
    assert (mixed.exit_code, "junit and json cannot both go to stdout" in mixed.output) == (2, True)
    twice = run("verify", url, "--json", "--report", "json", "--check", "keys.missing")
    assert json.loads(twice.stdout)["verdict"] == "passed"
