"""Tries mutations one after the other, each in a process of its own that begins with everything
imported but the tests. Says who noticed; judges nothing."""

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

LONGEST = 600  # seconds of the machine for one mutant; a test that hangs has noticed, too
# What tests import and what does not look at openapi.yaml when it is imported.
READY = (
    "hypothesis", "schemathesis", "respx", "httpx", "uvicorn", "openapi_spec_validator",
    "mock_server.server.app", "mock_server.control.api", "mock_server.server.run",
    "emo_kit.cli.main", "mock_server.scenarios.rule_check", "contracts.verify.registry",
    "emo_client",
)  # fmt: skip


class Tried(Struct, frozen=True):
    """A mutation and who noticed it; None for a survivor."""

    mutation: Mutation
    killed: Killed | None


def run(found: list[Mutation], workers: int = 2) -> Iterator[Tried]:
    """Each of them, in order, as its result is there."""
    make_ready()
    # Processes, each with one thread: a child of a process with several may wait for ever.
    with get_context("fork").Pool(workers) as pool:
        yield from pool.imap(tried, found)


def right() -> Killed | None:
    """Who takes the file as it is for wrong; None, or there is no use in changing it."""
    make_ready()
    return apart(lambda: killed(HONEST))


def make_ready() -> None:
    """Import what each child would."""
    for name in READY:
        import_module(name)


def tried(mutation: Mutation) -> Tried:
    """One mutation, in a process of its own."""
    return Tried(mutation, apart(lambda: killed(mutation.of(HONEST))))


def apart(judge: Callable[[], Killed | None]) -> Killed | None:
    """What a judge says in a process of its own."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        _speak(judge, writable)
    os.close(writable)
    with open(readable, "rb") as pipe:  # noqa: PTH123 - it is a file descriptor
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Killed("the suite", f"it did not end within {LONGEST} s")
    if not told:
        raise RuntimeError("a judge broke")
    return msgspec.json.decode(told, type=Killed | None)


def _speak(judge: Callable[[], Killed | None], pipe: int) -> Any:
    """In the child: judge, say so, and end without whatever the parent would do at its end."""
    try:
        signal.alarm(LONGEST)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.write(pipe, msgspec.json.encode(judge()))
    finally:
        os._exit(0)
