"""Reproduces a bundle: runs its calls again on a new engine, and finds the first different
answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from contracts.spec.loader import Spec
from mock_server.control.api import act
from mock_server.control.bundle import REPRODUCED, Bundle, BundledExchange, BundleError, Difference
from mock_server.control.request import ControlError
from mock_server.engine.pipeline import Engine
from mock_server.journal.recorder import CONTROL, without_video
from mock_server.scenarios.rule_compile import RuleError, compile_ruleset
from mock_server.scenarios.variants import VariantError
from mock_server.settings import Settings, SettingsError
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.seeds import Seeds

# In place of the API key, which is not in the bundle. Only the scenario at its end is.
KEY = "sk-replayed"
_SCENARIO = re.compile(rb"[+.].*")
# A reset empties the journal, so it is the first exchange of a bundle, before the tenant exists.
RESET = "/__mock__/reset"


class Reproduction:
    """One bundle, run from its first exchange on."""

    def __init__(self, spec: Spec, bundle: Bundle) -> None:
        """Raises BundleError if the bundle is for another spec, or its settings are not valid."""
        if bundle.spec != spec.version:
            raise BundleError(f"is for version {bundle.spec} of the spec, this is {spec.version}")
        self._bundle = bundle
        self._real = bundle.began
        try:
            rules = compile_ruleset(spec, bundle.file)
            settings = _settings(bundle.settings)
            self._engine = Engine(
                spec,
                settings=settings,
                real=lambda: self._real,
                file=lambda _: rules,
                seeds=Seeds(bundle.content, lambda _: bundle.tenant, lambda _: bundle.secret),
            )
        except (RuleError, SettingsError, VariantError, msgspec.ValidationError) as error:
            raise BundleError(f"cannot be set up: {str(error)[:300]}") from None
        with self._engine.session(bundle.tenant):
            pass  # the tenant is made now

    def run(self, seen: Callable[[BundledExchange], object] = lambda _: None) -> Difference | None:
        """The first difference, or None if every answer is the same, byte for byte."""
        for exchange in self._bundle.exchanges:
            self._real = exchange.real
            if exchange.kind == CONTROL:
                if exchange.path != RESET:
                    self._act(exchange)
            else:
                reply = self._engine.handle(_call(exchange))
                is_download = exchange.kind == self._engine.spec.result.id
                difference = _compare(exchange, without_video(reply) if is_download else reply)
                if difference is not None:
                    return difference
            seen(exchange)
        return None

    def _act(self, exchange: BundledExchange) -> None:
        e = exchange
        try:
            act(self._engine, self._bundle.tenant, e.real, e.method, e.path, e.body)
        except (ControlError, LookupError) as error:
            call = f"exchange {e.number}, {e.method} {e.path[:200]}"
            raise BundleError(f"{call}: is not a control call to repeat ({error})") from None


def _settings(given: dict[str, Any]) -> Settings:
    unknown = ", ".join(given.keys() - set(REPRODUCED))
    if unknown:
        raise BundleError(f"cannot be set up: unknown setting {unknown[:80]}")
    return msgspec.convert(given, Settings)


def _call(exchange: BundledExchange) -> Call:
    try:
        headers = {n.encode("latin-1"): v.encode("latin-1") for n, v in exchange.headers}
    except UnicodeEncodeError as error:
        raise BundleError(f"exchange {exchange.number}: a header is not valid: {error}") from None
    authorization = headers.get(b"authorization")
    if authorization is not None:
        scenario = _SCENARIO.search(authorization)
        end = scenario[0] if scenario else b""
        headers[b"authorization"] = f"Bearer {KEY}".encode() + end
    e = exchange
    return Call(e.method, e.path, e.query, headers, e.body, e.origin, e.head_bytes)


def _compare(exchange: BundledExchange, reply: Reply) -> Difference | None:
    headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in reply.headers]
    pairs = {
        "status": (exchange.status, reply.status),
        "headers": (exchange.reply_headers, headers),
        "body": (exchange.reply_body, reply.body),
        "line": (exchange.delivery, reply.delivery),
    }
    for part, (was, now) in pairs.items():
        if was != now:
            return Difference(exchange, part, _shown(was), _shown(now))
    return None


def _shown(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= 600 else f"{text[:600]}…"
