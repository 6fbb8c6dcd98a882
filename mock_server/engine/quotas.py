"""Rate limits and spending of a tenant, counted in its record. Time is an argument."""

from __future__ import annotations

from msgspec.structs import replace

from contracts.spec.loader import Operation, Spec
from contracts.spec.validation import Violation
from mock_server.settings import Settings
from mock_server.simulation.billing import Used, bill, charge_image, refused, total
from mock_server.simulation.clock import Clock
from mock_server.simulation.queue import Queue
from mock_server.simulation.rate_limit import take
from mock_server.stores.protocol import Store, Tenant
from mock_server.stores.session import Refused, Request


class Tenants:
    """The tenants of one store. New ones get the clock and the queue of the settings."""

    def __init__(self, spec: Spec, settings: Settings, store: Store) -> None:
        self._spec = spec
        self._store = store
        self._clock = settings.clock
        concurrency = [m["concurrency"] for m in spec.models.values() if "concurrency" in m]
        self._places = settings.concurrency or concurrency[0]
        self._charged = {
            (model["operation"], name): "price-per-image" in model
            for name, model in spec.models.items()
        }

    def get(self, tenant_id: str, real: float) -> Tenant:
        """The tenant's record. A new tenant's clock starts at the machine's time."""
        record = self._store.tenant(tenant_id)
        if record is None:
            rate, skip = self._clock
            record = Tenant(Clock(real, real, rate, skip), Queue.of(self._places), began=real)
            self._store.save(tenant_id, record)
        return record

    def now(self, tenant_id: str, real: float) -> float:
        """The tenant's time; the machine's time if the tenant is new."""
        record = self._store.tenant(tenant_id)
        return record.clock.now(real) if record else real

    def real_left(self, tenant_id: str, moment: float, real: float) -> float:
        """Seconds of the machine's time until the tenant's clock shows `moment`; inf if it is
        frozen."""
        clock = self.get(tenant_id, real).clock
        left = moment - clock.now(real)
        return 0.0 if left <= 0 else left / clock.rate if clock.rate else float("inf")

    def take_token(self, request: Request, operation: Operation, tenant: Tenant) -> Tenant:
        """Take one token of the operation's rate. Returns the new record. Raises Refused above the
        rate."""
        rate, now = operation.rate, tenant.clock.now(request.real)
        bucket = take(tenant.buckets.get(operation.id), rate.per_second, now)
        if bucket is None:
            request.source = "limits"
            reason = f"more than {rate.per_second:g} calls of {operation.id} in a second"
            raise Refused(Violation(rate.refusal, "#rate", "", reason))
        tenant = replace(tenant, buckets={**tenant.buckets, operation.id: bucket})
        self._store.save(request.tenant_id, tenant)
        return tenant

    def check_account(self, request: Request, tenant: Tenant) -> None:
        """Check that the account can pay for the model of the call. Raises Refused if it cannot."""
        account = tenant.account
        if account.balance is None and not account.free_only:
            return
        model = self._spec.models.get(request.body["model"], {})
        if "free" not in model:
            return
        rows = self._bill(request.tenant_id, tenant, tenant.clock.now(request.real))
        use = refused(account, rows, request.body["model"], model["free"])
        if use:
            request.source = "account"
            reason = f"{total(rows):g} CNY of {account.balance or 0:g} are spent"
            if use == "free-tier":
                reason = (
                    f"the {model['free']:g} that are free of {request.body['model']} are used up"
                )
            raise Refused(Violation(self._spec.refusals[use], "#account", "", reason))

    def charge(self, request: Request, operation: Operation) -> None:
        """Charge the checked image if the model has a price for images."""
        model = request.body["model"]
        if self._charged.get((operation.id, model)):
            tenant = self.get(request.tenant_id, request.real)
            account = charge_image(tenant.account, model)
            self._store.save(request.tenant_id, replace(tenant, account=account))

    def usage(self, tenant_id: str, real: float) -> list[Used]:
        """The cost of the tenant's calls so far, one row for each model."""
        tenant = self.get(tenant_id, real)
        return self._bill(tenant_id, tenant, tenant.clock.now(real))

    def _bill(self, tenant_id: str, tenant: Tenant, now: float) -> list[Used]:
        tasks = self._store.newest_first(tenant_id)
        return list(bill(self._spec.models, tenant.account, tasks, now))
