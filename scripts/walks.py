"""Print the files that seven situations go through, in the order in which they are entered.

    python scripts/walks.py [--functions]

Each situation runs on a real server, or on a wrong one, and is traced: `steps` counts the changes
from one file of the project to another, `back` those to an earlier file. Each situation runs twice
and the second run counts, so that no module is imported during it.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import httpx

from contracts.provider.budget import Budget
from contracts.provider.http import Provider
from contracts.spec.loader import Spec
from contracts.verify.registry import all_checks
from contracts.verify.runner import Verification
from mock_server.server.run import running
from mock_server.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
OURS = tuple(str(ROOT / name) for name in ("contracts", "mock_server"))
SCENARIO = "X-Mock-Scenario"


class Trace:
    """Records the functions of the project that are called while `is_on`, in threads that started
    after it. Lambdas and comprehensions belong to the functions around them."""

    def __init__(self) -> None:
        self.is_on = False
        self.entered: list[CodeType] = []

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        is_ours = code.co_filename.startswith(OURS) and not code.co_name.startswith("<")
        if self.is_on and event == "call" and is_ours:
            self.entered.append(code)

    def of(self, situation: Callable[[], object]) -> list[CodeType]:
        """The functions that the second run of a situation calls."""
        situation()
        self.entered, self.is_on = [], True
        situation()
        self.is_on = False
        return self.entered


def client_of(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": "Bearer sk-walk"}, trust_env=False)


def situations(spec: Spec, client: httpx.Client) -> Iterator[tuple[str, Callable[[], object]]]:
    """The situations with their names. All but the check are calls to the server."""
    operation = spec.operations["createVideoTask"]
    path, body = spec.prefixes[0] + operation.template, operation.requests["documentation"]
    asynchronous = {"X-DashScope-Async": "enable"}

    def create(scenario: str = "") -> httpx.Response:
        headers = asynchronous | ({SCENARIO: scenario} if scenario else {})
        return client.post(path, json=body, headers=headers)

    task_id = create().json()["output"]["task_id"]

    def fault() -> None:
        with suppress(httpx.HTTPError):
            create("reset")

    def explanation() -> httpx.Response:
        return client.get("/__mock__/explain")

    yield "a poll", lambda: client.get(f"{spec.prefixes[0]}/tasks/{task_id}")
    yield "a create", create
    yield "a refused create", lambda: client.post(path, json=body)
    yield "a create that a scenario fails", lambda: create("Throttling")
    yield "a check that fails", lambda: failing_check(spec)
    yield "a fault on the socket", fault
    create("Throttling")
    yield "an explanation", explanation


def failing_check(spec: Spec) -> None:
    """The check that a call without a key is refused, of a provider that accepts it."""
    answer = {"request_id": "0", "output": {"task_id": "0", "task_status": "UNKNOWN"}}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=json.dumps(answer)))
    with httpx.Client(transport=transport) as http:
        provider = Provider(
            "https://provider.example", budget=Budget(spec, None, 14.0), http=http, key="sk-1"
        )
        for _ in Verification(spec, provider, [all_checks()["keys.missing"]]).run():
            pass


def lines(name: str, entered: list[CodeType], *, functions: bool) -> Iterator[str]:
    """The walk: its figures, then its files in order of their first entry."""
    files = [str(Path(code.co_filename).relative_to(ROOT)) for code in entered]
    steps = [here for before, here in zip(["", *files], files, strict=False) if here != before]
    seen = list(dict.fromkeys(files))
    yield (
        f"{name}: {len(seen)} files, {len(set(entered))} functions, {len(steps)} steps, "
        f"{len(steps) - len(seen)} back"
    )
    for file in seen:
        within = (c.co_qualname for c, f in zip(entered, files, strict=True) if f == file)
        yield f"  {file}" + (f"  {', '.join(dict.fromkeys(within))}" if functions else "")


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Print the files that seven situations go through."
    )
    parser.add_argument("--functions", action="store_true", help="list the functions of each file")
    options = parser.parse_args()
    trace = Trace()
    threading.setprofile(trace)
    sys.setprofile(trace)
    with running(Settings(port=0, time="frozen")) as url, client_of(url) as client:
        for name, situation in situations(Spec.load(), client):
            print("\n".join(lines(name, trace.of(situation), functions=options.functions)))


if __name__ == "__main__":
    main()
