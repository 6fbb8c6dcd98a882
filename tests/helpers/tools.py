"""Runs the examples of docs/tools.md with the tools of `make tools`, in a folder with a copy of
openapi.yaml. Nothing here needs the network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.fake import need

HERE = Path(__file__).parents[1] / "tools"
ROOT = HERE.parents[1]
EXAMPLES = ROOT / "examples" / "tools"
NPM, PYPI = HERE / "node_modules", HERE / ".venv"
PYTHON = PYPI / "bin" / "python"


def workshop(folder: Path) -> Path:
    """A folder with openapi.yaml, the examples and the npm tools. Skips the test if the tools are
    not installed."""
    need(
        (NPM / "installed").exists() and (PYPI / "installed").exists(),
        "the tools that `make tools` installs",
    )
    need(shutil.which("node"), "Node.js")
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "openapi.yaml", folder)
    shutil.copy(HERE / "tsconfig.json", folder)
    (folder / "node_modules").symlink_to(NPM)
    _write_npx(folder / "bin" / "npx")
    return folder


def _write_npx(path: Path) -> None:
    """Write an `npx` that runs the program of a package of package.json. npm takes 0.4 s for it."""
    packages = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    cases = []
    for name in packages:
        programs = json.loads((NPM / name / "package.json").read_text("utf-8")).get("bin")
        if programs:
            program = programs if isinstance(programs, str) else next(iter(programs.values()))
            cases.append(f'{name}) exec node "{NPM / name / program}" "$@" ;;')
    cases.append('*) echo "package.json does not list $name"; exit 1 ;;')
    path.parent.mkdir()
    path.write_text("\n".join(["#!/bin/sh", "name=$1; shift", "case $name in", *cases, "esac"]))
    path.chmod(0o755)


def run(folder: Path, *command: str | Path, **environment: str) -> str:
    """Run a command; returns its output, or fails with it."""
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=_environment(folder, environment),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    printed = done.stdout + done.stderr
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{printed[-3000:]}"
    return printed


@contextmanager
def running(folder: Path, script: str, port: str) -> Iterator[str]:
    """A script that serves until it is stopped; `port` in it becomes a free one. Gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        free = str(sock.getsockname()[1])
    text = (folder / script).read_text("utf-8").replace(port, free)
    process = subprocess.Popen(
        ["sh", "-c", text], cwd=folder, env=_environment(folder, {}), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout
    try:
        printed = iter(process.stdout.readline, "")
        assert any("is listening" in line for line in printed), f"{script} ended"
        yield f"http://127.0.0.1:{free}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()


def _environment(folder: Path, more: dict[str, str]) -> dict[str, str]:
    path = os.pathsep.join(
        (str(folder / "bin"), str(PYPI / "bin"), str(NPM / ".bin"), os.environ["PATH"])
    )
    quiet = {"npm_config_offline": "true", "NO_COLOR": "1", "NO_PROXY": "127.0.0.1,localhost"}
    # A Java program that runs for a few seconds ends sooner with less optimized code.
    quiet["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    return {**os.environ, "PATH": path, **quiet, **more}
