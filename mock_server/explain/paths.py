"""Explains a call to a path that the fake does not serve: another product of the service, a wrong
base URL, or a misspelling."""

from __future__ import annotations

from contracts.spec.not_served import strip_prefixes
from contracts.spec.validation import Violation
from mock_server.explain.case import Case, Finding, short
from mock_server.explain.corrected_call import corrected
from mock_server.explain.nearest_path import Address, base_of, is_like, place_of


def wrong_path(case: Case, violation: Violation) -> Finding:
    """Explain the wrong path. A path of another product of the service is not called a
    misspelling."""
    spec, path = case.spec, case.entry.path
    known = spec.not_served.path(path, spec.prefixes)
    if known is None and case.address is None:
        known = spec.not_served.root_path(path)
    if known is not None:
        return _not_served(case, violation, f"on the service it is for {known.summary}")
    if _is_another_path(case):
        return _not_served(case, violation, "and no served path is similar")
    return _other_spelling(case, violation)


def _is_another_path(case: Case) -> bool:
    """Whether a path under a base URL, or under /services/, is not similar to any of ours."""
    path, prefixes = case.entry.path, case.spec.prefixes
    rest = strip_prefixes(path, prefixes)
    is_behind = rest.startswith("/services/") or any(path.startswith(f"{p}/") for p in prefixes)
    return is_behind and rest != "/" and rest not in prefixes and not is_like(case.spec, rest)


def _not_served(case: Case, violation: Violation, reason: str) -> Finding:
    operations = case.spec.operations.values()
    return Finding(
        rule=f"this path is not served by this fake; {reason}",
        pointer=violation.pointer,
        expected=short([f"{o.method} {o.template}" for o in operations]),
        got=short(case.entry.path),
        place="#/x-not-served",
        advice="the path and the base URL may be right; the service itself may answer otherwise",
    )


def _other_spelling(case: Case, violation: Violation) -> Finding:
    spec, entry, address = case.spec, case.entry, case.address
    known = [f"{o.method} {o.template}" for o in spec.operations.values()]
    base = entry.origin + (address.prefix if address else spec.prefixes[0])
    return Finding(
        rule=_mistake(entry.path, address),
        pointer=violation.pointer,
        expected=short(address.path if address else known),
        got=short(entry.path),
        did_you_mean=entry.origin + address.path if address else "",
        place=place_of(address) if address else "#/paths",
        advice=f"the base URL is {base}; SDKs read it from DASHSCOPE_HTTP_BASE_URL",
        curl=corrected(case),
    )


def _mistake(path: str, address: Address | None) -> str:
    """The mistake in the path, in words."""
    if address is None:
        return "this path does not exist, and no path is similar"
    base, prefix = base_of(address, path), address.prefix
    if base.startswith(prefix * 2):
        return f"{prefix} is there twice: the client adds it to a base URL that has it already"
    if base == "":
        return f"{prefix} is missing: the base URL ends too early"
    if base.startswith("/compatible-mode"):
        return f"{base} is the base of the OpenAI-compatible API, which has no video calls"
    if base != prefix:
        return f"{base} is not a base URL of this API"
    if "//" in path:
        return "the path has one slash too many"
    return "the path is misspelled, or a part of it is missing"
