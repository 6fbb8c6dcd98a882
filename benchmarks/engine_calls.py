"""Processor seconds of Engine.handle for each kind of call, as JSON. Run as a file: compare.py runs
the one of each checkout that it compares."""

from __future__ import annotations

import json
import time

from contracts.spec.loader import Spec
from mock_server.engine.pipeline import Engine
from mock_server.settings import Settings
from mock_server.simulation.call import Call

COUNT, BATCH = 4000, 500
KEY = {b"authorization": b"Bearer sk-benchmark"}


def seconds_each(engine: Engine, call: Call) -> float:
    """The least time of several batches, which other work on the machine affects the least."""
    least = 1.0
    for _ in range(COUNT // BATCH):
        began = time.process_time()
        for _ in range(BATCH):
            engine.handle(call)
        least = min(least, (time.process_time() - began) / BATCH)
    return least


def main() -> dict[str, float]:
    spec = Spec.load()
    engine = Engine(spec, settings=Settings(time="frozen"))
    operation = spec.operations["createVideoTask"]
    body = json.dumps(next(iter(operation.requests.values()))).encode()
    headers = {**KEY, b"x-dashscope-async": b"enable", b"content-type": b"application/json"}
    create = Call("POST", spec.prefixes[0] + operation.template, "", headers, body)
    refused = create._replace(body=body.replace(b"image_url", b"image_uri"))
    task = json.loads(engine.handle(create).body)["output"]["task_id"]
    tasks = f"{spec.prefixes[0]}/tasks"
    rows = {
        "poll": Call("GET", f"{tasks}/{task}", "", KEY, b""),
        "refused": refused,
        "list": Call("GET", tasks, "", KEY, b""),
        "create": create,
    }
    return {row: seconds_each(engine, call) for row, call in rows.items()}


if __name__ == "__main__":
    print(json.dumps(main()))
