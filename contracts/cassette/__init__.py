"""Recordings of what a client and a provider said to each other: read, written, free of secrets."""

from contracts.cassette.assemble import Assembler
from contracts.cassette.cleaner import Cleaner
from contracts.cassette.files import load, read, save
from contracts.cassette.model import FORMAT, Answer, Body, Cassette, Exchange, Request, Timeline
from contracts.cassette.problems import CassetteError

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
