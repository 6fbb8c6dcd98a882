"""Recordings of calls and answers: reads, writes and compares them. They contain no secrets."""

from contracts.recordings.builder import RecordingBuilder
from contracts.recordings.errors import CassetteError
from contracts.recordings.files import load, read, save
from contracts.recordings.model import (
    FORMAT,
    Cassette,
    RecordedAnswer,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
    RecordedTimeline,
)
from contracts.recordings.scrubber import Scrubber

__all__ = [
    "FORMAT",
    "Cassette",
    "CassetteError",
    "RecordedAnswer",
    "RecordedBody",
    "RecordedExchange",
    "RecordedRequest",
    "RecordedTimeline",
    "RecordingBuilder",
    "Scrubber",
    "load",
    "read",
    "save",
]
