"""The rooms of the project and which may use which. Read from the source, not from running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("contracts", "emo_client", "emo_kit", "mock_server")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

# Who may import what of ours; a longer prefix counts before a shorter one.
MAY_IMPORT = {
    "contracts": ("contracts",),
    "emo_client": ("emo_client",),
    "mock_server": ("contracts", "mock_server"),
    "mock_server.cli": ("contracts", "emo_client", "mock_server"),
    "emo_kit": ROOMS,
}
EXPLAINING = (
    "address", "answers", "case", "corrected", "explanation", "models", "paths", "preflight",
    "refusals", "repair", "schemas", "tasks", "urls", "why",
)  # fmt: skip
REPORTING = (
    "as_json", "elements", "html", "html_check", "junit", "run", "sarif", "text", "words",
)  # fmt: skip
# Pure modules, and all of ours that they may know.
PURE = {
    "mock_server.tasks": (),
    "mock_server.ids": (),
    "mock_server.wire": (),
    "mock_server.body": (),
    "mock_server.call": (),
    "mock_server.clock": (),
    "mock_server.schedule": ("mock_server.tasks",),
    "mock_server.near": (),
    "mock_server.origins": ("contracts.hosts",),
    "mock_server.limits": (),
    "mock_server.account": ("mock_server.tasks",),
    "mock_server.variants": ("contracts.spec", "mock_server.near"),
    "mock_server.rules": ("contracts.places", "mock_server.faults"),
    "mock_server.scenarios": (
        "contracts.spec",
        "mock_server.faults",
        "mock_server.near",
        "mock_server.rules",
    ),
    "mock_server.catalogue": (
        "contracts.spec",
        "mock_server.catalogue.slips",
        "mock_server.catalogue.triggers",
        "mock_server.faults",
    ),
    "mock_server.catalogue.slips": ("contracts.spec", "mock_server.catalogue.triggers"),
    "mock_server.catalogue.triggers": ("mock_server.scenarios",),
    "mock_server.keys": (
        "contracts.rules",
        "contracts.spec",
        "mock_server.call",
        "mock_server.faults",
        "mock_server.journal.redact",
        "mock_server.near",
        "mock_server.scenarios",
    ),
    "mock_server.journal.places": (
        "contracts.secret_names",
        "contracts.secret_values",
        "contracts.signed_urls",
    ),
    "mock_server.journal.redact": (
        "contracts.masks",
        "contracts.secret_names",
        "mock_server.call",
        "mock_server.journal.log_row",
        "mock_server.journal.places",
        "mock_server.journal.row",
    ),
    "mock_server.journal.row": ("contracts.rules", "mock_server.call"),
    "mock_server.journal.log_row": (
        "contracts.rules",
        "mock_server.call",
        "mock_server.journal.row",
    ),
    "mock_server.journal.entry": (
        "contracts.rules",
        "mock_server.call",
        "mock_server.journal.log_row",
        "mock_server.journal.redact",
        "mock_server.journal.row",
    ),
    "mock_server.journal.filters": (
        "mock_server.call",
        "mock_server.journal.entry",
        "mock_server.journal.row",
        "mock_server.near",
    ),
    "mock_server.journal.timeline": ("mock_server.body", "mock_server.journal.entry"),
    "mock_server.logs": (
        "contracts.masks",
        "contracts.printable",
        "mock_server.journal.entry",
        "mock_server.wire",
    ),
    "mock_server.journal.pieces": (),
    "mock_server.journal.har": (
        "mock_server.journal.entry",
        "mock_server.journal.pieces",
        "mock_server.wire",
    ),
    "mock_server.journal.curl": (
        "contracts.exchange",
        "contracts.secret_names",
        "contracts.shell_words",
        "mock_server.body",
        "mock_server.journal.entry",
        "mock_server.journal.places",
    ),
    "mock_server.typos": (
        "contracts.places",
        "contracts.rules",
        "contracts.spec",
        "mock_server.near",
    ),
    **dict.fromkeys(
        (f"mock_server.explain.{name}" for name in EXPLAINING),
        (
            "contracts.exchange",
            "contracts.not_served",
            "contracts.places",
            "contracts.printable",
            "contracts.rules",
            "contracts.spec",
            "mock_server.body",
            "mock_server.journal.curl",
            "mock_server.journal.entry",
            "mock_server.explain",
            "mock_server.faults",
            "mock_server.keys",
            "mock_server.near",
            "mock_server.origins",
            "mock_server.public_urls",
            "mock_server.routing",
            "mock_server.scenarios",
            "mock_server.tasks",
            "mock_server.typos",
            *(f"mock_server.explain.{name}" for name in EXPLAINING),
        ),
    ),
    "contracts.keywords": (),
    "contracts.printable": (),
    "contracts.shell_words": ("contracts.printable",),
    "contracts.exchange": ("contracts.printable", "contracts.shell_words"),
    "contracts.secret_names": (),
    "contracts.sources": (),
    "contracts.events": ("contracts.exchange", "contracts.sources"),
    "contracts.budget": ("contracts.spec",),
    "contracts.model": ("contracts.spec",),
    "contracts.cassette.model": (),
    "contracts.cassette.problems": (),
    "contracts.cassette.secrets": (
        "contracts.places",
        "contracts.secret_names",
        "contracts.signed_urls",
    ),
    "contracts.signed_urls": ("contracts.secret_names",),
    "contracts.secret_values": (),
    "contracts.signs": (),
    "contracts.views": (),
    "contracts.spellings": ("contracts.signs", "contracts.views"),
    "contracts.fragments": ("contracts.spellings",),
    "contracts.masks": (
        "contracts.fragments",
        "contracts.signed_urls",
        "contracts.signs",
        "contracts.spellings",
        "contracts.views",
    ),
    "contracts.cassette.timing": ("contracts.cassette.model",),
    "contracts.drift.shapes": ("contracts.places",),
    "contracts.drift.fields": ("contracts.document", "contracts.places"),
    "contracts.checks.ask": (
        "contracts.checks.life",
        "contracts.events",
        "contracts.exchange",
        "contracts.places",
        "contracts.provider",
        "contracts.spec",
    ),
    **dict.fromkeys(
        ("contracts.reports", *(f"contracts.reports.{name}" for name in REPORTING)),
        (
            "contracts.events",
            "contracts.exchange",
            "contracts.printable",
            "contracts.sources",
            "contracts.whole_file",
            *(f"contracts.reports.{name}" for name in REPORTING),
        ),
    ),
    "contracts.file_target": (),
    "contracts.whole_file": ("contracts.file_target",),
    "contracts.file_lock": ("contracts.file_target", "contracts.whole_file"),
    "emo_client.retry": ("emo_client.steps",),
}
# Outside of these, no module asks for the time or the environment.
TIME = {
    "contracts.file_lock",
    "contracts.provider",
    "mock_server.clock",
    "emo_client.bounded",
    "emo_client.driver",
    "emo_client.client",
    "emo_client.async_client",
}
ENVIRONMENT = {"contracts.pytest_plugin", "emo_client.settings", "mock_server.settings"}
HEAVY = {"hypothesis", "schemathesis", "pytest", "respx", "rich", "uvicorn", "starlette", "httpx"}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path, *, top_level_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (
                f"{node.module}.{a.name}" if node.module in ROOMS else str(node.module)
                for a in node.names
            )


def room_of(name: str) -> str:
    return max((room for room in MAY_IMPORT if f"{name}.".startswith(f"{room}.")), key=len)


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    name = module_name(path)
    ours = {used for used in imports(path) if used.split(".")[0] in ROOMS}
    allowed = MAY_IMPORT[room_of(name)]
    assert not {used for used in ours if used.split(".")[0] not in allowed}
    if name in PURE:
        assert ours <= set(PURE[name])


def test_only_the_entry_point_uses_the_command_line() -> None:
    users = {module_name(p) for p in FILES if any("mock_server.cli" in used for used in imports(p))}
    assert {u for u in users if not u.startswith("mock_server.cli")} == {"emo_kit.command"}


def test_only_the_journal_reads_rows_with_secrets_in_them() -> None:
    users = {module_name(p) for p in FILES if "mock_server.journal.row" in set(imports(p))}
    assert users - {"mock_server.chronicle"} == {
        "mock_server.journal",
        *(f"mock_server.journal.{n}" for n in ("entry", "filters", "log_row", "redact")),
    }


def test_only_named_modules_ask_for_the_time() -> None:
    asking = {module_name(path) for path in FILES if "time" in set(imports(path))}
    assert asking <= TIME
    for path in FILES:
        assert "datetime.now" not in path.read_text("utf-8"), path


def test_only_the_output_module_prints_for_the_command_line() -> None:
    """Any other way to the terminal would show text of strangers as it is. Reports are made of
    text that was made safe, and the log writes whole lines."""
    printing = re.compile(
        r"(?<![\w.])print\(|\.s?echo\(|\.print\(|std(out|err)\.write\(|[^_]Text\("
    )
    found = {module_name(path) for path in FILES if printing.search(path.read_text("utf-8"))}
    assert found == {"contracts.reports", "emo_kit.command", "mock_server.cli.output"}


def test_only_the_settings_read_the_environment() -> None:
    reading = {module_name(path) for path in FILES if "os.environ" in path.read_text("utf-8")}
    assert reading == ENVIRONMENT


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_no_file_holds_more_than_300_lines(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= 300 or path.name == "models.py", f"{lines} lines: split it"


def test_the_command_line_loads_nothing_heavy_before_a_command_runs() -> None:
    top = {
        used.split(".")[0]
        for path in (ROOT / "mock_server" / "cli").rglob("*.py")
        for used in imports(path, top_level_only=True)
    }
    assert not top & HEAVY


def test_every_module_says_first_what_it_is() -> None:
    for path in FILES:
        if path.name != "__main__.py":
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path
