"""docs/troubleshooting.md quotes messages as they are: each one is provoked and compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from emo_client import Client, EmoError
from emo_kit.cli.main import cli
from tests.helpers.cases import each_case
from tests.helpers.cli import BOXES, FEW_PLUGINS, MEDIA
from tests.helpers.fake import need

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
SERVICE = "/api/v1/services/aigc/image2video"
NOBODY = "http://127.0.0.1:1"
DETECT = {"model": "emo-detect-v1", "input": {"image_url": "https://example.com/a.png"}}
INPUT = {"image_url": "https://example.com/a.png", "audio_url": "https://example.com/a.mp3"}
BOX = {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
CREATE = {"model": "emo-v1", "input": {**INPUT, **BOX}}
ASYNC = {"X-DashScope-Async": "enable"}
QUOTED = re.compile(r"^\| `([^`]+)` \|", re.M)


class World:
    """A fake at `url` and the ways to call it; each gives the text that a user sees."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def run(self, *arguments: str, **variables: str) -> str:
        """What `emo …` writes, here and to stderr."""
        there = {"DASHSCOPE_HTTP_BASE_URL": f"{self.url}/api/v1", "DASHSCOPE_API_KEY": "sk-help"}
        return CliRunner().invoke(cli, list(arguments), env={**there, **variables}).output

    def call(self, method: str, path: str, key: str = "sk-help", **options: Any) -> str:
        """The body of an answer of the fake."""
        headers = {"Authorization": f"Bearer {key}", **options.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, **options).text

    def post(self, path: str, body: Any, **headers: str) -> str:
        return self.call("POST", SERVICE + path, json=body, headers=headers)

    def control(self, method: str, path: str, **options: Any) -> str:
        return self.call(method, f"/__mock__{path}", **options)

    def curl(self, key: str = "sk-help", url: str = "") -> str:
        command = ["curl", "-sS", "--noproxy", "*", "-H", f"Authorization: Bearer {key}"]
        done = subprocess.run(
            [*command, url or f"{self.url}/api/v1/tasks"], capture_output=True, text=True
        )
        return done.stderr

    def client(self, **options: Any) -> str:
        """The error of emo_client."""
        with pytest.raises(EmoError) as caught, Client(**options) as client:
            client.get("task")
        return str(caught.value)

    @cached_property
    def sdk(self) -> str:
        """What the official SDK raises: without a key, without a server, and after a refusal."""
        code = """
import dashscope
from dashscope.client.base_api import BaseAsyncApi as api
def show(key, base, call):
    dashscope.api_key, dashscope.base_http_api_url = key, base
    try:
        call()
    except Exception as error:
        print(error)
url, nobody = sys.argv[1:]
emo = {"task_group": "aigc", "task": "image2video", "function": "video-synthesis"}
show(None, url, lambda: api.fetch("x"))
show("sk-x", nobody, lambda: api.fetch("x"))
show("sk-x", url, lambda: api.wait(api.async_call(model="emo-v1", input={}, **emo)))
"""
        command = [sys.executable, "-c", f"import sys{code}", f"{self.url}/api/v1", NOBODY]
        clean = {name: value for name, value in os.environ.items() if "DASHSCOPE" not in name}
        return subprocess.run(command, env=clean, capture_output=True, text=True).stdout

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)


def expired(world: World) -> str:
    target = str(world.folder / "video.mp4")
    return world.run("generate", *MEDIA, "-o", target, "--key", "sk-help+result:expired")


def over_limit(world: World) -> str:
    from mock_server.server.run import running
    from mock_server.settings import Settings

    with running(Settings(port=0, time="frozen", limits="documented")) as url:
        return "".join(World(url, world.folder).post("/face-detect", DETECT) for _ in range(6))


def replay(world: World) -> str:
    from mock_server.server.replay import replaying
    from mock_server.server.run import running
    from mock_server.settings import Settings

    settings = Settings(port=0)
    cassette = PAGE.parents[1] / "tests/data/cassettes/fake.json"
    with running(settings, replaying(settings, cassette)) as url:
        return World(url, world.folder).call("POST", "/api/v1/tasks/x/cancel")


def hidden(world: World) -> str:
    (world.folder / "contracts").mkdir()
    (world.folder / "contracts" / "__init__.py").touch()
    command = [sys.executable, "-c", "from emo_kit.command import main; main()", "list"]
    done = subprocess.run(
        command,
        cwd=world.folder,
        env={"PYTHONPATH": str(world.folder)},
        capture_output=True,
        text=True,
    )
    return done.stderr


def notices(**variables: str) -> str:
    """What `emo serve` writes before it is ended."""
    with subprocess.Popen(
        [sys.executable, "-m", "emo_kit.cli", "serve", "--port", "0", "--log", "off"],
        env=variables, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stderr is not None
        lines = [server.stderr.readline() for _ in range(4)]
        server.terminate()
        return "".join(lines)


def preflight(world: World) -> str:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    answer = httpx.options(f"{world.url}/api/v1/tasks", headers=asked)
    return world.run("explain", answer.headers["x-mock-explain"])


def with_xdist(world: World) -> str:
    options = ["--emo-contract-url", world.url, "--emo-contract-budget", "1", "-n", "1"]
    command = [sys.executable, "-m", "pytest", "-q", *FEW_PLUGINS, *options]
    done = subprocess.run(command, cwd=world.folder, capture_output=True, text=True)
    return done.stdout + done.stderr


def balance(world: World) -> str:
    world.control("PUT", "/account", key="sk-poor", json={"balance": 0})
    return world.call("POST", f"{SERVICE}/face-detect", key="sk-poor", json=DETECT)


def pending(world: World) -> str:
    world.control("POST", "/clock", key="sk-frozen", json={"freeze": True})
    body, headers = CREATE, {**ASYNC, "Authorization": "Bearer sk-frozen"}
    created = httpx.post(f"{world.url}{SERVICE}/video-synthesis", json=body, headers=headers)
    task = created.json()["output"]["task_id"]
    return world.run("wait", task, "--timeout", "0.1", "--key", "sk-frozen")


Provoke = Callable[[World], str]
PROVOKE: dict[str, Provoke] = {
    "nobody answers at": lambda w: w.run("get", "x", "--base-url", NOBODY),
    "no fake answers at": lambda w: w.run("journal", "--server", NOBODY),
    "got no answer and did not arrive": lambda w: w.client(
        api_key="sk-x", base_url=f"{NOBODY}/api/v1"),
    "got no answer and may have arrived": lambda w: w.run(
        "create", *MEDIA, *BOXES, "--key", "sk-help+lost"),
    "curl: (7)": lambda w: w.curl(url=NOBODY),
    "curl: (52)": lambda w: w.curl("sk-help+close"),
    "curl: (56)": lambda w: w.curl("sk-help+reset"),
    "curl: (35)": lambda w: w.curl(url=w.url.replace("http", "https")),
    "Max retries exceeded": lambda w: w.sdk,
    "cannot listen on": lambda w: w.run("serve", "--port", w.url.rpartition(":")[2]),
    "No API-key provided": lambda w: httpx.get(f"{w.url}/api/v1/tasks").text,
    "Invalid API-key": lambda w: w.call("GET", "/api/v1/tasks", key="bad"),
    "url error": lambda w: w.call("GET", "/tasks"),
    "Request method": lambda w: w.call("GET", f"{SERVICE}/face-detect"),
    "support synchronous": lambda w: w.post("/video-synthesis", CREATE),
    "support asynchronous": lambda w: w.post("/face-detect", DETECT, **ASYNC),
    "Model not exist": lambda w: w.post("/face-detect", {**DETECT, "model": "wan2.2-s2v"}),
    "Required body invalid": lambda w: w.call("POST", f"{SERVICE}/face-detect", content="{"),
    "Required input parameter": lambda w: w.post("/face-detect", {"model": "emo-detect-v1"}),
    "Field required": lambda w: w.post("/face-detect", {**DETECT, "input": {}}),
    "Invalid face_bbox": lambda w: w.post(
        "/video-synthesis", {**CREATE, "input": {**INPUT, **BOX, "face_bbox": [1]}}, **ASYNC),
    "Required URL is missing": lambda w: w.post(
        "/face-detect", {**DETECT, "input": {"image_url": "file:///a.png"}}),
    "The request is missing": lambda w: w.call(
        "POST", f"{SERVICE}/face-detect", content=b" " * (1 << 21)),
    "Requests rate limit": over_limit,
    "Access denied": balance,
    "Failed to cancel": lambda w: w.run("cancel", "8e1ff2b8-13a7-4ab6-9b4c-4b5ad4d2ba45"),
    "names no scenario behind": lambda w: w.call("GET", "/api/v1/tasks", key="sk-help+nope"),
    "no scenario '": lambda w: w.control("PUT", "/scenarios", json={"do": "Throtling"}),
    "You have no right": lambda w: httpx.get(f"{w.url}/results/a/b/1x1-2.mp4").text,
    "Request has expired": expired,
    "its body is not JSON": lambda w: w.run("get", "x", "--key", "sk-help+getTask:not-json"),
    "is UNKNOWN": lambda w: w.run("wait", "8e1ff2b8-13a7-4ab6-9b4c-4b5ad4d2ba45"),
    "task … FAILED": lambda w: w.run("generate", *MEDIA, "--key", "sk-help+FAILED.InvalidURL"),
    "is still PENDING": pending,
    "the picture was rejected": lambda w: w.run(
        "generate", *MEDIA, "--key", "sk-help+InvalidFile.NoHuman"),
    "Invalid task": lambda w: w.sdk,
    "there is no API key": lambda w: w.client(api_key="", base_url=f"{w.url}/api/v1"),
    "needs an API key": lambda w: w.run("get", "x", "--live", DASHSCOPE_API_KEY=""),
    "No api key provided": lambda w: w.sdk,
    "is odd": lambda w: w.run("get", "x", "--base-url", f"{w.url}/v1"),
    "does not know the variable": lambda _: notices(EMO_TIEM="skip"),
    "the folder": lambda w: w.run("generate", *MEDIA, "-o", "/none/video.mp4"),
    "hides the package": hidden,
    "no variant": lambda w: w.run("serve", "--variant", "a=b"),
    "is not a bundle": lambda w: w.run("reproduce", w.file("run.json", "text")),
    "exists already": lambda w: w.run(
        "contract", "record", "--base-url", w.url, "--port", "0", "-o", w.file("old.json", "{}")),
    "send the API key of the tenant": lambda w: httpx.get(f"{w.url}/__mock__/state").text,
    "answers on loopback only": lambda w: w.control(
        "GET", "/state", headers={"X-Forwarded-For": "10.0.0.1"}),
    "is not a name of this server": lambda w: w.control(
        "GET", "/state", headers={"Host": "fake:8787"}),
    "is a page of another site": lambda w: w.control(
        "GET", "/state", headers={"Origin": "https://app.example"}),
    "the control API is off": lambda _: notices(EMO_HOST="0.0.0.0"),
    "cannot advance by": lambda w: w.control("POST", "/clock", json={"advance": -1}),
    "unknown control route": lambda w: w.control("GET", "/clocks"),
    "nothing to explain": lambda w: w.run("explain", "--key", "sk-nothing"),
    "a browser asked": preflight,
    "does not answer": lambda w: w.run("contract", "verify", NOBODY),
    "No check ran": lambda w: w.run(
        "contract", "verify", w.url, "--budget", "0", "--check", "story.accepted"),
    "CNY are left": lambda w: w.run(
        "contract", "verify", w.url, "--budget", "0", "--check", "story.accepted"),
    "no check is called": lambda w: w.run("contract", "verify", w.url, "--check", "nope"),
    "--update-baseline": lambda w: w.run("contract", "verify", w.url, "--baseline", "/none.json"),
    "holds no call": lambda w: w.run(
        "contract", "drift", w.file("empty.json", '{"log": {"version": "1.2", "entries": []}}')),
    "is not in the recording": replay,
    "--emo-contract-budget works in one process": with_xdist,
}  # fmt: skip


def messages() -> list[str]:
    """The messages that the page quotes."""
    return QUOTED.findall(PAGE.read_text("utf-8"))


@pytest.fixture(scope="module")
def world(url: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(url, tmp_path_factory.mktemp("troubles"))


def test_each_quoted_message_is_provoked_by_one_case() -> None:
    assert len(messages()) == len(PROVOKE) == len({case_of(message) for message in messages()})


def case_of(message: str) -> str:
    """The one case whose name is a part of the message."""
    (name,) = [name for name in PROVOKE if name in message]
    return name


OF_CURL = [message for message in messages() if message.startswith("curl")]


@each_case("message", [message for message in messages() if message not in OF_CURL])
def test_each_message_is_quoted_as_it_is_shown(
    world: World, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert_quoted(message, world)


def test_each_message_of_curl_is_quoted_as_it_is_shown(world: World) -> None:
    need(shutil.which("curl"), "curl")
    for message in OF_CURL:
        assert_quoted(message, world)


def assert_quoted(message: str, world: World) -> None:
    text = PROVOKE[case_of(message)](world)
    pattern = ".*".join(re.escape(part.strip()) for part in message.split("…"))
    assert re.search(pattern, " ".join(text.split())), text
