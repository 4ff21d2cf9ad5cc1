"""What happens to every order of a market, as Coinbase Pro's `full` and `user` channels tell it.

One log for all connections, so that each message has the same number for whoever reads it, and the book of
REST's level 3 the number of the message that it goes up to.

Source: docs.pro.coinbase.com of 2020 ("The full channel", "The user channel"), which are
docs.cloud.coinbase.com/exchange/docs/websocket-channels today, and the messages that ccxt 2.2.1 quotes in
`pro/coinbasepro.py`. Orders that change say so only where a self-trade took some off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from harness.venue.dialects.coinbase_pro.codec import done, matched, opened, received, resized, role, whose
from harness.venue.dialects.wire import Json
from harness.venue.events import BookChanged, Event, OrderChange, OrderChanged, TradePrinted
from harness.venue.market import Market
from harness.venue.model import ZERO, Order, Side, Trade
from harness.venue.session import Venue

Place = tuple[Market, Side, Decimal]


@dataclass(frozen=True)
class Entry:
    """A message, and what it has more for the accounts whose it is, by name."""

    market: Market
    kind: str
    message: Json
    own: Mapping[str, Json] = field(default_factory=dict)


class OrderFeed:
    """Listens to the venue from when it is made; `entries` only grow."""

    def __init__(self, venue: Venue) -> None:
        self.entries: list[Entry] = []
        self._venue = venue
        self._numbers: dict[Market, int] = {}
        self._queues: dict[Place, set[int]] = {}
        self._left: dict[int, Decimal] = {}  # of each order that lives, as it was told last
        self._coming: dict[int, Order] = {}  # accepted, and not on the book
        self._trade: Trade | None = None  # printed, and not told
        self._halves: list[OrderChanged] = []
        with venue.lock:
            for market in venue.markets:
                self._numbers[market] = venue.book(market).sequence
                for order in venue.resting(market):
                    self._queue(order).add(order.order_id)
                    self._left[order.order_id] = order.remaining
            venue.subscribe(self._heard)

    def number(self, market: Market) -> int:
        """Of the market's last message."""
        return self._numbers[market]

    def _heard(self, event: Event) -> None:
        match event:
            case BookChanged():
                self._book_changed(event)
            case TradePrinted():
                self._trade = event.trade
            case OrderChanged():
                self._order_changed(event)

    def _say(self, market: Market, message: Json, own: Mapping[str, Json]) -> None:
        self._numbers[market] += 1
        told: Json = {**message, "product_id": market.name, "sequence": self._numbers[market]}
        self.entries.append(Entry(market, str(message["type"]), told, own))

    def _queue(self, order: Order) -> set[int]:
        assert order.price is not None  # noqa: S101 - what rests has a price
        return self._queues.setdefault((order.market, order.side, order.price), set())

    def _book_changed(self, event: BookChanged) -> None:
        """More than the orders that are known to rest: one that was accepted rests now."""
        market = event.market
        self._numbers[market] = max(self._numbers[market], event.sequence)
        queue = self._queues.setdefault((market, event.side, event.price), set())
        more = event.amount - sum((self._left[number] for number in queue), ZERO)
        if more <= 0:
            return
        for order in reversed(self._coming.values()):
            if (order.market, order.side, order.price) == (market, event.side, event.price):
                del self._coming[order.order_id]
                queue.add(order.order_id)
                self._say(market, opened(order, more, event.at), {order.account: whose(order.account)})
                return

    def _filled(self, event: OrderChanged) -> None:
        """The maker's half of a trade comes before the taker's, which tells of both."""
        self._halves.append(event)
        assert event.fill is not None  # noqa: S101 - a fill is the reason
        if event.fill.maker or self._trade is None:
            return
        trade, halves = self._trade, self._halves
        for number in (trade.maker_order_id, trade.taker_order_id):
            self._left[number] -= trade.amount
        own = {each.fill.account: role(each.fill) for each in halves if each.fill is not None}
        self._say(trade.market, matched(trade), own)
        for each in halves:
            if not each.order.remaining:
                self._over(each)
        self._trade, self._halves = None, []

    def _order_changed(self, event: OrderChanged) -> None:
        order, own = event.order, {event.order.account: whose(event.order.account)}
        match event.change:
            case OrderChange.NEW:
                self._coming[order.order_id] = order
                self._left[order.order_id] = order.amount
                named = {order.account: {**own[order.account], "client_oid": order.client_order_id}}
                self._say(order.market, received(order, event.at), named)
            case OrderChange.FILL:
                self._filled(event)
            case OrderChange.AMENDED:
                self._resize(event, own)
            case _:
                self._over(event)

    def _over(self, event: OrderChanged) -> None:
        """What a self-trade takes from the smaller order is not filled: it remains."""
        order = event.order
        self._coming.pop(order.order_id, None)
        left = self._left.pop(order.order_id, ZERO)
        if order.price is not None:
            self._queue(order).discard(order.order_id)
        self._say(order.market, done(order, left, event.at), {order.account: whose(order.account)})

    def _resize(self, event: OrderChanged, own: Mapping[str, Json]) -> None:
        """On the book or not there yet."""
        order = event.order
        before, self._left[order.order_id] = self._left[order.order_id], order.remaining
        self._say(order.market, resized(order, before, event.at), own)
