"""The record of a tenant, and how records and tasks are written as JSON."""

from __future__ import annotations

from msgspec import Struct

from mock_server.scenarios.rules import Counters, Rule
from mock_server.simulation.billing import Account
from mock_server.simulation.clock import Clock
from mock_server.simulation.queue import Queue
from mock_server.simulation.rate_limit import Bucket


class Tenant(Struct, frozen=True, gc=False):
    """The state of one API key, except for its tasks.

    queues: by model. began: the tenant's time of its first call. rules, variants: set by the
    control API. rule_bytes: size of the rules as JSON. counters: of calls by rule. buckets: rate
    limits, by operation."""

    clock: Clock
    queues: dict[str, Queue] = {}
    began: float = 0.0
    rules: tuple[Rule, ...] = ()
    rule_bytes: int = 0
    counters: Counters = Counters()
    variants: dict[str, str] = {}
    buckets: dict[str, Bucket] = {}
    account: Account = Account()
