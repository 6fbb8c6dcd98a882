"""Calls that wait to be kept. A thread of its own cleans them one after the other, so that the long
text of one call keeps nobody else waiting; how much may wait is bounded, and so is the end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from contracts.recordings.recording import BodyCopy, RawHeaders, RawRequest

WAITING = 16 << 20  # bytes of bodies that wait; of a call that comes then only the sizes are kept
SMALL = 1 << 16  # bytes of bodies that are cleaned at once even when all is over
AT_ONCE = 50  # calls that are kept between two looks at the file
END_SECONDS = 1.0  # at the end, after which calls that still wait are kept without their bodies
NO_BODIES = "its bodies were not kept: too many bytes of other calls waited to be cleaned"


class FinishedCall(Struct):
    """A call that is over. status, headers, body: of its answer, where one came."""

    sent: RawRequest
    status: int | None
    headers: RawHeaders | None
    body: BodyCopy | None
    note: str

    @property
    def bytes(self) -> int:
        """How much of its bodies is in memory."""
        return len(self.sent.body.data) + (len(self.body.data) if self.body else 0)

    def forget_bodies(self) -> None:
        """Leave their sizes."""
        if self.bytes:
            self.note = "; ".join(filter(None, (self.note, NO_BODIES)))
        self.sent.body.forget()
        if self.body:
            self.body.forget()


class Backlog:
    """keep: puts a call on the tape, in a thread. changed: is called when some were kept."""

    def __init__(
        self, keep: Callable[[FinishedCall], object], changed: Callable[[], object] = lambda: None
    ) -> None:
        self._keep = keep
        self._changed = changed
        self._calls: deque[FinishedCall] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._is_ending = self._is_late = False
        self._is_over = False

    def add(self, call: FinishedCall) -> None:
        """Keep a call soon; one that ends when all is over, at once."""
        if self._is_over:
            if call.bytes > SMALL:
                call.forget_bodies()
            self._keep(call)
            self._changed()
            return
        if self._bytes + call.bytes > WAITING:
            call.forget_bodies()
        self._bytes += call.bytes
        self._calls.append(call)
        self._arrived.set()

    def end(self) -> None:
        """Let `run` keep what waits, and end."""
        asyncio.get_running_loop().call_later(END_SECONDS, self._hurry)
        self._is_ending = True
        self._arrived.set()

    def _hurry(self) -> None:
        self._is_late = True

    async def run(self) -> None:
        """Keep what comes, until the end."""
        while self._calls or not self._is_ending:
            await self._arrived.wait()
            self._arrived.clear()
            while self._calls:
                self._bytes -= await asyncio.to_thread(self._keep_some)
                self._changed()
        self._is_over = True

    def _keep_some(self) -> int:
        """Keep some that wait; how many bytes they had."""
        done = 0
        for _ in range(min(AT_ONCE, len(self._calls))):
            call = self._calls.popleft()
            done += call.bytes
            if self._is_late:
                call.forget_bodies()
            self._keep(call)
        return done
