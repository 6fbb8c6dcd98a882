"""The helper that runs one test on many cases."""

from __future__ import annotations

import pytest

from tests.helpers.cases import all_cases, each_case


def test_every_case_that_failed_is_listed_with_its_error() -> None:
    @each_case("number, letter", [(1, "a"), (2, "b"), (3, "c")])
    def test(number: int, letter: str, odd: bool) -> None:
        assert (number % 2 == 1) is odd, letter

    two = (
        r"2 of 3 cases failed:\n  1-a, line \d+: AssertionError: a\n(.*\n)+  3-c, line \d+: .* c\n"
    )
    with pytest.raises(AssertionError, match=two):
        test(odd=False)


def test_a_missing_error_fails_its_case_alone() -> None:
    ran = []
    with pytest.raises(AssertionError, match="1 of 2 cases failed:\n  no error,"), all_cases() as c:
        with c("no error"), pytest.raises(ValueError, match="x"):
            pass
        with c("an error"), pytest.raises(ValueError, match="x"):
            ran.append(int("x"))
        ran.append(2)
    assert ran == [2]


def test_a_test_without_cases_fails() -> None:
    with pytest.raises(AssertionError, match="there are no cases"):
        each_case("number", [])(print)()


@each_case("number", [1, 2], ids=["one", "two"])
def test_fixtures_are_shared_by_all_cases(tmp_path_factory: object, number: int) -> None:
    assert tmp_path_factory is not None and number in (1, 2)
