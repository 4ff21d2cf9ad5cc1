"""Places, matches, settles, amends and ends orders. Not thread-safe: the venue holds the lock."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from harness.venue.clearing import Charge
from harness.venue.engine import Match
from harness.venue.events import BookChanged, OrderChange, OrderChanged, TradePrinted
from harness.venue.ledger import LIQUIDATOR, TRADERS
from harness.venue.market import Market, SelfTrade
from harness.venue.model import (
    ZERO,
    Clock,
    Fill,
    NewOrder,
    OrderEnd,
    OrderStatus,
    OrderType,
    PositionSide,
    Refusal,
    Side,
    TimeInForce,
    Trade,
    VenueRefusal,
)
from harness.venue.perpetual import Perpetuals
from harness.venue.postings import Postings
from harness.venue.rules import RESTING, check
from harness.venue.spot import Spot
from harness.venue.state import AccountState, LiveOrder, MarketState

CANCELS_MAKER = (SelfTrade.EXPIRE_MAKER, SelfTrade.EXPIRE_BOTH)
CANCELS_TAKER = (SelfTrade.EXPIRE_TAKER, SelfTrade.EXPIRE_BOTH)
# Looking up a member of an enum takes longer than most of what is done with it.
NEW, FILL = OrderChange.NEW, OrderChange.FILL
FILLED, PARTIALLY_FILLED = OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED
FOK, NO_RULE = TimeInForce.FOK, SelfTrade.NONE


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
        spot = Spot(self.postings, self.market_states, self.perpetuals.spendable)
        for market_state in self.market_states.values():
            market_state.clearing = self.perpetuals if market_state.perpetual else spot
        self.due = math.inf  # when the clock next makes something happen; the venue looks
        self._expiries: list[tuple[float, int]] = []  # a heap of times and order ids
        self._last_order_id = 0
        self._trades_from = 0
        self._last_trade_ids: dict[Market | None, int] = {}  # None: of all markets together
        self._trades_by_market = False

    def number_from(self, origin: int, orders: int, *, trades_by_market: bool) -> None:
        """Let ids of trades and numbers of book changes go on from `origin`, ids of orders from `orders`.

        `trades_by_market`: the trades of each market, which then have the same ids as another's.
        """
        self._last_order_id, self._trades_from = orders, origin
        self._trades_by_market = trades_by_market
        for market_state in self.market_states.values():
            market_state.sequence = origin

    def _next_trade_id(self, market: Market) -> int:
        whose = market if self._trades_by_market else None
        self._last_trade_ids[whose] = number = self._last_trade_ids.get(whose, self._trades_from) + 1
        return number

    # -- questions

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

    # -- deeds

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
        if new.client_order_id is not None:
            self._check_client_id(account_state, new.client_order_id)
        most = market_state.clearing.admit(account_state, new)
        matches = self._plan(account_state, market_state, new, most)
        takes = bool(new.post_only and matches)
        if takes and not market_state.market.post_only_expires:
            raise VenueRefusal(Refusal.POST_ONLY_WOULD_TAKE, f"{new.price} would trade at once")
        if new.time_in_force is FOK and _tradable(matches) != most:
            matches = []
        order = self._accept(account_state, market_state, new, most, matches)
        if takes:
            self._end(order, OrderEnd.POST_ONLY)
            return order
        if matches:
            self._match(order, matches)
        self._rest_or_expire(order)
        return order

    def amend(
        self, order: LiveOrder, price: Decimal | None, amount: Decimal | None, request_id: str | None = None
    ) -> LiveOrder:
        """Give an open order another price or whole amount (what is filled included).

        It keeps its place in the queue when only the amount goes down; else it goes to the end, and at a new
        price may trade at once. A `VenueRefusal` changes nothing.
        """
        self._check_open(order)
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
        matches = [] if asked.price == order.price else self._plan(account_state, market_state, asked, most)
        if asked.post_only and matches:
            raise VenueRefusal(Refusal.POST_ONLY_WOULD_TAKE, f"{asked.price} would trade at once")
        market_state.clearing.check_amendment(order, asked.price or ZERO, most)
        stays = asked.price == order.price and most <= order.remaining
        if stays:
            market_state.book.reduce(order.order_id, order.remaining - most)
        else:
            market_state.book.remove(order.order_id)
        self._book_changed(market_state, order.side, order.price)
        order.asked, order.price, order.amount, order.remaining = asked, asked.price, gone + most, most
        self._amended(order, request_id)
        if not stays:
            self._match(order, matches)
            self._rest_or_expire(order)
        return order

    def cancel(
        self, order: LiveOrder, request_id: str | None = None, why: OrderEnd = OrderEnd.ASKED
    ) -> LiveOrder:
        """Take an open order off the book and free what it held."""
        self._check_open(order)
        if order.order_id in order.market_state.book:
            order.market_state.book.remove(order.order_id)
            self._book_changed(order.market_state, order.side, order.price)
        self._end(order, why, request_id)
        return order

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
        self._tell_order(order, NEW)
        trade_id, price = self._next_trade_id(market), market_state.mark_price()
        trade = Trade(trade_id, market, price, amount, side, 0, number, now)
        return order, trade

    def expire(self, now: float) -> None:
        """End the orders whose time has come."""
        while self._expiries and self._expiries[0][0] <= now:
            order = self.orders[heapq.heappop(self._expiries)[1]]
            if order.resting:
                self.cancel(order, why=OrderEnd.TIME)

    # -- steps

    def _check_open(self, order: LiveOrder) -> None:
        if not order.resting:
            raise VenueRefusal(Refusal.ORDER_NOT_OPEN, f"order {order.order_id} is {order.status.value}")

    def _check_room(self, account_state: AccountState, market_state: MarketState, most: int) -> None:
        if len(account_state.open_in(market_state)) >= most:
            raise VenueRefusal(Refusal.TOO_MANY_OPEN_ORDERS, f"{most} orders are open")

    def _check_client_id(self, account_state: AccountState, client_order_id: str) -> None:
        before = account_state.by_client_id.get(client_order_id)
        if before is not None and before.resting:
            raise VenueRefusal(Refusal.DUPLICATE_CLIENT_ORDER_ID, client_order_id)

    def _plan(
        self, account_state: AccountState, market_state: MarketState, new: NewOrder, most: Decimal | None
    ) -> list[Match]:
        rule, own = _self_trade_rule(account_state, new), None
        if rule is not NO_RULE and account_state.open:
            own = account_state.open.__contains__
        usable = market_state.clearing.usable(new)
        return market_state.book.plan(
            new.side,
            limit=new.price,
            amount=most,
            quote_amount=new.quote_amount,
            own=own,
            self_trade=rule,
            usable=usable,
        )

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
        amount = most if most is not None and new.quote_amount is None else _tradable(matches)
        client_id = new.client_order_id if new.client_order_id is not None else f"venue-{number}"
        order = LiveOrder(
            number, client_id, account_state, market_state, new, new.side, new.price, amount, now, now,
            _self_trade_rule(account_state, new), new.fee_in or market.fee_in,
        )  # fmt: skip
        events, told = self.postings.events, len(self.postings.events)
        self._tell_order(order, NEW)
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

    def _match(self, taker: LiveOrder, matches: list[Match]) -> None:
        """Trade as planned. Where earlier trades made a reduce-only order smaller, plan again."""
        for _ in range(len(taker.market_state.book) + 1):
            short = False
            for match in matches:
                if not taker.resting:
                    return
                maker = self.orders[match.maker_order_id]
                amount = min(match.amount, maker.remaining if maker.resting else ZERO)
                short = short or amount != match.amount
                if amount and match.prevented:
                    self._prevent(taker, maker, amount)
                elif amount:
                    self._trade(taker, maker, match.price, amount)
            if not short or taker.asked.time_in_force is FOK:
                return
            matches = self._plan(taker.account_state, taker.market_state, taker.asked, taker.remaining)

    def _trade(self, taker: LiveOrder, maker: LiveOrder, price: Decimal, amount: Decimal) -> None:
        market_state, now = taker.market_state, self.clock.now()
        trade = Trade(
            self._next_trade_id(market_state.market),
            market_state.market,
            price,
            amount,
            taker.side,
            maker.order_id,
            taker.order_id,
            now,
        )
        market_state.trades.append(trade)
        market_state.book.reduce(maker.order_id, amount)
        self._book_changed(market_state, maker.side, price)
        if self.postings.listening:
            self.postings.events.append(TradePrinted(trade, market_state.sequence, now))
        charges = (
            market_state.clearing.charge(maker, trade, maker=True),
            market_state.clearing.charge(taker, trade, maker=False),
        )
        self.fill(maker, trade, charges[0], maker=True)
        self.fill(taker, trade, charges[1], maker=False)
        market_state.clearing.settle(trade, maker, taker, charges)
        if not maker.remaining:
            self._forget(maker)
        if market_state.perpetual:
            self._trim(maker.account_state, market_state)
            self._trim(taker.account_state, market_state)

    def fill(self, order: LiveOrder, trade: Trade, charge: Charge, *, maker: bool) -> None:
        """Note one side of a trade."""
        value = trade.price * trade.amount
        order.filled += trade.amount
        order.remaining -= trade.amount
        order.filled_quote += value
        order.status = PARTIALLY_FILLED if order.remaining else FILLED
        order.changed(trade.at)
        fill = Fill(
            trade.trade_id, order.order_id, order.client_order_id, order.account_state.name, trade.market,
            order.side, trade.price, trade.amount, value, charge.fee, charge.fee_asset, maker, trade.at,
            order.asked.position_side, charge.realised_pnl,
        )  # fmt: skip
        order.account_state.fills.append(fill)
        self._tell_order(order, FILL, fill)

    def _prevent(self, taker: LiveOrder, maker: LiveOrder, amount: Decimal) -> None:
        """The two are of one account: the taker's rule says who gives way."""
        if taker.self_trade is SelfTrade.DECREMENT:
            maker.market_state.book.reduce(maker.order_id, amount)
            self._book_changed(maker.market_state, maker.side, maker.price)
            for order in (maker, taker):
                order.prevented += amount
                order.remaining -= amount
                if order.remaining:
                    self._amended(order)
                else:
                    self._end(order, OrderEnd.SELF_TRADE)
            return
        if taker.self_trade in CANCELS_MAKER:
            self.cancel(maker, why=OrderEnd.SELF_TRADE)
        if taker.self_trade in CANCELS_TAKER:
            self._end(taker, OrderEnd.SELF_TRADE)

    def _trim(self, account_state: AccountState, market_state: MarketState) -> None:
        """Reduce-only orders never ask for more than their position still has."""
        for order in [order for order in account_state.open_in(market_state) if order.asked.reduces]:
            left = self.perpetuals.reducible(account_state, order.asked)
            resting = order.order_id in market_state.book
            if left <= 0 and (resting or order.remaining):
                self.cancel(order, why=OrderEnd.REDUCE_ONLY)
            elif order.remaining > left:
                excess = order.remaining - left
                order.amount -= excess
                order.remaining = left
                if resting:
                    market_state.book.reduce(order.order_id, excess)
                    self._book_changed(market_state, order.side, order.price)
                self._amended(order)

    def _amended(self, order: LiveOrder, request_id: str | None = None) -> None:
        order.changed(self.clock.now())
        self._tell_order(order, OrderChange.AMENDED, None, request_id)
        if order.price is not None:
            order.market_state.clearing.rehold(order)

    def _rest_or_expire(self, order: LiveOrder) -> None:
        if not order.resting:
            return
        if not order.remaining and order.filled:
            self._forget(order)
        elif order.price is not None and order.asked.time_in_force in RESTING and order.remaining:
            order.market_state.book.rest(order.order_id, order.side, order.price, order.remaining)
            self._book_changed(order.market_state, order.side, order.price)
            if order.asked.expires_at is not None:
                heapq.heappush(self._expiries, (order.asked.expires_at, order.order_id))
                self.due = min(self.due, order.asked.expires_at)
        else:
            self._end(order, OrderEnd.COULD_NOT_REST)

    def _end(self, order: LiveOrder, why: OrderEnd, request_id: str | None = None) -> None:
        asked = why is OrderEnd.ASKED
        order.status = OrderStatus.CANCELED if asked else OrderStatus.EXPIRED
        order.ended = why
        order.changed(self.clock.now())
        change = OrderChange.CANCELED if asked else OrderChange.EXPIRED
        self._tell_order(order, change, None, request_id)
        self._forget(order)

    def _forget(self, order: LiveOrder) -> None:
        """The order is done: free what is left of its hold."""
        del order.account_state.open[order.order_id]
        order.market_state.clearing.release(order)

    def _tell_order(
        self, order: LiveOrder, change: OrderChange, fill: Fill | None = None, request_id: str | None = None
    ) -> None:
        if self.postings.listening:
            event = OrderChanged(order.view(), change, fill, order.updated_at, request_id)
            self.postings.events.append(event)

    def _book_changed(self, market_state: MarketState, side: Side, price: Decimal | None) -> None:
        market_state.sequence += 1
        if self.postings.listening and price is not None:
            amount = market_state.book.amount_at(side, price)
            event = BookChanged(
                market_state.market, side, price, amount, market_state.sequence, self.clock.now()
            )
            self.postings.events.append(event)


def _self_trade_rule(account_state: AccountState, new: NewOrder) -> SelfTrade:
    """The order's own, else the account's, else the market's."""
    return new.self_trade or account_state.self_trade or new.market.self_trade


def _tradable(matches: Iterable[Match]) -> Decimal:
    return sum((m.amount for m in matches if not m.prevented), ZERO)
