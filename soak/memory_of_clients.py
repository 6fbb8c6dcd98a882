"""Measures the memory of a client, in its own process, that calls a hostile service."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PEAK = re.compile(r"VmHWM:\s+(\d+)")
TIMEOUT = 10.0  # seconds that a client may take

CLIENT = (
    "import sys, emo_client\nport, folder = sys.argv[1:]\n"
    'url = f"http://127.0.0.1:{port}"\n'
    'client = emo_client.Client(api_key="sk-memory", base_url=url + "/api/v1", timeout=3,'
    " sleep=lambda _: None)\n"
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b" " * 65536 + b"\r\n"


def endless() -> Iterator[bytes]:
    """A body that never ends."""
    yield CHUNKED
    while True:
        yield CHUNK


@cache
def bomb() -> bytes:
    """One megabyte of gzip that decompresses to one gigabyte of blanks."""
    packer, block = zlib.compressobj(wbits=31), b" " * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(1024)) + packer.flush()


def compressed() -> Iterator[bytes]:
    """An answer with bomb() as its body."""
    yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb()) + bomb()


@dataclass(frozen=True)
class Attack:
    """An attack. answer: yields the bytes of the answer. code: the program of the client."""

    name: str
    answer: Callable[[], Iterator[bytes]]
    code: str


ATTACKS = [
    Attack("`emo_client`: an answer that does not end", endless, CLIENT + 'client.get("x")'),
    Attack("`emo_client`: a gzip bomb of 1 GB", compressed, CLIENT + 'client.get("x")'),
    Attack(
        "`emo_client`: a video that does not end",
        endless,
        CLIENT + 'client.download(url + "/v.mp4", folder + "/v.mp4")',
    ),
]


def measure(attack: Attack, folder: Path) -> tuple[int, int]:
    """Peak memory in bytes of a client that does nothing, and of one under attack."""
    next(attack.answer())  # build the answer before a client waits for it
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=_serve, args=(server, attack), daemon=True).start()
        port = str(server.getsockname()[1])
        return _peak(CLIENT, port, folder), _peak(attack.code, port, folder)


def _peak(code: str, port: str, folder: Path) -> int:
    process = subprocess.Popen(
        [sys.executable, "-c", code, port, str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak, until = 0, time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < until:
        facts = Path(f"/proc/{process.pid}/status").read_text()
        peak = max([peak, *map(int, PEAK.findall(facts))])  # empty while the process ends
        time.sleep(0.01)
    process.kill()
    process.wait()
    return peak * 1024


def _serve(server: socket.socket, attack: Attack) -> None:
    with suppress(OSError):  # closed: the measurement is over
        while True:
            threading.Thread(target=_answer, args=(server.accept()[0], attack), daemon=True).start()


def _answer(sock: socket.socket, attack: Attack) -> None:
    with sock, suppress(OSError):
        sock.recv(65536)
        for part in attack.answer():
            sock.sendall(part)
