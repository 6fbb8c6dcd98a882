"""`emo scenarios`: all that the fake can be made to do, and the line that brings it about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from contracts.spec import Spec
    from mock_server.catalogue import Entry

KINDS = ("outcome", "fault", "variant")  # as in mock_server.catalogue, which --help does not load
Rows = list[tuple[str, ...]]

LEGEND = """
-H '…'            on the call, as curl sends it
?emo-scenario=…   on image_url or audio_url of the call, for a task of the call that creates it
emo serve …       for all keys; PUT /__mock__/variants {"NAME": "CHOICE"} for one
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
@click.option("--operation", help="Only what this operationId answers.")
@click.option("--kind", type=click.Choice(KINDS), help="Only answers, faults or variants.")
@click.option("--status", metavar="429|4xx", help="Only answers with this HTTP status.")
@click.option("--search", metavar="TEXT", help="Only what says this text anywhere.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every way to trigger each.")
def scenarios(
    operation: str | None, kind: str | None, status: str | None, search: str | None, as_json: bool
) -> None:
    """List every answer, fault and variant, and how to get it.

    Answers are the named examples of openapi.yaml. A call asks for one, or for a fault, by its name:
    in the header X-Mock-Scenario, in the parameter emo-scenario of an input URL, or in the API key
    behind its first dot (sk-anything.NAME). operationId:NAME means one operation alone.
    """
    from contracts.spec import Spec
    from mock_server.catalogue import catalogue

    spec = Spec.load()
    tests = [_of_operation(spec, operation), _of_status(status), _of_text(search)]
    tests.append(lambda entry: kind in (None, entry.kind))
    found = [entry for entry in catalogue(spec) if all(test(entry) for test in tests)]
    if as_json:
        click.echo(json.dumps([as_row(entry) for entry in found], indent=2, ensure_ascii=False))
    elif found:
        click.echo("\n".join(lines(found)) + "\n" + LEGEND, nl=False)
    else:
        click.echo("nothing is like that; `emo scenarios` lists all there is", err=True)


def as_row(entry: Entry) -> dict[str, Any]:
    """An entry as JSON: `trigger` has the first of each way, `natural` what needs no name."""
    first = {trigger.way: trigger.text for trigger in reversed(entry.triggers)}
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
        "trigger": first,
        "natural": [trigger.text for trigger in entry.natural],
    }


def lines(entries: list[Entry]) -> Iterator[str]:
    """A table for each operation, one of the faults, one of the variants."""
    for (kind, operation), group in groupby(entries, lambda e: (e.kind, e.operation)):
        table = {"outcome": _answers, "fault": _faults, "variant": _variants}[kind]
        yield from ("", operation or f"{kind}s", *_aligned(table(list(group))))


def _answers(entries: list[Entry]) -> Rows:
    rows = [("NAME", "STATUS", "CODE", "EVIDENCE", "RECIPE")]
    for e in entries:
        rows.append((e.name, str(e.status), e.code or "-", e.evidence, e.recipe))
        rows += [("", "", "", "", f"or {trigger.text}") for trigger in e.natural[:1]]
    return [*rows]


def _faults(entries: list[Entry]) -> Rows:
    return [("NAME", "RECIPE", "WHAT"), *((e.name, e.recipe, e.summary) for e in entries)]


def _variants(entries: list[Entry]) -> Rows:
    head = ("NAME", "EVIDENCE", "RECIPE", "WHAT")
    return [head, *((e.name, e.evidence, e.recipe, e.summary) for e in entries)]


def _aligned(rows: Rows) -> Iterator[str]:
    """One blank between columns: the longest name, with the longest code, is a wide line."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield " ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()


def _of_operation(spec: Spec, operation: str | None) -> Callable[[Entry], bool]:
    if operation is not None and operation not in spec.operations:
        from mock_server.near import did_you_mean

        known = list(spec.operations)
        hint = did_you_mean(operation, known)
        raise click.UsageError(f"no operation {operation!r}; there are {', '.join(known)}.{hint}")
    return lambda entry: operation in (None, entry.operation)


def _of_status(status: str | None) -> Callable[[Entry], bool]:
    if status is None:
        return lambda _: True
    if not re.fullmatch(r"[1-5](\d\d|xx)", status.lower(), re.ASCII):
        raise click.UsageError(f"status {status!r} is neither like 429 nor like 4xx")
    wanted = status.lower().removesuffix("xx")
    return lambda entry: str(entry.status).startswith(wanted)


def _of_text(search: str | None) -> Callable[[Entry], bool]:
    wanted = (search or "").lower()
    return lambda entry: wanted in json.dumps(as_row(entry), ensure_ascii=False).lower()
