"""Recordings of what a client and a provider said to each other: read, written, free of secrets."""

from contracts.recordings.builder import Assembler
from contracts.recordings.errors import CassetteError
from contracts.recordings.files import load, read, save
from contracts.recordings.model import FORMAT, Answer, Body, Cassette, Exchange, Request, Timeline
from contracts.recordings.scrubber import Cleaner

__all__ = [
    "FORMAT",
    "Answer",
    "Assembler",
    "Body",
    "Cassette",
    "CassetteError",
    "Cleaner",
    "Exchange",
    "Request",
    "Timeline",
    "load",
    "read",
    "save",
]
