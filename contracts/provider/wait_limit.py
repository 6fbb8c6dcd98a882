"""How long a run waits, in all: a provider that never ends its answers, that answers nothing but
429 or takes long for each answer must not hold it for hours."""

from __future__ import annotations

SILENCE = 90.0  # seconds of waiting in vain, in one run
PROMPT = 10.0  # seconds in which an answer may come and is not late
ALL = 600.0  # seconds of waiting for answers, late or not, in one run


class WaitLimit:
    """limit: seconds of waiting in vain. whole: seconds of waiting for answers, late or not."""

    def __init__(self, limit: float = SILENCE, whole: float = ALL) -> None:
        self.limit, self.whole = limit, whole
        self.spent = self.waited = 0.0

    def answered(self, seconds: float) -> None:
        """An answer came after so many seconds."""
        self.waited += seconds
        self.spent += max(0.0, seconds - PROMPT)

    def in_vain(self, seconds: float) -> None:
        """So many seconds were waited, and nothing of use came."""
        self.waited += seconds
        self.spent += max(0.0, seconds)

    def is_over(self) -> bool:
        """Whether there is no point in waiting on."""
        return self.spent > self.limit or self.waited > self.whole

    def __str__(self) -> str:
        if self.spent > self.limit:
            seconds, what = self.spent, "answers that did not come, came late or were 429"
        else:
            seconds, what = self.waited, "answers"
        return f"the run waited {seconds:.0f} s for {what}, so nothing else is asked"
