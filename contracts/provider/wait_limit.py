"""Limits the waiting time of one run, so that a provider with slow, endless or only 429 answers
cannot hold it for hours."""

from __future__ import annotations

SILENCE = 90.0  # seconds of useless waiting in one run
PROMPT = 10.0  # seconds after which an answer is late
ALL = 600.0  # seconds of waiting for answers in one run, late or not


class WaitLimit:
    """Counts the seconds that a run waits. limit: seconds of useless waiting. total: seconds of
    waiting for answers in all."""

    def __init__(self, limit: float = SILENCE, total: float = ALL) -> None:
        self.limit, self.total = limit, total
        self.spent = self.waited = 0.0

    def answered(self, seconds: float) -> None:
        """An answer arrived after so many seconds. Only the time beyond PROMPT counts as
        useless."""
        self.waited += seconds
        self.spent += max(0.0, seconds - PROMPT)

    def wasted(self, seconds: float) -> None:
        """So many seconds passed without a useful answer: none at all, or a 429."""
        self.waited += seconds
        self.spent += max(0.0, seconds)

    def is_over(self) -> bool:
        """Whether the run should send nothing more."""
        return self.spent > self.limit or self.waited > self.total

    def __str__(self) -> str:
        """The reason for skipping the rest of the run."""
        if self.spent > self.limit:
            seconds, answers = self.spent, "answers that were missing, late or 429"
        else:
            seconds, answers = self.waited, "answers"
        return f"the run waited {seconds:.0f} s for {answers}, so no more calls are sent"
