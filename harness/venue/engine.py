"""Price-time priority on one market's book. Pure: no accounts, no clock, no events."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

from harness.venue.market import Market, SelfTrade
from harness.venue.model import ZERO, Level, Side

BUY = Side.BUY  # looking up a member of an enum takes longer than most of what is done with it


class Match(NamedTuple):
    """So much of the resting order would trade, at its own price; or with `prevented`, would not."""

    maker_order_id: int
    price: Decimal
    amount: Decimal
    prevented: bool = False


# How much of a resting order may be taken: all of it usually, less of a reduce-only one.
Usable = Callable[[int, Decimal], Decimal]


class _Queue:
    """What rests at one price: order ids, oldest first, with what remains of each, and the sum."""

    __slots__ = ("orders", "total")

    def __init__(self) -> None:
        self.orders: dict[int, Decimal] = {}
        self.total = ZERO


class _Half:
    """One side of a book."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.buying = side is Side.BUY
        self._keys: list[Decimal] = []  # best first when read from the front
        self.queues: dict[Decimal, _Queue] = {}

    def _key(self, price: Decimal) -> Decimal:
        return price.copy_negate() if self.buying else price

    def prices(self) -> Iterator[Decimal]:
        return map(self._key, self._keys)

    def best(self) -> Decimal | None:
        return self._key(self._keys[0]) if self._keys else None

    def amount(self, price: Decimal) -> Decimal:
        queue = self.queues.get(price)
        return ZERO if queue is None else queue.total

    def add(self, price: Decimal, order_id: int, amount: Decimal) -> None:
        queue = self.queues.get(price)
        if queue is None:
            insort(self._keys, self._key(price))
            queue = self.queues[price] = _Queue()
        queue.orders[order_id] = amount
        queue.total += amount

    def reduce(self, price: Decimal, order_id: int, amount: Decimal) -> bool:
        """Take `amount` off the order; says whether it is gone now."""
        queue = self.queues[price]
        left = queue.orders[order_id] - amount
        queue.total -= amount
        if left:
            queue.orders[order_id] = left
            return False
        del queue.orders[order_id]
        if not queue.orders:
            del self.queues[price]
            del self._keys[bisect_left(self._keys, self._key(price))]
        return True


class Book:
    """A market's resting orders. Its callers reckon in `ledger.exactly()`."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._bids, self._asks = _Half(Side.BUY), _Half(Side.SELL)
        self._places: dict[int, tuple[_Half, Decimal]] = {}

    def _half(self, side: Side) -> _Half:
        return self._bids if side is BUY else self._asks

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._places

    def levels(self, side: Side, depth: int | None = None) -> tuple[Level, ...]:
        """Price levels from the best, at most `depth`."""
        half = self._half(side)
        return tuple(Level(price, half.amount(price)) for price in list(half.prices())[:depth])

    def best(self, side: Side) -> Decimal | None:
        return self._half(side).best()

    def amount_at(self, side: Side, price: Decimal) -> Decimal:
        return self._half(side).amount(price)

    def orders_at(self, side: Side, price: Decimal) -> tuple[int, ...]:
        """Ids of the orders resting at a price, oldest first."""
        queue = self._half(side).queues.get(price)
        return () if queue is None else tuple(queue.orders)

    def resting(self) -> dict[int, Decimal]:
        """What remains of every order."""
        return {number: half.queues[price].orders[number] for number, (half, price) in self._places.items()}

    def ahead_of(self, order_id: int) -> tuple[Match, ...]:
        """What would trade before the order does: better prices, then earlier orders at its own."""
        half, price = self._places[order_id]
        ahead: list[Match] = []
        for better in half.prices():
            for other, amount in half.queues[better].orders.items():
                if other == order_id:
                    return tuple(ahead)
                ahead.append(Match(other, better, amount))
        raise LookupError(f"order {order_id} is not at {price}")

    def rest(self, order_id: int, side: Side, price: Decimal, amount: Decimal) -> None:
        """Put an order at the end of its price's queue."""
        half = self._bids if side is BUY else self._asks
        half.add(price, order_id, amount)
        self._places[order_id] = (half, price)

    def remove(self, order_id: int) -> None:
        half, price = self._places.pop(order_id)
        half.reduce(price, order_id, half.queues[price].orders[order_id])

    def reduce(self, order_id: int, amount: Decimal) -> None:
        """Take `amount` off a resting order, which keeps its place and goes when nothing is left."""
        half, price = self._places[order_id]
        if half.reduce(price, order_id, amount):
            del self._places[order_id]

    def plan(
        self,
        side: Side,
        *,
        limit: Decimal | None = None,
        amount: Decimal | None = None,
        quote_amount: Decimal | None = None,
        own: Callable[[int], bool] | None = None,
        self_trade: SelfTrade = SelfTrade.NONE,
        usable: Usable | None = None,
    ) -> list[Match]:
        """What an order of `side` would take: best price first, then oldest; nothing is changed.

        `limit` is the worst price it accepts. Either `amount` (base) or `quote_amount` bounds it; a quote
        amount buys whole lots only, so a little may be left over. Where `own` says that a resting order is
        of the same account, `self_trade` rules; a prevented match is in its turn of the list.
        """
        matches: list[Match] = []
        half = self._asks if side is BUY else self._bids
        first = half.best()
        if first is None or (limit is not None and (first > limit if half is self._asks else first < limit)):
            return matches
        base_left, quote_left = amount, quote_amount
        for price in half.prices():
            if limit is not None and (price > limit if half is self._asks else price < limit):
                break
            for order_id, resting in half.queues[price].orders.items():
                if usable is not None and not (resting := usable(order_id, resting)):
                    continue
                size = resting if base_left is None else min(resting, base_left)
                if quote_left is not None:
                    size = min(size, (quote_left // (price * self.market.lot_size)) * self.market.lot_size)
                if size <= 0:
                    return matches
                mine = own is not None and own(order_id)
                matches.append(Match(order_id, price, size, mine))
                if mine and self_trade is SelfTrade.EXPIRE_MAKER:
                    continue
                if mine and self_trade is not SelfTrade.DECREMENT:
                    return matches
                base_left = None if base_left is None else base_left - size
                quote_left = None if quote_left is None else quote_left - size * price
        return matches
