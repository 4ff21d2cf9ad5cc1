"""Places, amends and ends orders. Not thread-safe: the venue holds the lock."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from harness.venue.engine import Match
from harness.venue.events import OrderChange
from harness.venue.ledger import LIQUIDATOR, TRADERS
from harness.venue.market import Market
from harness.venue.model import (
    ZERO,
    Clock,
    NewOrder,
    OrderEnd,
    OrderType,
    PositionSide,
    Refusal,
    Side,
    TimeInForce,
    Trade,
    VenueRefusal,
    venue_name,
)
from harness.venue.order_life import OrderLife
from harness.venue.perpetual import Perpetuals
from harness.venue.postings import Postings
from harness.venue.rules import RESTING, check
from harness.venue.spot import Spot
from harness.venue.state import AccountState, LiveOrder, MarketState
from harness.venue.trading import Trading, self_trade_rule, tradable

# Looking up a member of an enum takes longer than most of what is done with it.
NEW, FOK = OrderChange.NEW, TimeInForce.FOK


class OrderManager:
    """Orders, books and trades over a ledger. What happens is appended to the events of `postings`."""

    def __init__(self, markets: Iterable[Market], clock: Clock) -> None:
        self.clock = clock
        self.postings = Postings(clock)
        now = clock.now()
        self.market_states = {market: MarketState(market, now) for market in markets}
        self.account_states = {name: AccountState(name, unlimited=True) for name in (TRADERS, LIQUIDATOR)}
        self.orders: dict[int, LiveOrder] = {}
        self.perpetuals = Perpetuals(self.postings, self.market_states, self.orders)
        self._life = OrderLife(clock, self.postings)
        self.trading = Trading(clock, self.postings, self.orders, self.perpetuals, self._life)
        spot = Spot(self.postings, self.market_states, self.perpetuals.spendable)
        for market_state in self.market_states.values():
            market_state.clearing = self.perpetuals if market_state.perpetual else spot
        self.due = math.inf  # when the clock next makes something happen; the venue looks
        self._expiries: list[tuple[float, int]] = []  # a heap of times and order ids
        self._last_order_id = 0

    def number_from(self, origin: int, orders: int, *, trades_by_market: bool) -> None:
        """Let ids of trades and numbers of book changes go on from `origin`, ids of orders from `orders`.

        `trades_by_market`: the trades of each market, which then have the same ids as another's.
        """
        self._last_order_id = orders
        self.trading.number_from(origin, by_market=trades_by_market)
        for market_state in self.market_states.values():
            market_state.sequence = origin

    def market_state(self, market: Market) -> MarketState:
        market_state = self.market_states.get(market)
        if market_state is None:
            raise VenueRefusal(Refusal.UNKNOWN_MARKET, market.name)
        return market_state

    def find(
        self, account_state: AccountState, order_id: int | None, client_order_id: str | None
    ) -> LiveOrder:
        """The account's order; the newest when a client order id was used again."""
        order = None
        if order_id is not None:
            order = self.orders.get(order_id)
        elif client_order_id is not None:
            order = account_state.by_client_id.get(client_order_id)
        if order is None or order.account_state is not account_state:
            wanted = client_order_id if order_id is None else order_id
            raise VenueRefusal(Refusal.UNKNOWN_ORDER, f"{account_state.name} has no order {wanted}")
        return order

    def next_expiry(self) -> float:
        """When the next order ends by its time."""
        return self._expiries[0][0] if self._expiries else math.inf

    def place(self, account_state: AccountState, new: NewOrder, *, enforce_rules: bool = True) -> LiveOrder:
        """Match the order, rest what may rest, expire the others; a `VenueRefusal` changes nothing."""
        market_state = self.market_state(new.market)
        if new.market is not market_state.market:  # its rules have changed since who asks looked it up
            new = replace(new, market=market_state.market)
        if market_state.halted:
            raise VenueRefusal(Refusal.MARKET_HALTED, new.market.name)
        if enforce_rules:
            check(new, market_state, self.clock)
            if market_state.market.max_open_orders is not None:
                self._check_room(account_state, market_state, market_state.market.max_open_orders)
        if new.client_order_id is not None and not new.name_may_repeat:
            self._check_client_id(account_state, new.client_order_id)
        most = market_state.clearing.admit(account_state, new)
        matches = self.trading.plan(account_state, market_state, new, most)
        takes = bool(new.post_only and matches)
        if takes and not market_state.market.post_only_expires:
            raise VenueRefusal(Refusal.POST_ONLY_WOULD_TAKE, f"{new.price} would trade at once")
        if new.time_in_force is FOK and tradable(matches) != most:
            matches = []
        order = self._accept(account_state, market_state, new, most, matches)
        if takes:
            self._life.end(order, OrderEnd.POST_ONLY)
            return order
        if matches:
            self.trading.match(order, matches)
        self._rest_or_expire(order)
        return order

    def amend(
        self, order: LiveOrder, price: Decimal | None, amount: Decimal | None, request_id: str | None = None
    ) -> LiveOrder:
        """Give an open order another price or whole amount (what is filled included).

        It keeps its place in the queue when only the amount goes down; else it goes to the end, and at a new
        price may trade at once. A `VenueRefusal` changes nothing.
        """
        self._life.check_open(order)
        market_state, account_state = order.market_state, order.account_state
        asked = replace(
            order.asked,
            market=market_state.market,
            price=order.price if price is None else price,
            amount=order.amount if amount is None else amount,
            reduce_only=order.asked.reduce_only or order.asked.close_position,
            close_position=False,
        )
        check(asked, market_state, self.clock)
        gone = order.filled + order.prevented
        left = ZERO if asked.amount is None else asked.amount - gone
        if left <= 0:
            raise VenueRefusal(Refusal.AMOUNT_TOO_SMALL, f"{gone} of order {order.order_id} is done already")
        most = market_state.clearing.admit(account_state, replace(asked, amount=left)) or ZERO
        matches = (
            [] if asked.price == order.price else self.trading.plan(account_state, market_state, asked, most)
        )
        if asked.post_only and matches:
            raise VenueRefusal(Refusal.POST_ONLY_WOULD_TAKE, f"{asked.price} would trade at once")
        market_state.clearing.check_amendment(order, asked.price or ZERO, most)
        stays = asked.price == order.price and most <= order.remaining
        if stays:
            market_state.book.reduce(order.order_id, order.remaining - most)
        else:
            market_state.book.remove(order.order_id)
        self._life.book_changed(market_state, order.side, order.price)
        order.asked, order.price, order.amount, order.remaining = asked, asked.price, gone + most, most
        self._life.amended(order, request_id)
        if not stays:
            self.trading.match(order, matches)
            self._rest_or_expire(order)
        return order

    def cancel(
        self, order: LiveOrder, request_id: str | None = None, why: OrderEnd = OrderEnd.ASKED
    ) -> LiveOrder:
        """Take an open order off the book and free what it held."""
        return self._life.cancel(order, request_id, why)

    def close_out(
        self,
        account_state: AccountState,
        market_state: MarketState,
        side: Side,
        amount: Decimal,
        which: PositionSide,
    ) -> tuple[LiveOrder, Trade]:
        """The venue's own order that ends a position at the mark price, away from the book."""
        self._last_order_id += 1
        number, now, market = self._last_order_id, self.clock.now(), market_state.market
        asked = NewOrder(
            market, side, OrderType.MARKET, amount=amount, reduce_only=True, position_side=which,
            time_in_force=TimeInForce.IOC,
        )  # fmt: skip
        order = LiveOrder(
            number, f"liquidation-{number}", account_state, market_state, asked, side, None, amount, now, now,
            market.self_trade, market.fee_in, liquidation=True,
        )  # fmt: skip
        self.orders[number] = order
        account_state.orders.append(order)
        self._life.tell(order, NEW)
        trade_id, price = self.trading.next_id(market), market_state.mark_price()
        trade = Trade(trade_id, market, price, amount, side, 0, number, now)
        return order, trade

    def expire(self, now: float) -> None:
        """End the orders whose time has come."""
        while self._expiries and self._expiries[0][0] <= now:
            order = self.orders[heapq.heappop(self._expiries)[1]]
            if order.resting:
                self.cancel(order, why=OrderEnd.TIME)

    def _check_room(self, account_state: AccountState, market_state: MarketState, most: int) -> None:
        if len(account_state.open_in(market_state)) >= most:
            raise VenueRefusal(Refusal.TOO_MANY_OPEN_ORDERS, f"{most} orders are open")

    def _check_client_id(self, account_state: AccountState, client_order_id: str) -> None:
        before = account_state.by_client_id.get(client_order_id)
        if before is not None and before.resting:
            raise VenueRefusal(Refusal.DUPLICATE_CLIENT_ORDER_ID, client_order_id)

    def _accept(
        self,
        account_state: AccountState,
        market_state: MarketState,
        new: NewOrder,
        most: Decimal | None,
        matches: list[Match],
    ) -> LiveOrder:
        number, now, market = self._last_order_id + 1, self.clock.now(), market_state.market
        # Of a quote amount whole lots trade; what is left over buys nothing and is given back.
        amount = most if most is not None and new.quote_amount is None else tradable(matches)
        client_id = new.client_order_id if new.client_order_id is not None else venue_name(number)
        order = LiveOrder(
            number, client_id, account_state, market_state, new, new.side, new.price, amount, now, now,
            self_trade_rule(account_state, new), new.fee_in or market.fee_in,
        )  # fmt: skip
        events, told = self.postings.events, len(self.postings.events)
        self._life.tell(order, NEW)
        try:
            market_state.clearing.hold(order, matches)
        except VenueRefusal:
            del events[told:]
            raise
        self._last_order_id = number
        self.orders[number] = order
        account_state.orders.append(order)
        account_state.open[number] = order
        account_state.by_client_id[client_id] = order
        return order

    def _rest_or_expire(self, order: LiveOrder) -> None:
        if not order.resting:
            return
        if not order.remaining and order.filled:
            self._life.forget(order)
        elif order.price is not None and order.asked.time_in_force in RESTING and order.remaining:
            order.market_state.book.rest(order.order_id, order.side, order.price, order.remaining)
            self._life.book_changed(order.market_state, order.side, order.price)
            if order.asked.expires_at is not None:
                heapq.heappush(self._expiries, (order.asked.expires_at, order.order_id))
                self.due = min(self.due, order.asked.expires_at)
        else:
            self._life.end(order, OrderEnd.COULD_NOT_REST)
