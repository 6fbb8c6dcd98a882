"""Finds out who calls, by the API key, and gives each call its request_id."""

from __future__ import annotations

from functools import lru_cache

from contracts.spec.loader import Spec
from mock_server.engine.validation import Validator
from mock_server.scenarios.keys import scenario_of
from mock_server.simulation.ids import uuid
from mock_server.simulation.seeds import Seeds
from mock_server.stages import ANONYMOUS, Caller, Refused
from mock_server.stores.session import Session

# No real key is longer. Longer headers are checked, but not cached.
LONGEST_CACHED = 256


class Callers:
    """The callers of one server. secret_of: the secret of a tenant id (see Seeds)."""

    def __init__(self, spec: Spec, validator: Validator, seeds: Seeds) -> None:
        self._spec = spec
        self._validator = validator
        self._seeds = seeds
        self._cached = lru_cache(maxsize=4096)(self._of)
        self.secret_of = lru_cache(maxsize=4096)(seeds.secret_of)

    def of(self, headers: dict[bytes, bytes]) -> Caller:
        """The caller with these headers. Without an accepted key it is anonymous, and refused."""
        sent = headers.get(b"authorization", b"")
        return self._cached(sent) if len(sent) <= LONGEST_CACHED else self._of(sent)

    def _of(self, sent: bytes) -> Caller:
        try:
            key = self._validator.key(sent)
        except Refused as refused:
            return Caller(refusal=refused.violation)
        return Caller(self._seeds.tenant_of(key), key, scenario_of(self._spec, key))

    def request_id(self, session: Session) -> str:
        """The request_id of the session's next call."""
        # The request_id of a refusal without a key is a UUID of version 4, most others of 9 (CNB).
        version = "4" if session.tenant_id == ANONYMOUS else "9"
        return uuid(self.secret_of(session.tenant_id), session.next_number(), version)
