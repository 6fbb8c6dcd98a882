"""A reader that leaves, as `head -1` does, is no error: the command ends quietly, with 0."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress


class ReaderLeft(Exception):
    """Nobody reads stdout or stderr any more. Not an OSError, which click would make a 1 of."""


def flush() -> None:
    """Write what is still buffered, unless nobody reads it. Raises OSError for a full disk."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(BrokenPipeError, ValueError):  # nobody reads it, or it is closed
            stream.flush()


def drop_what_nobody_reads() -> None:
    """The last thing to do: what cannot be written is dropped, so that Python does not complain of
    it when it exits."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except ValueError:
            pass
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def reader_left() -> bool:
    """Whether stdout is a pipe that nobody reads. For commands that may write nothing for long."""
    with suppress(OSError, ValueError, AttributeError):  # no pipe, no descriptor, or no poll()
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    return False
