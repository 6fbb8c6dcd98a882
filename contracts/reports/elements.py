"""Builds XML and HTML elements. Text is always added as text, so it cannot become an element."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from contracts.text.printable import visible

Child = Element | str | None


def element(name: str, /, *children: Child, **attributes: str | None) -> Element:
    """An element with children and attributes; those that are None are left out. In the name of an
    attribute `_` is written as `-`, and a `_` at the end is dropped: `class_` is `class`."""
    node = Element(name)
    for key, value in attributes.items():
        if value is not None:
            node.set(key.rstrip("_").replace("_", "-"), visible(value))
    for child in children:
        if isinstance(child, str):
            _add_text(node, visible(child))
        elif child is not None:
            node.append(child)
    return node


def _add_text(node: Element, text: str) -> None:
    """Append text after the children of the node."""
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text
