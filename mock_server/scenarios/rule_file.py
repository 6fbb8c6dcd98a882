"""Reads the server's scenarios: a YAML file, which is read again when it changes, or YAML text from
the command line. Errors name line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from contracts.files import bounded_yaml
from contracts.files.user_file import FileError, bytes_of, text_of
from contracts.spec.loader import Spec
from contracts.spec.pointers import parts_of, pointer_of
from contracts.text.printable import in_line
from mock_server.scenarios.rule_compile import RuleError, compile_ruleset, complete_document
from mock_server.scenarios.rule_schema import MOST_PROBLEMS, RuleProblem
from mock_server.scenarios.rules import Ruleset

PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null")}
HOLDER_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
NO_NUMBERS = {".nan", ".inf", "-.inf", "+.inf"}
MOST_BYTES = 1 << 20  # of a scenario file; the control API has the same limit
LOOK_EVERY = 0.25  # seconds of the machine's time between two looks at the file


class ScenarioError(ValueError):
    """Invalid scenarios; each problem is a line `NAME:LINE:COLUMN: …`. Control characters from the
    file are escaped."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(map(in_line, problems)))


class RulesFile:
    """The rules of a file (kept up to date) or of a YAML text.

    If a valid file becomes invalid, the earlier rules stay. `problem` then has the reason, and
    `notify` is called once with a message."""

    def __init__(
        self, spec: Spec, where: str, notify: Callable[[str], object] = lambda _: None
    ) -> None:
        """Raises ScenarioError if the rules are invalid at the start."""
        if not where.strip():
            raise ScenarioError("the scenario is empty: give a file, or YAML like `[{do: reset}]`")
        self._spec = spec
        self._notify = notify
        self._path = None if _is_text(where) else Path(where)
        self._looked = float("-inf")
        self._stamp = self._file_stamp()
        self.problem = ""
        self._rules = self._read() if self._path else compiled(spec, where, "--scenario")

    def __call__(self, real: float) -> Ruleset:
        """The rules at the machine's time `real`."""
        if self._path is not None and real - self._looked >= LOOK_EVERY:
            self._looked = real
            stamp = self._file_stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                self._reload()
        return self._rules

    def _reload(self) -> None:
        try:
            self._rules, self.problem = self._read(), ""
            self._notify(f"{self._path} was read again: {len(self._rules.rules)} scenarios")
        except ScenarioError as error:
            self.problem = str(error)
            path = in_line(str(self._path))
            self._notify(f"{path} has changed and is invalid; the earlier scenarios stay:\n{error}")

    def _read(self) -> Ruleset:
        assert self._path is not None
        try:
            text = text_of(bytes_of(self._path, MOST_BYTES))
        except FileError as error:
            raise ScenarioError(f"{self._path} {error}") from None
        return compiled(self._spec, text, str(self._path))

    def _file_stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None


def compiled(spec: Spec, text: str, name: str) -> Ruleset:
    """The rules of a YAML text. name: the text before line and column in errors.

    Raises ScenarioError."""
    try:
        node = bounded_yaml.compose(text)
        problems = list(islice(_not_json(node), MOST_PROBLEMS)) if node else []
        if problems:
            raise ScenarioError(*(f"{name}:{_located(node, p)}" for p in problems))
        value = bounded_yaml.construct(node) if node else {}
    except bounded_yaml.YamlError as error:
        place = f"{error.line}:{error.column}: " if error.line else " "
        raise ScenarioError(f"{name}:{place}{error.problem}") from None
    value, prefix = complete_document({} if value is None else value)
    try:
        rules = compile_ruleset(spec, value)
    except RuleError as error:
        problems += [p._replace(pointer=p.pointer.removeprefix(prefix)) for p in error.problems]
    if problems:
        raise ScenarioError(*(f"{name}:{_located(node, p)}" for p in problems))
    return rules


def _is_text(where: str) -> bool:
    """Whether this is YAML (a mapping or a list) and not the path of a file."""
    return where.lstrip().startswith(("{", "[", "- ")) or "\n" in where


def _located(node: Any, problem: RuleProblem) -> str:
    """The problem with line and column of its place, or of the nearest parent in the document."""
    mark = node.start_mark if node else None
    for part in parts_of(problem.pointer):
        child = bounded_yaml.child(node, part)
        if child is None:
            break
        node = child[1]
        mark = node.start_mark
    where = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
    return f"{where}: {problem.pointer + ': ' if problem.pointer else ''}{problem.text}"


def _not_json(node: Any) -> Iterator[RuleProblem]:
    """Parts of a YAML document that JSON does not have: duplicate keys (YAML would silently use the
    last one), keys that are not texts (`on` is a boolean), dates."""
    todo = [(node, "")]
    while todo:
        node, place = todo.pop()
        yield from _problems_at(node, place)
        todo += [(child, place + step) for step, child in _children(node)]


def _problems_at(node: Any, place: str) -> Iterator[RuleProblem]:
    import yaml

    if isinstance(node, yaml.CollectionNode) and node.tag not in HOLDER_TAGS:
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        yield RuleProblem(place, f"the tag {tag!r:.40} cannot be used here; leave it out")
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                yield RuleProblem(place, f"the key {_shown(key)} is not a text; put it in quotes")
            elif key.value in names:
                yield RuleProblem(place, f"the key {key.value!r:.40} is given twice")
            else:
                names.add(key.value)
    elif isinstance(node, yaml.ScalarNode) and (
        node.tag not in PLAIN_TAGS or node.value.lower() in NO_NUMBERS
    ):
        text = f"{node.value!r:.40} is not a text, number or boolean; put it in quotes"
        yield RuleProblem(place, text)


def _shown(key: Any) -> str:
    return f"{key.value!r:.40}" if isinstance(key.value, str) else "of a list or a mapping"


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    import yaml

    if isinstance(node, yaml.SequenceNode):
        yield from ((f"/{number}", item) for number, item in enumerate(node.value))
    elif isinstance(node, yaml.MappingNode):
        yield from ((pointer_of([str(key.value)]), value) for key, value in node.value)
