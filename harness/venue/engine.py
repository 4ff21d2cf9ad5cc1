"""Price-time priority on one market's book. Pure: no accounts, no clock, no events."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from harness.venue.market import Market
from harness.venue.model import ZERO, Level, Side


@dataclass(frozen=True)
class Match:
    """So much of the resting order would trade, at its own price."""

    maker_order_id: int
    price: Decimal
    amount: Decimal


class _Half:
    """One side of a book: at each price a queue of order ids, oldest first, with what remains of each."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._keys: list[Decimal] = []  # best first when read from the front
        self._queues: dict[Decimal, dict[int, Decimal]] = {}

    def _key(self, price: Decimal) -> Decimal:
        return price.copy_negate() if self.side is Side.BUY else price

    def prices(self) -> Iterator[Decimal]:
        return (self._key(key) for key in self._keys)

    def queue(self, price: Decimal) -> dict[int, Decimal]:
        return self._queues.get(price, {})

    def amount(self, price: Decimal) -> Decimal:
        return sum(self.queue(price).values(), ZERO)

    def set(self, price: Decimal, order_id: int, amount: Decimal) -> None:
        if price not in self._queues:
            insort(self._keys, self._key(price))
            self._queues[price] = {}
        self._queues[price][order_id] = amount

    def drop(self, price: Decimal, order_id: int) -> None:
        queue = self._queues[price]
        del queue[order_id]
        if not queue:
            del self._queues[price]
            del self._keys[bisect_left(self._keys, self._key(price))]


class Book:
    """A market's resting orders."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._halves = {side: _Half(side) for side in Side}
        self._places: dict[int, tuple[Side, Decimal]] = {}

    def levels(self, side: Side, depth: int | None = None) -> tuple[Level, ...]:
        """Price levels from the best, at most `depth`."""
        half = self._halves[side]
        prices = list(half.prices())[:depth]
        return tuple(Level(price, half.amount(price)) for price in prices)

    def best(self, side: Side) -> Decimal | None:
        return next(self._halves[side].prices(), None)

    def amount_at(self, side: Side, price: Decimal) -> Decimal:
        return self._halves[side].amount(price)

    def orders_at(self, side: Side, price: Decimal) -> tuple[int, ...]:
        """Ids of the orders resting at a price, oldest first."""
        return tuple(self._halves[side].queue(price))

    def ahead_of(self, order_id: int) -> tuple[Match, ...]:
        """What would trade before the order does: better prices, then earlier orders at its own."""
        side, price = self._places[order_id]
        ahead: list[Match] = []
        for better in self._halves[side].prices():
            for other, amount in self._halves[side].queue(better).items():
                if other == order_id:
                    return tuple(ahead)
                ahead.append(Match(other, better, amount))
        raise LookupError(f"order {order_id} is not at {price}")

    def rest(self, order_id: int, side: Side, price: Decimal, amount: Decimal) -> None:
        """Put an order at the end of its price's queue."""
        self._halves[side].set(price, order_id, amount)
        self._places[order_id] = (side, price)

    def remove(self, order_id: int) -> None:
        side, price = self._places.pop(order_id)
        self._halves[side].drop(price, order_id)

    def take(self, match: Match) -> None:
        """Take a match's amount off the resting order, which goes when nothing is left."""
        side, price = self._places[match.maker_order_id]
        left = self._halves[side].queue(price)[match.maker_order_id] - match.amount
        if left:
            self._halves[side].set(price, match.maker_order_id, left)
        else:
            self.remove(match.maker_order_id)

    def plan(
        self,
        side: Side,
        *,
        limit: Decimal | None = None,
        amount: Decimal | None = None,
        quote_amount: Decimal | None = None,
    ) -> tuple[Match, ...]:
        """What an order of `side` would take: best price first, then oldest; nothing is changed.

        `limit` is the worst price it accepts. Either `amount` (base) or `quote_amount` bounds it; a quote
        amount buys whole lots only, so a little may be left over.
        """
        matches: list[Match] = []
        base_left, quote_left = amount, quote_amount
        half = self._halves[side.other]
        for price in half.prices():
            if limit is not None and (price > limit if side is Side.BUY else price < limit):
                break
            for order_id, resting in half.queue(price).items():
                size = resting if base_left is None else min(resting, base_left)
                if quote_left is not None:
                    size = min(size, (quote_left // (price * self.market.lot_size)) * self.market.lot_size)
                if size <= 0:
                    return tuple(matches)
                matches.append(Match(order_id, price, size))
                base_left = None if base_left is None else base_left - size
                quote_left = None if quote_left is None else quote_left - size * price
        return tuple(matches)
