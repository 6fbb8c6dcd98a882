"""Make small errors in openapi.yaml, one at a time (mutants), and find a test that fails for each.

    python scripts/mutate_spec.py                all mutants; writes docs/maintainers/mutants.md
    python scripts/mutate_spec.py --sample 20    a fixed sample of 20 mutants without a reason
    python scripts/mutate_spec.py --only WORD    the mutants with WORD in their id

Exit status 1 if fewer than 95 % of the mutants make a test fail, or if one that does not has no
reason in tests/mutants/reasons.py. All mutants take half an hour on two cores.
"""

import argparse
import os
import sys
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "maintainers" / "mutants.md"
# The mutants are a tool of the tests, which are not installed.
sys.path[:0] = [str(ROOT)]

from tests.mutants import page, runner  # noqa: E402
from tests.mutants.killers import HONEST  # noqa: E402
from tests.mutants.mutation import Mutation  # noqa: E402
from tests.mutants.mutations import mutations  # noqa: E402
from tests.mutants.reasons import reason  # noqa: E402


def main(arguments: list[str]) -> int:
    """Run the mutants; returns the exit status."""
    parser = argparse.ArgumentParser(
        description="Find the test that fails for each error in openapi.yaml."
    )
    parser.add_argument("--sample", type=int, metavar="N", help="run a sample of N mutants")
    parser.add_argument("--only", metavar="WORD", help="run the mutants with WORD in their id")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    asked = parser.parse_args(arguments)
    whole = asked.sample is None and asked.only is None
    os.chdir(ROOT)
    if whole and (wrong := runner.right()):
        print(f"fails without any change: {wrong.by}: {wrong.told}")
        return 1
    tried = list(_tried(_chosen(asked.only, asked.sample), asked.workers))
    if whole:
        PAGE.write_text(page.page(tried), encoding="utf-8")
    problems = list(page.problems(tried, whole=whole)) if tried else ["there is no such mutant"]
    print(page.summary(tried) if tried else "no mutant was run", *problems, sep="\n")
    return 1 if problems else 0


def _chosen(only: str | None, sample: int | None) -> list[Mutation]:
    found = [m for m in mutations(HONEST) if only is None or only in m.id]
    if sample is None:
        return found
    found = [m for m in found if reason(m.id) is None]  # those with a reason take the longest
    return Random("emo").sample(found, min(sample, len(found)))


def _tried(chosen: list[Mutation], workers: int) -> list[runner.Tried]:
    done = []
    for one in runner.run(chosen, workers):
        done.append(one)
        who = f"{one.killed.by}: {one.killed.told.splitlines()[0]}" if one.killed else "NOBODY"
        print(f"{len(done)}/{len(chosen)}  {one.mutation.id}  {who}"[:300], flush=True)
    return done


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
