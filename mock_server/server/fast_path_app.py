"""The interface between the HTTP protocol and the fake, beside ASGI: plain calls that need no event
loop. FakeApp in app.py has these methods."""

from __future__ import annotations

from typing import Protocol

from starlette.types import ASGIApp

from contracts.http1.refused import RequestRefused
from mock_server.simulation.call import Call, Reply
from mock_server.web.client_origin import OriginOf


class FastPathApp(Protocol):
    """An app that can answer in the callback that receives a call. origin: a function that returns
    the origin by which a client reached the server."""

    origin: OriginOf

    def answers_at_once(self, method: str, path: str) -> bool:
        """Whether `answer` may be called; otherwise the call goes through ASGI. path: as sent."""

    def answer(self, call: Call) -> Reply:
        """The answer to a call; the caller delivers it. An exception is a mistake of the fake."""

    def failed(self, call: Call, error: Exception) -> Reply:
        """The answer to a call for which `answer` raised."""

    def delivering(self, reply: Reply) -> ASGIApp:
        """An ASGI app that delivers this reply, which has a delay or a fault."""

    def refused(self, refused: RequestRefused) -> Reply:
        """The answer to a request that is not valid HTTP."""

    def mistaken(self, error: Exception, where: str) -> None:
        """Report a mistake of the fake outside of any answer."""
