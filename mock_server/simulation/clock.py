"""The clock of a tenant, as a value. The only module that reads the machine's clock.

A tenant's time is `base + rate x (real - anchor)`: it can stand still, run faster and jump ahead,
but never goes back. All times are epoch seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

RealTime = Callable[[], float]

# The modes of --time: the rate, and whether a poll of an unfinished task jumps to its next event.
MODES: dict[str, tuple[float, bool]] = {
    "real": (1.0, False),
    "fast": (10.0, False),
    "skip": (1.0, True),
    "frozen": (0.0, False),
}

# The last time, in the year 9996: datetime can still format a day later in UTC+8.
LAST = 253_300_000_000.0

_WALL = time.time()
_STARTED = time.monotonic()


def real_time() -> float:
    """Epoch seconds that never go back, even if the machine's clock is set back."""
    return _WALL + (time.monotonic() - _STARTED)


class Clock(Struct, frozen=True, gc=False):
    """A tenant's clock. `rate` 0 is frozen; `skip` lets a poll jump to the task's next event."""

    base: float
    anchor: float
    rate: float = 1.0
    skip: bool = False

    def now(self, real: float) -> float:
        """The tenant's time at the machine's time `real`; it stops at LAST."""
        return min(self.base + self.rate * max(0.0, real - self.anchor), LAST)

    def advance(self, seconds: float, real: float) -> Clock:
        """The clock after a jump of `seconds` (>= 0). Raises ValueError if time would go back, or
        beyond LAST."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(
                f"cannot advance by {seconds} s: time never goes back; give seconds >= 0"
            )
        moment = self.now(real) + seconds
        if moment > LAST:
            raise ValueError(f"cannot advance by {seconds:g} s: time ends in the year 9996")
        return replace(self, base=moment, anchor=real)

    def at(self, moment: float, real: float) -> Clock:
        """The clock set to exactly `moment`; unchanged if that is in the past."""
        return replace(self, base=max(moment, self.now(real)), anchor=real)

    def at_rate(self, rate: float, real: float) -> Clock:
        """The clock at `rate` times the machine's speed from now on (0: frozen); polls no longer
        move it. Raises ValueError for a negative or infinite rate."""
        if not 0 <= rate < float("inf"):
            raise ValueError(f"cannot run at speed {rate}: time never goes back; give a speed >= 0")
        return replace(self, base=self.now(real), anchor=real, rate=rate, skip=False)
