"""The other traders: they quote and trade, seeded, and never touch an account's orders unless asked to."""

from __future__ import annotations

import random
from decimal import Decimal

from harness.venue.funding import Funding
from harness.venue.ledger import OUTSIDE, TRADERS, Reason
from harness.venue.market import Market, SelfTrade, floor_to
from harness.venue.model import ZERO, NewOrder, Refusal, Side, TimeInForce, VenueRefusal
from harness.venue.order_manager import OrderManager
from harness.venue.state import LiveOrder, MarketState

INITIAL_BALANCES = Decimal(10) ** 15  # of every asset: never the reason that something fails


class Traders:
    """One account that stands for everyone else in the market."""

    def __init__(self, order_manager: OrderManager, funding: Funding, seed: int) -> None:
        self.order_manager = order_manager
        self.funding = funding
        self.account_state = order_manager.account_states[TRADERS]
        # They are many, so an exchange's rule concerns none of them.
        self.account_state.self_trade = SelfTrade.NONE
        self.random = random.Random(seed)  # noqa: S311 - a repeatable market, not a secret
        for asset in sorted({asset for market in order_manager.market_states for asset in _assets(market)}):
            order_manager.postings.pay(asset, INITIAL_BALANCES, OUTSIDE, TRADERS, Reason.DEPOSIT)

    def seed_book(self, market: Market, levels: int, spread: Decimal | None) -> None:
        """Replace their quotes by `levels` a side around the middle, `spread` (in quote) apart at the top."""
        middle = self.middle(market)
        self._withdraw(market)
        tick = market.tick_size
        half = floor_to((spread if spread is not None else middle / 1024) / 2, tick) or tick
        gap = floor_to(middle / 8192, tick) or tick
        for number in range(levels):
            for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
                jitter = self.random.randrange(max(int(gap / tick), 1)) * tick
                price = floor_to(middle, tick) + sign * (half + number * gap + jitter)
                if price > 0:
                    self._quote(market, side, price, self._amount(market, price))

    def set_level(self, market: Market, side: Side, price: Decimal, amount: Decimal) -> None:
        """Make their quotes at a price amount to `amount`; accounts' orders there stay."""
        for order in self._own_at(market, side, price):
            self.order_manager.cancel(order)
        if amount:
            quote = NewOrder(market, side, amount=amount, price=price, post_only=True)
            self.order_manager.place(self.account_state, quote, enforce_rules=False)

    def trade_at(self, market: Market, price: Decimal) -> None:
        """One of them sells to another at that price; what they bid above it, or asked below, goes."""
        book = self.order_manager.market_state(market).book
        for side in Side:
            for level in book.levels(side):
                better = level.price > price if side is Side.BUY else level.price <= price
                if better:
                    self.set_level(market, side, level.price, ZERO)
        amount = self._amount(market, price)
        self.set_level(market, Side.BUY, price, 2 * amount)
        order = NewOrder(market, Side.SELL, amount=amount, price=price, time_in_force=TimeInForce.IOC)
        self.order_manager.place(self.account_state, order, enforce_rules=False)

    def walk(self, market: Market) -> None:
        """One small thing: a quote comes, changes or goes, two of them trade, or an index moves."""
        market_state = self.order_manager.market_state(market)
        if market_state.perpetual and self.random.random() < 0.2:
            self._walk_index(market_state)
        chance = self.random.random()
        side = self.random.choice(tuple(Side))
        if chance < 0.15:
            self._trade(market, side)
        elif chance < 0.4:
            self._drop_one(market, side)
        else:
            self._quote_near(market, side)

    def fill(self, order: LiveOrder, amount: Decimal) -> None:
        """Trade `amount` against that order: their own quotes ahead step aside, others' are filled."""
        ahead, aside = ZERO, []
        market_state = order.market_state
        for match in market_state.book.ahead_of(order.order_id):
            other = self.order_manager.orders[match.maker_order_id]
            if other.account_state is self.account_state:
                aside.append(self.order_manager.cancel(other))
            else:
                ahead += match.amount
        side, total = order.side.other, ahead + amount
        ioc = TimeInForce.IOC
        crossing = NewOrder(market_state.market, side, amount=total, price=order.price, time_in_force=ioc)
        self.order_manager.place(self.account_state, crossing, enforce_rules=False)
        for quote in aside:
            if quote.price is not None:
                self._quote(market_state.market, quote.side, quote.price, quote.remaining)

    def middle(self, market: Market) -> Decimal:
        """Between best bid and ask, else the going price."""
        return self.order_manager.market_state(market).middle()

    def _withdraw(self, market: Market) -> None:
        for side in Side:
            for level in self.order_manager.market_state(market).book.levels(side):
                for order in self._own_at(market, side, level.price):
                    self.order_manager.cancel(order)

    def _own_at(self, market: Market, side: Side, price: Decimal) -> list[LiveOrder]:
        ids = self.order_manager.market_state(market).book.orders_at(side, price)
        return [
            order for i in ids if (order := self.order_manager.orders[i]).account_state is self.account_state
        ]

    def _amount(self, market: Market, price: Decimal) -> Decimal:
        """A valid amount worth up to some hundred times the least."""
        lot = market.lot_size
        lots = max(int(market.min_amount / lot), int(market.min_notional // (price * lot)) + 1)
        return lots * lot * self.random.randint(2, 300)

    def _quote(self, market: Market, side: Side, price: Decimal, amount: Decimal) -> None:
        try:
            order = NewOrder(market, side, amount=amount, price=price, post_only=True)
            self.order_manager.place(self.account_state, order, enforce_rules=False)
        except VenueRefusal as refusal:
            if refusal.code is not Refusal.POST_ONLY_WOULD_TAKE:
                raise

    def _quote_near(self, market: Market, side: Side) -> None:
        tick, middle = market.tick_size, floor_to(self.middle(market), market.tick_size)
        reach = max(int(middle / 512 / tick), 4)
        steps = self.random.randint(1, reach)
        price = middle + (-steps if side is Side.BUY else steps) * tick
        if price <= 0:
            return
        if self._own_at(market, side, price) and self.random.random() < 0.5:
            self.set_level(market, side, price, self._amount(market, price))
        else:
            self._quote(market, side, price, self._amount(market, price))

    def _drop_one(self, market: Market, side: Side) -> None:
        levels = self.order_manager.market_state(market).book.levels(side, 30)
        if len(levels) < 5:
            self._quote_near(market, side)
            return
        own = self._own_at(market, side, self.random.choice(levels).price)
        if own:
            self.order_manager.cancel(own[0])

    def _trade(self, market: Market, side: Side) -> None:
        """Take part of the best opposite level where only their own quotes rest.

        Of a quote that is smaller than a step, as one older than the market's rules may be, all is taken.
        """
        book = self.order_manager.market_state(market).book
        best = book.best(side.other)
        if best is None or len(book.levels(side.other, 3)) < 3:
            self._quote_near(market, side.other)
            return
        first = self.order_manager.orders[book.orders_at(side.other, best)[0]]
        if first.account_state is not self.account_state:
            return
        lots = int(first.remaining / market.lot_size)
        amount = market.lot_size * self.random.randint(1, lots) if lots else first.remaining
        order = NewOrder(market, side, amount=amount, price=best, time_in_force=TimeInForce.IOC)
        self.order_manager.place(self.account_state, order, enforce_rules=False)

    def _walk_index(self, market_state: MarketState) -> None:
        """A few hundredths of a percent up or down; the mark price keeps its distance."""
        tick, index = market_state.market.tick_size, market_state.index_price
        reach = max(int(index / 4096 / tick), 1)
        index += self.random.randint(-reach, reach) * tick
        if index > 0 and index + market_state.basis > 0:
            self.funding.set_prices(market_state, index, index + market_state.basis)


def _assets(market: Market) -> tuple[str, ...]:
    return (market.settle_asset,) if market.perpetual else (market.base, market.quote)
