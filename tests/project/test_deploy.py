"""The examples for containers, CI and browsers work. Docker is not needed: the steps of the
Dockerfile run in a folder with a virtual environment."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import ANY

import httpx
import pytest
import yaml

from emo_kit.cli.serve import serve as serve_command
from tests.helpers.browser import browser
from tests.helpers.fake import need
from tests.helpers.http import PLAIN, Serve

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "examples" / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
GITLAB = yaml.safe_load((DOCKER / "gitlab-ci.yaml").read_text("utf-8"))
ACTIONS = yaml.safe_load((DOCKER / "github-actions.yaml").read_text("utf-8"))
VARIABLES = {option.envvar for option in serve_command.params if isinstance(option.envvar, str)}


class Image(NamedTuple):
    """The result of the steps of the Dockerfile. environment: of its processes."""

    steps: list[tuple[str, str]]
    environment: dict[str, str]
    port: int

    def last(self, name: str) -> str:
        """The argument of the last instruction of that name."""
        return [argument for step, argument in self.steps if step == name][-1]

    def start(self, command: list[str], **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, env={**self.environment, **more}, stderr=subprocess.PIPE, text=True
        )

    def is_healthy(self, command: list[str]) -> bool:
        done = subprocess.run(command, env=self.environment, check=False, capture_output=True)
        return done.returncode == 0


def steps() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text("utf-8"), flags=re.M)
    lines = re.sub(r"\\\n\s*", "", text).split("\n")
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines if line.strip()]


def wait_for(condition: Any, process: subprocess.Popen[str]) -> None:
    while not condition():
        assert process.poll() is None, process.stderr and process.stderr.read()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, uv_environment: dict[str, str]) -> Image:
    """Run COPY, RUN and ENV, with the paths of the image below a temporary folder. Its `pip` is uv,
    which accepts the same options and needs a sixth of the time."""
    root = tmp_path_factory.mktemp("image")
    make = [sys.executable, "-m", "venv", "--without-pip", str(root / "venv")]
    subprocess.run(make, check=True, timeout=120)
    pip = root / "venv" / "bin" / "pip"
    python = shlex.quote(str(pip.parent / "python"))
    pip.write_text(f'#!/bin/sh\nexec uv pip "$@" --python {python}\n')
    pip.chmod(0o755)
    clean = {name: v for name, v in os.environ.items() if not name.startswith(("EMO_", "DASH"))}
    path = f"{root}/venv/bin{os.pathsep}{os.environ['PATH']}"
    environment, ignored = {**clean, "PATH": path}, (DOCKER / "Dockerfile.dockerignore").read_text()
    patterns = [line.removeprefix("**/") for line in ignored.split()]
    for name, argument in steps():
        if name == "COPY":
            source, target = argument.split()
            ignore = shutil.ignore_patterns(*patterns)
            shutil.copytree(ROOT / source, f"{root}{target}", ignore=ignore)
        elif name == "RUN":
            command = re.sub(r"(?<= )/(?=\w)", f"{shlex.quote(str(root))}/", argument)
            command = command.replace(" --no-cache-dir", "")  # shared with other tests
            installing = {
                **uv_environment,
                "PATH": f"{pip.parent}{os.pathsep}{uv_environment['PATH']}",
            }
            subprocess.run(["sh", "-ec", command], env=installing, check=True, timeout=300)
        elif name == "ENV":
            variable, _, value = argument.partition("=")
            environment[variable] = value
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return Image(steps(), {**environment, "EMO_PORT": str(port)}, port)


@pytest.fixture(scope="module")
def container(image: Image) -> Iterator[str]:
    """The command of the image with the variables of the compose file, running."""
    command = json.loads(image.last("ENTRYPOINT")) + json.loads(image.last("CMD"))
    settings = COMPOSE["services"]["fake"]["environment"]
    settings = {**settings, "EMO_ADMIN_TOKEN": "local", "EMO_LOG": "off"}
    with image.start(command, **settings) as process:
        check = ["sh", "-c", image.last("HEALTHCHECK").partition(" CMD ")[2]]
        assert not image.is_healthy(check)
        wait_for(lambda: image.is_healthy(check), process)
        yield f"http://127.0.0.1:{image.port}"
        process.send_signal(signal.SIGTERM)  # as `docker stop` does
        assert process.wait(20) == 0


def test_the_image_runs_without_root_and_on_all_interfaces(image: Image) -> None:
    assert image.last("USER") not in ("root", "0")
    assert dict(step.split("=") for name, step in image.steps if name == "ENV") == {
        "EMO_HOST": "0.0.0.0", "EMO_PORT": image.last("EXPOSE"),
    }  # fmt: skip


def test_a_container_answers_under_any_name_and_protects_the_control_api(
    container: str,
) -> None:
    named = {"Host": "fake:8787", "Authorization": "Bearer sk-app"}
    assert PLAIN.get(f"{container}/api/v1/tasks/1", headers=named).status_code == 200
    assert PLAIN.get(f"{container}/__mock__/state", headers=named).status_code == 403
    told = {**named, "X-Mock-Admin-Token": "local"}
    assert PLAIN.get(f"{container}/__mock__/state", headers=told).status_code == 200


def test_the_healthcheck_and_the_app_of_the_compose_file_work(
    image: Image, container: str, tmp_path: Path
) -> None:
    fake, app = COMPOSE["services"]["fake"], COMPOSE["services"]["app"]
    kind, *check = fake["healthcheck"]["test"]
    assert kind == "CMD"
    assert image.is_healthy([part.replace("8787", str(image.port)) for part in check])
    command = [part.replace("/tmp", str(tmp_path)) for part in app["command"]]
    environment = {**image.environment, **app["environment"]}
    environment["DASHSCOPE_HTTP_BASE_URL"] = f"{container}/api/v1"
    entry = json.loads(image.last("ENTRYPOINT"))
    done = subprocess.run([*entry, *command], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "video.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_compose_file_waits_for_health_and_sets_existing_variables() -> None:
    fake, app = COMPOSE["services"]["fake"], COMPOSE["services"]["app"]
    assert app["depends_on"] == {"fake": {"condition": "service_healthy"}}
    assert (DOCKER / fake["build"]["context"]).resolve() == ROOT
    assert (ROOT / fake["build"]["dockerfile"]) == DOCKER / "Dockerfile"
    assert set(fake["environment"]) <= VARIABLES
    assert app["environment"]["DASHSCOPE_HTTP_BASE_URL"] == "http://fake:8787/api/v1"


def test_the_workflow_starts_the_fake_and_waits_for_it(image: Image, tmp_path: Path) -> None:
    need(shutil.which("curl"), "curl")
    job = ACTIONS["jobs"]["installed"]
    start = next(step["run"] for step in job["steps"] if "emo serve" in step.get("run", ""))
    port = free_port()
    environment = {**image.environment, "EMO_PORT": port, "EMO_HOST": "127.0.0.1"}
    script = start.replace("8787", port) + "kill $!\nwait\n"
    done = subprocess.run(["bash", "-e", "-c", script], env=environment, cwd=tmp_path, timeout=60)
    assert done.returncode == 0
    assert json.loads((tmp_path / "health.json").read_text())["status"] == "ok"


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def test_the_gitlab_job_starts_the_fake_and_waits_for_it(image: Image, tmp_path: Path) -> None:
    need(shutil.which("curl"), "curl")
    _, *start, tests = GITLAB["installed"]["script"]
    assert tests == "make test"
    port = free_port()
    script = "\n".join([*start, "kill $!", "wait", ""]).replace("8787", port)
    environment = {**image.environment, "EMO_PORT": port}
    done = subprocess.run(["bash", "-e", "-c", script], env=environment, cwd=tmp_path, timeout=60)
    assert done.returncode == 0
    assert json.loads((tmp_path / "health.json").read_text())["status"] == "ok"


def test_both_gitlab_jobs_call_the_fake_with_variables_that_exist() -> None:
    (service,) = GITLAB["service"]["services"]
    hosts = {"installed": "127.0.0.1", "service": service["alias"]}
    for name, host in hosts.items():
        variables = GITLAB[name]["variables"]
        assert variables["DASHSCOPE_HTTP_BASE_URL"] == f"http://{host}:8787/api/v1"
        assert {v for v in variables if v.startswith("EMO_")} <= VARIABLES
    assert set(service["variables"]) <= VARIABLES
    assert service["variables"]["EMO_ALLOW_HOST"] == service["alias"]


@pytest.mark.parametrize(
    ("command", "code", "shows_the_calls"),
    [(["emo", "list"], 0, False), (["sh", "-c", "emo get task-1; exit 7"], 7, True)],
)
def test_the_ci_script_runs_a_command_beside_the_fake(
    image: Image, tmp_path: Path, command: list[str], code: int, shows_the_calls: bool
) -> None:
    need(shutil.which("curl"), "curl")
    script = (DOCKER / "ci.sh").read_text("utf-8").replace("8787", free_port())
    (tmp_path / "ci.sh").write_text(script)
    done = subprocess.run(["sh", "ci.sh", *command], env=image.environment, cwd=tmp_path,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == code, done.stderr
    assert ("GET  /tasks/task-1 200 UNKNOWN" in done.stdout) == shows_the_calls


def test_both_jobs_of_the_workflow_set_the_variables_for_clients() -> None:
    service = ACTIONS["jobs"]["service"]["services"]["fake"]
    assert service["image"] == "${{ vars.EMO_IMAGE }}"
    assert service["ports"] == ["8787:8787"]
    for job in ACTIONS["jobs"].values():
        assert job["env"]["DASHSCOPE_HTTP_BASE_URL"] == "http://127.0.0.1:8787/api/v1"
        used = {name for name in {**job["env"], **service["env"]} if name.startswith("EMO_")}
        assert used - {"EMO_KIT"} <= VARIABLES


def test_a_page_of_the_vite_proxy_gets_a_video_url_of_its_own_origin(serve: Serve) -> None:
    need(shutil.which("node"), "node")
    script = f"import({json.dumps((ROOT / 'examples/vite.config.js').as_uri())})"
    script += ".then(m => console.log(JSON.stringify(m.default.server.proxy)))"
    printed = subprocess.check_output(["node", "-e", script], stderr=subprocess.DEVNULL, text=True)
    proxy = json.loads(printed)
    assert {"/api/v1", "/results"} <= proxy.keys()
    for options in proxy.values():
        assert options == {"target": "http://127.0.0.1:8787"}  # without changeOrigin: Host stays


def test_the_page_example_shows_a_video(serve: Serve, tmp_path: Path) -> None:
    script = (ROOT / "examples/browser.js").read_text("utf-8")
    with serve(cors=("localhost",)) as fake, serve() as other:
        script = script.replace("http://127.0.0.1:8787", fake)
        with browser(tmp_path, f"{other}/samples/voice.wav") as page:
            page.ask("Page.navigate", url=f"{other}/samples/portrait.png")
            script = f"const setTimeout = run => queueMicrotask(run);{script}"
            script += "await new Promise(done => video.onloadedmetadata = done);"
            assert page.run(f"{script} return [video.videoWidth > 0, video.src]") == [True, ANY]


def test_the_nginx_example_sends_the_headers_that_the_fake_reads(serve: Serve) -> None:
    text = (ROOT / "examples/nginx.conf").read_text("utf-8")
    names = re.findall(r"proxy_set_header (\S+)", text)
    assert names == ["X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-For"]
    sent = dict(zip(names, ["https", "fake.example", "203.0.113.9"], strict=True))
    option = re.findall(r"--forwarded-allow-ips (\S+)", text)[0]
    with serve(forwarded_allow_ips=option) as base:
        page = httpx.get(f"{base}/", headers={"Accept": "text/html", **sent}).text
    assert "https://fake.example/api/v1" in page
    assert "shown only where the control API would answer" in page
