"""Three habits of the old prose stay rare in code and pages: see scripts/count_dialect.py."""

from __future__ import annotations

from collections import Counter
from functools import cache

from scripts.count_dialect import HABITS, ROOT, count, files, rates
from tests.helpers.cases import each_case

LIMITS = {"what": 1.0, "say, tell": 1.0, "is no": 2.0}  # per 1,000 lines
SHOWN = 5  # files with most of them


@cache
def by_file() -> dict[str, Counter[str]]:
    return {str(path.relative_to(ROOT)): count(path) for path in files(ROOT)}


def test_each_habit_has_a_limit() -> None:
    assert LIMITS.keys() == HABITS.keys()
    assert {path.split("/")[0] for path in by_file()} >= {"contracts", "mock_server", "docs"}


@each_case("habit", list(LIMITS))
def test_words_that_readers_stumble_over_are_rare(habit: str) -> None:
    rate = rates(sum(by_file().values(), Counter()))[habit]
    worst = sorted(by_file(), key=lambda name: -by_file()[name][habit])[:SHOWN]
    named = ", ".join(f"{name} ({by_file()[name][habit]})" for name in worst)
    assert rate < LIMITS[habit], f"{habit!r}: {rate:.2f} per 1,000 lines; most in {named}"
