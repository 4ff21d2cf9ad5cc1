"""Requests that are messages of a connection: orders placed, cancelled and looked up over a WebSocket."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from harness.venue.described.logging_in import LoggingIn
from harness.venue.described.model import MessageRequest
from harness.venue.described.refusing import Refuse
from harness.venue.dialects.messages import Outgoing
from harness.venue.operations.refusals import RequestError


class Requesting(LoggingIn):
    """A part of a session."""

    def _request_of(self, said: JsonValue) -> tuple[str, MessageRequest] | None:
        """What a message asks for, with the name that the description gives it."""
        for name, request in self._connection.requests.items():
            if self._fits(request.said, said) is not None:
                return name, request
        return None

    def _requested(self, name: str, request: MessageRequest, said: JsonValue) -> Iterator[Outgoing]:
        """The reply, or why there is none."""
        exchange = self._exchange
        try:
            exchange.admit_message(self._opening.request.client, name, request)
            if request.private and self.account is None:
                raise Refuse(RequestError.NOT_LOGGED_IN.value)
            with exchange.venue.lock:
                scope = exchange.done(request, said, self.account if request.private else None)
        except Refuse as refused:
            yield from self._refuse(
                refused.code, said, operation=request.operation, detail=refused.detail, own=request.refusals
            )
            return
        yield self._frame(request.operation, request.reply, scope.within(self._scope(said)))
