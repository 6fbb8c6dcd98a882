"""Does again what a bundle says was done, in an engine of its own, and says where the answers first
differ. Knows no socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from contracts.spec.loader import Spec
from mock_server.control.api import act
from mock_server.control.bundle import REPRODUCED, Bundle, BundleError, Difference, Exchange
from mock_server.control.request import ControlError
from mock_server.engine.pipeline import Engine
from mock_server.journal.recorder import CONTROL, without_video
from mock_server.scenarios.rule_compile import RuleError, compile_ruleset
from mock_server.scenarios.variants import VariantError
from mock_server.settings import Settings, SettingsError
from mock_server.simulation.call import Call, Reply
from mock_server.simulation.seeds import Seeds

# Stands for the key, which is not in the bundle; only the scenario at its end is.
KEY = "sk-replayed"
_SCENARIO = re.compile(rb"[+.].*")
# A journal begins anew with it, and the tenant after it.
RESET = "/__mock__/reset"


class Replay:
    """One bundle, played from its first exchange on."""

    def __init__(self, spec: Spec, bundle: Bundle) -> None:
        """Raises BundleError where the bundle is for another spec, or cannot be set up."""
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
        self._engine.tenant(bundle.tenant)

    def run(self, seen: Callable[[Exchange], object] = lambda _: None) -> Difference | None:
        """The first difference, or None when every answer is the same, byte for byte."""
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

    def _act(self, exchange: Exchange) -> None:
        e = exchange
        try:
            act(self._engine, self._bundle.tenant, e.real, e.method, e.path, e.body)
        except (ControlError, LookupError) as error:
            what = f"exchange {e.number}, {e.method} {e.path[:200]}"
            raise BundleError(f"{what}: is no control call to do again ({error})") from None


def _settings(said: dict[str, Any]) -> Settings:
    unknown = ", ".join(said.keys() - set(REPRODUCED))
    if unknown:
        raise BundleError(f"cannot be set up: there is no setting {unknown[:80]}")
    return msgspec.convert(said, Settings)


def _call(exchange: Exchange) -> Call:
    try:
        headers = {n.encode("latin-1"): v.encode("latin-1") for n, v in exchange.headers}
    except UnicodeEncodeError as error:
        raise BundleError(f"exchange {exchange.number}: a header cannot be: {error}") from None
    authorization = headers.get(b"authorization")
    if authorization is not None:
        scenario = _SCENARIO.search(authorization)
        end = scenario[0] if scenario else b""
        headers[b"authorization"] = f"Bearer {KEY}".encode() + end
    e = exchange
    return Call(e.method, e.path, e.query, headers, e.body, e.origin, e.head_bytes)


def _compare(exchange: Exchange, reply: Reply) -> Difference | None:
    headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in reply.headers]
    pairs = {
        "status": (exchange.status, reply.status),
        "headers": (exchange.reply_headers, headers),
        "body": (exchange.reply_body, reply.body),
        "line": (exchange.line, reply.line),
    }
    for what, (was, now) in pairs.items():
        if was != now:
            return Difference(exchange, what, _shown(was), _shown(now))
    return None


def _shown(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= 600 else f"{text[:600]}…"
