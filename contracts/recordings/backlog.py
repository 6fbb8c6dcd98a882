"""The queue of finished calls that are not recorded yet. One thread redacts them in turn, so that a
call with a long body does not delay other clients. The waiting bytes and the time at the end are
bounded."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from contracts.recordings.recording import BodyCopy, RawHeaders, RawRequest

WAITING = 16 << 20  # bytes of queued bodies; of further calls only the sizes of bodies are kept
SMALL = 1 << 16  # bytes of bodies that are still redacted after the end
AT_ONCE = 50  # calls that are recorded before the file is written again
END_SECONDS = 1.0  # at the end; calls that still wait then are recorded without their bodies
NO_BODIES = "its bodies were not kept: too many bytes of other calls were waiting to be redacted"


class FinishedCall(Struct):
    """A call that is over. status, headers, body: of its answer, None without one."""

    sent: RawRequest
    status: int | None
    headers: RawHeaders | None
    body: BodyCopy | None
    note: str

    @property
    def bytes(self) -> int:
        """The bytes of its bodies in memory."""
        return len(self.sent.body.data) + (len(self.body.data) if self.body else 0)

    def forget_bodies(self) -> None:
        """Drop the bodies; their sizes stay."""
        if self.bytes:
            self.note = "; ".join(filter(None, (self.note, NO_BODIES)))
        self.sent.body.forget()
        if self.body:
            self.body.forget()


class Backlog:
    """keep: adds a call to the recording; is called in a thread. changed: is called after some
    calls were added."""

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
        """Queue a call. After the end it is recorded at once."""
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
        """Let `run` process the queued calls and return."""
        asyncio.get_running_loop().call_later(END_SECONDS, self._hurry)
        self._is_ending = True
        self._arrived.set()

    def _hurry(self) -> None:
        self._is_late = True

    async def run(self) -> None:
        """Process calls until the end."""
        while self._calls or not self._is_ending:
            await self._arrived.wait()
            self._arrived.clear()
            while self._calls:
                self._bytes -= await asyncio.to_thread(self._keep_some)
                self._changed()
        self._is_over = True

    def _keep_some(self) -> int:
        """Record some of the queued calls. Returns how many bytes they had."""
        done = 0
        for _ in range(min(AT_ONCE, len(self._calls))):
            call = self._calls.popleft()
            done += call.bytes
            if self._is_late:
                call.forget_bodies()
            self._keep(call)
        return done
