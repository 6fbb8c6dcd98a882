"""Options that can also be environment variables, and errors that name the one that was used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from contracts.http1.bounds import Timeouts
from mock_server.suggest.close_names import close_names

NEAR = 0.85  # of 1: EMO_PROT is EMO_PORT, but EMO_SERVICE_PORT is something else's
F = TypeVar("F", bound=Callable[..., Any])


class TextList(click.ParamType[str]):
    """A text. Several of them in one environment variable are separated by spaces or commas."""

    name = "text"

    def split_envvar_value(self, rv: str) -> list[str]:
        return [word for word in re.split(r"[\s,]+", rv) if word]


class Port(click.ParamType[int]):
    """A port's number."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(value)
        except ValueError:
            hint = ""
            if str(value).startswith("tcp://"):
                # Kubernetes and Docker links describe a service named `emo` in EMO_PORT.
                hint = ". Kubernetes sets EMO_PORT in its pods for a service named emo: give the "
                hint += "service another name, or set enableServiceLinks: false"
            self.fail(f"{value!r} is not a whole number{hint}", param, ctx)


def setting(name: str, **attributes: Any) -> Callable[[F], F]:
    """An option, and the variable of that name: of `--admin-token` it is EMO_ADMIN_TOKEN."""
    variable = "EMO_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, show_envvar=True, **attributes)


def timeouts(command: F) -> F:
    """The options of a server for clients that do nothing."""
    of, metavar = Timeouts(), "SECONDS"
    for option in (
        setting(
            "--timeout-body", default=of.body, show_default=True, metavar=metavar,
            help="Close a connection when no byte of a request's body comes for so long.",
        ),
        setting(
            "--timeout-head", default=of.head, show_default=True, metavar=metavar,
            help="Close a connection when a request's headers are not complete after so long.",
        ),
        setting(
            "--timeout-keep-alive", default=of.keep_alive, show_default=True, metavar=metavar,
            help="Close a connection when no request comes for so long after an answer.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def as_given(context: click.Context, parameter: str, text: str) -> str:
    """The text of an error about a parameter, headed by what its value came from: the option or
    the variable. The text alone where neither was given."""
    option = next((o for o in context.command.params if o.name == parameter), None)
    source = context.get_parameter_source(parameter)
    if option is None or source not in (ParameterSource.ENVIRONMENT, ParameterSource.COMMANDLINE):
        return text
    name = option.envvar if source == ParameterSource.ENVIRONMENT else option.opts[0]
    return f"{name}: {text.removeprefix(parameter.replace('_', ' ')).strip()}"


def from_environment(context: click.Context, *parameters: str) -> str:
    """` (EMO_HOST, EMO_PORT)`: those of the parameters that are set by their variables, or ""."""
    source = context.get_parameter_source
    names = [f"EMO_{p.upper()}" for p in parameters if source(p) == ParameterSource.ENVIRONMENT]
    return f" ({', '.join(names)})" if names else ""


def misspelled(command: click.Command, environment: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Variables that look like a mistake for one of the command's, each with that one."""
    known = {name for o in command.params if isinstance(name := o.envvar, str)}
    for name in sorted(set(environment) - known):
        if name.startswith("EMO_"):
            meant = close_names(name, known, cutoff=NEAR)
            yield from ((name, other) for other in meant)
