"""Keeps a cassette's file up to date while it is recorded: whole at any time, written after each
change, in another thread. A stream, such as a pipe, is written once, when the recording ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contracts.files.file_target import is_stream
from contracts.files.whole_file import write
from contracts.recordings.encoding import Encoder
from contracts.recordings.model import Cassette

PAUSE = 10  # times as long as the last writing took is the pause before the next


class Writer:
    """cassette: as it is now. report: is called with each exception of our own code and at what it
    came; the next change is written all the same. tell: is told once of each trouble with the file.
    """

    def __init__(
        self,
        path: Path,
        cassette: Callable[[], Cassette],
        report: Callable[[Exception, str], object],
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._path = path
        self._is_stream = is_stream(path)
        self._cassette = cassette
        self._encoder = Encoder(tell)
        self._report, self._tell = report, tell
        self._trouble, self._is_written = "", False
        self._changed, self._ending = asyncio.Event(), asyncio.Event()

    def changed(self) -> None:
        """There is something new."""
        self._changed.set()

    def end(self) -> None:
        """Let `run` write once more, and end."""
        self._ending.set()
        self._changed.set()

    async def run(self) -> None:
        """Write after a change, until the end, and pause in proportion to the writing: so a call
        costs no more in a long recording. What comes meanwhile is written next, all in one."""
        clock = asyncio.get_running_loop().time
        ended = False
        while not ended:
            await self._changed.wait()
            self._changed.clear()
            ended = self._ending.is_set()  # first: what comes while it writes is written, too
            self._is_written = False
            began, new = clock(), 0.0  # of what has to be done again for old calls, and of the rest
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
        """Write what `run` has not written. Whether all is written."""
        return (self._is_written and not self._changed.is_set()) or self.write()

    def write(self) -> bool:
        """Write now, where `run` does not. Whether that worked."""
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
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._tell(f"the recording could not be written: {error}")
            return False
        self._trouble = ""
        return True
