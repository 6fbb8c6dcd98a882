"""`emo scenarios`: lists every answer, fault and variant of the fake, with a line that requests
each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import click

from contracts.spec.loader import Spec
from emo_kit.cli import complete
from emo_kit.cli.output import print_block, print_json, print_line
from mock_server.scenarios.catalogue.entries import KINDS, CatalogueEntry, catalogue
from mock_server.scenarios.catalogue.essentials import ESSENTIALS, Essential
from mock_server.suggest.close_names import did_you_mean

NORMAL = Essential("back to normal", "normal")
Test = Callable[[CatalogueEntry], bool]
Rows = list[tuple[str, ...]]

LEGEND = """\
-H '…'            a header of the call, as curl sends it
?emo-scenario=…   in image_url or audio_url of the call; for a task, of the call that creates it
emo serve …       for every key; for one key: PUT /__mock__/variants {"NAME": "CHOICE"}
"""


@click.command(
    epilog="""\b
Examples:
  emo scenarios --operation detectFace
  emo scenarios --status 4xx --search url
  emo scenarios --kind fault
  emo scenarios --json | jq '.[] | select(.status == 429).name'
"""
)
@click.option(
    "--operation",
    metavar="ID",
    shell_complete=complete.operations,
    help="Only answers of this operationId.",
)
@click.option("--kind", type=click.Choice(KINDS), help="Only answers, faults or variants.")
@click.option("--status", metavar="429|4xx", help="Only answers with this HTTP status.")
@click.option(
    "--search",
    metavar="TEXT",
    shell_complete=complete.scenarios,
    help="Only entries that contain this text.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all ways for each entry.")
def scenarios(
    operation: str | None, kind: str | None, status: str | None, search: str | None, as_json: bool
) -> None:
    """List every answer, fault and variant of the fake and how to request it.

    Answers are the named examples of openapi.yaml. A call requests one, or a fault, by its name: in
    the header X-Mock-Scenario, in the parameter emo-scenario of an input URL, or after a plus sign
    in the API key (sk-anything+NAME). operationId:NAME applies to one operation only.
    """
    spec = Spec.load()
    tests = [_of_operation(spec, operation), _of_status(status), _of_text(search)]
    tests.append(lambda entry: kind in (None, entry.kind))
    found = [entry for entry in catalogue(spec) if all(test(entry) for test in tests)]
    if as_json:
        print_json([_row(entry) for entry in found])
    elif found:
        is_whole = (operation, kind, status, search) == (None, None, None, None)
        first = [*_essentials(), ""] if is_whole else []
        print_block("\n".join([*first, *_lines(spec, found), LEGEND]))
    else:
        print_line("no scenario matches; `emo scenarios` alone lists all of them", err=True)


def _row(entry: CatalogueEntry) -> dict[str, Any]:
    """An entry as JSON. trigger: the first trigger of each way; natural: triggers without a name,
    such as an invalid body."""
    return {
        "kind": entry.kind,
        "name": entry.name,
        "operation": entry.operation,
        "status": entry.status,
        "code": entry.code,
        "summary": entry.summary,
        "evidence": entry.evidence,
        "source": entry.source,
        "recipe": entry.recipe,
        "trigger": {trigger.way: trigger.text for trigger in reversed(entry.triggers)},
        "natural": [trigger.text for trigger in entry.natural],
    }


def _essentials() -> Iterator[str]:
    """The most common scenarios, printed before the complete list."""
    yield "The ten most common scenarios. Type a line, then run your program:"
    yield from _aligned([(f"  {one.purpose} ", one.line) for one in (*ESSENTIALS, NORMAL)])


def _lines(spec: Spec, entries: list[CatalogueEntry]) -> Iterator[str]:
    """A table for each operation, one table of the faults, one for each variant."""
    for title, group in groupby(entries, lambda entry: _title(spec, entry)):
        yield from (title, *_aligned(_table(list(group))), "")


def _title(spec: Spec, entry: CatalogueEntry) -> str:
    if entry.kind == "fault":
        return "Faults, for any operation"
    if entry.kind == "variant":
        name = entry.name.partition("=")[0]
        return f"{name}: {spec.variants[name].summary}"
    operation = spec.all_operations[entry.operation]
    return f"{operation.id}: {operation.method} {operation.template}"


def _table(entries: list[CatalogueEntry]) -> Rows:
    kind = entries[0].kind
    if kind == "fault":
        return [("NAME", "RECIPE", "EFFECT"), *((e.name, e.recipe, e.summary) for e in entries)]
    if kind == "variant":
        head = ("NAME", "EVIDENCE", "RECIPE", "EFFECT")
        return [head, *((e.name, e.evidence, e.recipe, e.summary) for e in entries)]
    rows: Rows = [("NAME", "STATUS", "CODE", "EVIDENCE", "RECIPE")]
    for e in entries:
        rows.append((e.name, str(e.status), e.code or "-", e.evidence, e.recipe))
        rows += [("", "", "", "", f"or {trigger.text}") for trigger in e.natural[:1]]
    return rows


def _aligned(rows: Rows) -> Iterator[str]:
    """Rows with aligned columns. One blank between them is enough: lines are long already."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield " ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()


def _of_operation(spec: Spec, operation: str | None) -> Test:
    if operation is not None and operation not in spec.all_operations:
        known = list(spec.all_operations)
        hint = did_you_mean(operation, known)
        raise click.UsageError(
            f"unknown --operation {operation!r}; known are {', '.join(known)}.{hint}"
        )
    return lambda entry: operation in (None, entry.operation)


def _of_status(status: str | None) -> Test:
    if status is None:
        return lambda _: True
    if not re.fullmatch(r"[1-5](\d\d|xx)", status.lower(), re.ASCII):
        raise click.UsageError(f"--status {status!r} must be like 429 or like 4xx")
    wanted = status.lower().removesuffix("xx")
    return lambda entry: entry.status is not None and str(entry.status).startswith(wanted)


def _of_text(search: str | None) -> Test:
    wanted = (search or "").lower()
    return lambda entry: wanted in json.dumps(_row(entry), ensure_ascii=False).lower()
