"""Shell completion for names of operations, outcomes, scenarios, models, variants and checks. The
spec is loaded only when such a name is completed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

VARIABLE = "_EMO_COMPLETE"  # set by the shell: then `emo` prints completions and runs no command
Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def completion(names: Callable[[], Iterable[str]]) -> Complete:
    """A function for `shell_complete=` that completes one of these names."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


def _operations() -> Iterable[str]:
    from contracts.spec.loader import Spec

    return Spec.load().all_operations


def _kinds() -> Iterable[str]:
    from mock_server.engine.operations.table import HANDLERS

    return [*HANDLERS, "none", "control", "result"]


def _outcomes() -> Iterable[str]:
    from contracts.spec.loader import Spec

    return Spec.load().all_outcomes


def _scenarios() -> Iterable[str]:
    from mock_server.scenarios.faults import FAULTS

    return [*_outcomes(), *FAULTS]


def _models() -> Iterable[str]:
    from contracts.spec.loader import Spec

    return list(Spec.load().models)


def _variants() -> Iterable[str]:
    from contracts.spec.loader import Spec

    variants = Spec.load().variants
    return [f"{name}={choice}" for name, one in variants.items() for choice in one.choices]


def _checks() -> Iterable[str]:
    from contracts.verify.registry import all_checks

    return _with_groups(all_checks())


def _with_groups(checks: Iterable[str]) -> list[str]:
    names = list(checks)
    return [*dict.fromkeys(name.partition(".")[0] for name in names), *names]


def keys(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Complete the scenario after the `+` of an API key."""
    key, plus, name = incomplete.partition("+")
    operation, colon, name = name.rpartition(":")
    before = f"{key}+{operation}{colon}"
    return [before + known for known in _scenarios() if plus and known.startswith(name)]


def prepare() -> None:
    """Register the completion for bash that can handle `=` and `:` in a word."""
    from click.shell_completion import add_completion_class

    from emo_kit.cli.bash import WholeWords

    add_completion_class(WholeWords)


operations = completion(_operations)
kinds = completion(_kinds)
outcomes = completion(_outcomes)
models = completion(_models)
variants = completion(_variants)
scenarios = completion(_scenarios)
checks = completion(_checks)
