"""The baseline: a file of known differences of a provider, so that a run fails only for new ones.
An entry accepts one difference, not a whole check. It contains no ids, times or addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.files.file_lock import locked
from contracts.files.user_file import FileError, MissingFile, json_file
from contracts.files.whole_file import write
from contracts.provider.exchange import Exchange
from contracts.verify.events import STALE, CheckFinding

FORMAT = 1
LONGEST = 200  # characters of a call in an entry
# Texts that differ from run to run, and their replacements.
_VARYING = (
    (re.compile(r"https?://[^\s\"'\\]+"), "<url>"),
    (re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?"), "<time>"),
    (re.compile(r"\d{4,}(\.\d+)?"), "<number>"),
)


class AcceptedDifference(Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """One accepted difference. call: method, path and body of the request that shows it, "" without
    one. pointer, expected: as in CheckFinding. got: the status code if the status differs, else
    ""."""

    check: str
    call: str
    pointer: str
    expected: str
    got: str = ""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    findings: tuple[AcceptedDifference, ...]


class Baseline:
    """The accepted differences. is_updating: accept each difference that a run finds, for save().
    dropped: entries of the file that are no longer accepted; save() removes them."""

    def __init__(
        self,
        entries: Iterable[AcceptedDifference] = (),
        *,
        is_updating: bool = False,
        dropped: Iterable[AcceptedDifference] = (),
    ) -> None:
        self.entries = set(entries)
        self.is_updating = is_updating
        self._in_file = self.entries | set(dropped)

    def compare(
        self, check: str, findings: Iterable[CheckFinding], exchanges: Sequence[Exchange], root: str
    ) -> list[CheckFinding]:
        """The findings of a check, with the accepted ones marked as known, and one more finding for
        each entry that no longer occurs. root: the provider's URL, which entries do not contain."""
        found = [(finding, _entry(check, finding, exchanges, root)) for finding in findings]
        occurring = {entry for _, entry in found}
        stale = {entry for entry in self.entries if entry.check == check} - occurring
        if self.is_updating:
            self.entries = (self.entries - stale) | occurring
            stale = set()
        marked = [replace(finding, known=entry in self.entries) for finding, entry in found]
        return marked + [_stale(entry) for entry in sorted(stale)]

    def merged(self, in_file: Iterable[AcceptedDifference]) -> set[AcceptedDifference]:
        """The entries to save: those of this run, with the changes that another run made to the
        file since this run read it. in_file: the entries that are in the file now."""
        return (set(in_file) - (self._in_file - self.entries)) | (self.entries - self._in_file)

    def forget(self, check: str) -> None:
        """Remove the entries of a check."""
        self.entries = {entry for entry in self.entries if entry.check != check}


def load(path: Path, checks: Collection[str], *, is_updating: bool = False) -> Baseline:
    """Read a baseline from a file. checks: the ids of all checks. is_updating: the file may be
    missing, and entries of checks that no longer exist are dropped. Raises FileError."""
    try:
        entries = _entries(path)
    except MissingFile:
        if is_updating:
            return Baseline(is_updating=True)
        raise FileError(
            f"{path} does not exist; `emo contract verify --update-baseline` writes it"
        ) from None
    known = [entry for entry in entries if entry.check in checks]
    for number, entry in enumerate(entries):
        if entry.check not in checks and not is_updating:
            where = f"$.findings[{number}].check"
            text = f"no check has the id {entry.check!r}; --update-baseline removes the entry"
            raise FileError(f"{path}: {text} - at `{where}`")
    return Baseline(known, is_updating=is_updating, dropped=set(entries) - set(known))


def save(path: Path, baseline: Baseline) -> None:
    """Write a baseline to a file, merged with the changes of other runs. Raises OSError, and
    FileError for a damaged file, which is left unchanged."""
    with locked(path):
        try:
            entries = baseline.merged(_entries(path))
        except MissingFile:
            entries = baseline.entries
        data = msgspec.json.encode(_File(FORMAT, tuple(sorted(entries))))
        write(path, msgspec.json.format(data, indent=2) + b"\n")


def _entries(path: Path) -> tuple[AcceptedDifference, ...]:
    """All entries of a file. Raises FileError, MissingFile."""
    return json_file(path, _File, "a baseline", FORMAT).findings


def _entry(
    check: str, finding: CheckFinding, exchanges: Sequence[Exchange], root: str
) -> AcceptedDifference:
    exchange = finding.shown_by(exchanges)
    call = _call(exchange, root) if exchange else ""
    got = finding.got if finding.pointer == "#status" else ""
    return AcceptedDifference(check, call, finding.pointer, _steady(finding.expected), got)


def _call(exchange: Exchange, root: str) -> str:
    body = f" {exchange.body}" if exchange.body else ""
    key = "" if exchange.has_key else " without a key"
    text = f"{exchange.method} {exchange.url.removeprefix(root)}{key}{body}"
    return _steady(text)[:LONGEST]


def _steady(text: str) -> str:
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


def _stale(entry: AcceptedDifference) -> CheckFinding:
    where = " of ".join(filter(None, [entry.pointer or "the whole answer", entry.call]))
    expected = f"the accepted difference at {where}, where {entry.expected} was expected"
    return CheckFinding(STALE, expected, "it no longer occurs; --update-baseline removes it")
