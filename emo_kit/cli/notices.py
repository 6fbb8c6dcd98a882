"""Notices of `emo serve` and `emo contract record` on stderr: the address, a reloaded file, errors.
With `--log json` each notice is a line of JSON, including Python's own warnings and tracebacks."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from contextlib import suppress
from types import TracebackType
from typing import Any

from contracts.redact.key_like import redact_key_like
from contracts.text.printable import in_json
from emo_kit.cli.output import print_line
from mock_server.journal.log_writer import LogWriter
from mock_server.simulation.clock import real_time


def json_notice(event: str, message: str, **facts: Any) -> str:
    """One notice as a line of JSON. real: seconds since 1970."""
    notice = {"event": event, "real": round(real_time(), 3), "message": message, **facts}
    return in_json(json.dumps(notice, ensure_ascii=False))


def lost(lines: int, why: str) -> str:
    """The notice that lines of the log could not be written."""
    return json_notice("lost", f"{lines} lines were lost: {why}", lines=lines)


class Notices:
    """Prints notices, in order with the lines of the log. writer: of a log in JSON, else None. If
    the reader of stderr leaves, the log ends, but the server goes on."""

    def __init__(self, writer: LogWriter | None = None) -> None:
        self._writer = writer

    def write(self, event: str, message: str, *lines: str, **facts: Any) -> None:
        """Print a notice. message: one sentence; lines: more text, left out in JSON; facts: more
        fields, in JSON only."""
        if self._writer is not None:
            self._writer.write(json_notice(event, message, **facts))
            return
        with suppress(OSError):
            print_line(f"emo: {message}", *(f"  {line}" for line in lines), err=True)

    def write_list(self, event: str, text: str) -> None:
        """Print a text whose first line is a sentence and whose other lines are a list."""
        if self._writer is not None:
            self.write(event, text)
        else:
            self.write(event, *text.splitlines())

    def take_over(self) -> None:
        """Print Python's log records, warnings and uncaught exceptions as notices too."""
        logging.getLogger().addHandler(_Handler(self))
        logging.captureWarnings(True)
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self._uncaught(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, at: TracebackType | None
    ) -> None:
        text = redact_key_like("".join(traceback.format_exception(kind, error, at)))
        message = redact_key_like(f"{kind.__name__}: {error}")
        self.write("error", message, *text.splitlines(), traceback=text)


class _Handler(logging.Handler):
    """Python's log records as notices."""

    def __init__(self, notices: Notices) -> None:
        super().__init__(logging.WARNING)
        self._notices = notices

    def emit(self, record: logging.LogRecord) -> None:
        event, message = record.levelname.lower(), redact_key_like(record.getMessage())
        text = record.exc_text or ""
        if record.exc_info and record.exc_info[0]:
            text = redact_key_like("".join(traceback.format_exception(*record.exc_info)))
        if text:
            self._notices.write(event, message, *text.splitlines(), traceback=text)
        else:
            self._notices.write(event, message)
