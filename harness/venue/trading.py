"""Trades orders with those that rest, as they were planned, and settles each trade."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from harness.venue.clearing import Charge
from harness.venue.engine import Match
from harness.venue.events import OrderChange, TradePrinted
from harness.venue.market import Market, SelfTrade
from harness.venue.model import ZERO, Clock, Fill, NewOrder, OrderEnd, OrderStatus, TimeInForce, Trade
from harness.venue.order_life import OrderLife
from harness.venue.perpetual import Perpetuals
from harness.venue.postings import Postings
from harness.venue.state import AccountState, LiveOrder, MarketState

CANCELS_MAKER = (SelfTrade.EXPIRE_MAKER, SelfTrade.EXPIRE_BOTH)
CANCELS_TAKER = (SelfTrade.EXPIRE_TAKER, SelfTrade.EXPIRE_BOTH)
# Looking up a member of an enum takes longer than most of what is done with it.
FILL = OrderChange.FILL
FILLED, PARTIALLY_FILLED = OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED
FOK, NO_RULE = TimeInForce.FOK, SelfTrade.NONE


class Trading:
    """Takers against makers, with the rules for orders of one account; `orders` are the venue's, by id."""

    def __init__(
        self,
        clock: Clock,
        postings: Postings,
        orders: dict[int, LiveOrder],
        perpetuals: Perpetuals,
        life: OrderLife,
    ) -> None:
        self.clock = clock
        self.postings = postings
        self.orders = orders
        self._perpetuals = perpetuals
        self._life = life
        self._ids_from = 0
        self._last_ids: dict[Market | None, int] = {}  # None: of all markets together
        self._ids_by_market = False

    def number_from(self, origin: int, *, by_market: bool) -> None:
        """Let ids go on from `origin`; `by_market`: those of each market, the same as another's."""
        self._ids_from, self._ids_by_market = origin, by_market

    def next_id(self, market: Market) -> int:
        whose = market if self._ids_by_market else None
        self._last_ids[whose] = number = self._last_ids.get(whose, self._ids_from) + 1
        return number

    def plan(
        self, account_state: AccountState, market_state: MarketState, new: NewOrder, most: Decimal | None
    ) -> list[Match]:
        rule, own = self_trade_rule(account_state, new), None
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

    def match(self, taker: LiveOrder, matches: list[Match]) -> None:
        """Trade as planned, at one moment; plan again where trades made a reduce-only order smaller."""
        now = self.clock.now()
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
                    self._trade(taker, maker, match.price, amount, now)
            if not short or taker.asked.time_in_force is FOK:
                return
            matches = self.plan(taker.account_state, taker.market_state, taker.asked, taker.remaining)

    def _trade(self, taker: LiveOrder, maker: LiveOrder, price: Decimal, amount: Decimal, now: float) -> None:
        market_state = taker.market_state
        trade = Trade(
            self.next_id(market_state.market),
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
        self._life.book_changed(market_state, maker.side, price)
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
            self._life.forget(maker)
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
        self._life.tell(order, FILL, fill)

    def _prevent(self, taker: LiveOrder, maker: LiveOrder, amount: Decimal) -> None:
        """The two are of one account: the taker's rule says who gives way."""
        if taker.self_trade is SelfTrade.DECREMENT:
            maker.market_state.book.reduce(maker.order_id, amount)
            self._life.book_changed(maker.market_state, maker.side, maker.price)
            for order in (maker, taker):
                order.prevented += amount
                order.remaining -= amount
                if order.remaining:
                    self._life.amended(order)
                else:
                    self._life.end(order, OrderEnd.SELF_TRADE)
            return
        if taker.self_trade in CANCELS_MAKER:
            self._life.cancel(maker, why=OrderEnd.SELF_TRADE)
        if taker.self_trade in CANCELS_TAKER:
            self._life.end(taker, OrderEnd.SELF_TRADE)

    def _trim(self, account_state: AccountState, market_state: MarketState) -> None:
        """Reduce-only orders never ask for more than their position still has."""
        for order in [order for order in account_state.open_in(market_state) if order.asked.reduces]:
            left = self._perpetuals.reducible(account_state, order.asked)
            resting = order.order_id in market_state.book
            if left <= 0 and (resting or order.remaining):
                self._life.cancel(order, why=OrderEnd.REDUCE_ONLY)
            elif order.remaining > left:
                excess = order.remaining - left
                order.amount -= excess
                order.remaining = left
                if resting:
                    market_state.book.reduce(order.order_id, excess)
                    self._life.book_changed(market_state, order.side, order.price)
                self._life.amended(order)


def self_trade_rule(account_state: AccountState, new: NewOrder) -> SelfTrade:
    """The order's own, else the account's, else the market's."""
    return new.self_trade or account_state.self_trade or new.market.self_trade


def tradable(matches: Iterable[Match]) -> Decimal:
    return sum((m.amount for m in matches if not m.prevented), ZERO)
