"""File descriptors: each connection needs one, and the system gives a process so many."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection
from errno import EMFILE, ENFILE
from typing import Any

SPARE = 4  # descriptors left at which it is said that there are no more
COUNTED = 0.1  # seconds in which asyncio makes connections of those that it accepted
ENOUGH = 4096  # connections at once that a server should be able to have, where the system permits


def limit() -> int:
    """How many descriptors this process may have open."""
    if sys.platform == "win32":
        return 1 << 31
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_limit() -> None:
    """Let this process have ENOUGH descriptors, as far as its hard limit permits. Many systems give
    a process 1024, and far more if it asks."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class DescriptorWatch:
    """Says once that connections leave no descriptors. say: is called with the sentence."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._limit = limit()
        self._said = False

    def opened(self, transport: asyncio.BaseTransport, connections: int) -> None:
        """A connection was accepted, one of so many. The system gives the lowest free descriptor,
        so its number shows how many are in use."""
        number = transport.get_extra_info("socket").fileno()
        if number >= self._limit - SPARE:
            self._exhausted(connections)

    def watch_accepting(
        self, loop: asyncio.AbstractEventLoop, connections: Collection[object]
    ) -> None:
        """Say it, too, where the loop itself fails to accept. asyncio's tries again after a second;
        uvloop's closes what it cannot keep, and reports nothing."""
        before = loop.get_exception_handler()

        def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            if getattr(context.get("exception"), "errno", None) in (EMFILE, ENFILE):
                # Those that were accepted just now are not counted yet.
                loop.call_later(COUNTED, lambda: self._exhausted(len(connections)))
            elif before is not None:
                before(loop, context)
            else:
                loop.default_exception_handler(context)

        loop.set_exception_handler(handle)

    def _exhausted(self, connections: int) -> None:
        if not self._said:
            self._said = True
            self._say(
                f"out of file descriptors: {connections} connections are open and the limit is "
                f"{self._limit}; further ones are refused until some close. Raise the limit with "
                f"`ulimit -n`, or close connections that are not used"
            )
