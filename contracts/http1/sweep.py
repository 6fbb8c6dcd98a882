"""Looks for inactive clients. One timer serves all connections of a server: a timer that each call
sets took 3 % of the time of a poll."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Protocol

from contracts.http1.bounds import SWEEP_SECONDS


class Swept(Protocol):
    """A connection that closes itself if its client is inactive."""

    def look(self, now: float) -> None:
        """Compare the connection with its state at the last look. now: the loop's time."""


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


class Unchanged:
    """For how long a value has been the same. A change is noticed at the next look, so the time is
    up to SWEEP_SECONDS too short, and never too long."""

    def __init__(self) -> None:
        self._value: Hashable = None
        self._since = 0.0

    def seconds(self, value: Hashable, now: float) -> float:
        """Seconds since the first look that saw this value. Call it at each look."""
        if value != self._value:
            self._value, self._since = value, now
        return now - self._since
