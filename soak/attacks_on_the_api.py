"""Attacks on the API: bodies, keys, signed paths, scenarios and the control API."""

from __future__ import annotations

import asyncio
import json
import uuid

from mock_server.scenarios.faults import FAULTS
from soak.attacks import AttackSucceeded, Target, attack
from soak.attacks_on_http import CLOSE, DETECT, KEY, NO_READ, POLL, SMALL
from soak.wire import request

CREATE = "/api/v1/services/aigc/image2video/video-synthesis"
INPUT = {
    "image_url": "https://example.com/p.png",
    "audio_url": "https://example.com/a.wav",
    "face_bbox": [302, 286, 610, 593],
    "ext_bbox": [71, 9, 840, 778],
}
BODY = json.dumps({"model": "emo-v1", "input": INPUT}).encode()
ASYNC = "X-DashScope-Async: enable\r\n"
CONTROLS = ("clock", "reset", "scenarios", "variants", "account", "usage", "journal", "explain",
            "bundle", "metrics", "state", "nothing")  # fmt: skip
# This fault also refuses the connections of other clients, as documented.
FAULT_NAMES = sorted(FAULTS.keys() - {"connect-refused"})


@attack(pause=3)
async def a_doubled_key(target: Target) -> None:
    body = b"{" + b'"a":1,' * 150_000 + b'"a":1}'
    await target.throw(request("POST", DETECT, body, key=KEY, headers=CLOSE), at_least=1)


@attack(pause=3)
async def a_deep_body(target: Target) -> None:
    opening = target.chance.choice((b"[", b'{"a":', b'[{"a":'))
    body = opening * (900_000 // len(opening))
    await target.throw(request("POST", DETECT, body, key=KEY, headers=CLOSE), at_least=1)


@attack("fake", "replay", pause=1)
async def a_large_body(target: Target) -> None:
    body = b'{"a":"' + b"x" * target.chance.choice((900_000, 3_000_000)) + b'"}'
    await target.throw(request("POST", DETECT, body, key=KEY, headers=CLOSE), at_least=1)


@attack(pause=1)
async def numbers_out_of_range(target: Target) -> None:
    digits = "9" * 5000
    for query in (f"page_no={digits}", f"page_size=-{digits}", f"start_time={digits}"):
        await target.throw(request("GET", f"/api/v1/tasks?{query}", key=KEY, headers=CLOSE), 1)
    body = f'{{"model": "emo-v1", "input": {{"face_bbox": [{digits}, 1e999, -0, 5]}}}}'.encode()
    await target.throw(request("POST", CREATE, body, key=KEY, headers=CLOSE + ASYNC), at_least=1)


@attack("fake", "replay", pause=1)
async def many_keys(target: Target) -> None:
    async with target.connect() as line:
        for _ in range(100):
            await line.ask(request("GET", POLL, key=f"sk-{uuid.uuid4().hex}"))


@attack("fake", "replay")
async def unsigned_and_misspelled_results(target: Target) -> None:
    name = target.chance.choice(("x.mp4", "%00", "../../etc/passwd", "9" * 5000, "%e4%b8%ad"))
    query = target.chance.choice(("", "?Expires=" + "9" * 5000, "?Signature=x&Expires=-1"))
    path = f"/results/{uuid.uuid4().hex}/{uuid.uuid4()}/{name}{query}"
    await target.throw(request("GET", path, headers=CLOSE), at_least=1)


@attack("fake", "replay")
async def garbage_for_the_control_api(target: Target) -> None:
    chance = target.chance
    method = chance.choice(("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"))
    query = chance.choice(("", "?limit=" + "9" * 5000, "?since=%ff&page=-1", "?format=%1b"))
    body = chance.choice((b"", b"{", b"[1e999]", b'{"advance": 1e308}', b'{"speed": -1}', b"\xff",
        b'{"scenarios": [{"operation": "\\u001b", "do": {}}]}', b'{"scenarios": 7}',
        b"[" * 100_000, b'{"a":1,' * 1000))  # fmt: skip
    path = f"/__mock__/{chance.choice(CONTROLS)}{query}"
    await target.throw(request(method, path, body, key=KEY, headers=CLOSE), at_least=1)


@attack("fake", "replay")
async def another_host_for_the_control_api(target: Target) -> None:
    host = target.chance.choice(("evil.example", "127.0.0.1.evil.example", "localhost@evil", ""))
    data = request("GET", "/__mock__/state", key=KEY, headers=CLOSE, host=host)
    if b"HTTP/1.1 200" in await target.throw(data, at_least=1):
        raise AttackSucceeded(f"the control API answered for the host {host!r}")


@attack("fake", "replay", pause=1)
async def a_reader_of_the_journal_who_does_not_read(target: Target) -> None:
    path = target.chance.choice(("journal", "journal?format=har", "bundle"))
    async with target.connect(SMALL) as line:
        await line.send(request("GET", f"/__mock__/{path}", key=KEY))
        await asyncio.sleep(NO_READ)


@attack("fake")
async def faults(target: Target) -> None:
    fault = target.chance.choice(FAULT_NAMES)
    more = f"{CLOSE}{ASYNC}X-Mock-Scenario: {fault}\r\n"
    data = request("POST", CREATE, BODY, key=KEY + "-faults", headers=more)
    try:
        await target.throw(data, asked_for=True)
    except TimeoutError:
        return  # a fault may delay the answer for long


@attack("fake", pause=0.05)
async def a_busy_neighbour(target: Target) -> None:
    """Not an attack: valid calls of another key, as fast as one connection allows."""
    key = "sk-soak-neighbour"
    async with target.connect() as line:
        create = request("POST", CREATE, BODY, key=key, headers=ASYNC)
        made = await line.ask(create)
        task = made.json()["output"]["task_id"]
        for _ in range(10):
            await line.ask(request("GET", f"/api/v1/tasks/{task}", key=key))
        polled = (await line.ask(request("GET", f"/api/v1/tasks/{task}", key=key))).json()
        await line.ask(request("GET", "/api/v1/tasks?page_size=100", key=key))
        target.answers["200"] += 13
        url = polled["output"]["results"]["video_url"]
    await target.throw(request("GET", "/" + url.split("/", 3)[3], headers=CLOSE), at_least=1)
