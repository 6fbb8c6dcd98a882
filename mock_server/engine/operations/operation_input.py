"""The input of an operation. Data only."""

from __future__ import annotations

from msgspec import Struct

from contracts.spec.loader import Operation, Spec
from mock_server.scenarios.names import Directive
from mock_server.stages import Request
from mock_server.stores.session import Session


class OperationInput(Struct, frozen=True, gc=False):
    """A valid call and its directive, with the session of its tenant.

    content, secret: seeds for media and for ids (see seeds.Seeds)."""

    spec: Spec
    content: bytes
    secret: bytes
    operation: Operation
    session: Session
    request: Request
    directive: Directive
