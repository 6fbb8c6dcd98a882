"""The ten scenarios that people need most, and what each is for. Data; a test runs each line."""

from __future__ import annotations

from msgspec import Struct


class Essential(Struct, frozen=True):
    """purpose: what a program is tried with. scenario: its name, as scenarios.find takes it."""

    purpose: str
    scenario: str

    @property
    def line(self) -> str:
        """What to type in a shell before the program is run, in whatever language it is."""
        return f"export DASHSCOPE_API_KEY=sk-me+{self.scenario}"


ESSENTIALS = (
    Essential("too many requests", "Throttling.RateQuota"),
    Essential("a wrong key", "InvalidApiKey"),
    Essential("no money left", "Arrearage"),
    Essential("no face in the picture", "InvalidFile.NoHuman"),
    Essential("forbidden content", "DataInspectionFailed"),
    Essential("the task fails", "FAILED.InternalError"),
    Essential("every poll is a 500", "getTask:InternalError"),
    Essential("slow answers: 5 s each", "latency=5"),
    Essential("a create's lost answer", "createVideoTask:lost"),
    Essential("the video has expired", "result:expired"),
)
