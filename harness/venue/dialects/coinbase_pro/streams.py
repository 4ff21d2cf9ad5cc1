"""Coinbase Pro's feed: one address, channels by subscription, the private ones signed with it.

Source: docs.pro.coinbase.com of 2020 ("Websocket Feed"): a client that does not subscribe within 5 seconds is
closed; every subscription is answered with all that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import JsonValue

from harness.venue.dialects.coinbase_pro.codec import matched, stamp
from harness.venue.dialects.coinbase_pro.feed import Entry
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, parsed, rows
from harness.venue.events import BookChanged, Event, TradePrinted
from harness.venue.market import Market

if TYPE_CHECKING:
    from harness.venue.dialects.coinbase_pro.exchange import CoinbasePro

# What each channel carries; where it carries several, its messages are of these in `KINDS`.
CHANNELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "full": ("stream:book", "stream:trades"),
        "level2": ("stream:book",),
        "matches": ("stream:trades",),
        "ticker": ("stream:ticker",),
        "user": ("stream:orders",),
        "heartbeat": ("stream:ping",),
    }
)
PATIENCE = 5.0  # seconds for the first subscription
HEARTBEAT = 1.0
SIGNED = MappingProxyType(
    {"KEY": "key", "SIGN": "signature", "TIMESTAMP": "timestamp", "PASSPHRASE": "passphrase"}
)


class FeedSession(TopicSession):
    """Subscriptions of one connection. `expired` ends it."""

    def __init__(self, exchange: CoinbasePro, on_close: Callable[[FeedSession], None]) -> None:
        super().__init__(exchange.venue)
        self.expired = False
        self._exchange = exchange
        self._on_close = on_close
        self._read = len(exchange.feed.entries)
        self._subscribed = False
        self._opened_at = self._beat_at = self.heard_at
        self._books: dict[Market, int] = {}  # the venue's number of the book that each was given

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        said = parsed(message)
        yield from self._news()
        if said.get("type") not in ("subscribe", "unsubscribe"):
            yield _error("Failed to parse", "type is subscribe or unsubscribe")
            return
        if "signature" in said:
            given = {part: str(said.get(name, "")) for part, name in SIGNED.items()}
            signer = self._exchange.wrong(given, "GET/users/self/verify", self.heard_at)
            if isinstance(signer, str):
                yield _error("Authentication Failed", f'{{"message":"{signer}"}}')
                return
            self.account = signer
        try:
            asked = list(self._asked(said))
        except ValueError as error:
            yield _error("Failed to subscribe", str(error))
            return
        yield from self._change(said["type"] == "subscribe", asked)

    def _asked(self, said: Json) -> Iterator[tuple[str, Market]]:
        """Each channel with each of its markets; raises ValueError."""
        listed = said.get("channels")
        for each in listed if isinstance(listed, list) else []:
            own = each if isinstance(each, dict) else {"name": each}
            name, products = str(own.get("name")), own.get("product_ids", said.get("product_ids"))
            if name not in CHANNELS:
                raise ValueError(f"{name} is not a valid channel")
            if name == "user" and self.account is None:
                raise ValueError("user channel requires authentication")
            if not isinstance(products, list) or not products:
                raise ValueError(f"{name} channel requires product_ids")
            for product in products:
                market = self._exchange.market_of(str(product))
                if market is None:
                    raise ValueError(f"{product} is not a valid product")
                yield name, market

    def _change(self, on: bool, asked: list[tuple[str, Market]]) -> Iterable[Outgoing]:
        for name, market in asked:
            for operation in CHANNELS[name]:
                topic = Topic(operation, market, name)
                self.subscribe(topic) if on else self.unsubscribe(topic)
        self._subscribed = self._subscribed or on
        yield Frame.of("stream:subscribe", {"type": "subscriptions", "channels": self._channels()})
        if on:
            for name, market in asked:
                yield from self._first(name, market)

    def _channels(self) -> list[JsonValue]:
        found: dict[str, dict[str, None]] = {}
        for topic in self.topics():
            if topic.market is not None:
                found.setdefault(topic.name, {})[topic.market.name] = None
        return [{"name": name, "product_ids": list(products)} for name, products in found.items()]

    def _first(self, name: str, market: Market) -> Iterator[Outgoing]:
        if name == "level2":
            book = self.venue.book(market)
            self._books[market] = book.sequence
            told: Json = {
                "type": "snapshot", "product_id": market.name, "bids": rows(book.bids, plain),
                "asks": rows(book.asks, plain),
            }  # fmt: skip
            yield Frame.of("stream:book", told)
        elif name == "matches" and (trades := self.venue.trades(market)):
            last: Json = {
                **matched(trades[-1]), "type": "last_match", "product_id": market.name,
                "sequence": self._exchange.feed.number(market),
            }  # fmt: skip
            yield Frame.of("stream:trades", last)
        elif name == "ticker":
            yield self._ticker(market)

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        yield from self._news()
        yield from super().venue_event(event)

    def _news(self) -> Iterator[Outgoing]:
        """What the feed has that this connection was not told; the venue may be ahead of its events."""
        entries = self._exchange.feed.entries
        while self._read < len(entries):
            entry = entries[self._read]
            self._read += 1
            for name in dict.fromkeys(topic.name for topic in self.topics(market=entry.market)):
                yield from self._told(name, entry)

    def _told(self, name: str, entry: Entry) -> Iterator[Outgoing]:
        own = {} if self.account is None else entry.own.get(self.account.name, {})
        if name == "user" and own:
            yield Frame.of("stream:orders", {**entry.message, **own})
        elif name == "full":
            operation = "stream:trades" if entry.kind == "match" else "stream:book"
            yield Frame.of(operation, {**entry.message, **own})
        elif name == "matches" and entry.kind == "match":
            yield Frame.of("stream:trades", {**entry.message, **own})

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        if topic.name == "level2" and event.sequence > self._books.get(event.market, 0):
            told: Json = {
                "type": "l2update", "product_id": event.market.name, "time": stamp(event.at),
                "changes": [[event.side.value, plain(event.price), plain(event.amount)]],
            }  # fmt: skip
            yield Frame.of("stream:book", told)

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        if topic.name == "ticker" and isinstance(event, TradePrinted) and event.trade.market == topic.market:
            yield self._ticker(event.trade.market)

    def _ticker(self, market: Market) -> Frame:
        today = day(self.venue, market)
        told: Json = {
            "type": "ticker", "sequence": self._exchange.feed.number(market), "product_id": market.name,
            "price": plain(today.last), "open_24h": plain(today.open), "volume_24h": plain(today.volume),
            "low_24h": plain(today.low), "high_24h": plain(today.high), "volume_30d": plain(today.volume),
            "best_bid": plain(today.bid.price), "best_ask": plain(today.ask.price),
        }  # fmt: skip
        if today.trades:
            last = today.trades[-1]
            told |= {
                "side": last.taker_side.value, "time": stamp(last.at), "trade_id": last.trade_id,
                "last_size": plain(last.amount),
            }  # fmt: skip
        return Frame.of("stream:ticker", told)

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.expired:
            yield Close(1000, "")
        elif not self._subscribed and now - self._opened_at > PATIENCE + self._exchange.slack:
            yield Close(1008, "no subscription")
        else:
            yield from self._news()
            yield from self.due(now)

    def due(self, now: float) -> Iterable[Outgoing]:
        if now - self._beat_at < HEARTBEAT:
            return
        self._beat_at = now
        for topic in self.topics("stream:ping"):
            if topic.market is not None:
                trades = self.venue.trades(topic.market)
                yield Frame.of(
                    "stream:ping",
                    {
                        "type": "heartbeat", "sequence": self._exchange.feed.number(topic.market),
                        "last_trade_id": trades[-1].trade_id if trades else 0,
                        "product_id": topic.market.name, "time": stamp(now),
                    },
                )  # fmt: skip

    def closed(self) -> None:
        self._on_close(self)


def _error(message: str, reason: str) -> Frame:
    return Frame.of("stream:subscribe", {"type": "error", "message": message, "reason": reason})
