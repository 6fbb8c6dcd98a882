"""Writes docs/maintainers/mutants.md and the summary on the screen, and decides whether enough
mutants were noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.mutants.reasons import idle, reason
from tests.mutants.runner import Tried

ENOUGH = 0.95  # of all mutants are noticed
HEAD = """\
<!-- Written by scripts/mutate_spec.py: edit tests/mutants/page.py and reasons.py instead. -->
# Mistakes in openapi.yaml that the tests notice

Each entry of `openapi.yaml` is changed in small ways, one change (a mutant) at a time: a required
field is dropped, a type or an enumeration is changed, a field is renamed, an example, a status or a
transition is removed, a number is slightly different. The tests then run with the changed file
until one of them fails. No test compares the changed file with the correct one. Descriptions,
sources, evidence and the wording of messages are not changed.
"""
KILLERS = """\
The tests run in groups. "scenarios.md" and "models.py" mean that the generated file would change,
"the loader" that `openapi.yaml` is refused, "the facts" that a test in `tests/contracts/spec/`
fails, and "the fake" that a test of the fake fails.

"""


def summary(tried: Sequence[Tried]) -> str:
    """The figures in one sentence."""
    noticed = sum(one.killed is not None for one in tried)
    return f"{len(tried)} mutants, {noticed} noticed ({noticed / len(tried):.1%})"


def problems(tried: Sequence[Tried], *, whole: bool) -> Iterator[str]:
    """What is not good enough. whole: every mutation was tried, so each reason must be needed."""
    survivors = [one.mutation.id for one in tried if one.killed is None]
    if len(tried) - len(survivors) < ENOUGH * len(tried):
        yield f"fewer than {ENOUGH:.0%} are noticed"
    for id in survivors:
        if reason(id) is None:
            yield f"nobody notices, and no reason is given: {id}"
    for pattern in idle(survivors) if whole else ():
        yield f"a reason for what is noticed by now, or is gone: {pattern}"


def page(tried: Sequence[Tried]) -> str:
    """The text of docs/maintainers/mutants.md."""
    survivors = [one.mutation.id for one in tried if one.killed is None]
    parts = [
        f"{HEAD}\n{summary(tried)}.\n",
        "## By kind\n\n" + _by_kind(tried),
        "## Which tests notice first\n\n" + KILLERS + _by_killer(tried),
        "## Mutants that no test notices\n\n" + _survivors(survivors),
    ]
    return "\n".join(parts)


def _by_kind(tried: Iterable[Tried]) -> str:
    made, noticed = Counter[str](), Counter[str]()
    for one in tried:
        made[one.mutation.kind] += 1
        noticed[one.mutation.kind] += one.killed is not None
    rows = [(kind, str(made[kind]), str(noticed[kind])) for kind in sorted(made)]
    return _table(("kind", "made", "noticed"), rows)


def _by_killer(tried: Iterable[Tried]) -> str:
    first = Counter(one.killed.by for one in tried if one.killed)
    return _table(("by", "noticed first"), [(by, str(n)) for by, n in first.most_common()])


def _survivors(ids: Iterable[str]) -> str:
    return _table(("mutant", "reason"), [(f"`{id}`", reason(id) or "none is given") for id in ids])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"
