"""All printing of `emo`. Control characters in the text of servers and files are escaped here, so
that a terminal does not execute them; rich adds colours afterwards. No other module of the command
line prints (tests/test_architecture.py)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from contracts.text.printable import in_json, in_line, shortened, visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text


def print_line(*texts: str, err: bool = False) -> None:
    """Print each text as one line, escaped, and shortened if it is very long. err: to stderr."""
    for text in texts:
        click.echo(in_line(shortened(text)), err=err)


def print_block(text: str, *, err: bool = False) -> None:
    """Print a text of several lines in full. Its author has put each foreign value in one line."""
    click.echo(visible(text), nl=not text.endswith("\n"), err=err)


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    print_json_text(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_text(document: str) -> None:
    """Print a JSON document, with control characters as JSON escapes."""
    click.echo(in_json(document), nl=not document.endswith("\n"))


def styled(text: str, style: str = "") -> Text:
    """One line for rich, in which escape sequences and markup have no effect."""
    from rich.text import Text

    return Text(in_line(shortened(text)), style)


def print_styled(console: Console, shown: RenderableType) -> None:
    """Print text made by `styled`, or a table of it."""
    console.print(shown)
