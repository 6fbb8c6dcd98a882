"""Keeps a cassette's file up to date while it is recorded: whole at any time, written after each
change, in another thread. A stream, such as a pipe, is written once, when the recording ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from contracts.cassette.files import save
from contracts.cassette.model import Cassette
from contracts.cassette.problems import CassetteError
from contracts.file_target import is_stream


class Writer:
    """cassette: as it is now. tell: is told once of each trouble with the file."""

    def __init__(
        self,
        path: Path,
        cassette: Callable[[], Cassette],
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._path = path
        self._is_stream = is_stream(path)
        self._cassette = cassette
        self._tell = tell
        self._trouble = ""
        self._changed = asyncio.Event()
        self._ended = False

    def changed(self) -> None:
        """There is something new."""
        self._changed.set()

    def end(self) -> None:
        """Let `run` write once more, and end."""
        self._ended = True
        self._changed.set()

    async def run(self) -> None:
        """Write after each change until the end. What comes meanwhile is written next, all in one:
        so a long recording costs no more than one that is short."""
        ended = False
        while not ended:
            await self._changed.wait()
            self._changed.clear()
            ended = self._ended  # first: what comes while it writes is written, too
            if not self._is_stream:
                await asyncio.to_thread(self._write, self._cassette())

    def write(self) -> bool:
        """Write now, where `run` does not. Whether that worked."""
        return self._write(self._cassette())

    def _write(self, cassette: Cassette) -> bool:
        try:
            save(self._path, cassette)
        except (OSError, CassetteError) as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._tell(f"the recording could not be written: {error}")
            return False
        self._trouble = ""
        return True
