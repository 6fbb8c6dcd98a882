"""Rate limits and spending of a tenant, counted in its record. Functions of the session and the
request; time is an argument."""

from __future__ import annotations

from contracts.spec.loader import Operation, Spec
from contracts.spec.validation import Violation
from mock_server.simulation.billing import Used, bill, refused, total
from mock_server.simulation.rate_limit import take
from mock_server.stages import Refused
from mock_server.stores.session import Session


def take_token(session: Session, operation: Operation, now: float) -> None:
    """Take one token of the operation's rate. Raises Refused above the rate."""
    rate, buckets = operation.rate, session.record.buckets
    bucket = take(buckets.get(operation.id), rate.per_second, now)
    if bucket is None:
        reason = f"more than {rate.per_second:g} calls of {operation.id} in a second"
        raise Refused(Violation(rate.refusal, "#rate", "", reason), "limits")
    session.change(buckets={**buckets, operation.id: bucket})


def check_account(spec: Spec, session: Session, name: str, now: float) -> None:
    """Check that the account can pay for a call of the model. Raises Refused if it cannot."""
    account, model = session.record.account, spec.models[name]
    rows = usage(spec, session, now)
    use = refused(account, rows, name, model.free)
    if use:
        reason = f"{total(rows):g} CNY of {account.balance or 0:g} are spent"
        if use == "free-tier":
            reason = f"the {model.free:g} that are free of {name} are used up"
        raise Refused(Violation(spec.refusals[use], "#account", "", reason), "account")


def usage(spec: Spec, session: Session, now: float) -> list[Used]:
    """The cost of the tenant's calls so far, one row for each model and ratio."""
    return list(bill(spec.models, session.record.account, session.newest_first(), now))
