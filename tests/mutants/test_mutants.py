"""Tests notice a wrong openapi.yaml: a fixed sample of the mutants, and the page that lists all."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.spec.document import default_path, read
from tests.mutants import page, reasons
from tests.mutants.killers import Killed
from tests.mutants.mutation import GONE, Mutation
from tests.mutants.mutations import mutations
from tests.mutants.runner import Tried

ROOT = Path(__file__).parents[2]
TREE = read(default_path())
ALL = mutations(TREE)


def test_a_sample_of_the_mutants_is_noticed() -> None:
    command = [sys.executable, "scripts/mutate_spec.py", "--sample", "8"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 mutants" in done.stdout


def test_the_page_has_the_mutants_of_this_spec() -> None:
    """If it fails, run python scripts/mutate_spec.py."""
    text = (ROOT / "docs" / "maintainers" / "mutants.md").read_text("utf-8")
    found = re.search(r"^(\d+) mutants, (\d+) noticed", text, re.MULTILINE)
    assert found
    assert int(found[1]) == len(ALL)
    assert int(found[2]) >= page.ENOUGH * len(ALL)
    survivors = re.findall(r"^\| `(.+?)` \| (.+) \|$", text, re.MULTILINE)
    assert len(survivors) == len(ALL) - int(found[2])
    assert {id for id, _ in survivors} <= {mutation.id for mutation in ALL}
    assert [reasons.reason(id) for id, _ in survivors] == [why for _, why in survivors]


def test_a_mutation_changes_one_place_of_a_copy() -> None:
    tree = {"a": {"b": [1, 2], "c": 3}, "d": 4}
    assert Mutation("x", "/a/b/0").of(tree) == {"a": {"b": [2], "c": 3}, "d": 4}
    assert Mutation("x", "/a/c", value=5).of(tree) == {"a": {"b": [1, 2], "c": 5}, "d": 4}
    renamed = Mutation("x", "/a/b", name="e").of(tree)
    assert list(renamed["a"].items()) == [("e", [1, 2]), ("c", 3)]
    assert Mutation("x", "/a/new", value=6).of(tree)["a"]["new"] == 6
    assert tree == {"a": {"b": [1, 2], "c": 3}, "d": 4}


def test_every_kind_of_statement_in_the_spec_is_mutated() -> None:
    kinds = {mutation.kind for mutation in ALL}
    assert kinds >= {
        "required-dropped", "type-changed", "enum-value-dropped", "enum-value-added",
        "const-changed", "property-renamed", "property-removed", "bound-raised", "pattern-any",
        "example-removed", "code-changed", "status-removed", "transition-removed",
        "terminal-removed", "refusal-changed", "missing-changed", "rate-raised", "limit-raised",
        "model-raised", "required-flipped", "choice-removed",
    }  # fmt: skip
    assert len({mutation.id for mutation in ALL}) == len(ALL) > 1000
    assert all(mutation.of(TREE) != TREE for mutation in ALL)


def test_too_few_noticed_mutants_and_unexplained_survivors_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noticed = Tried(Mutation("kind", "/a", value=GONE), Killed("the facts", "test"))
    survivor = Tried(Mutation("kind", "/b"), None)
    monkeypatch.setattr(reasons, "REASONS", {"kind /b": "because", "kind /c": "gone"})
    assert not list(page.problems([noticed] * 20, whole=False))
    assert not list(page.problems([noticed] * 19 + [survivor], whole=False))
    few = list(page.problems([noticed] * 18 + [survivor], whole=False))
    assert few == ["fewer than 95% are noticed"]
    whole = list(page.problems([noticed] * 19 + [survivor], whole=True))
    assert whole == ["a reason for what is noticed by now, or is gone: kind /c"]
    monkeypatch.setattr(reasons, "REASONS", {})
    (unexplained,) = page.problems([noticed] * 19 + [survivor], whole=True)
    assert unexplained == "nobody notices, and no reason is given: kind /b"
