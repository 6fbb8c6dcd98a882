"""File descriptors: each connection needs one, and the system limits them per process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection
from errno import EMFILE, ENFILE
from typing import Any

SPARE = 4  # free descriptors at which the warning is given
COUNTED = 0.1  # seconds after which asyncio has counted the connections that it accepted
ENOUGH = 4096  # connections at once that a server should allow, if the system permits it


def limit() -> int:
    """How many descriptors this process may open."""
    if sys.platform == "win32":
        return 1 << 31
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_limit() -> None:
    """Raise the limit of this process to ENOUGH descriptors, or to its hard limit. Many systems
    start a process with 1024 and allow far more."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class DescriptorWatch:
    """Warns once when connections have used up the descriptors. warn: is called with the text."""

    def __init__(self, warn: Callable[[str], object]) -> None:
        self._warn = warn
        self._limit = limit()
        self._warned = False

    def opened(self, transport: asyncio.BaseTransport, connections: int) -> None:
        """Check the number of an accepted connection. The system assigns the lowest free
        descriptor, so the number shows how many are in use. connections: how many are open."""
        number = transport.get_extra_info("socket").fileno()
        if number >= self._limit - SPARE:
            self._exhausted(connections)

    def watch_accepting(
        self, loop: asyncio.AbstractEventLoop, connections: Collection[object]
    ) -> None:
        """Warn too if the event loop cannot accept a connection. asyncio retries after a second;
        uvloop closes connections that it cannot keep, and reports nothing."""
        before = loop.get_exception_handler()

        def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            if getattr(context.get("exception"), "errno", None) in (EMFILE, ENFILE):
                # Connections that were accepted just now are not counted yet.
                loop.call_later(COUNTED, lambda: self._exhausted(len(connections)))
            elif before is not None:
                before(loop, context)
            else:
                loop.default_exception_handler(context)

        loop.set_exception_handler(handle)

    def _exhausted(self, connections: int) -> None:
        if not self._warned:
            self._warned = True
            self._warn(
                f"out of file descriptors: {connections} connections are open and the limit is "
                f"{self._limit}; further ones are refused until some close. Raise the limit with "
                f"`ulimit -n`, or close connections that are not used"
            )
