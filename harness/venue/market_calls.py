"""The venue's calls about markets: their books, trades and rules, and what everyone else does on them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from harness.venue.market import Market, MarketKind, is_multiple
from harness.venue.model import BookView, Clock, Fill, Order, Refusal, Side, Trade, VenueRefusal
from harness.venue.operation import Operated, operation
from harness.venue.state import next_multiple


class MarketCalls(Operated):
    """A part of `Venue`."""

    def __init__(self, markets: Iterable[Market], seed: int, clock: Clock) -> None:
        super().__init__(markets, seed, clock)
        self._markets = {(market.name, market.kind): market for market in self.markets}

    def market(self, name: str, kind: MarketKind | None = None) -> Market:
        """A market by its standard name, `BASE-QUOTE`, of one kind or of either (spot first); raises
        UNKNOWN_MARKET."""
        for wanted in MarketKind if kind is None else (kind,):
            if (name, wanted) in self._markets:
                return self._markets[name, wanted]
        raise VenueRefusal(Refusal.UNKNOWN_MARKET, name)

    @operation
    def book(self, market: Market, depth: int | None = None) -> BookView:
        market_state = self._order_manager.market_state(market)
        bids, asks = market_state.book.levels(Side.BUY, depth), market_state.book.levels(Side.SELL, depth)
        return BookView(market, bids, asks, market_state.sequence, self.clock.now())

    @operation
    def resting(self, market: Market) -> tuple[Order, ...]:
        """Everyone's orders on the book: bids, then asks, each side the best first."""
        book = self._order_manager.market_state(market).book
        numbers = [
            number
            for side in (Side.BUY, Side.SELL)
            for level in book.levels(side)
            for number in book.orders_at(side, level.price)
        ]
        return tuple(self._order_manager.orders[number].view() for number in numbers)

    @operation
    def trades(self, market: Market) -> tuple[Trade, ...]:
        """Every trade of the market, oldest first."""
        return tuple(self._order_manager.market_state(market).trades)

    @operation
    def last_price(self, market: Market) -> Decimal:
        """Of the last trade, or the market's reference price before the first."""
        return self._order_manager.market_state(market).last_price()

    @operation
    def halt(self, market: Market) -> None:
        """Refuse new orders on the market until `resume`."""
        self._order_manager.market_state(market).halted = True

    @operation
    def change_rules(self, market: Market) -> None:
        """From now on the market of these assets has these fees, steps, limits and funding intervals; open
        orders stay."""
        market_state = self._order_manager.market_state(market)
        before, market_state.market = market_state.market, market
        if market.funding_interval != before.funding_interval:
            market_state.next_funding_at = next_multiple(self.clock.now(), market.funding_interval)
            self._order_manager.due = min(self._order_manager.next_expiry(), self._funding.next_due())
        self.markets = tuple(market if each == market else each for each in self.markets)
        self._markets[market.name, market.kind] = market

    @operation
    def resume(self, market: Market) -> None:
        self._order_manager.market_state(market).halted = False

    @operation
    def is_halted(self, market: Market) -> bool:
        return self._order_manager.market_state(market).halted

    @operation
    def seed_book(self, market: Market, levels: int = 20, spread: Decimal | None = None) -> None:
        """Replace the others' quotes by `levels` a side around the middle; `spread` is in quote."""
        self._traders.seed_book(market, levels, spread)

    @operation
    def walk(self, steps: int, market: Market | None = None) -> None:
        """Let the others quote and trade `steps` times, never against an account's order; a perpetual's
        index price moves too."""
        for _ in range(steps):
            chosen = market if market is not None else self._traders.random.choice(self.markets)
            self._traders.walk(chosen)

    @operation
    def trade_at(self, market: Market, price: Decimal) -> None:
        """Let two of the others trade with each other at that price, before an account has orders."""
        self._traders.trade_at(market, price)

    @operation
    def set_level(self, market: Market, side: Side, price: Decimal, amount: Decimal) -> None:
        """Make the others' quotes at a price amount to `amount` (0: none); raises when it would cross."""
        self._traders.set_level(market, side, price, amount)

    @operation
    def fill(self, order_id: int, amount: Decimal | None = None) -> tuple[Fill, ...]:
        """Another trader crosses that open order for `amount` (base), or all that is left; its new fills."""
        order = self._order_manager.orders.get(order_id)
        if order is None:
            raise VenueRefusal(Refusal.UNKNOWN_ORDER, str(order_id))
        if not order.resting:
            raise VenueRefusal(Refusal.ORDER_NOT_OPEN, str(order_id))
        wanted, lot = order.remaining if amount is None else amount, order.market_state.market.lot_size
        if not 0 < wanted <= order.remaining or not is_multiple(wanted, lot):
            raise ValueError(f"{wanted} of order {order_id}: {order.remaining} is left, in lots of {lot}")
        before = len(order.account_state.fills)
        self._traders.fill(order, wanted)
        return tuple(f for f in order.account_state.fills[before:] if f.order_id == order_id)
