"""Other fakes, from npm, at pinned versions, installed once into a cache outside the repository.

They cannot do all that the fake does; `Server.does` describes what they do."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks import calls
from benchmarks.load import exchange
from benchmarks.servers import POLLS, Server, TimedRequest
from contracts.spec.document import default_path
from contracts.spec.loader import Spec

# The newest Prism needs a very new Node. 5.14 mocks in the same way and runs on Node 18 and later.
PINNED = {"@copilotkit/aimock": "1.43.0", "@stoplight/prism-cli": "5.14.2"}
INSTALL_SECONDS = 180
TASKS = "/api/v3/contents/generations/tasks"
TASK = {"id": "-", "model": "emo-v1", "status": "succeeded", "created_at": 1,
        "updated_at": 4102444800, "content": {"video_url": "http://127.0.0.1/v.mp4"}}  # fmt: skip
SUBMIT = {"model": "emo-v1", "content": [
    {"type": "text", "text": "a portrait that speaks"},
    {"type": "image_url", "image_url": {"url": "http://127.0.0.1/portrait.png"}}]}  # fmt: skip


def available(spec: Spec, print_line: Callable[[str], None]) -> list[Server]:
    """The peers that can run on this machine. Prints the reason if there are none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print_line("peers skipped: node or npm is not installed")
        return []
    modules = _install(npm, print_line)
    if modules is None:
        return []
    return [_aimock(node, modules), _prism(node, modules, spec)]


def _install(npm: str, print_line: Callable[[str], None]) -> Path | None:
    versions = "-".join(PINNED.values())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / f"emo-benchmarks-{versions}"
    modules, done = folder / "node_modules", folder / "installed"
    if done.exists():
        return modules
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{name}@{version}" for name, version in PINNED.items()]
    print_line(f"installing {' '.join(names)} (once) …")
    command = [npm, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit",
               "--no-fund", "--silent", *names]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        why = f"exit code {error.returncode}" if hasattr(error, "returncode") else "no answer"
        print_line(f"peers skipped: npm could not install them ({why})")
        return None
    done.touch()
    return modules


def _aimock(node: str, modules: Path) -> Server:
    """aimock cannot serve the EMO paths; its BytePlus Ark video tasks are similar."""
    fixture = modules.parent / "aimock.json"
    answer = {"match": {"endpoint": "video"}, "response": {"json": TASK}}
    fixture.write_text(json.dumps({"fixtures": [answer]}))
    script = str(modules / "@copilotkit/aimock/dist/cli.js")

    def requests(port: int) -> dict[str, TimedRequest]:
        # A new task each time: aimock keeps only the latest ten thousand.
        create = _http("POST", TASKS, SUBMIT)
        task_id = json.loads(_body(exchange(port, create)))["id"]
        return {
            "poll, SUCCEEDED": TimedRequest(_http("GET", f"{TASKS}/{task_id}"), 200),
            "create": TimedRequest(create, 200),
            "create, invalid body": TimedRequest(_http("POST", TASKS, {"model": "emo-v1"}), 400),
        }

    return Server(
        f"aimock {PINNED['@copilotkit/aimock']}",
        lambda port: [node, script, "-p", str(port), "-f", str(fixture), "--log-level", "silent"],
        requests,
        "another vendor's video tasks (it has not our paths): checks that required fields are "
        "there, matches a fixture, keeps its latest 10,000 tasks and a journal; no schema",
        judges=True,
    )


def _prism(node: str, modules: Path, spec: Spec) -> Server:
    script = str(modules / "@stoplight/prism-cli/dist/index.js")
    prefix = spec.prefixes[0]  # it serves the paths without that of `servers`

    def asked(call: calls.MeasuredCall, headers: dict[str, str]) -> TimedRequest:
        path = call.path.removeprefix(prefix)
        own = dataclasses.replace(call, path=path, headers={**call.headers, **headers})
        return TimedRequest(own.request(), call.status)

    def requests(port: int) -> dict[str, TimedRequest]:
        del port
        get = spec.operations["getTask"]
        path = get.path("50689caf-8623-4dbe-8bb0-b1dd7d8b87bf")
        poll = calls.MeasuredCall("poll", get, path, 200, {})
        polls = {f"poll, {s}": asked(poll, {"Prefer": f"example={s}"}) for s in POLLS}
        made = (calls.create(spec), calls.create_invalid(spec))
        return {**polls, **{call.name: asked(call, {}) for call in made}}

    return Server(
        f"prism {PINNED['@stoplight/prism-cli']}",
        lambda port: [node, script, "mock", "-h", "127.0.0.1", "-p", str(port), "-v", "silent",
                      str(default_path())],
        requests,
        "our openapi.yaml: validates the request, answers the named example; keeps no state",
        judges=True,
    )  # fmt: skip


def _http(method: str, path: str, body: object = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {calls.KEY}"]
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def _body(answer: bytes) -> bytes:
    """The JSON object in an answer, chunked or not."""
    start = answer.index(b"{", answer.index(b"\r\n\r\n"))
    return answer[start : answer.rindex(b"}") + 1]
