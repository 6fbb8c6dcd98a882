"""Counts and logs exceptions that are bugs of the fake itself. No answer contains them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping

from mock_server.journal.redact import without_secrets

LOGGER = "emo.mistakes"


class Mistakes:
    """The exceptions since the start. Each is logged as an ERROR of the logger `emo.mistakes`,
    which prints to stderr by default. program: the program that failed, for the message."""

    def __init__(self, program: str = "the fake") -> None:
        self._program = program
        self.count = 0

    def report(
        self,
        error: BaseException,
        where: str,
        headers: Mapping[bytes, bytes] | None = None,
        query: str = "",
    ) -> None:
        """Count and log an exception.

        where: the task that failed; it may contain secrets of headers and query, which are
        removed from the log."""
        self.count += 1
        log = logging.getLogger(LOGGER)
        text = f"a mistake of {self._program} itself, {type(error).__name__}: {where}"
        record = log.makeRecord(
            log.name, logging.ERROR, __file__, 0, _clean(text, headers, query), (), None
        )
        trace = "".join(traceback.format_exception(error)).rstrip("\n")
        record.exc_text = _clean(trace, headers, query)
        log.handle(record)


def _clean(text: str, headers: Mapping[bytes, bytes] | None, query: str) -> str:
    return without_secrets(text, headers or {}, query)
