"""Kraken's WebSockets: what both versions have in common, and version 1, which Hummingbot's connector uses.

Sources: docs.kraken.com/exchange/api-reference/spot-websocket-v1 (book, trade, openOrders, ownTrades) and
docs.kraken.com/exchange/guides/websockets. Private channels need a token in each subscription. Tickers,
candles and spreads of version 1 and orders placed over the stream are not served.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from harness.venue.dialects.kraken.codec import exchange_id, price_text, stream_name, volume_text
from harness.venue.dialects.kraken.depth import DEPTHS, Change, Depth
from harness.venue.dialects.kraken.messages import fill_data, order_data
from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, parsed
from harness.venue.events import BookChanged, Event, OrderChanged, TradePrinted
from harness.venue.market import Market
from harness.venue.model import Account, Fill, Order, Side

if TYPE_CHECKING:
    from harness.venue.dialects.kraken.exchange import Kraken

HEARTBEAT = 1.0  # seconds without a message on a connection that has subscriptions
IDLE = 60.0  # seconds that a connection without subscriptions lives without a message of the client's
SNAPSHOT_TRADES = 50
INVALID_SESSION = "ESession:Invalid session"


class KrakenSession(TopicSession):
    """A connection of either version. `expired` ends it."""

    public: ClassVar[dict[str, str]] = {}
    private: ClassVar[dict[str, str]] = {}

    def __init__(self, exchange: Kraken, *, private: bool) -> None:
        super().__init__(exchange.venue)
        self._exchange = exchange
        self._channels = self.private if private else self.public
        self._is_private = private
        self._markets = {self.stream_name(market): market for market in self.venue.markets}
        self._books: dict[Topic, Depth] = {}
        self._untold: dict[Topic, tuple[Side, list[Change]]] = {}
        self._sequences: dict[str, int] = {}
        self._token = ""
        self._spoken_at = self.heard_at
        self.expired = False

    def stream_name(self, market: Market) -> str:
        raise NotImplementedError

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        """What a new subscription is told first."""
        raise NotImplementedError

    def book_update(self, topic: Topic, side: Side, changes: list[Change], book: Depth) -> Frame:
        raise NotImplementedError

    def heartbeat(self) -> Frame:
        raise NotImplementedError

    def filled(self, topic: Topic, event: OrderChanged, fill: Fill) -> Iterable[Outgoing]:
        """One of the account's orders was filled; called for topics under `stream:fills`."""
        return ()

    def log_in(self, token: str) -> bool:
        """Whether the token lets its owner in; a connection belongs to one account."""
        if token == self._token and self.account is not None:
            return True
        account = self._exchange.tokens.owner(token, self.heard_at)
        if account is None or self.account not in (None, account):
            return False
        self.account, self._token = account, token
        self._exchange.tokens.used(token)
        return True

    def refusal(self, channel: str, market: Market | None, name: str, depth: int, token: str) -> str | None:
        """Why a subscription is not made."""
        if channel not in self._channels:
            return "Subscription name invalid"
        if self._is_private:
            return None if self.log_in(token) else INVALID_SESSION
        if market is None:
            return f"Currency pair not supported {name}"
        if self._channels[channel] == "stream:book" and depth not in DEPTHS:
            return "Subscription depth not supported"
        return None

    def begin(self, topic: Topic) -> Iterable[Outgoing]:
        self.subscribe(topic)
        if topic.operation == "stream:book" and topic.market is not None:
            self._books[topic] = Depth(self.venue.book(topic.market), int(topic.detail))
            self._untold.pop(topic, None)
        yield from self.begun(topic)

    def end(self, topic: Topic) -> None:
        self.unsubscribe(topic)
        self._books.pop(topic, None)
        self._untold.pop(topic, None)

    def sequence(self, channel: str) -> int:
        """The next number of a private channel's messages."""
        self._sequences[channel] = self._sequences.get(channel, 0) + 1
        return self._sequences[channel]

    def owner(self) -> Account:
        if self.account is None:
            raise LookupError("nobody has logged in")
        return self.account

    def fills_of(self, order: Order) -> tuple[Fill, ...]:
        return self.venue.fills(self.owner(), order_id=order.order_id)

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        """Noted for the next message, which tells of one side only."""
        if topic in self._untold and self._untold[topic][0] is not event.side:
            yield self._tell_book(topic)
        changes = self._books[topic].apply(event)
        if changes:
            self._untold.setdefault(topic, (event.side, []))[1].extend(changes)

    def _tell_book(self, topic: Topic) -> Frame:
        """All that changed since the last message, in its order: a price that changed twice is told twice."""
        side, changes = self._untold.pop(topic)
        return self.book_update(topic, side, changes, self._books[topic])

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        ours = isinstance(event, OrderChanged) and self._owns(event.order.account)
        if ours and isinstance(event, OrderChanged) and topic.operation == "stream:fills" and event.fill:
            yield from self.filled(topic, event, event.fill)

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        return self._noted(super().received(message))

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        return self._noted(super().venue_event(event))

    def _noted(self, outgoing: Iterable[Outgoing]) -> Iterable[Outgoing]:
        for each in outgoing:
            self._spoken_at = self.venue.clock.now()
            yield each

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self._untold:
            self._spoken_at = now
            yield from [self._tell_book(topic) for topic in tuple(self._untold)]
        busy = bool(self.carries())
        if self.expired or (not busy and now - self.heard_at > IDLE):
            yield Close(1000, "")
        elif busy and now - self._spoken_at >= HEARTBEAT:
            self._spoken_at = now
            yield self.heartbeat()

    def closed(self) -> None:
        if self._token:
            self._exchange.tokens.left(self._token)
        self._exchange.forget(self)


class OldSession(KrakenSession):
    """Version 1: arrays, all numbers as texts, `XBT/USDT`."""

    public = {"book": "stream:book", "trade": "stream:trades"}  # noqa: RUF012 - declared above
    private = {"openOrders": "stream:orders", "ownTrades": "stream:fills"}  # noqa: RUF012 - the same

    def stream_name(self, market: Market) -> str:
        return stream_name(market)

    def operation_of(self, message: str | bytes) -> str:
        return "stream:ping" if parsed(message).get("event") == "ping" else "stream:subscribe"

    def opened(self) -> Iterable[Outgoing]:
        told: Json = {"connectionID": 8628615390848610222, "event": "systemStatus", "status": "online"}
        yield Frame.of("stream:subscribe", {**told, "version": "1.9.0"})

    def heartbeat(self) -> Frame:
        return Frame.of("stream:ping", {"event": "heartbeat"})

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        said = parsed(message)
        event, wanted = said.get("event"), said.get("subscription")
        asked: Json = {"reqid": said["reqid"]} if "reqid" in said else {}
        if event == "ping":
            yield Frame.of("stream:ping", {"event": "pong", **asked})
        elif event not in ("subscribe", "unsubscribe"):
            yield Frame.of(
                "stream:subscribe", {"errorMessage": "Event(s) not found", "event": "error", **asked}
            )
        elif not isinstance(wanted, dict):
            yield self._status(asked, "error", "Subscription field must be an object", {}, "")
        else:
            pairs = said.get("pair")
            for name in pairs if isinstance(pairs, list) and not self._is_private else [None]:
                yield from self._ask(event == "subscribe", wanted, str(name or ""), asked)

    def _ask(self, begins: bool, wanted: Json, name: str, asked: Json) -> Iterable[Outgoing]:
        channel, market = str(wanted.get("name", "")), self._markets.get(name)
        depth = wanted.get("depth", 10) if channel == "book" else 0
        number = depth if isinstance(depth, int) else -1
        refusal = self.refusal(channel, market, name, number, str(wanted.get("token", "")))
        told: Json = {"name": channel, **({"depth": number} if number else {})}
        if refusal is not None:
            yield self._status(asked, "error", refusal, told, name)
            return
        topic = Topic(self._channels[channel], market, channel, str(number) if number else "")
        yield self._status(asked, "subscribed" if begins else "unsubscribed", "", told, name)
        if begins:
            yield from self.begin(topic)
        else:
            self.end(topic)

    def _status(self, asked: Json, status: str, error: str, subscription: Json, pair: str) -> Frame:
        told: Json = {**asked, "event": "subscriptionStatus", "status": status, "subscription": subscription}
        name, depth = str(subscription.get("name", "")), subscription.get("depth")
        if pair:
            told |= {"pair": pair}
        if error:
            told |= {"errorMessage": error}
        else:
            told |= {"channelName": f"{name}-{depth}" if depth else name}
            told |= {} if self._is_private else {"channelID": 336 + len(name)}
        return Frame.of("stream:subscribe", told)

    def _market_frame(self, topic: Topic, *parts: JsonValue) -> Frame:
        assert topic.market is not None  # noqa: S101 - only private topics have none
        name = f"{topic.name}-{topic.detail}" if topic.detail else topic.name
        return Frame.of(topic.operation, [336 + len(topic.name), *parts, name, stream_name(topic.market)])

    def _private_frame(self, topic: Topic, items: list[JsonValue]) -> Frame:
        return Frame.of(topic.operation, [items, topic.name, {"sequence": self.sequence(topic.name)}])

    def begun(self, topic: Topic) -> Iterable[Outgoing]:
        if topic in self._books:
            yield self._snapshot(topic, self._books[topic])
        elif topic.name == "openOrders":
            open_orders = self.venue.open_orders(self.owner())
            yield self._private_frame(topic, [self._order(order) for order in open_orders])
        elif topic.name == "ownTrades":
            fills = self.venue.fills(self.owner())[::-1][:SNAPSHOT_TRADES]
            yield self._private_frame(topic, [self._fill(fill) for fill in fills])

    def _snapshot(self, topic: Topic, book: Depth) -> Frame:
        def rows(side: Side) -> list[JsonValue]:
            changes = [Change(x, book.stamp(side, x.price), False) for x in book.levels(side)]
            return self._rows(topic, changes)

        return self._market_frame(topic, {"as": rows(Side.SELL), "bs": rows(Side.BUY)})

    def _rows(self, topic: Topic, changes: Iterable[Change]) -> list[JsonValue]:
        """Price, volume, time, and `r` where a level is told again."""
        assert topic.market is not None  # noqa: S101 - a book is of a market
        market = topic.market
        told: list[JsonValue] = []
        for change in changes:
            price, amount = change.level
            row: list[JsonValue] = [price_text(market, price), volume_text(amount), f"{change.at:.6f}"]
            told.append([*row, "r"] if change.again else row)
        return told

    def book_update(self, topic: Topic, side: Side, changes: list[Change], book: Depth) -> Frame:
        assert topic.market is not None  # noqa: S101 - a book is of a market
        market = topic.market
        check = str(book.checksum(lambda price: price_text(market, price), volume_text))
        name = "b" if side is Side.BUY else "a"
        return self._market_frame(topic, {name: self._rows(topic, changes), "c": check})

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        trade = event.trade
        row: list[JsonValue] = [
            price_text(trade.market, trade.price), volume_text(trade.amount), f"{trade.at:.6f}",
            trade.taker_side.value[0], "l", "",
        ]  # fmt: skip
        yield self._market_frame(topic, [row])

    def _order(self, order: Order) -> Json:
        return {exchange_id("O", order.order_id): order_data(order, self.fills_of(order), streamed=True)}

    def _fill(self, fill: Fill) -> Json:
        order = self.venue.order_of(self.owner(), fill)
        return {exchange_id("T", fill.trade_id): fill_data(fill, order, streamed=True)}

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        yield self._private_frame(topic, [self._order(event.order)])

    def filled(self, topic: Topic, event: OrderChanged, fill: Fill) -> Iterable[Outgoing]:
        yield self._private_frame(topic, [self._fill(fill)])
