"""Requests that are messages of a connection: orders placed, cancelled and looked up over a WebSocket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus

from pydantic import JsonValue

from harness.venue.described.logging_in import LoggingIn
from harness.venue.described.model import MessageRequest, RefusalWords
from harness.venue.described.refusing import Refuse
from harness.venue.described.said_topics import heard
from harness.venue.dialects.messages import Outgoing
from harness.venue.operations.refusals import RequestError

_DONE = 200
_CODES = {
    418: RequestError.OVER_LIMIT,
    429: RequestError.OVER_LIMIT,
    503: RequestError.MAINTENANCE,
}


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
        frame = self._frame(request.operation, request.reply, scope.within(self._scope(said)))
        yield replace(frame, status=_DONE)

    def refused(self, message: str | bytes, status: int) -> Iterable[Outgoing]:
        """In the words of the connection; where it has none for it, the status is the code.

        What it says of anything else would tell a client that it asked for something wrong.
        """
        said = heard(message)
        asked = self._request_of(said)
        if asked is None or self._connection.refused is None:
            yield from super().refused(message, status)
            return
        code = _CODES.get(status, RequestError.SERVER_ERROR).value
        known = {**self._connection.refusals, **asked[1].refusals}.get(code)
        words = known or RefusalWords(code=status, message=HTTPStatus(status).phrase)
        own = {code: words.model_copy(update={"status": status})}
        yield from self._refuse(code, said, operation=asked[1].operation, own=own)
