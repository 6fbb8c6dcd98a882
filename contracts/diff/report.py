"""Formats the changes of `emo contract diff` as text or JSON. Prints nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import UNSET, Struct

from contracts.diff.changes import Change, Party
from contracts.diff.document import Document
from contracts.redact.key_like import redact_key_like, redact_key_like_in_json
from contracts.spec.source_map import SourceMap
from contracts.text.printable import in_json, in_line

BOTH: tuple[Party, ...] = ("client", "server")
VALUE, USES = 100, 3  # characters of a value and uses of a change that the text report shows


class Report(Struct, frozen=True):
    """All changes between two documents.

    source_maps: find the lines in both files. parties: the sides whose breaking changes count.
    is_whole: show cosmetic changes too; otherwise they are only counted."""

    documents: tuple[Document, Document]
    source_maps: tuple[SourceMap, SourceMap]
    changes: list[Change]
    parties: tuple[Party, ...] = BOTH
    is_whole: bool = False

    @property
    def is_breaking(self) -> bool:
        """Whether a change breaks one of the parties."""
        return any(self.broken(change) for change in self.changes)

    def broken(self, change: Change) -> list[Party]:
        """The parties that a change breaks."""
        return [party for party in self.parties if getattr(change, party) == "breaking"]

    def as_json(self) -> str:
        """The report as JSON, with complete values."""
        report = {
            "old": str(self.source_maps[0].path),
            "new": str(self.source_maps[1].path),
            "counts": self._counts(),
            "unresolved": [sorted(document.unresolved) for document in self.documents],
            "changes": self._shown(),
        }
        text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
        return in_json(redact_key_like_in_json(text))

    def as_text(self) -> Iterator[str]:
        """The lines of the report: the changes by class, the worst class first, and a summary."""
        for name in self._counts():
            found = [change for change in self._shown() if self._class(change) == name]
            if found:
                yield name
                for change in found:
                    yield from (f"  {in_line(line)}" for line in self._lines(change))
                yield ""
        counts = (f"{number} {name}" for name, number in self._counts().items())
        is_complete = not any(document.unresolved for document in self.documents)
        none = "no difference" if is_complete else "no difference in the parts that were compared"
        yield ", ".join(counts) if self.changes else none

    def notes(self) -> Iterator[str]:
        """A note for each document with $refs that were not followed."""
        for source_map, document in zip(self.source_maps, self.documents, strict=True):
            if document.unresolved:
                found = ", ".join(sorted(document.unresolved))
                note = f"note: not followed in {source_map.path}, so not compared: $ref {found}"
                yield in_line(note)

    def _shown(self) -> list[Change]:
        return [change for change in self.changes if self.is_whole or not change.is_cosmetic]

    def _class(self, change: Change) -> str:
        broken = self.broken(change)
        if broken:
            return "breaking for both" if len(broken) == 2 else f"breaking for the {broken[0]}"
        return "cosmetic" if change.is_cosmetic else "additive"

    def _counts(self) -> dict[str, int]:
        both = ["breaking for both"] if len(self.parties) == 2 else []
        each = [f"breaking for the {party}" for party in self.parties]
        counts = dict.fromkeys([*both, *each, "additive", "cosmetic"], 0)
        for change in self.changes:
            counts[self._class(change)] += 1
        return counts

    def _lines(self, change: Change) -> Iterator[str]:
        source_map = self.source_maps[0 if change.now is UNSET else 1]
        line = source_map.line(change.pointer)  # 0 if the file cannot be read twice, as a pipe
        yield f"{change.kind}  {source_map.path}{f':{line}' if line else ''} {change.pointer}"
        yield redact_key_like(f"  {change.text}")
        yield from (redact_key_like(f"  {name:<4} {text}") for name, text in _values(change))
        if change.uses:
            more = len(change.uses) - USES
            yield f"  in   {', '.join(change.uses[:USES])}" + f" and {more} more" * (more > 0)
        if change.hint:
            yield f"  hint {change.hint}"


def _values(change: Change) -> Iterable[tuple[str, str]]:
    """Both values as JSON. Of long values only the part around the first difference is shown."""
    both = {"was": change.was, "is": change.now}
    texts = {n: msgspec.json.encode(v).decode() for n, v in both.items() if v is not UNSET}
    pairs = zip(*texts.values(), strict=False) if len(texts) == 2 else ()
    same = next((n for n, (old, new) in enumerate(pairs) if old != new), 0)
    start = same - VALUE // 4 if same >= VALUE * 3 // 4 else 0
    return ((name, _cut(text, start)) for name, text in texts.items())


def _cut(text: str, start: int) -> str:
    shown = text[start : start + VALUE]
    return "…" * (start > 0) + shown + "…" * (start + VALUE < len(text))
