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
from harness.venue.postings import Journal
from harness.venue.rules import RESTING, check
from harness.venue.spot import Spot
from harness.venue.state import LiveOrder, Party, Pit

CANCELS_MAKER = (SelfTrade.EXPIRE_MAKER, SelfTrade.EXPIRE_BOTH)
CANCELS_TAKER = (SelfTrade.EXPIRE_TAKER, SelfTrade.EXPIRE_BOTH)
# Looking up a member of an enum takes longer than most of what is done with it.
NEW, FILL = OrderChange.NEW, OrderChange.FILL
FILLED, PARTIALLY_FILLED = OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED
FOK, NO_RULE = TimeInForce.FOK, SelfTrade.NONE


class Desk:
    """Orders, books and trades over a ledger. What happens is appended to the journal's events."""

    def __init__(self, markets: Iterable[Market], clock: Clock) -> None:
        self.clock = clock
        self.journal = Journal(clock)
        now = clock.now()
        self.pits = {market: Pit(market, now) for market in markets}
        self.parties = {name: Party(name, unlimited=True) for name in (TRADERS, LIQUIDATOR)}
        self.orders: dict[int, LiveOrder] = {}
        self.perpetuals = Perpetuals(self.journal, self.pits, self.orders)
        spot = Spot(self.journal, self.pits, self.perpetuals.spendable)
        for pit in self.pits.values():
            pit.clearing = self.perpetuals if pit.perpetual else spot
        self.due = math.inf  # when the clock next makes something happen; the venue looks
        self._expiries: list[tuple[float, int]] = []  # a heap of times and order ids
        self._last_order_id = 0
        self._last_trade_id = 0

    def number_from(self, origin: int) -> None:
        """Let the ids of orders and trades, and the numbers of book changes, go on from there."""
        self._last_order_id = self._last_trade_id = origin
        for pit in self.pits.values():
            pit.sequence = origin

    # -- questions

    def pit(self, market: Market) -> Pit:
        pit = self.pits.get(market)
        if pit is None:
            raise VenueRefusal(Refusal.UNKNOWN_MARKET, market.name)
        return pit

    def find(self, party: Party, order_id: int | None, client_order_id: str | None) -> LiveOrder:
        """The account's order; the newest when a client order id was used again."""
        order = None
        if order_id is not None:
            order = self.orders.get(order_id)
        elif client_order_id is not None:
            order = party.by_client_id.get(client_order_id)
        if order is None or order.party is not party:
            wanted = client_order_id if order_id is None else order_id
            raise VenueRefusal(Refusal.UNKNOWN_ORDER, f"{party.name} has no order {wanted}")
        return order

    def next_expiry(self) -> float:
        """When the next order ends by its time."""
        return self._expiries[0][0] if self._expiries else math.inf

    # -- deeds

    def place(self, party: Party, new: NewOrder, *, enforce_rules: bool = True) -> LiveOrder:
        """Match the order, rest what may rest, expire the others; a `VenueRefusal` changes nothing."""
        pit = self.pit(new.market)
        if pit.halted:
            raise VenueRefusal(Refusal.MARKET_HALTED, new.market.name)
        if enforce_rules:
            check(new, pit, self.clock)
            if pit.market.max_open_orders is not None:
                self._check_room(party, pit, pit.market.max_open_orders)
        if new.client_order_id is not None:
            self._check_client_id(party, new.client_order_id)
        most = pit.clearing.admit(party, new)
        matches = self._plan(party, pit, new, most)
        takes = bool(new.post_only and matches)
        if takes and not pit.market.post_only_expires:
            raise VenueRefusal(Refusal.POST_ONLY_WOULD_TAKE, f"{new.price} would trade at once")
        if new.time_in_force is FOK and _tradable(matches) != most:
            matches = []
        order = self._accept(party, pit, new, most, matches)
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
        pit, party = order.pit, order.party
        asked = replace(
            order.asked,
            price=order.price if price is None else price,
            amount=order.amount if amount is None else amount,
            reduce_only=order.asked.reduce_only or order.asked.close_position,
            close_position=False,
        )
        check(asked, pit, self.clock)
        gone = order.filled + order.prevented
        left = ZERO if asked.amount is None else asked.amount - gone
        if left <= 0:
            raise VenueRefusal(Refusal.AMOUNT_TOO_SMALL, f"{gone} of order {order.order_id} is done already")
        most = pit.clearing.admit(party, replace(asked, amount=left)) or ZERO
        matches = [] if asked.price == order.price else self._plan(party, pit, asked, most)
        if asked.post_only and matches:
            raise VenueRefusal(Refusal.POST_ONLY_WOULD_TAKE, f"{asked.price} would trade at once")
        pit.clearing.check_amendment(order, asked.price or ZERO, most)
        stays = asked.price == order.price and most <= order.remaining
        if stays:
            pit.book.reduce(order.order_id, order.remaining - most)
        else:
            pit.book.remove(order.order_id)
        self._book_changed(pit, order.side, order.price)
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
        if order.order_id in order.pit.book:
            order.pit.book.remove(order.order_id)
            self._book_changed(order.pit, order.side, order.price)
        self._end(order, why, request_id)
        return order

    def close_out(
        self, party: Party, pit: Pit, side: Side, amount: Decimal, which: PositionSide
    ) -> tuple[LiveOrder, Trade]:
        """The venue's own order that ends a position at the mark price, away from the book."""
        self._last_order_id += 1
        self._last_trade_id += 1
        number, now, market = self._last_order_id, self.clock.now(), pit.market
        asked = NewOrder(
            market, side, OrderType.MARKET, amount=amount, reduce_only=True, position_side=which,
            time_in_force=TimeInForce.IOC,
        )  # fmt: skip
        order = LiveOrder(
            number, f"liquidation-{number}", party, pit, asked, side, None, amount, now, now,
            market.self_trade, market.fee_in, liquidation=True,
        )  # fmt: skip
        self.orders[number] = order
        party.orders.append(order)
        self._tell_order(order, NEW)
        trade = Trade(self._last_trade_id, market, pit.mark_price(), amount, side, 0, number, now)
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

    def _check_room(self, party: Party, pit: Pit, most: int) -> None:
        if len(party.open_in(pit)) >= most:
            raise VenueRefusal(Refusal.TOO_MANY_OPEN_ORDERS, f"{most} orders are open")

    def _check_client_id(self, party: Party, client_order_id: str) -> None:
        before = party.by_client_id.get(client_order_id)
        if before is not None and before.resting:
            raise VenueRefusal(Refusal.DUPLICATE_CLIENT_ORDER_ID, client_order_id)

    def _plan(self, party: Party, pit: Pit, new: NewOrder, most: Decimal | None) -> list[Match]:
        rule, own = new.self_trade or pit.market.self_trade, None
        if rule is not NO_RULE and party.open:
            own = party.open.__contains__
        usable = pit.clearing.usable(new)
        return pit.book.plan(
            new.side,
            limit=new.price,
            amount=most,
            quote_amount=new.quote_amount,
            own=own,
            self_trade=rule,
            usable=usable,
        )

    def _accept(
        self, party: Party, pit: Pit, new: NewOrder, most: Decimal | None, matches: list[Match]
    ) -> LiveOrder:
        number, now, market = self._last_order_id + 1, self.clock.now(), pit.market
        # Of a quote amount whole lots trade; what is left over buys nothing and is given back.
        amount = most if most is not None and new.quote_amount is None else _tradable(matches)
        client_id = new.client_order_id if new.client_order_id is not None else f"venue-{number}"
        order = LiveOrder(
            number, client_id, party, pit, new, new.side, new.price, amount, now, now,
            new.self_trade or market.self_trade, new.fee_in or market.fee_in,
        )  # fmt: skip
        events, told = self.journal.events, len(self.journal.events)
        self._tell_order(order, NEW)
        try:
            pit.clearing.hold(order, matches)
        except VenueRefusal:
            del events[told:]
            raise
        self._last_order_id = number
        self.orders[number] = order
        party.orders.append(order)
        party.open[number] = order
        party.by_client_id[client_id] = order
        return order

    def _match(self, taker: LiveOrder, matches: list[Match]) -> None:
        """Trade as planned. Where earlier trades made a reduce-only order smaller, plan again."""
        for _ in range(len(taker.pit.book) + 1):
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
            matches = self._plan(taker.party, taker.pit, taker.asked, taker.remaining)

    def _trade(self, taker: LiveOrder, maker: LiveOrder, price: Decimal, amount: Decimal) -> None:
        pit, now = taker.pit, self.clock.now()
        self._last_trade_id += 1
        trade = Trade(
            self._last_trade_id, pit.market, price, amount, taker.side, maker.order_id, taker.order_id, now
        )
        pit.trades.append(trade)
        pit.book.reduce(maker.order_id, amount)
        self._book_changed(pit, maker.side, price)
        if self.journal.listening:
            self.journal.events.append(TradePrinted(trade, pit.sequence, now))
        charges = (
            pit.clearing.charge(maker, trade, maker=True),
            pit.clearing.charge(taker, trade, maker=False),
        )
        self.fill(maker, trade, charges[0], maker=True)
        self.fill(taker, trade, charges[1], maker=False)
        pit.clearing.settle(trade, maker, taker, charges)
        if not maker.remaining:
            self._forget(maker)
        if pit.perpetual:
            self._trim(maker.party, pit)
            self._trim(taker.party, pit)

    def fill(self, order: LiveOrder, trade: Trade, charge: Charge, *, maker: bool) -> None:
        """Note one side of a trade."""
        value = trade.price * trade.amount
        order.filled += trade.amount
        order.remaining -= trade.amount
        order.filled_quote += value
        order.status = PARTIALLY_FILLED if order.remaining else FILLED
        order.changed(trade.at)
        fill = Fill(
            trade.trade_id, order.order_id, order.client_order_id, order.party.name, trade.market,
            order.side, trade.price, trade.amount, value, charge.fee, charge.fee_asset, maker, trade.at,
            order.asked.position_side, charge.realised_pnl,
        )  # fmt: skip
        order.party.fills.append(fill)
        self._tell_order(order, FILL, fill)

    def _prevent(self, taker: LiveOrder, maker: LiveOrder, amount: Decimal) -> None:
        """The two are of one account: the taker's rule says who gives way."""
        if taker.self_trade is SelfTrade.DECREMENT:
            maker.pit.book.reduce(maker.order_id, amount)
            self._book_changed(maker.pit, maker.side, maker.price)
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

    def _trim(self, party: Party, pit: Pit) -> None:
        """Reduce-only orders never ask for more than their position still has."""
        for order in [order for order in party.open_in(pit) if order.asked.reduces]:
            left = self.perpetuals.reducible(party, order.asked)
            resting = order.order_id in pit.book
            if left <= 0 and (resting or order.remaining):
                self.cancel(order, why=OrderEnd.REDUCE_ONLY)
            elif order.remaining > left:
                excess = order.remaining - left
                order.amount -= excess
                order.remaining = left
                if resting:
                    pit.book.reduce(order.order_id, excess)
                    self._book_changed(pit, order.side, order.price)
                self._amended(order)

    def _amended(self, order: LiveOrder, request_id: str | None = None) -> None:
        order.changed(self.clock.now())
        self._tell_order(order, OrderChange.AMENDED, None, request_id)
        if order.price is not None:
            order.pit.clearing.rehold(order)

    def _rest_or_expire(self, order: LiveOrder) -> None:
        if not order.resting:
            return
        if not order.remaining and order.filled:
            self._forget(order)
        elif order.price is not None and order.asked.time_in_force in RESTING and order.remaining:
            order.pit.book.rest(order.order_id, order.side, order.price, order.remaining)
            self._book_changed(order.pit, order.side, order.price)
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
        del order.party.open[order.order_id]
        order.pit.clearing.release(order)

    def _tell_order(
        self, order: LiveOrder, change: OrderChange, fill: Fill | None = None, request_id: str | None = None
    ) -> None:
        if self.journal.listening:
            event = OrderChanged(order.view(), change, fill, order.updated_at, request_id)
            self.journal.events.append(event)

    def _book_changed(self, pit: Pit, side: Side, price: Decimal | None) -> None:
        pit.sequence += 1
        if self.journal.listening and price is not None:
            amount = pit.book.amount_at(side, price)
            event = BookChanged(pit.market, side, price, amount, pit.sequence, self.clock.now())
            self.journal.events.append(event)


def _tradable(matches: Iterable[Match]) -> Decimal:
    return sum((m.amount for m in matches if not m.prevented), ZERO)
