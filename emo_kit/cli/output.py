"""Everything that `emo` prints. Text of strangers goes through printable.py here, so that
a terminal obeys none of it; colours are put on afterwards, by rich. No other module of the command
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
    """One line for each text, whatever it holds. A very long one is shortened. err: to stderr."""
    for text in texts:
        click.echo(in_line(shortened(text)), err=err)


def print_block(text: str, *, err: bool = False) -> None:
    """A text of several lines, whole. Who made it has written each foreign value in one line."""
    click.echo(visible(text), nl=not text.endswith("\n"), err=err)


def print_json(value: Any) -> None:
    """A value as indented JSON."""
    print_json_text(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_text(document: str) -> None:
    """A JSON document. Its value stays the same, whatever characters are in it."""
    click.echo(in_json(document), nl=not document.endswith("\n"))


def styled(text: str, style: str = "") -> Text:
    """One line for rich to print: neither an escape nor markup in it has an effect."""
    from rich.text import Text

    return Text(in_line(shortened(text)), style)


def print_styled(console: Console, shown: RenderableType) -> None:
    """Something that rich draws: text made by `styled`, or a table of it."""
    console.print(shown)
