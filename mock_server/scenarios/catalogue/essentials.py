"""The ten most useful scenarios, with their purpose. Data; a test runs each line."""

from __future__ import annotations

from msgspec import Struct


class Essential(Struct, frozen=True):
    """purpose: the situation that a program is tested in. scenario: a name that names.find
    accepts."""

    purpose: str
    scenario: str

    @property
    def line(self) -> str:
        """The shell command to type before the program starts; it works for every language."""
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
    Essential("lost answer to a create", "createVideoTask:lost"),
    Essential("the video has expired", "result:expired"),
)
