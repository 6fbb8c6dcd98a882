"""Finds out who calls, by the API key, and gives each call its request_id."""

from __future__ import annotations

import re
from functools import lru_cache

from contracts.spec.loader import Spec
from contracts.spec.validation import Violation
from mock_server.scenarios.keys import scenario_of
from mock_server.simulation.ids import uuid
from mock_server.simulation.seeds import Seeds
from mock_server.stages import ANONYMOUS, Caller
from mock_server.stores.session import Session

# No real key is longer. Longer headers are checked, but not cached.
LONGEST_CACHED = 256
# Common mistakes in an Authorization header. The messages repeat no part of it.
_KEY_MISTAKES = (
    (rb"(?i)bearer\s+bearer\b", "has `Bearer` twice"),
    (rb"(?i)(bearer\s+)?[\"'`]", "has the key in quotes"),
    (rb"(?i)(bearer\s+)?[<$%{]", "has a placeholder where the key belongs"),
    (rb"s[kt]-", "has no `Bearer` before the key"),
    (rb"(?i)(basic|digest|token|apikey|api-key)\b", "has another scheme than `Bearer`"),
    (rb"(?i)bearer[^a-z0-9 ]", "has no space behind `Bearer`"),
    (rb"(?i)bearer\s+s[kt]-$", "has only the beginning of a key"),
    (rb"(?i:bearer)\s+s[kt]-", "has a blank in the key, or a character beyond ASCII"),
    (rb"(?i)bearer\s+s[kt]-", "has the key in capitals, where it begins with sk- or st-"),
)


class Callers:
    """The callers of one server. secret_of: the secret of a tenant id (see Seeds)."""

    def __init__(self, spec: Spec, seeds: Seeds) -> None:
        self._spec = spec
        self._seeds = seeds
        self._cached = lru_cache(maxsize=4096)(self._of)
        self.secret_of = lru_cache(maxsize=4096)(seeds.secret_of)

    def of(self, headers: dict[bytes, bytes]) -> Caller:
        """The caller with these headers. Without an accepted key it is anonymous, and refused: the
        key is checked first, so without one an unknown path is answered 401, too."""
        sent = headers.get(b"authorization", b"")
        return self._cached(sent) if len(sent) <= LONGEST_CACHED else self._of(sent)

    def _of(self, sent: bytes) -> Caller:
        sent = sent.strip()
        if not sent:
            return self._refused("missing", "is missing")
        scheme, _, rest = sent.decode("latin-1").partition(" ")
        key = rest.strip()
        if scheme.lower() != "bearer" or not self._spec.key_pattern.match(key):
            return self._refused("invalid", key_mistake(sent))
        return Caller(self._seeds.tenant_of(key), key, scenario_of(self._spec, key))

    def _refused(self, use: str, reason: str) -> Caller:
        refusal = Violation(self._spec.refusals[use], "#header/Authorization", "", reason)
        return Caller(refusal=refusal)

    def request_id(self, session: Session) -> str:
        """The request_id of the session's next call."""
        # The request_id of a refusal without a key is a UUID of version 4, most others of 9 (CNB).
        version = "4" if session.tenant_id == ANONYMOUS else "9"
        return uuid(self.secret_of(session.tenant_id), session.next_number(), version)


def key_mistake(sent: bytes) -> str:
    """The mistake in an Authorization header without an accepted key, without any part of the
    header."""
    found = (why for pattern, why in _KEY_MISTAKES if re.match(pattern, sent))
    return next(found, "is not `Bearer` and a key that starts with sk- or st-")
