"""Finds the scenario that an API key selects. Pure; its errors contain no part of a key.

The scenario follows a `+`, which no key of DashScope contains (they consist of base64url, hex
digits and dots). The whole key, with the scenario, identifies the tenant.
"""

from __future__ import annotations

from typing import NamedTuple

from contracts.spec.loader import Spec
from contracts.spec.validation import Violation
from mock_server.scenarios.faults import FAULTS
from mock_server.scenarios.names import NORMAL_NAME, UnknownScenario, find, operations_for
from mock_server.suggest.close_names import close_names

AUTHORIZATION = "#header/Authorization"  # as in Violation.pointer
MARK = "+"
HIDDEN = "***"
LONGEST = 80  # characters; no scenario's name is longer
SHORTEST_PART = 4  # shorter texts are not searched for inside of scenario names
ALIKE = 0.6  # least similarity (0 to 1) of a suggestion to the text behind `+`
NEARLY_THE_SAME = 0.85  # the same for the text behind a dot, which is random in most keys


class KeyScenario(NamedTuple):
    """The scenario of one key.

    name: the selected scenario, "" for none. shown: the end of the key that may be shown: the mark
    and the parts of the name that are known or similar to known ones. similar: a known name that
    the text behind the first dot resembles; such a key selects nothing."""

    name: str = ""
    shown: str = ""
    similar: str = ""


NO_SCENARIO = KeyScenario()


def scenario_of(spec: Spec, key: str) -> KeyScenario:
    """The scenario that a key selects.

    It is the text behind the first `+`, even if no scenario has this name. In a key without `+` it
    is the text behind the first dot, if that is exactly the name of a scenario."""
    _, mark, name = key.partition(MARK)
    if mark:
        return KeyScenario(name, MARK + _shown(spec, name)) if name else NO_SCENARIO
    _, dot, rest = key.partition(".")
    if not rest or len(rest) > LONGEST:
        return NO_SCENARIO
    if _is_known(spec, rest):
        return KeyScenario(rest, dot + rest)
    similar = "".join(close_names(rest, [*spec.all_outcomes, *FAULTS], 1, NEARLY_THE_SAME))
    # `emo reproduce` sends a key that ends as shown here, and so gets the same result.
    return KeyScenario(shown=f"{dot}{similar}?", similar=similar) if similar else NO_SCENARIO


def near_miss_of_key(found: KeyScenario) -> Violation:
    """The near miss of a key that ends almost like a scenario but selects none."""
    return Violation("", AUTHORIZATION, found.similar, f"ends almost like .{found.similar}")


def suggestions(spec: Spec, name: str, cutoff: float = ALIKE) -> list[str]:
    """At most three known names that are similar. The number in a name such as `latency=2` is
    ignored."""
    rest = name.partition("=")[0].rpartition(":")[2][:LONGEST]
    operations = operations_for(spec, rest)
    if operations:
        return [f"{operation.id}:{rest}" for operation in operations]
    known = [*spec.all_outcomes, *FAULTS, NORMAL_NAME]
    inside = [k for k in known if len(rest) >= SHORTEST_PART and rest.lower() in k.lower()]
    return list(dict.fromkeys([*close_names(rest, known, 3, cutoff), *inside]))[:3]


def _shown(spec: Spec, name: str) -> str:
    """The name with HIDDEN in place of each part that is not known or similar to a known one."""
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
