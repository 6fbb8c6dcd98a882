"""Trees of elements, for XML and HTML: text goes in, so no text can become an element."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from contracts.text.printable import visible

Child = Element | str | None


def element(name: str, /, *children: Child, **attributes: str | None) -> Element:
    """An element with text and elements below it. None is left out, a child or an attribute; `_` in
    a name stands for `-`, one at the end for nothing (`class_`)."""
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
    """Behind what the node has already."""
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text
