"""Defines the faults below HTTP, parses their names and parameters, and applies them to a reply.

Pure: a reply only describes the fault; mock_server.server carries it out, on the connection or in
process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from mock_server.scenarios import fault_effects as effects
from mock_server.simulation.call import Reply
from mock_server.suggest.close_names import did_you_mean


class FaultError(ValueError):
    """An invalid fault. The message has the value and the valid ones."""


class FaultParameter(NamedTuple):
    """A parameter of a fault: a number from `least` to `most`, or two if the default is a pair."""

    name: str
    meaning: str
    default: float | tuple[float, float]
    most: float
    least: float = 0.0


class FaultKind(NamedTuple):
    """A kind of fault.

    carried_out: whether the call has its effect (creates its task, …). raises: the exception of
    httpx, "" for none. effect: changes the reply. forms: sets of parameters that can be used
    together; the first is the default, and its first parameter is the NUMBER in NAME=NUMBER."""

    name: str
    summary: str
    carried_out: bool
    raises: str
    effect: Callable[..., Reply]
    forms: tuple[tuple[FaultParameter, ...], ...] = ()


class Fault(Struct, frozen=True):
    """One fault with a value within bounds for each parameter of its form."""

    kind: str
    parameters: dict[str, float | tuple[float, ...]] = {}


LATENCY = (
    (FaultParameter("seconds", "of the tenant's time", 1.0, effects.LONGEST),),
    (FaultParameter("between", "seconds, evenly distributed", (1.0, 3.0), effects.LONGEST),),
    (
        FaultParameter("median", "seconds; half of the answers take longer", 1.0, effects.LONGEST),
        FaultParameter("sigma", "of the log-normal distribution", 0.5, 5.0),
    ),
)
SHUT = FaultParameter("seconds", "of the machine's time", 1.0, 60.0)
RATE = FaultParameter("rate", "bytes per second of the tenant's time", 100.0, 1e9, 0.01)
PART = FaultParameter("part", "share of the body that arrives", 0.5, 0.99)
BYTES = FaultParameter("bytes", "bytes of the body that arrive", 100.0, 1e9)
STATUS = FaultParameter("status", "of the answer", 502.0, 504.0, 502.0)
MORE = FaultParameter("more", "bytes by which Content-Length is too large", 16.0, 1e9, 1.0)

_KINDS = (
    FaultKind("latency", "the answer is sent later", True, "", effects.latency, LATENCY),
    FaultKind(
        "drip", "the answer arrives a few bytes at a time", True, "", effects.drip, ((RATE,),)
    ),
    FaultKind(
        "connect-refused",
        "RST before an answer; then for a while the server refuses new connections, with any key",
        False,
        "ConnectError",
        effects.connect_refused,
        ((SHUT,),),
    ),
    FaultKind("reset", "RST before an answer", False, "ReadError", effects.reset),
    FaultKind(
        "reset-body",
        "RST in the middle of the body",
        True,
        "ReadError",
        effects.reset_body,
        ((PART,),),
    ),
    FaultKind("close", "FIN before an answer", False, "RemoteProtocolError", effects.close),
    FaultKind(
        "cut-off",
        "FIN after some bytes of the body",
        True,
        "RemoteProtocolError",
        effects.cut_off,
        ((BYTES,),),
    ),
    FaultKind(
        "stale-connection",
        "a complete answer, then RST at the next call on the same connection",
        True,
        "",
        effects.stale_connection,
    ),
    FaultKind("hold", "no answer until the client disconnects", True, "ReadTimeout", effects.hold),
    FaultKind(
        "lost",
        "the call is carried out, then RST before the answer",
        True,
        "ReadError",
        effects.reset,
    ),
    FaultKind("truncated", "JSON that ends in the middle", True, "", effects.truncated, ((PART,),)),
    FaultKind(
        "wrong-length",
        "a Content-Length larger than the body, then FIN",
        True,
        "RemoteProtocolError",
        effects.wrong_length,
        ((MORE,),),
    ),
    FaultKind(
        "not-json", "200 with a text of a gateway, declared as JSON", True, "", effects.not_json
    ),
    FaultKind(
        "bad-gateway",
        "502, 503 or 504 with a gateway's HTML page",
        False,
        "",
        effects.bad_gateway,
        ((STATUS,),),
    ),
    FaultKind(
        "bad-gzip", "gzip that cannot be decompressed", True, "DecodingError", effects.bad_gzip
    ),
    FaultKind("wrong-type", "JSON that is declared as HTML", True, "", effects.wrong_type),
)
FAULTS = {kind.name: kind for kind in _KINDS}


def parse(value: object) -> Fault:
    """Parse `reset`, `latency=2` or `{"fault": "latency", "between": [1, 3]}`. Raises
    FaultError."""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, Mapping) and isinstance(value.get("fault"), str):
        given = {name: value[name] for name in value if name != "fault"}
        return _complete(_kind(value["fault"]), given)
    raise FaultError(f'{_short(value)} is not a fault; give its name, or {{"fault": NAME, …}}')


def apply_fault(fault: Fault, reply: Reply, now: float, chance: bytes) -> Reply:
    """The reply with a fault, in addition to earlier ones: delays add up, the latest end wins.

    now: the tenant's time. chance: 32 random bytes from the seed."""
    effect = effects.FaultEffect(reply, now, chance)
    return FAULTS[fault.kind].effect(effect, **fault.parameters)


def _of_text(text: str) -> Fault:
    name, equals, number = text.partition("=")
    kind = _kind(name.strip())
    if not equals:
        return _complete(kind, {})
    if not kind.forms:
        raise FaultError(f"{kind.name} takes no number; leave {_short(equals + number)} out")
    return _complete(kind, {kind.forms[0][0].name: _float(number)})


def _kind(name: str) -> FaultKind:
    if name not in FAULTS:
        known = ", ".join(FAULTS)
        hint = did_you_mean(name[:80], FAULTS)
        raise FaultError(f"no fault {_short(name)}; there are {known}.{hint}")
    return FAULTS[name]


def _complete(kind: FaultKind, given: Mapping[Any, Any]) -> Fault:
    form = _form(kind, given)
    return Fault(kind.name, {p.name: _value(kind, p, given.get(p.name, p.default)) for p in form})


def _form(kind: FaultKind, given: Mapping[Any, Any]) -> tuple[FaultParameter, ...]:
    """The first form that has all given parameters."""
    forms = kind.forms or ((),)
    names = [[parameter.name for parameter in form] for form in forms]
    for form, known in zip(forms, names, strict=True):
        if given.keys() <= set(known):
            return form
    takes = " or ".join(" and ".join(known) for known in names) or "no parameters"
    every = [name for known in names for name in known]
    unknown = [str(name) for name in given if name not in every]
    if not unknown:
        raise FaultError(f"{kind.name} takes {takes}, not {' with '.join(given)}")
    hint = did_you_mean(unknown[0][:80], every)
    raise FaultError(f"{kind.name} has no {_short(unknown[0])}; it takes {takes}.{hint}")


def _value(kind: FaultKind, parameter: FaultParameter, value: Any) -> float | tuple[float, ...]:
    """The value as a float, or as two floats in ascending order. Raises FaultError."""
    is_pair = isinstance(parameter.default, tuple)
    numbers = list(value) if is_pair and isinstance(value, list | tuple) else [value]
    good = len(numbers) == 1 + is_pair and all(_fits(parameter, n) for n in numbers)
    if not good or numbers != sorted(numbers):
        wanted = "two numbers, the lower first," if is_pair else "a number"
        bounds = f"from {parameter.least:g} to {parameter.most:g}"
        name = f"{kind.name}: {parameter.name}"
        raise FaultError(f"{name} must be {wanted} {bounds}, not {_short(value)}")
    return tuple(float(n) for n in numbers) if is_pair else float(value)


def _fits(parameter: FaultParameter, value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and parameter.least <= value <= parameter.most  # type: ignore[operator]


def _float(text: str) -> float | str:
    """The number, or the text itself if it is not a number (the error message shows it)."""
    try:
        return float(text)
    except ValueError:
        return text


def _short(value: object) -> str:
    return f"{value!r:.80}"
