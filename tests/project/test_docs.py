"""The code blocks of README and docs are files that run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import yaml

from mock_server.control.api import CONTROLS
from scripts.import_graph import arrows
from tests.helpers.cases import each_case
from tests.helpers.cli import FEW_PLUGINS
from tests.helpers.fake import need, video_of

ROOT = Path(__file__).parents[2]
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md")),
]
BLOCK = re.compile(r"^(?:<!-- examples/(\S+) -->\n)?```(\w*)\n(.*?)^```$", re.M | re.S)
TARGETS = re.compile(r"^(\w+):", re.M)
# What differs from run to run: ids, times, the port; and the line of something in openapi.yaml.
VARYING = re.compile(
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8}\b|\d\d:\d\d:\d\d"
    r"|\d+\.\d s\b|\d+\.\d+s\b"
    r"|(?<=127\.0\.0\.1:)\d+|(?<=openapi\.yaml:)\d+"
)


def blocks(page: str) -> list[tuple[str, str, str]]:
    """File name, language and text of each code block."""
    return BLOCK.findall((ROOT / page).read_text("utf-8"))


@each_case("page", PAGES)
def test_each_code_block_is_a_file_that_runs_or_a_target_of_make(page: str) -> None:
    targets = TARGETS.findall((ROOT / "Makefile").read_text())
    for name, language, text in blocks(page):
        if name:
            assert text == (ROOT / "examples" / name).read_text("utf-8"), f"{page}: {name} differs"
        elif language:
            assert text.removeprefix("make ").strip() in targets, f"{page}: nothing runs {text!r}"


@each_case("page", PAGES)
def test_each_link_leads_to_a_file(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """The environment of a user who installed the project, with `emo` on the path."""
    emo = tmp_path / "bin" / "emo"
    emo.parent.mkdir(exist_ok=True)
    python = shlex.quote(sys.executable)
    emo.write_text(f'#!/bin/sh\nexec {python} -W error -m emo_kit.cli "$@"\n')
    emo.chmod(0o755)
    hidden = ("DASHSCOPE", "CI", "BUILD_NUMBER")  # pytest tells more where it finds one of these
    clean = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    path = f"{emo.parent}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    options = " ".join(FEW_PLUGINS)
    return {**clean, "PATH": path, "COLUMNS": "80", "PYTEST_ADDOPTS": options, **more}


def run(command: list[str], tmp_path: Path, **more: str) -> str:
    """The stdout of an example, which must exit with 0."""
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(tmp_path, **more),
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_serve_example_makes_a_video(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = (ROOT / "examples/serve.sh").read_text("utf-8")
    script = script.replace("emo env", f"emo env --server http://127.0.0.1:{port}")
    script = script.replace("emo serve", f"emo serve --port {port}")
    assert "SUCCEEDED" in run(["sh", "-e", "-c", script], tmp_path)
    assert (tmp_path / "video.mp4").read_bytes() == video_of("https://example.com/voice.wav")


def test_the_contract_example_writes_its_reports(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = (ROOT / "examples/contract.sh").read_text("utf-8").replace(":8787", f":{port}")
    run(["sh", "-e", "-c", script.replace("emo serve", f"emo serve --port {port}")], tmp_path)
    for name in ("contract.html", "contract.xml", "contract.sarif"):
        assert "story.download" in (tmp_path / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("key", "said"),
    [("sk-readme", "2.95 s of video in video.mp4"),
     ("sk-readme.InvalidFile.NoHuman", "choose another picture: The input image has no human"),
     ("sk-readme.FAILED.InvalidURL-size", "no video: InvalidURL File size is larger than 15MB.")],
)  # fmt: skip
def test_the_client_example_prints_the_result_or_the_reason(
    url: str, tmp_path: Path, key: str, said: str
) -> None:
    command = [sys.executable, "-W", "error", str(ROOT / "examples/client.py")]
    base_url = f"{url}/api/v1"
    printed = run(command, tmp_path, DASHSCOPE_HTTP_BASE_URL=base_url, DASHSCOPE_API_KEY=key)
    assert said in printed


def test_the_examples_of_a_test_suite_pass(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/testing", tmp_path / "suite")
    (tmp_path / "without_sleep.py").write_text("import time\ntime.sleep = lambda seconds: None\n")
    options = ["-q", "-p", "without_sleep"]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path / "suite")]
    assert "6 passed" in run(command, tmp_path, PYTHONPATH=str(tmp_path))


def test_the_nightly_job_finds_no_difference_in_the_fake(
    serve: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with serve() as url:
        there = {"EMO_PROVIDER": url, "DASHSCOPE_API_KEY": "sk-night", "NO_PROXY": "127.0.0.1"}
        for name in ("baseline.sh", "nightly.sh"):
            script = (ROOT / "examples/nightly" / name).read_text("utf-8").replace("8788", port)
            printed = run(["sh", "-c", script], tmp_path, **there)
    assert "against spec" in printed and "no difference" in printed
    assert json.loads((tmp_path / "emo-baseline.json").read_text())["findings"] == []
    reports = {path.name for path in (tmp_path / "reports").iterdir()}
    assert reports >= {"contract.html", "contract.xml", "night.json", "night.mp4"}


def test_the_nightly_workflow_gives_the_key_to_the_script_alone() -> None:
    text = (ROOT / "examples/nightly/github-actions.yaml").read_text("utf-8")
    job = yaml.safe_load(text)["jobs"]["contract"]
    (script,) = [step for step in job["steps"] if "DASHSCOPE_API_KEY" in step.get("env", {})]
    assert script["run"] == "sh ci/nightly.sh"
    used = set(re.findall(r"\$\{?([A-Z_]{5,})", (ROOT / "examples/nightly/nightly.sh").read_text()))
    assert used >= set(job["env"]) - {"EMO_KIT"}
    assert text.count("secrets.") == 1


def shown(page: str, name: str) -> str:
    """The output of an example on its page: the indented lines after its code block."""
    text = (ROOT / page).read_text("utf-8").partition(f"<!-- examples/{name} -->")[2]
    found = re.search(r"^```\n\n.* prints\n\n((?:    .*\n|\n)+)", text, re.M)
    assert found, f"{page} does not say what {name} prints"
    return re.sub(r"^    ", "", found[1], flags=re.M).strip()


@pytest.mark.parametrize(
    ("page", "name", "time"),
    [("docs/journal.md", "journal.sh", "skip"), ("docs/journal.md", "reproduce.sh", "fast"),
     ("docs/limits.md", "spend.py", "frozen"),
     ("docs/contract.md", "stub_contract.sh", "fast")],
)  # fmt: skip
def test_an_example_prints_the_output_on_its_page(
    serve: Callable[..., AbstractContextManager[str]],
    tmp_path: Path,
    page: str,
    name: str,
    time: str,
) -> None:
    need(shutil.which("curl") or name.endswith(".py"), "curl")
    command = [sys.executable, "-W", "error"] if name.endswith(".py") else ["sh"]
    there = {"DASHSCOPE_API_KEY": "sk-docs", "NO_PROXY": "127.0.0.1"}
    with serve(time=time) as base:
        there["DASHSCOPE_HTTP_BASE_URL"] = f"{base}/api/v1"
        printed = run([*command, str(ROOT / "examples" / name)], tmp_path, **there)
    assert VARYING.sub("…", printed).strip() == VARYING.sub("…", shown(page, name))


def test_each_control_call_is_documented() -> None:
    page = (ROOT / "docs/control.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for method, path, _ in CONTROLS:
        path = f"/__mock__{path.replace('{id}', 'ID')}`"
        assert any(path in row and f"`{method}" in row for row in rows), f"{method} {path}"


def test_each_page_is_in_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text("utf-8")
    links = set(re.findall(r"\]\(([^)#]+)\)", index))
    pages = {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")}
    assert pages - {"index.md"} <= links, "add a line to docs/index.md"
    assert "docs/index.md" in (ROOT / "README.md").read_text("utf-8")


def test_each_example_is_on_a_page_and_in_a_test() -> None:
    files = [path for path in (ROOT / "examples").rglob("*.*") if path.is_file()]
    names = {path.relative_to(ROOT / "examples").as_posix() for path in files}
    names = {name for name in names if not name.endswith((".pyc", ".dockerignore"))}
    shown = "".join((ROOT / page).read_text("utf-8") for page in PAGES)
    assert not [name for name in names if name not in shown]
    runs = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "examples").glob("*.sh")]
    text = "".join(path.read_text("utf-8") for path in runs)
    as_folders = ("control/", "testing/")
    alone = [name for name in names if not name.startswith(as_folders)]
    assert not [name for name in alone if Path(name).stem not in text], "no test runs them"


def test_make_help_lists_each_target() -> None:
    need(shutil.which("make"), "make")
    command = ["make", "--no-print-directory", "help"]  # make test calls this within a make
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    lines = dict(line.split(maxsplit=1) for line in printed.stdout.splitlines())
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.M)
    assert set(lines) == set(phony.split()) == set(TARGETS.findall(makefile))


def test_the_commit_hooks_run_what_make_lint_runs() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    lint = re.findall(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)[0]
    steps = [line.strip().replace("$(BIN)", ".venv/bin") for line in lint.splitlines()]
    assert [hook["entry"] for hook in local["hooks"]] == steps
    assert local["repo"] == "local" and all(h["language"] == "system" for h in local["hooks"])


def test_each_component_of_a_package_is_on_the_architecture_page() -> None:
    page, names = (ROOT / "docs/architecture.md").read_text("utf-8"), list(arrows(ROOT))
    for package in ("contracts", "mock_server"):
        table = page.partition(f"In `{package}`:")[2].partition("\n\n")[2].partition("\n\n")[0]
        rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
        components = {name.split(".")[1] for name in names if name.startswith(f"{package}.")}
        assert set(re.findall(r"`(\w+)`", "".join(rows))) == components, package
