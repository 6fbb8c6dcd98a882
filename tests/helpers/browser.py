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

from tests.helpers.fake import need

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60.0  # seconds
# As root it has no sandbox; a small /dev/shm breaks it; nothing may be asked of the network.
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip

NARROW = 360  # px
LEGIBLE = 4.5  # contrast of text that WCAG 2.2 (1.4.3, AA) asks for

# Before the page: whatever goes wrong in it, or is tried.
WATCH = """
    window.trouble = [];
    const note = kind => event => trouble.push(`${kind} ${event.message || event.blockedURI}`);
    addEventListener("error", note("error"), true);
    addEventListener("securitypolicyviolation", note("policy"), true);
    for (const name of ["alert", "confirm", "prompt", "fetch"])
        window[name] = () => { trouble.push(name) };
    for (const name of ["error", "warn"]) console[name] = text => trouble.push(`${name} ${text}`);
"""
LOADED = """
    if (document.readyState !== "complete")
        await new Promise(done => addEventListener("load", done));
"""
TROUBLE = "return [...trouble, ...performance.getEntriesByType('resource').map(e => e.name)]"
# What is text of its own, by its colour on what is behind it, the worst first.
CONTRASTS = r"""
    document.querySelectorAll("details").forEach(one => one.open = true);
    const parts = text => text.match(/[\d.]+/g).map(Number);
    const light = part => part <= 10.314 ? part / 3294.6 : ((part / 255 + .055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) => .2126 * light(r) + .7152 * light(g) + .0722 * light(b);
    const behind = node => {
        for (; node; node = node.parentElement) {
            const [r, g, b, alpha = 1] = parts(getComputedStyle(node).backgroundColor);
            if (alpha === 1) return [r, g, b];
            if (alpha !== 0) throw Error(`half transparent: ${node.outerHTML.slice(0, 99)}`);
        }
        throw Error("nothing behind");
    };
    const own = node => [...node.childNodes].some(c => c.nodeType === 3 && c.data.trim());
    return [...document.body.querySelectorAll("*")].filter(own).map(node => {
        const levels = [parts(getComputedStyle(node).color), behind(node)].map(luminance).sort();
        const [low, high] = [Math.min(...levels), Math.max(...levels)];
        return [(high + .05) / (low + .05), `${node.tagName}.${node.className}`];
    }).sort((a, b) => a[0] - b[0]);
"""


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
