"""Runs the tested programs as processes: starts, stops, restarts them, and reads /proc."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

EMO = str(Path(sys.executable).with_name("emo"))
START_SECONDS, STOP_SECONDS = 20.0, 60.0
SETTLE = 0.3  # seconds in which a program that listens prints its first lines
# Lines that a program may print after its start; any other line fails the soak.
EXPECTED = re.compile(
    r"\s*$|emo: \d+ calls?, \d+ tasks?, \d+ polls? (\(.*\) )?in |emo: .*Ctrl-C|emo: stopp|"
    r"emo: of some calls only the sizes of the bodies are kept|"
    r"emo: out of file descriptors"
)


@dataclass(frozen=True, slots=True)
class Usage:
    """Memory in bytes (now, and the peak since the start), open descriptors, threads."""

    memory: int
    peak: int
    descriptors: int
    threads: int


@dataclass(frozen=True, slots=True)
class Stop:
    """How long SIGTERM took, in seconds, and the exit code."""

    seconds: float
    code: int


class Program:
    """A command that listens on one port, also after restarts; `{port}` in it is replaced."""

    def __init__(self, name: str, command: list[str], folder: Path) -> None:
        self.name, self.port = name, _free_port()
        self._command = [part.replace("{port}", str(self.port)) for part in command]
        self._output = folder / f"{name}.txt"
        self._checked_from = 0
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start and wait until it listens. Raises RuntimeError, with its output, if it ends."""
        with self._output.open("ab") as output:
            process = subprocess.Popen(
                self._command, stdout=output, stderr=output, start_new_session=True
            )
        self._process = process
        until = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(
                    f"{self.name} did not start:\n{self._output.read_text()[-2000:]}"
                )
            await asyncio.sleep(0.02)
        await asyncio.sleep(SETTLE)
        self._checked_from = self._output.stat().st_size

    def usage(self) -> Usage:
        """The present usage. Raises RuntimeError, with the output, if the process has ended."""
        assert self._process is not None
        if (code := self._process.poll()) is not None:
            raise RuntimeError(
                f"{self.name} ended by itself with exit code {code}:\n{self._tail()}"
            )
        folder = Path(f"/proc/{self._process.pid}")
        facts = dict(re.findall(r"(\w+):\s+(\d+)", (folder / "status").read_text()))
        memory, peak = (int(facts[name]) * 1024 for name in ("VmRSS", "VmHWM"))
        return Usage(memory, peak, len(list((folder / "fd").iterdir())), int(facts["Threads"]))

    async def stop(self) -> Stop:
        """Send SIGTERM, and SIGKILL after STOP_SECONDS."""
        assert self._process is not None
        began, process = time.monotonic(), self._process
        process.send_signal(signal.SIGTERM)
        while process.poll() is None and time.monotonic() - began < STOP_SECONDS:
            await asyncio.sleep(0.01)
        self.kill()
        return Stop(time.monotonic() - began, process.returncode)

    def kill(self) -> None:
        """Kill the process if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
        if self._process is not None:
            self._process.wait()

    def complaints(self) -> list[str]:
        """The unexpected lines that it printed since its start."""
        with self._output.open("rb") as output:
            output.seek(self._checked_from)
            lines = output.read().decode("utf-8", "replace").splitlines()
        return [line for line in lines if not EXPECTED.match(line)]

    def _tail(self) -> str:
        return self.printed()[-2000:].decode("utf-8", "replace")

    def printed(self) -> bytes:
        """Everything that it printed, also before restarts."""
        return self._output.read_bytes()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def child(
    command: list[str], variables: dict[str, str], on_line: Callable[[str], None]
) -> AsyncIterator[None]:
    """Run a process during the block and call `on_line` for each line that it prints."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=1 << 24,
    )
    assert process.stdout is not None
    output = process.stdout

    async def listen() -> None:
        async for line in output:
            on_line(line.decode().rstrip("\n"))

    listening = asyncio.ensure_future(listen())
    try:
        yield
        if process.returncode is not None:
            raise RuntimeError(f"{command[2]} ended with exit code {process.returncode}")
    finally:
        listening.cancel()
        if process.returncode is None:
            process.kill()
        await process.wait()
