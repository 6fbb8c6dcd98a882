"""Each fault below HTTP: the exit code of curl, and the tasks that the fake has afterwards."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from itertools import islice

import pytest

from mock_server.scenarios.faults import FAULTS
from tests.helpers.bad_curl import Curl, curls_of_a_test  # noqa: F401
from tests.helpers.bad_days import VIDEO, frozen_server  # noqa: F401
from tests.helpers.cases import each_case
from tests.helpers.http import Serve

Curls = Callable[..., Curl]

# curl's exit code, and the status that it had seen by then.
REFUSED, CUT, LATE, EMPTY, RESET, CODING = 7, 18, 28, 52, 56, 61
EXPECTED = {
    "latency": (LATE, 0),  # the clock stands still
    "drip": (LATE, 0),
    "connect-refused": (RESET, 0),  # and REFUSED from then on
    "reset": (RESET, 0),
    "reset-body": (RESET, 200),
    "close": (EMPTY, 0),
    "cut-off": (CUT, 200),
    "stale-connection": (0, 200),
    "hold": (LATE, 0),
    "lost": (RESET, 0),
    "truncated": (0, 200),
    "wrong-length": (CUT, 200),
    "not-json": (0, 200),
    "bad-gateway": (0, 502),
    "bad-gzip": (CODING, 200),
    "wrong-type": (0, 200),
}
ERRORS = {
    CUT: "transfer closed with",
    LATE: "timed out",
    EMPTY: "Empty reply from server",
    RESET: "Connection reset by peer",
    CODING: "content unencoding",
}


def test_the_table_contains_only_faults() -> None:
    assert not EXPECTED.keys() - FAULTS.keys()


@each_case("fault", [name for name in FAULTS if name != "connect-refused"])
def test_each_fault_has_its_curl_exit_code_and_its_effect_on_tasks(
    curls: Curls, frozen: str, fault: str
) -> None:
    curl = curls(frozen)
    patience = ["--max-time", "1"] if EXPECTED[fault][0] == LATE else []
    result = curl.create("-H", f"X-Mock-Scenario: {fault}", "--compressed", *patience)
    assert (result.exit, result.status) == EXPECTED[fault], result
    assert ERRORS.get(result.exit, "") in result.error
    assert curl.tasks() == (["PENDING"] if FAULTS[fault].carried_out else [])
    if result.status:
        assert result.headers["x-mock-scenario"] == fault


def test_connect_refused_rejects_every_new_connection(curls: Curls, serve: Serve) -> None:
    with serve(time="frozen") as url:
        curl = curls(url)
        assert curl.tasks() == []
        result = curl.create("-H", "X-Mock-Scenario: connect-refused=60")
        assert (result.exit, result.status) == EXPECTED["connect-refused"]
        again = [curl.create().exit, curls(url).detect().exit]
        assert again == [REFUSED, REFUSED], "whoever asks"
        # The control API still answers on the connection that was there before.
        assert (curl.calls("createVideoTask"), curl.tasks()) == ([None], [])


def test_connect_refused_ends_after_its_time(curls: Curls, serve: Serve) -> None:
    with serve(time="frozen") as url:
        curl = curls(url)
        assert curl.create("-H", "X-Mock-Scenario: connect-refused=0.1").exit == RESET
        exits = iter(lambda: curl.create().exit, 0)
        assert set(islice(exits, 1000)) <= {REFUSED}
        assert curl.tasks() == ["PENDING"]


@pytest.mark.parametrize(
    ("fault", "text", "type"),
    [
        ("truncated", '{"output":{"task_id":"', "application/json"),
        ("not-json", "upstream connect error", "application/json"),
        ("bad-gateway", "<html>", "text/html"),
        ("wrong-type", '{"output":{"task_id":"', "text/html; charset=utf-8"),
    ],
)
def test_a_complete_answer_has_wrong_bytes_or_a_wrong_type(
    curls: Curls, frozen: str, fault: str, text: str, type: str
) -> None:
    result = curls(frozen).create("-H", f"X-Mock-Scenario: {fault}")
    assert result.text.startswith(text)
    assert result.headers["content-type"] == type
    assert int(result.headers["content-length"]) == len(result.text)
    if fault != "wrong-type":
        with pytest.raises(json.JSONDecodeError):
            result.body  # noqa: B018 (it is read)


@pytest.mark.parametrize("fault", ["latency=30", "drip=10"])
def test_a_delayed_answer_waits_for_the_clock_of_its_key(
    curls: Curls, frozen: str, fault: str
) -> None:
    curl = curls(frozen)
    command = curl.create_command("-H", f"X-Mock-Scenario: {fault}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as waiting:
        while not curl.calls("createVideoTask"):
            assert waiting.poll() is None
        curl.clock(advance=29)
        assert waiting.poll() is None
        curl.clock(advance=60)
        out, error = waiting.communicate(timeout=5)
    result = curl.result_of(subprocess.CompletedProcess(command, waiting.returncode, out, error))
    assert (result.exit, result.status) == (0, 200)
    assert result.body["output"]["task_status"] == "PENDING"


def test_in_skip_mode_a_delayed_answer_advances_the_clock(curls: Curls, url: str) -> None:
    curl = curls(url)
    before = curl.ask("GET", "/clock")["now"]
    assert curl.detect("-H", "X-Mock-Scenario: latency=3600").status == 200
    assert curl.ask("GET", "/clock")["now"] >= before + 3600


def test_a_script_that_retries_creates_and_pays_for_each_task(curls: Curls, frozen: str) -> None:
    curl = curls(frozen)
    curl.put("/scenarios", {"operation": "createVideoTask", "first": 2, "do": "lost"})
    assert [curl.create().exit for _ in range(3)] == [RESET, RESET, 0]
    assert curl.tasks() == ["PENDING"] * 3
    curl.advance(3600)
    assert curl("/__mock__/usage").body["total"] == pytest.approx(VIDEO * 3)
    assert curl("/api/v1/tasks").body["total"] == 3


@pytest.mark.parametrize("how", ["header", "rule", "url", "key", "file"])
def test_a_fault_can_be_selected_in_five_ways(
    curls: Curls, serve: Serve, frozen: str, how: str
) -> None:
    if how == "file":
        with serve(scenario="{operation: createVideoTask, do: close}") as url:
            assert curls(url).create().exit == EMPTY
        return
    curl = curls(frozen, ".createVideoTask:close" if how == "key" else "")
    options = ["-H", "X-Mock-Scenario: close"] if how == "header" else []
    picture = "https://example.com/a.png" + "?emo-scenario=close" * (how == "url")
    if how == "rule":
        curl.put("/scenarios", {"operation": "createVideoTask", "do": "close"})
    assert curl.create(*options, image_url=picture).exit == EMPTY
    assert curl.detect().status == 200
