"""Keeps the file of a recording up to date: complete at any time, written by another thread after
each change. A stream such as a pipe is written once, when the recording ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contracts.files.file_target import is_stream
from contracts.files.whole_file import write
from contracts.recordings.encoding import Encoder
from contracts.recordings.model import Cassette

PAUSE = 10  # the pause after a write is so many times as long as the write


class Writer:
    """Writes one recording. cassette: returns the recording so far. report: is called with each
    exception of our own code and the action; the next change is written all the same. warn: is
    called once for each problem with the file."""

    def __init__(
        self,
        path: Path,
        cassette: Callable[[], Cassette],
        report: Callable[[Exception, str], object],
        warn: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._path = path
        self._is_stream = is_stream(path)
        self._cassette = cassette
        self._encoder = Encoder(warn)
        self._report, self._warn = report, warn
        self._problem, self._is_written = "", False
        self._changed, self._ending = asyncio.Event(), asyncio.Event()

    def changed(self) -> None:
        """Write the file soon: the recording has changed."""
        self._changed.set()

    def end(self) -> None:
        """Let `run` write once more and return."""
        self._ending.set()
        self._changed.set()

    async def run(self) -> None:
        """Write after each change, until the end. The pause between two writes is proportional to
        their duration, so that a call costs no more in a long recording; changes during it are
        written together."""
        clock = asyncio.get_running_loop().time
        ended = False
        while not ended:
            await self._changed.wait()
            self._changed.clear()
            # Read first: changes during the write must be written too.
            ended = self._ending.is_set()
            self._is_written = False
            began, new = clock(), 0.0  # start of this write, and the seconds for new calls in it
            with self._reporting():
                cassette = await asyncio.to_thread(self._cassette)
                new = -clock()
                pieces = await asyncio.to_thread(self._encoded, cassette)
                new += clock()
                if not self._is_stream:
                    self._is_written = await asyncio.to_thread(self._write, pieces)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), PAUSE * (clock() - began - new))

    def finish(self) -> bool:
        """Write the changes that `run` has not written. Returns whether everything is written."""
        return (self._is_written and not self._changed.is_set()) or self.write()

    def write(self) -> bool:
        """Write now; for use without `run`. Returns whether that succeeded."""
        with self._reporting():
            return self._write(self._encoded(self._cassette()))
        return False

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 (it is reported)
            self._report(error, f"writing {self._path}")

    def _encoded(self, cassette: Cassette) -> list[bytes]:
        return list(self._encoder.pieces(cassette))

    def _write(self, pieces: list[bytes]) -> bool:
        try:
            write(self._path, pieces, private=True)
        except OSError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                self._warn(f"the recording could not be written: {error}")
            return False
        self._problem = ""
        return True
