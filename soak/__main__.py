"""python -m soak: attack the real programs for some time, measure them and check the limits.

Exit code 0: all limits hold. 1: one does not, or the soak was stopped before its end."""

from __future__ import annotations

import argparse
import asyncio
import shlex
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from soak.found import Findings
from soak.hostile import names
from soak.limits import judge
from soak.run import Plan, Soak


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="length of the soak")
    parser.add_argument(
        "--every", type=float, default=Plan.every, help="seconds between two lines of progress"
    )
    parser.add_argument("--seed", default=Plan.seed, help="seed of the attacks")
    parser.add_argument("--serve", help="command that starts the fake, with {port} in it")
    parser.add_argument(
        "--attack",
        action="append",
        choices=names(),
        metavar="NAME",
        help="run only this kind of attack; can be repeated: " + ", ".join(names()),
    )
    options = parser.parse_args(arguments)
    if options.seconds < 1 or options.every <= 0:
        parser.error("--seconds must be 1 or more, and --every more than 0")
    if not Path("/proc/self/status").exists():
        parser.error("the soak runs on Linux only: it reads memory and descriptors from /proc")
    plan = Plan(options.seconds, options.every, options.seed, tuple(options.attack or ()))
    if options.serve:
        plan = replace(plan, serve=tuple(shlex.split(options.serve)))
    return soak(plan)


def soak(plan: Plan) -> int:
    """Run the soak and print the verdict, also if it was stopped. Returns the exit code."""
    found, whole = Findings(), False
    with tempfile.TemporaryDirectory(prefix="emo-soak-") as folder:
        try:
            asyncio.run(Soak(plan, Path(folder), found, lambda line: print(line, flush=True)).run())
            whole = True
        except* KeyboardInterrupt:
            print("stopped; results so far:")
        except* (RuntimeError, OSError, EOFError) as errors:  # TimeoutError is an OSError
            found.fail("soak", "; ".join(map(str, errors.exceptions)))
    return report(found, whole)


def report(found: Findings, whole: bool) -> int:
    """Print all results; returns the exit code."""
    for title, counts in (
        ("calls of good clients", found.good),
        ("calls that failed because of a restart", found.excused),
        ("attacks", found.hostile),
        ("answers to attacks, by status", found.answers),
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
