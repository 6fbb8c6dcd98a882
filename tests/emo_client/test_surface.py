"""The public surface of the package: names, signatures and the cost of an import."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import emo_client
from emo_client import errors, models
from emo_client.async_client import AsyncClient
from emo_client.client import Client
from tests.helpers.cases import each_case

PACKAGE = Path(emo_client.__file__).parent
OPERATIONS = [name for name in vars(Client) if not name.startswith("_")]


def test_all_public_names_exist_and_are_sorted() -> None:
    constants = [name for name in emo_client.__all__ if name.isupper()]
    others = [name for name in emo_client.__all__ if not name.isupper()]
    assert emo_client.__all__ == sorted(constants) + sorted(others)
    assert all(getattr(emo_client, name) is not None for name in emo_client.__all__)
    assert dir(emo_client) == sorted(emo_client.__all__)


def test_every_error_is_in_the_drawn_tree_and_public() -> None:
    lines = (errors.__doc__ or "").splitlines()
    drawn = {line.split("── ")[1].split()[0] for line in lines if "──" in line}
    tree = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert drawn | {"EmoError"} == tree - {"Any"}
    assert tree - {"Any"} <= set(emo_client.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Clinet'"):
        emo_client.Clinet  # noqa: B018


@each_case("name", [*OPERATIONS, "__init__"])
def test_both_clients_have_the_same_signature(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(c, name)).parameters for c in (Client, AsyncClient))
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]
    if name != "__init__":
        annotations = [
            inspect.signature(getattr(c, name)).return_annotation for c in (Client, AsyncClient)
        ]
        assert annotations[0] == annotations[1]
        assert inspect.iscoroutinefunction(getattr(AsyncClient, name))


def test_async_client_has_no_operation_of_its_own() -> None:
    assert [name for name in vars(AsyncClient) if not name.startswith("_")] == OPERATIONS


def test_importing_the_package_loads_neither_httpx_nor_msgspec_nor_asyncio() -> None:
    code = "import emo_client, sys; print({'httpx', 'msgspec', 'asyncio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_errors_models_and_settings_load_no_httpx() -> None:
    code = (
        "import sys, emo_client.settings; from emo_client import TaskAnswer, EmoError\n"
        "print('httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@each_case("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_every_module_is_short_and_has_docstrings(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert len(text.splitlines()) <= 300
    public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    assert all(ast.get_docstring(node) for node in public if not node.name.startswith("_"))


@each_case("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_one_module_reads_the_environment_and_none_imports_the_fake(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "os.environ" not in text or path.name == "settings.py"
    assert "mock_server" not in text and "contracts" not in text


def test_the_models_that_operations_return_are_public() -> None:
    answers = {inspect.signature(getattr(Client, name)).return_annotation for name in OPERATIONS}
    named = {kind for kind in answers if getattr(kind, "__module__", "") == models.__name__}
    assert {kind.__name__ for kind in named} <= set(emo_client.__all__)
