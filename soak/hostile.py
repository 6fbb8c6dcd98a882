"""The hostile clients, in a process of their own so that they do not slow down the good ones:

    python -m soak.hostile '{"seed": …, "ports": {PROGRAM: PORT}, "attacks": [NAME, …]}'

Each kind of attack is repeated on all of its programs until the process ends. Each second it prints
a line of JSON with the attacks and failures since the last line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from random import Random

from soak import attacks_on_http, attacks_on_the_api
from soak.attacks import ATTACKS, AttackKind, AttackSucceeded, Target
from soak.wire import HANG

EVERY = 1.0  # seconds between two lines
LOST = (OSError, EOFError, asyncio.LimitOverrunError)  # a closed connection is allowed
assert attacks_on_http.KEY and attacks_on_the_api.BODY  # imported to register their attacks


def names() -> list[str]:
    """The names of all kinds of attack."""
    return sorted(kind.name for kind in ATTACKS)


async def _repeat(
    kind: AttackKind, target: Target, done: Counter[str], failures: list[str]
) -> None:
    while True:
        try:
            await kind.run(target)
            done[kind.name] += 1
        except AttackSucceeded as error:
            failures.append(f"{kind.name}, {target.name}: {error}")
        except TimeoutError:
            failures.append(f"{kind.name}, {target.name}: no answer within {HANG:.0f} s")
        except LOST:
            done[kind.name] += 1
        except Exception as error:  # noqa: BLE001 (such as an unreadable answer)
            failures.append(f"{kind.name}, {target.name}: {type(error).__name__}: {error}")
        await asyncio.sleep(kind.pause * target.chance.uniform(0.5, 1.5))


async def main(seed: str, ports: dict[str, int], attacks: list[str]) -> None:
    """Attack until the process ends. attacks: names of kinds; empty for all kinds."""
    targets = {name: Target(name, port, Random(seed + name)) for name, port in ports.items()}
    done: Counter[str] = Counter()
    failures: list[str] = []
    async with asyncio.TaskGroup() as group:
        for kind in (kind for kind in ATTACKS if not attacks or kind.name in attacks):
            for name in targets.keys() & kind.programs:
                group.create_task(_repeat(kind, targets[name], done, failures))
        while True:
            await asyncio.sleep(EVERY)
            answers = sum((target.answers for target in targets.values()), Counter())
            print(json.dumps({"done": done, "answers": answers, "failures": failures}), flush=True)
            done.clear()
            failures.clear()
            for target in targets.values():
                target.answers.clear()


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
