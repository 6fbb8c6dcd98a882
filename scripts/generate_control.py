"""Writes docs/control.md, or checks that it is up to date.

    python scripts/generate_control.py            write it
    python scripts/generate_control.py --check    compare; exit code 1 if they differ

The text is in scripts/control.md. The examples are the requests in examples/control/. They are sent
in the order of their names to a fake with a fixed clock and seed, and the page shows its answers.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from itertools import groupby, starmap
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import httpx

from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.server.app import FakeApp
from mock_server.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "scripts" / "control.md"
PAGE = ROOT / "docs" / "control.md"
CALLS = ROOT / "examples" / "control"

HEAD = "<!-- Written by scripts/generate_control.py: edit scripts/control.md instead. -->\n"
NOW = 1_757_572_418.716  # 2025-09-11 14:33:38.716 in UTC+8
KEY = {"Authorization": "Bearer sk-docs"}
LONG, MANY, DEEP = 160, 2, 5  # characters, elements and levels of an answer that the page shows
# Line numbers in openapi.yaml, and the random id of a journal.
VARYING = re.compile(r'(?<=openapi\.yaml:)\d+|(?<="journal": ")\w+')


class Example(NamedTuple):
    """A file of examples/control/: one request with a comment above it."""

    name: str
    text: str

    @property
    def route(self) -> str:
        """`POST /__mock__/clock`, without host and query."""
        method, url = self.text.splitlines()[1].split(" ")
        return f"{method} {httpx.URL(url).path}"

    def request(self, request_id: str) -> httpx.Request:
        """The request, with the id of a refused call in place of `{{request_id}}`."""
        head, _, body = self.text.replace("{{request_id}}", request_id).partition("\n\n")
        _, line, *headers = head.splitlines()
        method, url = line.split(" ")
        named = [header.partition(": ")[::2] for header in headers]
        return httpx.Request(method, url, headers=named, content=body.strip())


def main(arguments: list[str]) -> int:
    """Write or compare the page; return the exit code."""
    wanted = render()
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{PAGE} differs from the answers of the fake; run python scripts/generate_control.py")
    return 1


def render() -> str:
    """The text of the page."""
    script = (ROOT / "examples" / "control.sh").read_text("utf-8")
    return HEAD + Template(TEMPLATE.read_text("utf-8")).substitute(
        examples="\n\n".join(asyncio.run(_sections())),
        script=f"<!-- examples/control.sh -->\n```sh\n{script}```",
    )


def examples() -> list[Example]:
    """The examples, in the order in which they are sent."""
    files = sorted(CALLS.glob("*.http"))
    return [Example(f"control/{file.name}", file.read_text("utf-8")) for file in files]


async def _sections() -> list[str]:
    app = FakeApp(Engine(Spec.load(), settings=Settings(seed="docs"), real=lambda: NOW))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8787") as http:
        request_id = await _prepare(http)
        answered = [(e, await http.send(e.request(request_id))) for e in examples()]
    by_route = groupby(answered, key=lambda pair: pair[0].route)
    return ["\n\n".join([f"### {route}", *starmap(_shown, pairs)]) for route, pairs in by_route]


async def _prepare(http: httpx.AsyncClient) -> str:
    """Create a task and send an invalid call, for the examples to use. Returns the request_id of
    the invalid call."""
    service = "/api/v1/services/aigc/image2video"
    image = {"image_url": "https://example.com/portrait.png"}
    boxes = {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
    voice = {"audio_url": "https://example.com/voice.wav"}
    body = {"model": "emo-v1", "input": {**image, **voice, **boxes}}
    headers = {**KEY, "X-DashScope-Async": "enable"}
    (await http.post(f"{service}/video-synthesis", json=body, headers=headers)).raise_for_status()
    body = {"model": "emo-detect-v1", "input": image, "parameters": {"ratio": "4:3"}}
    refused = await http.post(f"{service}/face-detect", json=body, headers=KEY)
    return str(refused.json()["request_id"])


def _shown(example: Example, answer: httpx.Response) -> str:
    """The text of the example's file, and the answer indented below it."""
    request = f"<!-- examples/{example.name} -->\n```http\n{example.text}```"
    lines = "\n".join(f"    {line}".rstrip() for line in _lines(answer))
    return f"{request}\n\n{lines}"


def _lines(answer: httpx.Response) -> Iterator[str]:
    """The status and the body. JSON is indented and shortened."""
    yield f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"
    yield ""
    if answer.headers["content-type"].startswith("application/json"):
        text = json.dumps(shortened(answer.json()), indent=2, ensure_ascii=False)
        yield from VARYING.sub("…", text).splitlines()
    else:
        lines = answer.text.splitlines()
        yield from [*lines[:6], "…"] if len(lines) > 6 else lines


def shortened(value: Any, level: int = 0) -> Any:
    """The value with … in place of the ends of long texts and lists, and of deep objects."""
    if isinstance(value, str):
        return value if len(value) <= LONG else f"{value[:LONG]}…"
    if not value or not isinstance(value, dict | list):
        return value
    if level == DEEP:
        return "…"
    if isinstance(value, list):
        first = [shortened(each, level + 1) for each in value[:MANY]]
        return first if len(value) <= MANY else [*first, "…"]
    alike = all(isinstance(each, dict) for each in value.values())  # a map from names to objects
    names = list(value)[:MANY] if alike else list(value)
    kept = {name: shortened(value[name], level + 1) for name in names}
    return kept if len(names) == len(value) else {**kept, "…": "…"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
