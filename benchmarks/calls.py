"""The measured calls, as bytes. Bodies and paths are from openapi.yaml."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, replace

from benchmarks.load import exchange
from contracts.spec.loader import Operation, Spec

KEY = "sk-benchmark"
ASYNC = {"X-DashScope-Async": "enable"}


@dataclass(frozen=True, slots=True)
class MeasuredCall:
    """A request and the expected status. name: the row of the table of results."""

    name: str
    operation: Operation
    path: str
    status: int
    headers: dict[str, str]
    body: bytes = b""
    key: str = KEY

    def request(self) -> bytes:
        lines = [f"{self.operation.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [
            f"{k}: {v}" for k, v in {"Authorization": f"Bearer {self.key}", **self.headers}.items()
        ]
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def detect(spec: Spec) -> MeasuredCall:
    """The documented example of detectFace."""
    operation = spec.operations["detectFace"]
    body = json.dumps(next(iter(operation.requests.values()))).encode()
    return MeasuredCall("detect", operation, _path(spec, operation), 200, {}, body)


def create(spec: Spec) -> MeasuredCall:
    """The documented example of createVideoTask."""
    operation = spec.operations["createVideoTask"]
    body = json.dumps(next(iter(operation.requests.values()))).encode()
    return MeasuredCall("create", operation, _path(spec, operation), 200, ASYNC, body)


def create_invalid(spec: Spec) -> MeasuredCall:
    """The documented example of createVideoTask without its portrait."""
    operation = spec.operations["createVideoTask"]
    body = deepcopy(next(iter(operation.requests.values())))
    del body["input"]["image_url"]
    encoded = json.dumps(body).encode()
    return MeasuredCall(
        "create, invalid body", operation, _path(spec, operation), 400, ASYNC, encoded
    )


def poll(spec: Spec, port: int, state: str) -> MeasuredCall:
    """A poll of a new task of the fake at `port` that stays in `state`.

    The task has its own key, because a task that stays RUNNING blocks the queue of its key."""
    key = f"{KEY}-{state.lower()}"
    headers = {**ASYNC, "X-Mock-Scenario": state}
    answer = exchange(port, replace(create(spec), headers=headers, key=key).request())
    task_id = json.loads(answer.partition(b"\r\n\r\n")[2])["output"]["task_id"]
    operation = spec.operations["getTask"]
    path = _path(spec, operation).replace("{task_id}", task_id)
    call = MeasuredCall(f"poll, {state}", operation, path, 200, {}, key=key)
    for _ in range(20):
        seen = json.loads(exchange(port, call.request()).partition(b"\r\n\r\n")[2])
        if seen["output"]["task_status"] == state:
            return call
    raise RuntimeError(f"the task did not become {state}: {seen}")


def _path(spec: Spec, operation: Operation) -> str:
    return spec.prefixes[0] + operation.template
