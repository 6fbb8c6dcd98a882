"""Options that can also be set by environment variables, and errors that name the one in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from contracts.http1.bounds import Timeouts
from mock_server.suggest.close_names import close_names

NEAR = 0.85  # similarity, at most 1: EMO_PROT means EMO_PORT, but EMO_SERVICE_PORT does not
F = TypeVar("F", bound=Callable[..., Any])


class TextList(click.ParamType[str]):
    """A text. In an environment variable, several are separated by spaces or commas."""

    name = "text"

    def split_envvar_value(self, rv: str) -> list[str]:
        return [word for word in re.split(r"[\s,]+", rv) if word]


class Port(click.ParamType[int]):
    """A port number."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(value)
        except ValueError:
            hint = ""
            if str(value).startswith("tcp://"):
                # For a service named `emo`, Kubernetes and Docker set EMO_PORT to tcp://HOST:PORT.
                hint = ". Kubernetes sets EMO_PORT in its pods for a service named emo: give the "
                hint += "service another name, or set enableServiceLinks: false"
            self.fail(f"{value!r} is not a whole number{hint}", param, ctx)


def setting(name: str, **attributes: Any) -> Callable[[F], F]:
    """An option with an environment variable: `--admin-token` also reads EMO_ADMIN_TOKEN."""
    variable = "EMO_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, show_envvar=True, **attributes)


def timeouts(command: F) -> F:
    """Options of a server: when to close connections on which nothing happens."""
    of, metavar = Timeouts(), "SECONDS"
    for option in (
        setting(
            "--timeout-body", default=of.body, show_default=True, metavar=metavar,
            help="Close a connection if no byte of a request body arrives for this time.",
        ),
        setting(
            "--timeout-head", default=of.head, show_default=True, metavar=metavar,
            help="Close a connection if the headers of a request are not complete in this time.",
        ),
        setting(
            "--timeout-keep-alive", default=of.keep_alive, show_default=True, metavar=metavar,
            help="Close a connection if no request follows an answer for this time.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def as_given(context: click.Context, parameter: str, text: str) -> str:
    """The text of an error about a parameter, with the option or the environment variable that set
    it in front. The text alone if neither did."""
    option = next((o for o in context.command.params if o.name == parameter), None)
    source = context.get_parameter_source(parameter)
    if option is None or source not in (ParameterSource.ENVIRONMENT, ParameterSource.COMMANDLINE):
        return text
    name = option.envvar if source == ParameterSource.ENVIRONMENT else option.opts[0]
    return f"{name}: {text.removeprefix(parameter.replace('_', ' ')).strip()}"


def from_environment(context: click.Context, *parameters: str) -> str:
    """The variables that set these parameters, as ` (EMO_HOST, EMO_PORT)`; "" if none did."""
    source = context.get_parameter_source
    names = [f"EMO_{p.upper()}" for p in parameters if source(p) == ParameterSource.ENVIRONMENT]
    return f" ({', '.join(names)})" if names else ""


def misspelled(command: click.Command, environment: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of an unknown EMO_ variable and the variable of the command that it resembles."""
    known = {name for o in command.params if isinstance(name := o.envvar, str)}
    for name in sorted(set(environment) - known):
        if name.startswith("EMO_"):
            meant = close_names(name, known, cutoff=NEAR)
            yield from ((name, other) for other in meant)
