"""Ends a command with exit code 0 when the reader of its output leaves, as `head -1` does."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress


class ReaderLeft(Exception):
    """Nobody reads stdout or stderr any more. Not an OSError: click exits with 1 for those."""


def flush() -> None:
    """Write the buffered output, if somebody still reads it. Raises OSError for a full disk."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(BrokenPipeError, ValueError):  # no reader, or a closed stream
            stream.flush()


def discard_unread_output() -> None:
    """Discard buffered output that cannot be written, so that Python prints no error about it when
    it exits. Call it last."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except ValueError:
            pass
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def reader_left() -> bool:
    """Whether stdout is a pipe without a reader. For commands that may print nothing for long."""
    with suppress(OSError, ValueError, AttributeError):  # not a pipe, no descriptor, no poll()
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    return False
