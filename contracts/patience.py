"""How long a run waits, in all, for what does not come: a provider that never ends its answers, or
that answers nothing but 429, must not hold it for hours."""

from __future__ import annotations

SILENCE = 90.0  # seconds of waiting in vain, in one run
PROMPT = 10.0  # seconds in which an answer may come and cost no patience


class Patience:
    """limit: seconds of waiting in vain."""

    def __init__(self, limit: float = SILENCE) -> None:
        self.limit = limit
        self.spent = 0.0

    def answered(self, seconds: float) -> None:
        """An answer came after so many seconds."""
        self.spent += max(0.0, seconds - PROMPT)

    def in_vain(self, seconds: float) -> None:
        """So many seconds were waited, and nothing of use came."""
        self.spent += max(0.0, seconds)

    def is_over(self) -> bool:
        """Whether there is no point in waiting on."""
        return self.spent > self.limit

    def __str__(self) -> str:
        return (
            f"the run waited {self.spent:.0f} s for answers that did not come, came late or were "
            "429, so nothing else is asked"
        )
