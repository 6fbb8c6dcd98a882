"""The last step of render: adds the header that names the scenario, and applies its fault."""

from __future__ import annotations

from mock_server.scenarios.faults import apply_fault
from mock_server.scenarios.names import HEADER, Directive
from mock_server.simulation.call import Reply
from mock_server.simulation.ids import digest
from mock_server.stages import Request
from mock_server.stores.session import Session


def with_fault(
    reply: Reply, request: Request, directive: Directive, now: float, session: Session,
    secret: bytes,
) -> Reply:  # fmt: skip
    """The reply with the header that names the scenario, and with the scenario's fault. now: the
    tenant's time. secret: of the tenant."""
    reply.headers.append((HEADER, directive.name.encode("latin-1", "replace")))
    if directive.fault is None:
        return reply
    reply = apply_fault(directive.fault, reply, now, digest(secret, "fault", request.request_id))
    if reply.delivery is None:
        return reply
    clock = session.record.clock
    # In skip mode a delayed answer advances the clock instead of waiting.
    if clock.skip and reply.delivery.due > now:
        session.change(clock=clock.at(reply.delivery.due, request.real))
    return reply._replace(delivery=reply.delivery._replace(tenant=session.tenant_id))
