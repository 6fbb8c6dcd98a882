"""Shell completion of the names that the spec, the catalogue and the checks have. Each is loaded
when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

VARIABLE = (
    "_EMO_COMPLETE"  # set by the shell's function: then `emo` completes, and does nothing else
)
Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def completion(names: Callable[[], Iterable[str]]) -> Complete:
    """Completion of a value that is one of the names, for `shell_complete=`."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


def _operations() -> Iterable[str]:
    from contracts.spec.loader import Spec

    return Spec.load().all_operations


def _kinds() -> Iterable[str]:
    from mock_server.engine.operations.tasks import HANDLERS

    return [*HANDLERS, "none", "control", "result"]


def _outcomes() -> Iterable[str]:
    from contracts.spec.loader import Spec

    return Spec.load().all_outcomes


def _scenarios() -> Iterable[str]:
    from mock_server.scenarios.faults import FAULTS

    return [*_outcomes(), *FAULTS]


def _models() -> Iterable[str]:
    from contracts.spec.loader import Spec

    return Spec.load().models


def _variants() -> Iterable[str]:
    from contracts.spec.loader import Spec

    variants = Spec.load().variants
    return [f"{name}={choice}" for name, one in variants.items() for choice in one.choices]


def _checks() -> Iterable[str]:
    from contracts.verify.registry import all_checks

    return _with_rooms(all_checks())


def _with_rooms(checks: Iterable[str]) -> list[str]:
    names = list(checks)
    return [*dict.fromkeys(name.partition(".")[0] for name in names), *names]


def keys(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Of an API key the scenario behind its `+`."""
    key, plus, name = incomplete.partition("+")
    operation, colon, name = name.rpartition(":")
    before = f"{key}+{operation}{colon}"
    return [before + known for known in _scenarios() if plus and known.startswith(name)]


def prepare() -> None:
    """Make the completion of bash know words that have `=` or `:` in them."""
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
