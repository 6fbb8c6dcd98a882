"""Time as a value, and the only module that asks the machine for it.

A tenant's time is `base + rate x (real - anchor)`: it can stand still, run faster and jump ahead,
never back. All times are epoch seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

RealTime = Callable[[], float]

# What --time means: the rate, and whether a poll of an unfinished task jumps to its next event.
MODES: dict[str, tuple[float, bool]] = {
    "real": (1.0, False),
    "fast": (10.0, False),
    "skip": (1.0, True),
    "frozen": (0.0, False),
}

# Time ends here, in the year 9996: a day later and in UTC+8 it can still be written down.
LAST = 253_300_000_000.0

_WALL = time.time()
_STARTED = time.monotonic()


def real_time() -> float:
    """Epoch seconds that never go back, whatever is done to the machine's clock."""
    return _WALL + (time.monotonic() - _STARTED)


class Clock(Struct, frozen=True, gc=False):
    """A tenant's clock. `rate` 0 is frozen; `skip` lets a poll jump to the task's next event."""

    base: float
    anchor: float
    rate: float = 1.0
    skip: bool = False

    def now(self, real: float) -> float:
        """The tenant's time at the machine's time `real`; it stands still at LAST."""
        return min(self.base + self.rate * max(0.0, real - self.anchor), LAST)

    def advance(self, seconds: float, real: float) -> Clock:
        """The clock `seconds` (not negative) ahead. Raises ValueError: time does not go back."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(
                f"cannot advance by {seconds} s: time never goes back; give seconds >= 0"
            )
        moment = self.now(real) + seconds
        if moment > LAST:
            raise ValueError(f"cannot advance by {seconds:g} s: time ends in the year 9996")
        return replace(self, base=moment, anchor=real)

    def at(self, moment: float, real: float) -> Clock:
        """The clock at exactly `moment`, or as it is where that is past."""
        return replace(self, base=max(moment, self.now(real)), anchor=real)

    def at_rate(self, rate: float, real: float) -> Clock:
        """The clock that goes `rate` times as fast as the machine's from now on, and polls do not
        move it; 0 freezes it."""
        if not 0 <= rate < float("inf"):
            raise ValueError(f"cannot run at speed {rate}: time never goes back; give a speed >= 0")
        return replace(self, base=self.now(real), anchor=real, rate=rate, skip=False)
