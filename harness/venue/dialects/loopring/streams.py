"""Loopring's WebSocket v2: one path for public and private topics.

Source: docs.loopring.io/en/websocket ("Overview" and the page of each topic). A subscription fails as a
whole; private topics need the API key in it. The server says `ping`, and hangs up on a client that does not
say `pong`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import JsonValue

from harness.venue.dialects.book_feed import BookDiff, BookFeed
from harness.venue.dialects.loopring.codec import slot, slots, trade_said
from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, ms, parsed
from harness.venue.events import BalanceChanged, BookChanged, OrderChanged, TradePrinted
from harness.venue.market import Market
from harness.venue.model import Side

if TYPE_CHECKING:
    from harness.venue.dialects.loopring.exchange import Loopring

OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "orderbook": "stream:book", "trade": "stream:trades", "ticker": "stream:ticker",
        "order": "stream:orders", "account": "stream:balances",
    }
)  # fmt: skip
PRIVATE = frozenset({"order", "account"})
NO_SUCH_TOPIC, BAD_KEY = 104107, 104106
BOOK_INTERVAL = 0.5
PING_EVERY, PATIENCE = 30.0, 75.0
SNAPSHOT = "snapshot"


class Session(TopicSession):
    """Of everybody; `account` is who gave a key. `expired` ends it."""

    def __init__(self, exchange: Loopring, on_close: Callable[[Session], None]) -> None:
        super().__init__(exchange.venue)
        self.expired = False
        self._exchange = exchange
        self._on_close = on_close
        self._feed = BookFeed()
        self._versions: dict[Topic, int] = {}
        self._pinged_at = self._ponged_at = self.heard_at

    def operation_of(self, message: str | bytes) -> str:
        return "stream:ping" if message in ("pong", b"pong") else "stream:subscribe"

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        if message in ("pong", b"pong"):
            self._ponged_at = self.heard_at
            return
        request = parsed(message)
        listed = request.get("topics")
        wanted = (
            [self._topic(item) for item in listed if isinstance(item, dict)]
            if isinstance(listed, list)
            else []
        )
        found = [topic for topic in wanted if topic is not None]
        if request.get("op") not in ("sub", "unSub") or len(found) < len(wanted):
            yield self._answer(request, NO_SUCH_TOPIC, "Invalid topic or parameters")
            return
        if any(topic.name in PRIVATE for topic in found):
            self.account = self.venue.account_of_key(str(request.get("apiKey", "")))
            if self.account is None:
                yield self._answer(request, BAD_KEY, "Invalid ApiKey")
                return
        if request.get("unsubscribeAll"):
            for topic in tuple(self.topics()):
                self.unsubscribe(topic)
        for topic in found:
            (self.subscribe if request["op"] == "sub" else self.unsubscribe)(topic)
            self._feed.drop(topic)
        yield self._answer(request, 0, "SUCCESS")

    def _answer(self, request: Json, code: int, message: str) -> Frame:
        told: Json = {
            "op": request.get("op"),
            "sequence": request.get("sequence"),
            "topics": request.get("topics"),
        }
        return Frame.of(
            "stream:subscribe", {**told, "result": {"status": "OK" if not code else message, "code": code}}
        )

    def _topic(self, item: Mapping[str, JsonValue]) -> Topic | None:
        name, market = str(item.get("topic", "")), self._exchange.market_of(str(item.get("market", "")))
        if name not in OPERATIONS or (market is None) != (name == "account"):
            return None
        whole = SNAPSHOT if name == "orderbook" and item.get("snapshot") else ""
        count = item.get("count")
        return Topic(
            OPERATIONS[name],
            market,
            name,
            f"{whole}{count if isinstance(count, int) else ''}" if whole else "",
        )

    def push(self, topic: Topic, data: JsonValue, at: float, **more: JsonValue) -> Frame:
        named: Json = {"topic": topic.name}
        if topic.market is not None:
            named["market"] = topic.market.name
        if topic.name == "orderbook":
            named["level"] = 0
        return Frame.of(topic.operation, {"topic": named, "ts": ms(at), **more, "data": data})

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        self._feed.add(topic, BOOK_INTERVAL, event)
        return ()

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        yield self.push(topic, [trade_said(event.trade)], event.at)

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        if self.account is not None:
            yield self.push(topic, self._exchange.order_said(self.account, event.order), event.at)

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        if self.account is not None:
            for balance in event.balances:
                yield self.push(topic, self._exchange.balance_said(self.account, balance), event.at)

    def due(self, now: float) -> Iterable[Outgoing]:
        live = set(self.topics("stream:book"))
        for topic, diff in self._feed.due(now):
            if isinstance(topic, Topic) and topic in live:
                yield self._book(topic, diff, now)

    def _book(self, topic: Topic, diff: BookDiff, now: float) -> Frame:
        """The slots that changed as they are now, or the whole where a snapshot was asked for."""
        market = diff.market
        if topic.detail.startswith(SNAPSHOT):
            book = self.venue.book(market, min(int(topic.detail.removeprefix(SNAPSHOT) or 50), 50))
            data: Json = {"bids": slots(book.bids, market), "asks": slots(book.asks, market)}
        else:
            data = {"bids": _changed(diff, Side.BUY, market), "asks": _changed(diff, Side.SELL, market)}
        return self.push(topic, data, now, startVersion=diff.first, endVersion=diff.last)

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.expired:
            yield Close(1008, "invalid ApiKey")
        elif now - self._ponged_at > PATIENCE + self._exchange.slack:
            yield Close(1000, "no pong")
        else:
            if now - self._pinged_at >= PING_EVERY:
                self._pinged_at = now
                yield Frame("stream:ping", "ping")
            yield from self.due(now)

    def closed(self) -> None:
        self._on_close(self)


def _changed(diff: BookDiff, side: Side, market: Market) -> list[JsonValue]:
    return [slot(price, amount, market) for price, amount in diff.sides[side].items()]
