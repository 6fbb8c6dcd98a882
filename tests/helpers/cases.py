"""One test for many cases: it goes through all of them and fails with every case that failed.

For tables (all outcomes, all checks, all files). A few cases, or cases that are really different
tests, are better parametrized.
"""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

Case = Callable[[object], AbstractContextManager[None]]
Test = Callable[..., None]


@contextmanager
def all_cases() -> Iterator[Case]:
    """`with all_cases() as case:` collects what fails inside of each `with case(name):`.

    At its end it fails with the name, line and error of each case that failed, and with the
    traceback of the first one. A test that went through no case fails too.
    """
    __tracebackhide__ = True
    failed: list[tuple[str, BaseException]] = []
    count = 0

    @contextmanager
    def case(name: object) -> Iterator[None]:
        nonlocal count
        count += 1
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001
            failed.append((f"{name}", error))

    yield case
    assert count, "there are no cases"
    if failed:
        lines = "\n".join(_described(name, error) for name, error in failed)
        raise AssertionError(f"{len(failed)} of {count} cases failed:\n{lines}") from failed[0][1]


def _described(name: str, error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in frames if frame.filename != __file__), "?")
    name = name if len(name) <= 100 else f"{name[:100]}…"
    text = f"{error}"
    text = (text if len(text) <= 1000 else f"{text[:1000]}…").replace("\n", "\n    ")
    return f"  {name}, line {line}: {type(error).__name__}: {text}"


def _short(value: object) -> str:
    """A value as a part of the name of a case: one line of at most 60 characters."""
    text = getattr(value, "__name__", "") or f"{value}"
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def each_case(
    names: str, cases: Iterable[Any], ids: Callable[[Any], str] | Iterable[object] = _short
) -> Callable[[Test], Test]:
    """Like pytest.mark.parametrize, but all cases run in one test, with the same fixtures.

    names: of the arguments, as "operation, outcome". ids: the name of each case, or a function
    from one argument to its part of the name.
    """
    arguments = names.replace(",", " ").split()
    listed = list(cases)
    rows = [row if len(arguments) > 1 else (row,) for row in listed]
    titles = ["-".join(map(ids, row)) for row in rows] if callable(ids) else list(ids)

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def go_through_all(**fixtures: Any) -> None:
            __tracebackhide__ = True
            with all_cases() as case:
                for title, row in zip(titles, rows, strict=True):
                    with case(title):
                        test(**fixtures, **dict(zip(arguments, row, strict=True)))

        signature = inspect.signature(test)
        left = [p for name, p in signature.parameters.items() if name not in arguments]
        go_through_all.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return go_through_all

    return decorate
