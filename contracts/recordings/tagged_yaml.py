"""Reads the YAML of recordings. PyYAML on Python 2 wrote the type of plain values as a tag, such as
`!!python/unicode`; these are read as plain values. All other Python tags are refused, since they
could run code."""

from __future__ import annotations

from typing import Any

from contracts.files import bounded_yaml

_STANDARD = "tag:yaml.org,2002:"
# Each tag of Python 2 for a plain value, with the standard tag of the same value.
_PLAIN = {
    "unicode": "str", "str": "str", "bytes": "binary", "int": "int", "long": "int",
    "float": "float", "bool": "bool", "none": "null", "list": "seq", "tuple": "seq", "dict": "map",
}  # fmt: skip


def load(text: str) -> Any:
    """The value of one YAML document. Raises bounded_yaml.YamlError, also for a tag that stands for
    an object."""
    import yaml  # 25 ms, only for YAML files

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        pass

    def refuse(_loader: Any, tag: str, node: Any) -> None:
        raise yaml.MarkedYAMLError(
            problem=f"the tag {tag.replace(_STANDARD, '!!')} is refused: not a plain value",
            problem_mark=node.start_mark,
        )

    for name, standard in _PLAIN.items():
        reader = base.yaml_constructors[_STANDARD + standard]
        Loader.add_constructor(f"{_STANDARD}python/{name}", reader)
    Loader.yaml_constructors.pop(
        None, None
    )  # the library's own refusal, whose message is less clear
    Loader.add_multi_constructor("", lambda loader, suffix, node: refuse(loader, suffix, node))
    return bounded_yaml.load(text, Loader)
