"""Reads the scenario that an API key asks for. Pure; no part of a key is in what it raises.

A key is never taken apart to be accepted: DashScope's keys of 2026 have dots in them. A scenario
stands behind `+`, which no key of DashScope has (they are made of base64url, hex digits and dots).
"""

from __future__ import annotations

from typing import NamedTuple

from contracts.spec.loader import Spec
from contracts.spec.validation import Violation
from mock_server.scenarios.faults import FAULTS
from mock_server.scenarios.names import NORMAL_NAME, UnknownScenario, able, find
from mock_server.suggest.close_names import close_names

AUTHORIZATION = "#header/Authorization"  # as in Violation.pointer
MARK = "+"
HIDDEN = "***"
LONGEST = 80  # characters; no scenario's name is longer
SHORTEST_PART = 4  # characters of a name that is suggested for a part of it
ALIKE = 0.6  # how near a name behind `+` must be to a known one for it to be suggested
NEARLY_THE_SAME = 0.85  # the same behind a dot, where most keys have something else


class KeyScenario(NamedTuple):
    """The scenario of one key.

    name: the scenario's name, "" for none. shown: what is shown of the key's end: the mark and the
    name, as far as that is known or near to a known one. meant: the known name that the part behind
    the first dot nearly is; the key asks for nothing then."""

    name: str = ""
    shown: str = ""
    meant: str = ""


NO_SCENARIO = KeyScenario()


def scenario_of(spec: Spec, key: str) -> KeyScenario:
    """The scenario behind the first `+`, whether or not there is one of that name; else the rest
    behind the first dot, if that is exactly the name of a scenario."""
    _, mark, name = key.partition(MARK)
    if mark:
        return KeyScenario(name, MARK + _shown(spec, name)) if name else NO_SCENARIO
    _, dot, rest = key.partition(".")
    if not rest or len(rest) > LONGEST:
        return NO_SCENARIO
    if _is_known(spec, rest):
        return KeyScenario(rest, dot + rest)
    meant = "".join(close_names(rest, [*spec.all_outcomes, *FAULTS], 1, NEARLY_THE_SAME))
    # A replay, whose key ends as it is shown, then finds the same.
    return KeyScenario(shown=f"{dot}{meant}?", meant=meant) if meant else NO_SCENARIO


def almost_asked(found: KeyScenario) -> Violation:
    """A note for a key that ends almost like a scenario, which it does not ask for."""
    return Violation("", AUTHORIZATION, found.meant, f"ends almost like .{found.meant}")


def suggestions(spec: Spec, name: str, cutoff: float = ALIKE) -> list[str]:
    """Known names that are near, at most three. The number of a fault is not looked at."""
    rest = name.partition("=")[0].rpartition(":")[2][:LONGEST]
    operations = able(spec, rest)
    if operations:
        return [f"{operation.id}:{rest}" for operation in operations]
    known = [*spec.all_outcomes, *FAULTS, NORMAL_NAME]
    inside = [k for k in known if len(rest) >= SHORTEST_PART and rest.lower() in k.lower()]
    return list(dict.fromkeys([*close_names(rest, known, 3, cutoff), *inside]))[:3]


def _shown(spec: Spec, name: str) -> str:
    """The name as far as it is known or near to a known one; HIDDEN in place of all else."""
    if _is_known(spec, name):
        return name
    words, equals, _ = name.partition("=")
    target, colon, rest = words.rpartition(":")
    target = target if target in spec.all_operations or not colon else HIDDEN
    rest = rest if suggestions(spec, rest) else HIDDEN
    return target + colon + rest + (equals and equals + HIDDEN)


def _is_known(spec: Spec, name: str) -> bool:
    try:
        find(spec, name)
    except UnknownScenario:
        return False
    return True
