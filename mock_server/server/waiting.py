"""Waits for moments of a tenant's time. What it sleeps with is an argument, so that a virtual clock
can let hours pass at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import inf
from typing import NamedTuple

# Seconds of the machine's time until a moment of the tenant's time; inf if its clock is frozen.
Left = Callable[[float], float]
Sleep = Callable[[float], Awaitable[object]]  # waits so many seconds

SLICE = 0.05  # seconds between two looks at the clock, which a control call may move
# Seconds by which a clock that was advanced twice may be short of the sum. A sleep is never
# shorter: the time of the machine, as a float, does not move by less than 2.4e-7 s.
ROUNDING = 1e-6


class Waiting(NamedTuple):
    """How a delivery waits. patience: the seconds without a byte after which the client gives up;
    inf if it does not, or if that is not known."""

    left: Left
    sleep: Sleep
    patience: float = inf

    def seconds(self, moment: float) -> float:
        """Seconds until a moment of the tenant's time; 0 or less if it has come."""
        return self.left(moment - ROUNDING)

    async def until(self, moment: float, goes_on: Callable[[], bool] = lambda: True) -> bool:
        """Wait for a moment of the tenant's time. Returns False if the client has given up before,
        or if `goes_on` returned False."""
        patience = self.patience
        while goes_on():
            seconds = self.seconds(moment)
            if seconds <= 0:
                return True
            if patience <= 0:
                return False
            seconds = max(min(seconds, SLICE, patience), ROUNDING)
            await self.sleep(seconds)
            patience -= seconds
        return False
