"""python -m soak: attack the real programs for a while, print what that costs, hold the limits.

Exit code 0: every limit holds; 1: one does not, or the soak was stopped before its end."""

from __future__ import annotations

import argparse
import asyncio
import shlex
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from soak.found import Found
from soak.hostile import names
from soak.limits import judge
from soak.run import Plan, Soak


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="of the whole soak")
    parser.add_argument("--every", type=float, default=Plan.every, help="seconds between two lines")
    parser.add_argument("--seed", default=Plan.seed, help="seed of the attacks")
    parser.add_argument("--serve", help="command of the fake, with {port} in it")
    parser.add_argument(
        "--attack",
        action="append",
        choices=names(),
        metavar="NAME",
        help="only this kind of attack; can be repeated: " + ", ".join(names()),
    )
    options = parser.parse_args(arguments)
    if options.seconds < 1 or options.every <= 0:
        parser.error("--seconds must be 1 or more, and --every more than 0")
    if not Path("/proc/self/status").exists():
        parser.error("only Linux can run it: memory and descriptors are read from /proc")
    plan = Plan(options.seconds, options.every, options.seed, tuple(options.attack or ()))
    if options.serve:
        plan = replace(plan, serve=tuple(shlex.split(options.serve)))
    return soak(plan)


def soak(plan: Plan) -> int:
    """Run it, and print the verdict, also of a soak that was stopped; gives the exit code."""
    found, whole = Found(), False
    with tempfile.TemporaryDirectory(prefix="emo-soak-") as folder:
        try:
            asyncio.run(Soak(plan, Path(folder), found, lambda line: print(line, flush=True)).run())
            whole = True
        except* KeyboardInterrupt:
            print("stopped; found until now:")
        except* (RuntimeError, OSError, EOFError) as errors:  # TimeoutError is an OSError
            found.fail("soak", "; ".join(map(str, errors.exceptions)))
    return report(found, whole)


def report(found: Found, whole: bool) -> int:
    """Print everything that was found; gives the exit code."""
    for title, counts in (
        ("calls of good clients", found.good),
        ("calls that a restart explains", found.excused),
        ("attacks", found.hostile),
        ("answers to hostile clients, by status", found.answers),
    ):
        print(f"{title}: {counts.total():,}")
        for name, count in sorted(counts.items()):
            print(f"  {name}: {count:,}")
    alone, attacked = (found.quantile(phase, 0.99) for phase in ("alone", "attacked"))
    if alone and attacked:
        print(f"p99 of a good client, under attack / alone: {attacked / alone:.1f}")
    for failure, count in found.failures.most_common():
        print(f"FAILED {count} times: {failure}")
    lines = judge(found.measured())
    for line in lines:
        print(line)
    return 0 if whole and all(line.holds for line in lines) else 1


if __name__ == "__main__":
    raise SystemExit(main())
