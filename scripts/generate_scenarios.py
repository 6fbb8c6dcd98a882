"""Writes docs/scenarios.md from openapi.yaml, or checks that it is up to date.

    python scripts/generate_scenarios.py            write it
    python scripts/generate_scenarios.py --check    compare; exit code 1 if they differ

The text is in scripts/scenarios.md. The tables are made here from the catalogue, the faults and
mock_server/scenarios/scenarios.schema.json.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

from contracts.spec.loader import Operation, Spec
from contracts.spec.variants import Variant
from mock_server.scenarios.catalogue.entries import CatalogueEntry, catalogue
from mock_server.scenarios.catalogue.essentials import ESSENTIALS
from mock_server.scenarios.faults import FAULTS, FaultKind, FaultParameter

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "scripts" / "scenarios.md"
PAGE = ROOT / "docs" / "scenarios.md"
EXAMPLE = ROOT / "examples" / "scenarios.yaml"
SCHEMA = ROOT / "mock_server" / "scenarios" / "scenarios.schema.json"

HEAD = "<!-- Written by scripts/generate_scenarios.py: edit scripts/scenarios.md instead. -->\n"
Rows = Iterable[tuple[str, ...]]


def main(arguments: list[str]) -> int:
    """Write or compare the page; return the exit code."""
    wanted = render(Spec.load())
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{PAGE} differs from openapi.yaml; run python scripts/generate_scenarios.py")
    return 1


def render(spec: Spec) -> str:
    """The text of the page for this spec."""
    entries, variants = catalogue(spec), spec.variants.items()
    return HEAD + Template(TEMPLATE.read_text("utf-8")).substitute(
        essentials=_essentials(),
        faults=_faults(),
        rules=_rules(json.loads(SCHEMA.read_bytes())),
        example=f"<!-- examples/{EXAMPLE.name} -->\n```yaml\n{EXAMPLE.read_text('utf-8')}```",
        variants="\n\n".join(_variant(name, variant) for name, variant in variants),
        answers="\n\n".join(_answers(o, entries) for o in spec.all_operations.values()),
    )


def _table(head: tuple[str, ...], rows: Rows) -> str:
    lines = [head, ("---",) * len(head), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _essentials() -> str:
    rows = [(one.purpose, f"`{one.line}`") for one in ESSENTIALS]
    return _table(("to try", "type"), rows)


def _faults() -> str:
    rows = [
        (f"`{kind.name}`", kind.summary, _yes(kind.carried_out), _code(kind.raises), _takes(kind))
        for kind in FAULTS.values()
    ]
    return _table(("name", "effect", "call is carried out", "httpx raises", "parameters"), rows)


def _takes(kind: FaultKind) -> str:
    """The parameters of each form, with default and bounds."""
    return ", or ".join(" and ".join(map(_parameter, form)) for form in kind.forms)


def _parameter(parameter: FaultParameter) -> str:
    default = json.dumps(parameter.default)
    bounds = f"{parameter.least:g} to {parameter.most:g}"
    return f"`{parameter.name}` ({parameter.meaning}; {bounds}; default {default})"


def _rules(schema: dict[str, Any]) -> str:
    """The properties of a rule in the schema, with their descriptions."""
    words = schema["$defs"]["rule"]["properties"].items()
    return _table(("key", "meaning"), ((f"`{w}`", _description(schema, node)) for w, node in words))


def _description(schema: dict[str, Any], node: dict[str, Any]) -> str:
    if "description" in node:
        return str(node["description"])
    return str(schema["$defs"][node["$ref"].rpartition("/")[2]]["description"])


def _variant(name: str, variant: Variant) -> str:
    rows = [
        (f"`{name}={choice}`", _default(choice, variant) + one.summary, _evidence(one))
        for choice, one in variant.choices.items()
    ]
    return f"{variant.summary}\n\n{_table(('choice', 'effect', 'evidence'), rows)}"


def _default(choice: str, variant: Variant) -> str:
    return "Default. " if choice == variant.default else ""


def _answers(operation: Operation, entries: list[CatalogueEntry]) -> str:
    rows = [
        (f"`{e.name}`", str(e.status), _code(e.code), e.summary, _evidence(e), _recipe(e))
        for e in entries
        if e.operation == operation.id
    ]
    head = ("name", "status", "code", "meaning", "evidence", "recipe")
    title = f"### {operation.id}\n\n`{operation.method} {operation.template}`"
    return f"{title}\n\n{_table(head, rows)}"


def _recipe(entry: CatalogueEntry) -> str:
    natural = (f"`{trigger.text}`" for trigger in entry.natural)
    return " or ".join([f"`{entry.recipe}`", *natural])


def _evidence(claim: Any) -> str:
    return f"{claim.evidence}: {claim.source}"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
