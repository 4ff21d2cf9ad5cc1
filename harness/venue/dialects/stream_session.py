"""One WebSocket connection, seen from the exchange."""

from __future__ import annotations

from collections.abc import Iterable

from harness.venue.dialects.messages import Close, Outgoing
from harness.venue.events import Event

INTERNAL_ERROR, TRY_AGAIN_LATER = 1011, 1013  # IANA, "WebSocket Close Code Number Registry"
_NOT_NOW = frozenset({418, 429, 503})


class StreamSession:
    """What an exchange says on a connection.

    The gateway answers ping frames of the protocol itself. It passes every venue event, in order, to
    `venue_event` and calls `tick` about every `tick_interval` virtual seconds.
    """

    tick_interval: float = 0.1

    def opened(self) -> Iterable[Outgoing]:
        """What the exchange says first."""
        return ()

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        """The answer to a message of the client's."""
        return ()

    def ponged(self, payload: bytes) -> None:
        """The client has answered a `Ping`, or sent a pong of its own accord."""

    def operation_of(self, message: str | bytes) -> str:
        """The standard operation of a message of the client's, for the record."""
        return "stream:subscribe"

    def weight_of(self, message: str | bytes) -> int:
        """What a request counts against the exchange's limits."""
        return 0

    def refused(self, message: str | bytes, status: int) -> Iterable[Outgoing]:
        """What the exchange says to a request that it does not do, for what this status of HTTP stands for.

        One that has no words for that can only close the connection.
        """
        yield Close(TRY_AGAIN_LATER if status in _NOT_NOW else INTERNAL_ERROR)

    def carries(self) -> frozenset[str]:
        """The standard operations of what the client is subscribed to now (`stream:book`, `stream:orders` …).

        It tells a market connection from a private one before anything has passed on it.
        """
        return frozenset()

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        """What the client is told of something that happened at the venue."""
        return ()

    def tick(self, now: float) -> Iterable[Outgoing]:
        """What is due at virtual time `now` (Unix seconds)."""
        return ()

    def closed(self) -> None:
        """The connection is gone."""
