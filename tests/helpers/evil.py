"""Text with control characters, a provider that answers with it, and a search for what is left."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from contracts.text.printable import visible

# Sets the title, clears the screen, C1, right-to-left, invisible marks, line ends, markup of rich.
EVIL = "\x1b]0;PWNED\x07\x1b[2J\x9b31m\u202eevil\u200b\U000e0041\x85\u2028\x0b\r\nFORGED [/b][red]"
EVIL_NAME = EVIL.replace("/", "")  # of a file
# The escape sequences that `emo` itself writes: colours, and the progress line of rich.
_OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[1A|\x1b\[2K|\r")
_VIDEO = {"results": {"video_url": f"http://127.0.0.1:1/{EVIL}"}}


def obeyed(shown: str) -> str:
    """The first control character from outside in a text, with its surroundings; "" if none."""
    rest = _OWN.sub("", shown)
    hidden = next((at for at, char in enumerate(rest) if visible(char) != char), -1)
    at = hidden if hidden >= 0 else rest.find("\nFORGED")
    return rest[max(0, at - 60) : at + 60] if at >= 0 else ""


def task(status: str) -> dict[str, Any]:
    output = {"task_id": EVIL, "task_status": status, "code": EVIL, "message": EVIL, **_VIDEO}
    return {"request_id": EVIL, "output": output, "usage": {"video_duration": 1, EVIL: EVIL}}


def _answer(path: str) -> Any:
    status = next((s for s in ("SUCCEEDED", "FAILED", "RUNNING") if s in path), EVIL)
    exchange = {"summary": EVIL, "request": {EVIL: EVIL}}
    page = {"exchanges": [exchange], "next": 1, "dropped": 3, "journal": EVIL}
    rows = [{"task_id": EVIL, "status": EVIL, "model_name": EVIL, "gmt_create": 1}]
    boxes = {"bbox_face": [1, 2, 3, 4], "ext_bbox_face": [1, 2, 3, 4]}
    if "/journal" in path:
        return page
    if "/tasks?" in path:
        return {"request_id": EVIL, "data": rows, "total": 1, "page_no": 1, "total_page": 1}
    return {**task(status), **boxes} if "face-detect" in path else task(status)


class _Handler(BaseHTTPRequestHandler):
    """Answers with EVIL in every field; refuses below /refused/; answers no JSON below /words/."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        refusal = {"code": EVIL, "message": EVIL, "request_id": EVIL, "error": EVIL}
        is_refused = "/refused/" in self.path
        body = json.dumps(refusal if is_refused else _answer(self.path)).encode()
        body = EVIL.encode() if "/words/" in self.path else body
        self.send_response(400 if is_refused else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 (the name that http.server looks for)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def evil_provider() -> Iterator[str]:
    """Serves the provider; gives its root URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
