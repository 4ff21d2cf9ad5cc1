"""A dialect as small as one can be that has every kind of traffic."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Close, Frame, Outgoing, Ping
from harness.venue.dialects.routing import Call, rest, stream
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import BookChanged, Event, TradePrinted

HOST = "api.tiny.test"
STREAMS = "stream.tiny.test"


class TinyDialect(Dialect):
    name = "tiny"
    rest_hosts = (HOST,)
    stream_hosts = (STREAMS,)

    def __init__(self, venue: object) -> None:
        super().__init__(venue)  # type: ignore[arg-type]
        self.placed: list[str] = []
        self.asked_at = 0.0
        self.sessions: list[TinySession] = []

    @rest("GET", "/ping", operation="ping")
    def ping(self, call: Call) -> JsonValue:
        return {"pong": call.params.get("n", "")}

    @rest("GET", "/book", operation="order_book", weight=5)
    def book(self, call: Call) -> JsonValue:
        self.asked_at = call.request.at
        return {"levels": ["0.00000001"] * 2000}

    @rest("POST", "/order", operation="place_order", weight=1)
    def place(self, call: Call) -> JsonValue:
        self.placed.append(call.request.text)
        return {"placed": len(self.placed)}

    @rest("GET", "/broken", operation="ticker")
    def broken(self, call: Call) -> JsonValue:
        raise RuntimeError("a bug of ours")

    @stream("/ws", operation="stream:subscribe")
    def ws(self, call: Call) -> StreamSession:
        self.sessions.append(TinySession())
        return self.sessions[-1]


class TinySession(StreamSession):
    """Echoes, tells of every trade and every book change, takes orders (`order …`), closes when told to."""

    def __init__(self) -> None:
        self.placed: list[str] = []
        self.pongs: list[bytes] = []
        self.leaves = False

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.leaves:
            yield Close(1001, "going away")

    def ponged(self, payload: bytes) -> None:
        self.pongs.append(payload)

    def opened(self) -> Iterable[Outgoing]:
        yield Frame.of("stream:subscribe", {"hello": "tiny"})

    def operation_of(self, message: str | bytes) -> str:
        if str(message).startswith("order "):
            return "place_order"
        return "stream:ping" if message == "ping" else "stream:subscribe"

    def weight_of(self, message: str | bytes) -> int:
        return len(str(message).split())

    def refused(self, message: str | bytes, status: int) -> Iterable[Outgoing]:
        if message == "order wordlessly":
            yield from super().refused(message, status)
        else:
            yield replace(Frame.of("place_order", {"refused": str(message), "status": status}), status=status)

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        if self.operation_of(message) == "place_order":
            self.placed.append(str(message))
            yield Frame.of("stream:orders", {"open": len(self.placed)})
            yield replace(Frame.of("place_order", {"placed": len(self.placed)}), status=200)
        elif message == "close":
            yield Close(4001, "as you wish")
        elif message == "pack":
            yield Frame("stream:book", '{"n":1}', gzip.compress(b'{"n":1}'))
            yield Ping(b"there?")
        elif message == "break":
            raise RuntimeError("a bug of ours")
        else:
            yield Frame.of("stream:subscribe", {"echo": str(message)})

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        if isinstance(event, BookChanged):
            yield Frame.of("stream:book", {"n": event.sequence})
        elif isinstance(event, TradePrinted):
            yield Frame.of("stream:trades", {"trade": event.trade.trade_id})


def number_of(text: str) -> int:
    """The sequence in a book message."""
    return int(json.loads(text)["n"])


PRICE = Decimal("60000")
