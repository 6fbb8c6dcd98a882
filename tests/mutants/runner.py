"""Tries mutations, each in a forked process that has everything but the tests imported already.
Returns the first test that noticed each one; decides nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from importlib import import_module
from multiprocessing import get_context
from typing import Any

import msgspec
from msgspec import Struct

from tests.mutants.killers import HONEST, Killed, killed
from tests.mutants.mutation import Mutation

LONGEST = 600  # seconds for one mutant; a test that hangs has noticed it too
# Modules that tests import and that do not read openapi.yaml at import.
READY = (
    "hypothesis", "schemathesis", "respx", "httpx", "uvicorn", "openapi_spec_validator",
    "mock_server.server.app", "mock_server.control.api", "mock_server.server.run",
    "emo_kit.cli.main", "mock_server.scenarios.rule_check", "contracts.verify.registry",
    "emo_client",
)  # fmt: skip


class Tried(Struct, frozen=True):
    """A mutation and the test that noticed it; None for a survivor."""

    mutation: Mutation
    killed: Killed | None


def run(found: list[Mutation], workers: int = 2) -> Iterator[Tried]:
    """Try each mutation; yields the results in order."""
    make_ready()
    # Processes, each with one thread: a child of a process with several may wait for ever.
    with get_context("fork").Pool(workers) as pool:
        yield from pool.imap(tried, found)


def right() -> Killed | None:
    """The test that fails for the unchanged file. It must be None before mutants mean anything."""
    make_ready()
    return apart(lambda: killed(HONEST))


def make_ready() -> None:
    """Import the modules that each child needs."""
    for name in READY:
        import_module(name)


def tried(mutation: Mutation) -> Tried:
    """Try one mutation in a child process."""
    return Tried(mutation, apart(lambda: killed(mutation.of(HONEST))))


def apart(judge: Callable[[], Killed | None]) -> Killed | None:
    """The result of a function that runs in a forked process."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        _speak(judge, writable)
    os.close(writable)
    with open(readable, "rb") as pipe:  # noqa: PTH123 - it is a file descriptor
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Killed("the suite", f"it did not end within {LONGEST} s")
    if not answer:
        raise RuntimeError("a judge broke")
    return msgspec.json.decode(answer, type=Killed | None)


def _speak(judge: Callable[[], Killed | None], pipe: int) -> Any:
    """In the child: write the result to the pipe, and exit without the parent's exit handlers."""
    try:
        signal.alarm(LONGEST)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.write(pipe, msgspec.json.encode(judge()))
    finally:
        os._exit(0)
