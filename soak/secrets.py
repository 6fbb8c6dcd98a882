"""Searches every output for eight characters of a key, with many more examples than the tests.

    python -m soak.secrets [COUNT]

The examples are random ones of tests/project/test_secret_surfaces.py; 20,000 take 6 minutes of
processor time. The exit code is 1 if an output contains a part of a key; each such example is
printed."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.helpers.secrets import BINARY, CASES, ENCODINGS, shows
from tests.helpers.surfaces import CARRIERS, PLACES, SURFACES, Exchanged

COUNT = 20_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def example() -> Exchanged:
    """A key in two nested encodings at a random place of a call."""
    key = random.choice(("sk-", "sk-ws-H.", "st-")) + "".join(random.choices(LETTERS, k=24))
    first, second = random.choices(sorted(ENCODINGS), k=2)
    if first in BINARY and second in CASES:
        second = "base64"
    place, carrier = random.choice(PLACES), random.choice(sorted(CARRIERS))
    return Exchanged(key, (first, second), place, carrier)


def main(count: int) -> int:
    """Check `count` examples and print the findings. Returns the exit code."""
    found = looked_at = 0
    with TemporaryDirectory() as folder:
        for _ in range(count):
            exchanged, name = example(), random.choice(sorted(SURFACES))
            for output, text in SURFACES[name](exchanged, Path(folder)).items():
                looked_at += 1
                if part := shows(text, exchanged.key):
                    found += 1
                    print(f"{name}, {output}: {part!r} of {exchanged}")
    print(f"{count} examples, {looked_at} outputs: {found} hold a part of a key")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else COUNT))
