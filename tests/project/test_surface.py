"""The public names of each package: no name comes or goes unnoticed, and an import loads little."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module

from tests.helpers.cases import all_cases
from tests.test_architecture import FILES, HEAVY, PACKAGES

SURFACES = {
    "contracts": [
        "Budget",
        "Exchange",
        "Provider",
        "Spec",
        "SpecError",
        "Verification",
        "all_checks",
    ],
    "mock_server": ["InProcess", "Settings", "SettingsError", "create_app", "running"],
    "emo_kit": [],
}  # emo_client's is held by tests/emo_client/test_surface.py


def test_each_package_lists_its_public_names() -> None:
    with all_cases() as case:
        for name, public in SURFACES.items():
            with case(name):
                package = import_module(name)
                assert getattr(package, "__all__", []) == public
                assert all(inspect.getdoc(getattr(package, public_name)) for public_name in public)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with all_cases() as case:
        for name in SURFACES:
            with case(name):
                assert not hasattr(import_module(name), "no_such_name")


def test_an_import_of_a_package_loads_no_module_of_it_and_nothing_heavy() -> None:
    code = f"import sys, {', '.join(PACKAGES)}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert loaded & FILES.keys() <= set(PACKAGES)
    assert not loaded & HEAVY
