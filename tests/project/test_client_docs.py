"""Each code block of the pages about clients is a file in examples/, and each of these files
runs."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mock_server.media import samples
from tests.helpers.fake import SECONDS, need

ROOT = Path(__file__).parents[2]
PAGES = ["sdk.md", "curl.md", "other-languages.md"]
MAKES_A_VIDEO = {
    "sdk_1x.py": [sys.executable, "-W", "error"],
    "sdk_asyncio.py": [sys.executable, "-W", "error"],
    "sdk_2x.py": [sys.executable, "-W", "error"],
    "lifecycle.sh": ["sh"],
    "lifecycle.mjs": ["node"],
    "Lifecycle.java": ["java", "-Dpoll.millis=1"],
}
OTHERS = {
    "env.sh": ["sh"],
    "sdk_failures.py": [sys.executable, "-W", "error"],
    "sdk_pays_twice.py": [sys.executable, "-W", "error"],
    "scenarios.sh": ["sh"],
    "control.sh": ["sh"],
}
BLOCK = re.compile(r"^(?:<!-- examples/(\S+) -->\n)?```(\w*)\n(.*?)^```$", re.M | re.S)
numbers = itertools.count(1)

Run = Callable[..., str]

# Examples wait as a user's program does; here nothing may. The server is in time mode `skip`.
PYTHON_WITHOUT_SLEEP = """
import asyncio, time
yield_once = asyncio.sleep
asyncio.sleep = lambda *_: yield_once(0)
time.sleep = lambda _: None
"""
NODE_WITHOUT_SLEEP = """
require("node:timers/promises").setTimeout = async () => {};
require("node:module").syncBuiltinESMExports();
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(command, base_url)` runs an example in a folder of its own, with a key of its own."""
    (tmp_path / "sitecustomize.py").write_text(PYTHON_WITHOUT_SLEEP)
    (tmp_path / "no-sleep.cjs").write_text(NODE_WITHOUT_SLEEP)
    (tmp_path / "sleep").write_text("#!/bin/sh\n")
    (tmp_path / "sleep").chmod(0o755)

    def run(command: list[str], base_url: str) -> str:
        need(shutil.which(command[0]), command[0])
        need("sh" not in command or shutil.which("curl"), "curl")
        env = {
            **{name: v for name, v in os.environ.items() if not name.startswith("DASHSCOPE")},
            "DASHSCOPE_HTTP_BASE_URL": base_url,
            "DASHSCOPE_API_KEY": f"sk-docs-{next(numbers)}",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "PYTHONPATH": str(tmp_path),
            "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # it ends soon
            "NODE_OPTIONS": f'--require "{tmp_path}/no-sleep.cjs"',
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        }
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def blocks(page: str) -> list[tuple[str, str, str]]:
    """File name, language and text of each code block of a page."""
    return BLOCK.findall((ROOT / "docs" / page).read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_each_code_block_is_an_example_file_that_a_test_runs(page: str) -> None:
    found = blocks(page)
    assert len(found) * 2 == (ROOT / "docs" / page).read_text("utf-8").count("```")
    for name, _, text in found:
        assert name in {**MAKES_A_VIDEO, **OTHERS}, f"{page}: no test runs:\n{text}"
        assert text == (ROOT / "examples" / name).read_text("utf-8"), f"{page}: {name} differs"


def test_each_example_file_is_on_a_page() -> None:
    shown = {name for page in [*PAGES, "control.md"] for name, *_ in blocks(page)}
    assert {*MAKES_A_VIDEO, *OTHERS} <= shown


@pytest.mark.parametrize("name", MAKES_A_VIDEO)
def test_an_example_makes_a_video(run: Run, url: str, tmp_path: Path, name: str) -> None:
    printed = run([*MAKES_A_VIDEO[name], str(ROOT / "examples" / name)], url + "/api/v1")
    assert "SUCCEEDED" in printed
    assert (tmp_path / "video.mp4").read_bytes() == samples.video("1:1", SECONDS)


def test_the_documented_variables_are_those_that_emo_env_prints(run: Run, url: str) -> None:
    printed = run([sys.executable, "-m", "emo_kit.cli", "env"], url)
    assert printed == (ROOT / "examples/env.sh").read_text("utf-8")
    file = shlex.quote(str(ROOT / "examples/env.sh"))
    source = f". {file} && echo $DASHSCOPE_HTTP_BASE_URL $DASHSCOPE_API_KEY"
    assert run(["sh", "-c", source], url) == "http://127.0.0.1:8787/api/v1 sk-local\n"


def test_the_failures_example_prints_the_output_on_its_page(run: Run, url: str) -> None:
    printed = run(
        [*OTHERS["sdk_failures.py"], str(ROOT / "examples/sdk_failures.py")], url + "/api/v1"
    )
    assert printed.splitlines() == [
        "1.x task: 200 FAILED InvalidURL",
        "1.x call: 429 Throttling.RateQuota",
        "2.x task: 200 InvalidURL",
        "2.x call: 429 Throttling.RateQuota",
    ]


def test_the_sdk_pays_twice_for_a_lost_answer_as_documented(run: Run, url: str) -> None:
    name = "sdk_pays_twice.py"
    printed = run([*OTHERS[name], str(ROOT / "examples" / name)], url + "/api/v1")
    assert printed.splitlines() == [
        "dashscope 1.x answers 200; tasks: 2, cost: 0.3712 CNY",
        "emo_client raises ConnectionFailed; tasks: 1, cost: 0.1856 CNY",
    ]
    for page in ("README.md", "docs/sdk.md"):
        shown = "".join(f"    {line}\n" for line in printed.splitlines())
        assert f"It prints\n\n{shown}" in (ROOT / page).read_text("utf-8"), page


def test_the_scenarios_example_selects_answers_by_header_url_and_key(run: Run, url: str) -> None:
    printed = run(["sh", str(ROOT / "examples/scenarios.sh")], url + "/api/v1").splitlines()
    codes = [re.findall(r'"code":"(.*?)"', line)[0] for line in printed]
    assert codes == [
        "Throttling.RateQuota", "InvalidFile.FacePose", "InternalError", "UnknownScenario"
    ]  # fmt: skip
    assert "did you mean 'Throttling'" in printed[-1]


@pytest.mark.parametrize("prefix", ["/api/v1", "/qwen/api/v1"])
def test_the_control_example_moves_tasks_through_their_states(
    run: Run, serve: Callable[..., AbstractContextManager[str]], prefix: str
) -> None:
    with serve(time="real") as base:
        printed = run(["sh", str(ROOT / "examples/control.sh")], base + prefix)
    own = [line for line in printed.splitlines() if line.startswith('{"request_id"')]
    states = [re.findall(r'"task_status":"(\w+)"', line) for line in own]
    assert states == [[], ["CANCELED"], ["RUNNING"], ["SUCCEEDED"], ["UNKNOWN"]]
