"""A real browser without a window, driven by its DevTools protocol."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import websocket
from support import need

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60.0  # seconds
# As root it has no sandbox; a small /dev/shm breaks it; nothing may be asked of the network.
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip


class Page:
    """One page of the browser."""

    def __init__(self, socket: str) -> None:
        self._socket = websocket.create_connection(socket, timeout=PATIENCE)
        self._number = 0

    def ask(self, method: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol and what it gives."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(asked))
        while (answer := json.loads(self._socket.recv())).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def run(self, script: str, *values: Any) -> Any:
        """What an async function of JavaScript with that body gives for the values, as JSON."""
        call = f"(async (...values) => {{ {script} }})(...{json.dumps(values)})"
        told = self.ask("Runtime.evaluate", expression=call, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def end(self) -> None:
        """Close the browser."""
        self.ask("Browser.close")
        self._socket.close()


@contextmanager
def browser(folder: Path, url: str) -> Iterator[Page]:
    """A page that shows the URL, for as long as the block; `folder` is the browser's own."""
    program = next(filter(None, map(shutil.which, NAMES)), "")
    need(program, "chromium")
    with subprocess.Popen(
        [program, *OPTIONS, f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        tabs = f"http://127.0.0.1:{_port(process)}/json"
        page = Page(httpx.put(f"{tabs}/new?{url}").json()["webSocketDebuggerUrl"])
        try:
            yield page
        finally:
            page.end()
            process.communicate()  # all that it still says, until its last process is gone


def _port(process: subprocess.Popen[str]) -> str:
    """Where it listens, as it says when it does."""
    assert process.stderr is not None
    for line in process.stderr:
        if "DevTools listening on ws://" in line:
            return urlsplit(line.split()[-1]).netloc.rpartition(":")[2]
    raise AssertionError(f"the browser ended with {process.wait()}")
