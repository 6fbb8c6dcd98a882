"""When a connection has to end because its client does nothing. One timer a connection; to move the
deadline costs no new one, unless it comes nearer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf


class Deadline:
    """The moment at which `expired` is called, once each time it is set. A client that takes no
    byte of what is written for it for `write` to 2 × `write` seconds loses its connection."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        write: float,
        expired: Callable[[], None],
    ) -> None:
        self.due = inf  # the loop's time; inf: the client has nothing to do
        self._loop, self._transport, self._write, self._expired = loop, transport, write, expired
        self._unsent = 0  # bytes that waited for the client at the last look
        self._taken = loop.time()  # when it was last seen to take some, or had none to take
        self._look_at(self._taken + write)

    def set(self, seconds: float) -> None:
        """Let it expire so many seconds from now, in place of what was set before."""
        self.due = due = self._loop.time() + seconds
        if due < self._looks_at:
            self._timer.cancel()
            self._look_at(due)

    def took(self) -> None:
        """The client took much of what waited for it."""
        self._unsent = 0

    def stop(self) -> None:
        """Expire never more."""
        self._timer.cancel()

    def _look_at(self, moment: float) -> None:
        self._looks_at = moment
        self._timer = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        unsent = self._transport.get_write_buffer_size()
        if not self._unsent or unsent < self._unsent:
            self._taken = now
        self._unsent = unsent
        if unsent and now - self._taken >= self._write:
            self._transport.abort()
            return
        self._look_at(now + self._write)
        if now >= self.due:
            self.due = inf
            self._expired()
        elif self.due < self._looks_at:
            self._timer.cancel()
            self._look_at(self.due)
