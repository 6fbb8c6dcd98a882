"""What `emo serve` and `emo contract record` say of themselves on stderr: where they listen, which
file was read again, what went wrong. With `--log json` each is a line of JSON, and so is
whatever Python itself would write there."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from contextlib import suppress
from types import TracebackType
from typing import Any

from contracts.redact.masks import without_keys
from contracts.text.printable import in_json
from emo_kit.cli.output import print_line
from mock_server.journal.log_writer import LogWriter
from mock_server.simulation.clock import real_time


def json_notice(event: str, message: str, **facts: Any) -> str:
    """One notice as a line of JSON. real: seconds since 1970."""
    told = {"event": event, "real": round(real_time(), 3), "message": message, **facts}
    return in_json(json.dumps(told, ensure_ascii=False))


def lost(lines: int, why: str) -> str:
    """The notice that lines of the log were dropped."""
    return json_notice("lost", f"{lines} lines were lost: {why}", lines=lines)


class Notices:
    """Says things in the order of the log. writer: of the log, where that is JSON. A reader that
    left is no error here: it ends the log, never the server."""

    def __init__(self, writer: LogWriter | None = None) -> None:
        self._writer = writer

    def say(self, event: str, message: str, *lines: str, **facts: Any) -> None:
        """message: one sentence; lines: what only people want below it; facts: for programs."""
        if self._writer is not None:
            self._writer.write(json_notice(event, message, **facts))
            return
        with suppress(OSError):
            print_line(f"emo: {message}", *(f"  {line}" for line in lines), err=True)

    def say_list(self, event: str, text: str) -> None:
        """Say a text of several lines: a sentence, and what it names."""
        if self._writer is not None:
            self.say(event, text)
        else:
            self.say(event, *text.splitlines())

    def take_over(self) -> None:
        """Say, too, what Python's logging, warnings and uncaught exceptions would print."""
        logging.getLogger().addHandler(_Handler(self))
        logging.captureWarnings(True)
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self._uncaught(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, at: TracebackType | None
    ) -> None:
        text = without_keys("".join(traceback.format_exception(kind, error, at)))
        message = without_keys(f"{kind.__name__}: {error}")
        self.say("error", message, *text.splitlines(), traceback=text)


class _Handler(logging.Handler):
    """Python's log records as notices."""

    def __init__(self, notices: Notices) -> None:
        super().__init__(logging.WARNING)
        self._notices = notices

    def emit(self, record: logging.LogRecord) -> None:
        event, message = record.levelname.lower(), without_keys(record.getMessage())
        text = record.exc_text or ""
        if record.exc_info and record.exc_info[0]:
            text = without_keys("".join(traceback.format_exception(*record.exc_info)))
        if text:
            self._notices.say(event, message, *text.splitlines(), traceback=text)
        else:
            self._notices.say(event, message)
