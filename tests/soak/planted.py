"""A fake with defects, for a test of the soak: `python planted.py PORT`.

It keeps half a megabyte for each call; each fifth list it answers 500, with a line on stderr."""

from __future__ import annotations

import sys
from collections import deque

from mock_server.server.app import create_app
from mock_server.server.run import listen, serve
from mock_server.settings import Settings
from mock_server.simulation.call import Call, Reply

settings = Settings(port=int(sys.argv[1]), time="skip")
app = create_app(settings)
handle, lists = app.engine.handle, []
kept = deque(maxlen=1000)  # so that the test of a leak needs no more than 500 MB


def faulty(call: Call) -> Reply:
    kept.append(b"x" * 500_000)
    if call.path == "/api/v1/tasks":
        lists.append(call)
        if len(lists) % 5 == 0:
            print("a list went wrong", file=sys.stderr, flush=True)
            return Reply(500, [(b"content-length", b"0")], b"", "")
    return handle(call)


app.engine.handle = faulty
serve(app, listen(settings), lambda: None, print)
