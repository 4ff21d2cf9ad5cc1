"""Beaxy's streams of 2020: books and trades named in the path, orders over STOMP.

Source: see `codec.py`. CONNECT is not answered, as both connectors that were written against the live
exchange read every frame as a MESSAGE with `status:200`; a frame that cannot be taken is answered with
ERROR and the connection ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from harness.venue.dialects.beaxy import books
from harness.venue.dialects.beaxy.codec import Stomp, event_said, number
from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import ms
from harness.venue.events import BookChanged, OrderChanged, TradePrinted
from harness.venue.market import Market

if TYPE_CHECKING:
    from harness.venue.dialects.beaxy.exchange import Beaxy

BOOK_INTERVAL = 0.2
ORDERS = "/user/v1/orders"
SIGNED = ("X-Deltix-Nonce", "X-Deltix-Session-Id")


class BookStream(TopicSession):
    """The best levels of each market: whole at first, then what changed."""

    def __init__(self, exchange: Beaxy, depths: Mapping[Market, int]) -> None:
        super().__init__(exchange.venue)
        self._exchange = exchange
        self._depths = depths
        self._told: dict[Market, books.Levels] = {}
        self._changed: set[Market] = set()
        self._told_at = self.heard_at
        for market in depths:
            self.subscribe(Topic("stream:book", market, "book"))

    def opened(self) -> Iterable[Outgoing]:
        for market, depth in self._depths.items():
            book = self.venue.book(market, depth)
            self._told[market] = books.levels_of(book)
            yield Frame.of("stream:book", books.snapshot(book, self._exchange.symbol(market)))

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        return ()

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        self._changed.add(event.market)
        return ()

    def due(self, now: float) -> Iterable[Outgoing]:
        if now - self._told_at < BOOK_INTERVAL:
            return
        self._told_at = now
        for market in sorted(self._changed, key=lambda each: each.name):
            book = self.venue.book(market, self._depths[market])
            news = books.update(self._told[market], book, self._exchange.symbol(market))
            self._told[market] = books.levels_of(book)
            if news is not None:
                yield Frame.of("stream:book", news)
        self._changed.clear()


class TradeStream(TopicSession):
    def __init__(self, exchange: Beaxy, markets: Iterable[Market]) -> None:
        super().__init__(exchange.venue)
        self._exchange = exchange
        for market in markets:
            self.subscribe(Topic("stream:trades", market, "trades"))

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        return ()

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        trade = event.trade
        yield Frame.of(
            "stream:trades",
            {
                "symbol": self._exchange.symbol(trade.market), "price": number(trade.price),
                "size": number(trade.amount), "side": trade.taker_side.value.upper(),
                "timestamp": ms(trade.at),
            },
        )  # fmt: skip


class OrderStream(TopicSession):
    """Orders of who has logged in; `expired` ends it."""

    def __init__(self, exchange: Beaxy, on_close: Callable[[OrderStream], None]) -> None:
        super().__init__(exchange.venue)
        self.expired = False
        self._exchange = exchange
        self._on_close = on_close
        self._sent = 0

    def operation_of(self, message: str | bytes) -> str:
        return "stream:login" if Stomp.parse(message).command == "CONNECT" else "stream:subscribe"

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        frame = Stomp.parse(message)
        if frame.command in ("CONNECT", "STOMP"):
            yield from self._log_in(frame)
        elif frame.command == "SUBSCRIBE" and self.account is not None:
            if frame.headers.get("destination") != ORDERS:
                yield from _error(404, "Unknown destination")
            else:
                self.subscribe(Topic("stream:orders", None, ORDERS, frame.headers.get("id", "")))
        elif frame.command == "UNSUBSCRIBE":
            for topic in tuple(self.topics()):
                if topic.detail == frame.headers.get("id", ""):
                    self.unsubscribe(topic)
        elif frame.command:  # an empty line is a heart-beat
            yield from _error(401, "Not connected")

    def _log_in(self, frame: Stomp) -> Iterable[Outgoing]:
        headers = {name: frame.headers.get(name, "") for name in SIGNED}
        given = frame.headers.get("X-Deltix-Signature", "")
        session = self._exchange.session(headers, "CONNECT/websocket/v1", "", given)
        if session is None:
            yield from _error(401, "Invalid session or signature")
        else:
            self.account = session.account

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        self._sent += 1
        name, text = self._exchange.symbol(event.order.market), self._exchange.text_of(event.order)
        told = {
            "events": [event_said(event, name, text, self._sent)],
            "order": self._exchange.order_said(event.order)
        }  # fmt: skip
        body = json.dumps(told, separators=(",", ":"))
        headers = {
            "status": "200", "destination": "/v1/orders-user", "content-type": "application/json",
            "subscription": topic.detail, "message-id": f"{id(self):x}-{self._sent}",
            "content-length": str(len(body.encode())),
        }  # fmt: skip
        yield Frame("stream:orders", Stomp("MESSAGE", headers, body).text())

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.expired:
            yield Close(1008, "session expired")
        else:
            yield from self.due(now)

    def closed(self) -> None:
        self._on_close(self)


def _error(status: int, reason: str) -> Iterable[Outgoing]:
    yield Frame("stream:login", Stomp("ERROR", {"status": str(status), "message": reason}).text())
    yield Close(1002, reason)
