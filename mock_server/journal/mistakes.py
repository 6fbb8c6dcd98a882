"""Exceptions of our own code: counted, and logged with their trace, so that nobody overlooks one.
Nothing of them is part of an answer."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping

from mock_server.journal.redact import without_secrets

LOGGER = "emo.mistakes"


class Mistakes:
    """Those since the start. Python's logging gets each as an ERROR of the logger `emo.mistakes`,
    which it prints on stderr unless it is configured otherwise. program: whose code failed."""

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
        """Count and log one. where: what was being done, with no secret but those of headers and
        query, of which the log shows none."""
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
