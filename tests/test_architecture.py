"""The allowed imports between the packages and their components. The source is read, not run.

`python scripts/import_graph.py --arrows` prints the imports that this test checks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scripts.import_graph import Arrows, arrows, circles, imported, modules
from tests.helpers.cases import all_cases

ROOT = Path(__file__).parent.parent
FILES = modules(ROOT)
PACKAGES = {
    "contracts": (),
    "emo_client": (),
    "mock_server": ("contracts",),
    "emo_kit": ("contracts", "emo_client", "mock_server"),
}
# The fake uses the parts of `contracts` that read the spec and text, but no checks.
NOT_FOR_THE_FAKE = ("contracts.verify", "contracts.fuzz", "contracts.diff")
# The components of each package from the bottom up, each with the components of the same package
# that it imports.
# A component is a folder, or a module that lies directly in a package.
COMPONENTS = {
    "contracts.files": "",
    "contracts.http1": "",
    "contracts.redact": "",
    "contracts.text": "",
    "contracts.spec": "files text",
    "contracts.provider": "redact spec text",
    "contracts.recordings": "files http1 provider redact spec text",
    "contracts.verify": "files provider spec",
    "contracts.recordings.drift": "recordings spec text",
    "contracts.reports": "files provider spec text verify",
    "contracts.verify.checks": "provider spec verify",
    "contracts.diff": "redact spec text",
    "contracts.fuzz": "provider spec text verify verify.checks",
    "contracts.pytest_plugin": "files provider reports spec text verify",
    "emo_client.inflate": "",
    "emo_client.limits": "",
    "emo_client.models": "",
    "emo_client.printable": "",
    "emo_client.time_limit": "",
    "emo_client.secrecy": "inflate",
    "emo_client.errors": "printable",
    "emo_client.exchange": "errors secrecy",
    "emo_client.retry": "errors exchange",
    "emo_client.decoding": "errors exchange inflate limits models retry",
    "emo_client.settings": "errors",
    "emo_client.calls": "decoding errors exchange models retry settings",
    "emo_client.downloads": "decoding errors exchange limits models retry settings",
    "emo_client.driver": "errors exchange secrecy settings",
    "emo_client.intake": "decoding downloads errors exchange limits time_limit",
    "emo_client.waiting": "calls decoding errors exchange models retry settings",
    "emo_client.flows": "calls decoding errors exchange models settings waiting",
    "emo_client.async_client": "downloads driver exchange flows intake time_limit waiting",
    "emo_client.client": "downloads driver exchange flows intake time_limit waiting",
    "mock_server.simulation": "",
    "mock_server.suggest": "",
    "mock_server.web": "",
    "mock_server.media": "simulation",
    "mock_server.scenarios": "simulation suggest",
    "mock_server.settings": "simulation web",
    "mock_server.scenarios.catalogue": "scenarios",
    "mock_server.stages": "scenarios simulation",
    "mock_server.stores": "scenarios simulation",
    "mock_server.journal": "scenarios simulation stages stores suggest",
    "mock_server.engine.operations": "journal media scenarios simulation stages stores",
    "mock_server.engine": (
        "engine.operations journal media scenarios settings simulation stages stores"
    ),
    "mock_server.explain": "engine journal scenarios simulation suggest web",
    "mock_server.playback": ("engine engine.operations media scenarios simulation stages stores"),
    "mock_server.control": "engine explain journal scenarios settings simulation stages stores web",
    "mock_server.page": "control engine explain journal simulation web",
    "mock_server.reproduce": "control engine journal scenarios settings simulation",
    "mock_server.server": (
        "control engine journal media page playback scenarios settings simulation stores web"
    ),
    "emo_kit.cli": "",
    "emo_kit.shadowing": "",
    "emo_kit.cli.contract": "cli",
    "emo_kit.command": "cli shadowing",
    "emo_kit.pytest_plugin": "shadowing",
}
# Modules without I/O that import only the listed modules of ours. Their component may import more.
PURE = {
    "contracts.provider.budget": (
        "contracts.spec.loader",
        "contracts.spec.models",
        "contracts.spec.pointers",
    ),
    "contracts.provider.curl": ("contracts.text.printable", "contracts.text.shell_words"),
    "contracts.provider.exchange": ("contracts.provider.curl", "contracts.spec.pointers"),
    "contracts.fuzz.model": ("contracts.spec.models",),
    "contracts.recordings.model": (),
    "mock_server.journal.exchange": (
        "contracts.provider.exchange",
        "mock_server.journal.entry",
    ),
    "mock_server.journal.har": (
        "contracts.provider.exchange",
        "mock_server.journal.entry",
        "mock_server.journal.exchange",
        "mock_server.journal.json_pieces",
        "mock_server.simulation.call",
        "mock_server.simulation.timestamps",
    ),
    "mock_server.journal.json_pieces": (),
    "mock_server.journal.timeline": (
        "contracts.spec.operation",
        "mock_server.journal.entry",
        "mock_server.simulation.json_body",
    ),
    "mock_server.scenarios.rules": ("contracts.spec.pointers", "mock_server.scenarios.faults"),
}
# Outside of these, no module asks for the time or the environment.
TIME = {
    "contracts.files.file_lock",
    "contracts.provider.http",
    "mock_server.server.httpx_transport",
    "mock_server.simulation.clock",
    "emo_client.driver",
    "emo_client.client",
}
# Files that are not a user's are read elsewhere: files of the package, the cached spec, a download.
# A token has a length, and its file may be stdin.
READING = {
    "contracts.files.user_file", "contracts.reports.html", "contracts.spec.document",
    "emo_client.downloads.partial_file", "emo_client.downloads.video", "emo_kit.cli.secret_files",
    "mock_server.media.samples", "mock_server.page.app", "mock_server.page.documents",
    "mock_server.scenarios.rule_schema", "mock_server.server.openapi_file",
    "mock_server.server.sample_files",
}  # fmt: skip
ENVIRONMENT = {"contracts.pytest_plugin", "emo_client.settings", "mock_server.settings"}
PRINTING = {"contracts.reports.write", "emo_kit.cli.output", "emo_kit.command"}
HEAVY = {"hypothesis", "schemathesis", "pytest", "respx", "rich", "uvicorn", "starlette", "httpx"}
LISTING = {"__getattr__", "__dir__"}  # what a list of names that load late may define


@cache
def graph() -> Arrows:
    return arrows(ROOT)


def sources() -> Iterator[tuple[str, str]]:
    return ((name, path.read_text("utf-8")) for name, path in FILES.items())


def third_party(path: Path) -> set[str]:
    """The packages that a module imports as soon as it is imported."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found


def test_each_room_imports_exactly_the_rooms_of_the_table() -> None:
    """An arrow that nobody needs any more is taken out of the table."""
    with all_cases() as case:
        for component in graph().keys() | COMPONENTS.keys():
            with case(component):
                package = component.partition(".")[0]
                inner = {used for used in graph()[component] if used.startswith(f"{package}.")}
                assert inner == {f"{package}.{name}" for name in COMPONENTS[component].split()}
                outer = {used.partition(".")[0] for used in graph()[component] - inner}
                assert outer <= set(PACKAGES[package])


def test_no_arrow_leads_up_the_table() -> None:
    order = list(COMPONENTS)
    with all_cases() as case:
        for component, used in graph().items():
            with case(component):
                package = component.partition(".")[0]
                above = {
                    name for name in order[order.index(component) :] if name.startswith(package)
                }
                assert not used & above


def test_the_fake_does_not_know_the_checks() -> None:
    known = {
        used
        for component in graph()
        if component.startswith("mock_server")
        for used in graph()[component]
    }
    assert not {component for component in known if component.startswith(NOT_FOR_THE_FAKE)}


def test_no_modules_import_each_other_in_a_circle() -> None:
    lists = {name for name, path in FILES.items() if path.name == "__init__.py"}
    imports = {
        name: set(imported(path, FILES)) - lists - {name}
        for name, path in FILES.items()
        if name not in lists
    }
    assert not circles(imports)


def test_pure_modules_import_only_what_is_listed() -> None:
    with all_cases() as case:
        for name, allowed in PURE.items():
            with case(name):
                assert set(imported(FILES[name], FILES)) <= set(allowed)


def test_a_package_lists_names_and_defines_nothing() -> None:
    with all_cases() as case:
        for name, path in FILES.items():
            if path.name == "__init__.py":
                with case(name):
                    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
                    tree = ast.parse(path.read_text("utf-8")).body
                    assert {n.name for n in tree if isinstance(n, kinds)} <= LISTING


def test_only_the_entry_point_uses_the_command_line() -> None:
    users = {
        component
        for component, used in graph().items()
        if {"emo_kit.cli", "emo_kit.cli.contract"} & used
    }
    assert users == {"emo_kit.command", "emo_kit.cli.contract"}


def test_only_the_journal_reads_rows_with_secrets_in_them() -> None:
    row = "mock_server.journal.row"
    users = {name for name, path in FILES.items() if row in set(imported(path, FILES))}
    readers = ("entry", "filters", "journal", "log_row", "recorder", "redact")
    assert users == {f"mock_server.journal.{name}" for name in readers}


def test_only_named_modules_ask_for_the_time() -> None:
    found = {name for name, text in sources() if re.search(r"^\s*(import|from) time\b", text, re.M)}
    assert found == TIME
    assert not [name for name, text in sources() if "datetime.now" in text]


def test_only_the_output_module_prints_for_the_command_line() -> None:
    """Any other way to the terminal would show text of strangers as it is. Reports are made of
    text that was made safe, and the log writes whole lines."""
    printing = re.compile(
        r"(?<![\w.])print\(|\.s?echo\(|\.print\(|std(out|err)\.write\(|[^_]Text\("
    )
    assert {name for name, text in sources() if printing.search(text)} == PRINTING


def test_only_one_module_reads_files_of_users() -> None:
    reading = re.compile(r"\.read_(?:bytes|text)\(|\.open\(\"r|\byaml\.\w*load|json\.load\(")
    assert {name for name, text in sources() if reading.search(text)} == READING


def test_only_the_settings_read_the_environment() -> None:
    assert {name for name, text in sources() if "os.environ" in text} == ENVIRONMENT


def test_the_command_line_loads_nothing_heavy_before_a_command_runs() -> None:
    loaded = (third_party(path) for name, path in FILES.items() if name.startswith("emo_kit.cli"))
    assert not set().union(*loaded) & HEAVY


def test_every_module_begins_with_a_docstring() -> None:
    without = [name for name, text in sources() if not ast.get_docstring(ast.parse(text))]
    assert [name for name in without if not name.endswith("__main__")] == []


def test_no_import_is_relative() -> None:
    nodes = ((name, node) for name, text in sources() for node in ast.walk(ast.parse(text)))
    assert not [name for name, n in nodes if isinstance(n, ast.ImportFrom) and n.level]


def test_files_are_short() -> None:
    """Advice: a file of more than 400 lines holds more than one idea. models.py is generated."""
    long = [name for name, text in sources() if text.count("\n") > 400]
    assert set(long) <= {"emo_client.models"}
