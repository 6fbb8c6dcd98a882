"""Looks for inactive clients. One timer serves all connections of a server: a timer that each call
sets took 3 % of the time of a poll."""

from __future__ import annotations

import asyncio
from typing import Protocol

from contracts.http1.bounds import BODY_BYTES_PER_SECOND, LINGER_SECONDS, SWEEP_SECONDS, Timeouts


class Swept(Protocol):
    """A connection that closes itself if its client is inactive."""

    def look(self, now: float) -> None:
        """Look whether the client is active. now: the loop's time."""


class Sweep:
    """Looks at each connection of a server every SWEEP_SECONDS, while there are any."""

    def __init__(self) -> None:
        self._connections: set[Swept] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Swept, loop: asyncio.AbstractEventLoop) -> None:
        self._connections.add(connection)
        if self._timer is None:
            self._timer = loop.call_at(loop.time() + SWEEP_SECONDS, self._sweep, loop)

    def discard(self, connection: Swept) -> None:
        self._connections.discard(connection)
        if not self._connections and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        self._timer = loop.call_at(now + SWEEP_SECONDS, self._sweep, loop)
        for connection in list(self._connections):
            connection.look(now)


class Activity:
    """What a client has done, as far as the looks have seen. Something new is noticed at the next
    look, so a time is up to SWEEP_SECONDS too short, and never too long."""

    def __init__(self, timeouts: Timeouts, now: float) -> None:
        self._timeouts = timeouts
        self._state, self._since = ("", 0), now
        self._received, self._last_byte = 0, now
        self._unsent, self._last_read = 0, now

    def continues_to_read(self) -> None:
        """The client has read enough of an answer for writing to continue."""
        self._unsent = 0

    def reads_too_little(self, unsent: int, now: float) -> bool:
        """Whether the client has read nothing for too long. unsent: bytes that wait for it."""
        if not self._unsent or unsent < self._unsent:
            self._last_read = now
        self._unsent = unsent
        return now - self._last_read >= self._timeouts.write

    def is_over(self, awaited: str, request: int, received: int, now: float) -> bool:
        """Whether the client has let the time pass for what it has to do next: the end of a `head`
        or `body`, a `first` or a `next` request, or the `end` of the connection; "" for nothing.
        request: its number. received: bytes of it."""
        if (awaited, request) != self._state:
            self._state, self._since, self._received = (awaited, request), now, -1
        if received != self._received:
            self._received, self._last_byte = received, now
        timeouts, took = self._timeouts, now - self._since
        if awaited == "body":
            slowest = timeouts.body + received / BODY_BYTES_PER_SECOND
            return took >= slowest or now - self._last_byte >= timeouts.body
        head, keep_alive = timeouts.head, timeouts.keep_alive
        limits = {"head": head, "first": head, "next": keep_alive, "end": LINGER_SECONDS}
        return awaited != "" and took >= limits[awaited]
