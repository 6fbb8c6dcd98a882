"""Deadlines of a connection whose client does nothing. Each connection has one timer, which is
replaced only if the deadline becomes earlier."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf


class Deadline:
    """Calls `expired` at a given time, once each time it is set. It also closes the connection of a
    client that reads nothing of an answer for `write` to 2 × `write` seconds."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        write: float,
        expired: Callable[[], None],
    ) -> None:
        self.due = inf  # the loop's time; inf while the connection does not wait for the client
        self._loop, self._transport, self._write, self._expired = loop, transport, write, expired
        self._unsent = 0  # bytes of answers that were waiting for the client at the last check
        self._last_read = loop.time()  # when the client last read some bytes, or had none to read
        self._check_at(self._last_read + write)

    def set(self, seconds: float) -> None:
        """Expire so many seconds from now, in place of the earlier deadline."""
        self.due = due = self._loop.time() + seconds
        if due < self._next_check:
            self._timer.cancel()
            self._check_at(due)

    def progressed(self) -> None:
        """The client has read enough of the answer for writing to continue."""
        self._unsent = 0

    def stop(self) -> None:
        """Cancel the deadline and the timer."""
        self._timer.cancel()

    def _check_at(self, moment: float) -> None:
        self._next_check = moment
        self._timer = self._loop.call_at(moment, self._check)

    def _check(self) -> None:
        now = self._loop.time()
        unsent = self._transport.get_write_buffer_size()
        if not self._unsent or unsent < self._unsent:
            self._last_read = now
        self._unsent = unsent
        if unsent and now - self._last_read >= self._write:
            self._transport.abort()
            return
        self._check_at(now + self._write)
        if now >= self.due:
            self.due = inf
            self._expired()
        elif self.due < self._next_check:
            self._timer.cancel()
            self._check_at(self.due)
