"""Positions, margin, funding and liquidation, with figures reckoned by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from harness.venue.events import (
    Event,
    FundingPaid,
    Liquidated,
    MarkPriceChanged,
    OrderChange,
    OrderChanged,
    PositionChanged,
)
from harness.venue.ledger import INSURANCE, Bucket, Reason
from harness.venue.market import SAMPLE_MARKETS, SAMPLE_PERPETUALS, MarginTier, MarketKind
from harness.venue.model import (
    Account,
    NewOrder,
    Order,
    OrderEnd,
    OrderStatus,
    OrderType,
    PositionSide,
    Refusal,
    Side,
    TimeInForce,
    VenueRefusal,
)
from harness.venue.positions import MarginMode, PositionMode
from harness.venue.session import Venue
from tests.venue.books import check_books, check_ledger, check_locks, check_positions
from tests.venue.world import StillClock

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


class Floor:
    """One perpetual at 1000 without other traders; maker fee 0.1 %, taker fee 0.2 %, leverage 10."""

    def __init__(self, money: str = "1000", **rules: Any) -> None:
        usual = {
            "reference_price": D(1000), "maker_fee": D("0.001"), "taker_fee": D("0.002"),
            "default_leverage": D(10), "maintenance_margin": D("0.05"), "liquidation_fee": D("0.01"),
        }  # fmt: skip
        self.market = replace(SAMPLE_PERPETUALS[0], **{**usual, **rules})
        self.clock = StillClock()
        self.venue = Venue([self.market, SAMPLE_MARKETS[0]], 1, self.clock)
        self.one = self.venue.account("one", {"USDT": D(money)})
        self.two = self.venue.account("two", {"USDT": D(1_000_000)})
        self.events: list[Event] = []
        self.venue.subscribe(self.events.append)

    def new(self, side: Side, amount: str | None, price: str | None, **more: Any) -> NewOrder:
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        size, limit = (None if text is None else D(text) for text in (amount, price))
        return NewOrder(self.market, side, kind, amount=size, price=limit, **more)

    def place(self, who: Account, side: Side, amount: str | None, price: str | None, **more: Any) -> Order:
        return self.venue.place(who, self.new(side, amount, price, **more))

    def trade(self, side: Side, amount: str, price: str, **more: Any) -> None:
        """Account one makes, account two takes."""
        self.place(self.one, side, amount, price, **more)
        self.place(self.two, side.other, amount, price)

    def size(self, side: PositionSide = PositionSide.BOTH) -> Decimal:
        return self.venue.position(self.one, self.market, side).size

    def wallet(self) -> Decimal:
        return self.venue.balance(self.one, "USDT").total

    def refused(self, side: Side, amount: str | None, price: str | None, **more: Any) -> Refusal:
        before = self.venue.ledger_rows()
        with pytest.raises(VenueRefusal) as refusal:
            self.place(self.one, side, amount, price, **more)
        assert self.venue.ledger_rows() == before
        return refusal.value.code

    def rows(self, reason: Reason) -> list[Decimal]:
        return [row.delta for row in self.venue.ledger_rows(self.one) if row.reason is reason]

    def check(self) -> None:
        check_ledger(self.venue)
        check_positions(self.venue)
        check_books(self.venue)
        check_locks(self.venue, [self.one, self.two])


def test_a_position_is_opened_enlarged_reduced_and_turned() -> None:
    floor = Floor()
    floor.trade(BUY, "1", "1000")
    floor.trade(BUY, "2", "1030")
    position = floor.venue.position(floor.one, floor.market)
    assert (position.size, position.entry_price, position.cost) == (3, 1020, 3060)
    floor.trade(SELL, "1", "1050")
    position = floor.venue.position(floor.one, floor.market)
    assert (position.size, position.entry_price, position.realised_pnl) == (2, 1020, 30)
    floor.trade(SELL, "3", "1000")
    position = floor.venue.position(floor.one, floor.market)
    assert (position.size, position.entry_price) == (-1, 1000)
    assert floor.rows(Reason.REALISED_PNL) == [30, -40]
    assert [fill.realised_pnl for fill in floor.venue.fills(floor.one)] == [0, 0, 30, -40]
    fees = (1000 + 2060 + 1050 + 3000) * D("0.001")
    assert floor.wallet() == 1000 + 30 - 40 - fees
    assert -sum(floor.rows(Reason.FEE)) == fees
    assert floor.venue.open_interest(floor.market) == 1
    floor.check()


def test_profit_moves_with_the_mark_price_and_needs_no_row() -> None:
    floor = Floor()
    floor.trade(BUY, "2", "1000")
    rows = len(floor.venue.ledger_rows())
    floor.venue.set_mark(floor.market, D(1010))
    position = floor.venue.position(floor.one, floor.market)
    assert (position.unrealised_pnl, position.notional, position.initial_margin) == (20, 2020, 202)
    assert position.maintenance_margin == 101
    margin = floor.venue.margin(floor.one, "USDT")
    assert (margin.wallet, margin.equity, margin.available) == (998, 1018, 816)
    assert len(floor.venue.ledger_rows()) == rows
    last = floor.events[-1]
    assert isinstance(last, MarkPriceChanged)
    assert (last.mark_price, last.index_price) == (1010, 1000)


def test_orders_need_margin_until_they_are_gone_and_reducing_ones_none() -> None:
    floor = Floor()
    order = floor.place(floor.one, BUY, "5", "1000")
    assert floor.venue.margin(floor.one, "USDT").available == 500
    floor.place(floor.one, SELL, "4", "1100")  # the other way: the worse of the two counts
    assert floor.venue.margin(floor.one, "USDT").available == 500
    assert floor.refused(BUY, "5.001", "1000") is Refusal.INSUFFICIENT_MARGIN
    floor.venue.cancel(floor.one, order.order_id)
    assert floor.venue.margin(floor.one, "USDT").available == 560
    floor.trade(BUY, "4", "1000")
    floor.place(floor.one, SELL, "4", "1200")
    assert floor.venue.margin(floor.one, "USDT").available == 996 - 520  # 4400 and 4800 less 4000
    floor.check()


def test_a_bad_price_needs_margin_for_its_loss_at_once() -> None:
    floor = Floor()
    floor.place(floor.two, SELL, "5", "1200")
    assert floor.refused(BUY, "5", "1200") is Refusal.INSUFFICIENT_MARGIN  # 600 of margin, 1000 of loss
    assert floor.place(floor.one, BUY, "3", "1200").status is OrderStatus.FILLED  # 360 and 600 and a fee


def test_reduce_only_orders_never_open() -> None:
    floor = Floor()
    assert floor.refused(SELL, "1", "1000", reduce_only=True) is Refusal.REDUCE_ONLY_WOULD_INCREASE
    assert floor.refused(SELL, None, None, close_position=True) is Refusal.NO_POSITION
    floor.trade(BUY, "2", "1000")
    assert floor.refused(BUY, "1", "900", reduce_only=True) is Refusal.REDUCE_ONLY_WOULD_INCREASE
    order = floor.place(floor.one, SELL, "5", "1100", reduce_only=True)
    assert (order.amount, order.reduce_only) == (2, True)
    floor.trade(SELL, "1.5", "1000")
    now = floor.venue.order(floor.one, order.order_id)
    assert (now.amount, now.status) == (D("0.5"), OrderStatus.OPEN)
    floor.check()
    floor.trade(SELL, "0.5", "1000")
    now = floor.venue.order(floor.one, order.order_id)
    assert (now.status, now.ended) == (OrderStatus.EXPIRED, OrderEnd.REDUCE_ONLY)
    changes = [
        e.change for e in floor.events if isinstance(e, OrderChanged) and e.order.order_id == now.order_id
    ]
    assert changes == [OrderChange.NEW, OrderChange.AMENDED, OrderChange.EXPIRED]
    floor.check()


def test_one_sweep_fills_several_reduce_only_orders_up_to_the_position() -> None:
    floor = Floor()
    floor.trade(BUY, "2", "1000")
    for price in ("1001", "1002", "1003"):
        floor.place(floor.one, SELL, "1.5", price, reduce_only=True)
    taken = floor.place(floor.two, BUY, "4", "1003", time_in_force=TimeInForce.IOC)
    assert (taken.filled, floor.size()) == (2, 0)
    assert not floor.venue.open_orders(floor.one)
    floor.check()


def test_fill_or_kill_knows_what_reduce_only_orders_can_give() -> None:
    floor = Floor()
    floor.trade(BUY, "2", "1000")
    for price in ("1001", "1002"):
        floor.place(floor.one, SELL, "1.5", price, reduce_only=True)
    taken = floor.place(floor.two, BUY, "2.5", "1003", time_in_force=TimeInForce.FOK)
    assert (taken.status, taken.filled, floor.size()) == (OrderStatus.EXPIRED, 0, 2)
    assert floor.place(floor.two, BUY, "2", "1003", time_in_force=TimeInForce.FOK).filled == 2


def test_closing_takes_all_of_the_position() -> None:
    floor = Floor()
    floor.trade(BUY, "2", "1000")
    floor.place(floor.two, BUY, "5", "990")
    order = floor.place(floor.one, SELL, None, None, close_position=True)
    assert (order.filled, order.status, order.close_position) == (2, OrderStatus.FILLED, True)
    assert floor.venue.positions(floor.one) == ()
    floor.check()


def test_hedge_mode_keeps_long_and_short_apart() -> None:
    floor = Floor()
    assert floor.refused(BUY, "1", "1000", position_side=LONG) is Refusal.POSITION_SIDE_MISMATCH
    floor.venue.set_position_mode(floor.one, PositionMode.HEDGE)
    assert floor.refused(BUY, "1", "1000") is Refusal.POSITION_SIDE_MISMATCH
    floor.trade(BUY, "2", "1000", position_side=LONG)
    would = floor.refused(BUY, "1", "1000", position_side=LONG, reduce_only=True)
    assert would is Refusal.REDUCE_ONLY_WOULD_INCREASE
    floor.trade(SELL, "1", "1000", position_side=SHORT)
    assert (floor.size(LONG), floor.size(SHORT), floor.size()) == (2, -1, 0)
    assert floor.venue.margin(floor.one, "USDT").position_margin == 300
    floor.trade(SELL, "1.5", "1010", position_side=LONG)
    assert (floor.size(LONG), floor.size(SHORT)) == (D("0.5"), -1)
    order = floor.place(floor.one, BUY, "3", "900", position_side=SHORT)  # reduces, thus trimmed
    assert order.amount == 1
    floor.venue.cancel(floor.one, order.order_id)
    with pytest.raises(VenueRefusal) as refusal:
        floor.venue.set_position_mode(floor.one, PositionMode.ONE_WAY)
    assert refusal.value.code is Refusal.POSITION_MODE_IN_USE
    floor.check()


def test_leverage_has_limits() -> None:
    tiers = (MarginTier(D(0), D("0.01"), D(50)), MarginTier(D(4000), D("0.05"), D(5)))
    floor = Floor(margin_tiers=tiers, max_leverage=D(50))
    floor.venue.set_leverage(floor.one, floor.market, D(50))
    for leverage in ("51", "0.5"):
        with pytest.raises(VenueRefusal, match="leverage_too_high"):
            floor.venue.set_leverage(floor.one, floor.market, D(leverage))
    assert floor.refused(BUY, "5", "1000") is Refusal.LEVERAGE_TOO_HIGH
    floor.trade(BUY, "4", "1000")
    assert floor.venue.margin(floor.one, "USDT").position_margin == 80
    with pytest.raises(VenueRefusal, match="insufficient_margin"):
        floor.venue.set_leverage(floor.one, floor.market, D(4))
    floor.venue.set_leverage(floor.one, floor.market, D(5))
    assert floor.venue.margin(floor.one, "USDT").position_margin == 800
    floor.venue.set_mark(floor.market, D(1500))  # 4000 at 1 %, the other 2000 at 5 %
    assert floor.venue.position(floor.one, floor.market).maintenance_margin == 140


def test_longs_pay_shorts() -> None:
    floor = Floor()
    floor.trade(BUY, "2", "1000")
    before = floor.wallet(), floor.venue.balance(floor.two, "USDT").total
    floor.venue.set_funding_rate(floor.market, D("0.0005"))
    payments = floor.venue.pay_funding(floor.market)
    assert [(p.account, p.amount, p.size, p.rate) for p in payments] == [
        ("one", -1, 2, D("0.0005")),
        ("two", 1, -2, D("0.0005")),
    ]
    after = floor.wallet(), floor.venue.balance(floor.two, "USDT").total
    assert (after[0] - before[0], after[1] - before[1]) == (-1, 1)
    assert floor.venue.funding_payments(floor.one) == (payments[0],)
    assert [round_.rate for round_ in floor.venue.funding_history(floor.market)] == [D("0.0005")]
    assert [e.payment for e in floor.events if isinstance(e, FundingPaid)] == list(payments)
    floor.check()


def test_funding_is_paid_when_the_clock_says_so() -> None:
    floor = Floor()
    floor.trade(BUY, "2", "1000")
    due = floor.venue.next_funding_at(floor.market)
    assert due % (8 * 3600) == 0
    floor.clock.time = due - 0.001
    assert floor.venue.funding_payments(floor.one) == ()
    floor.clock.time = due + 30 * 3600
    floor.venue.tick()
    assert len(floor.venue.funding_payments(floor.one)) == 1
    assert floor.venue.next_funding_at(floor.market) > floor.clock.time


def test_a_position_that_cannot_be_borne_is_liquidated_at_the_mark_price() -> None:
    floor = Floor()
    floor.trade(BUY, "5", "1000")
    resting = floor.place(floor.one, BUY, "1", "900")
    price = floor.venue.position(floor.one, floor.market).liquidation_price
    assert price is not None
    # 995 + 5 × (price − 1000) = 5 % × 5 × price
    assert abs(price - D(4005) / D("4.75")) < D("1e-9")
    floor.venue.set_mark(floor.market, D("843.2"))
    assert floor.size() == 5
    floor.venue.set_mark(floor.market, D("843.1"))
    assert floor.size() == 0
    ended = floor.venue.order(floor.one, resting.order_id)
    assert (ended.status, ended.ended) == (OrderStatus.EXPIRED, OrderEnd.LIQUIDATION)
    order = floor.venue.orders(floor.one)[-1]
    assert (order.liquidation, order.status, order.side, order.filled) == (True, OrderStatus.FILLED, SELL, 5)
    loss, fee = 5 * D("-156.9"), 5 * D("843.1") * D("0.01")
    assert floor.wallet() == 995 + loss - fee
    assert (floor.rows(Reason.REALISED_PNL), floor.rows(Reason.LIQUIDATION)) == ([loss], [-fee])
    (told,) = [event for event in floor.events if isinstance(event, Liquidated)]
    assert (told.size, told.price, told.fee, told.order_id) == (5, D("843.1"), fee, order.order_id)
    assert floor.venue._order_manager.postings.ledger.free(INSURANCE, "USDT") == fee
    floor.check()


def test_what_an_account_cannot_pay_the_insurance_pays() -> None:
    floor = Floor()
    floor.trade(BUY, "5", "1000")
    floor.venue.set_mark(floor.market, D(500))
    assert (floor.wallet(), floor.size()) == (0, 0)
    assert floor.rows(Reason.INSURANCE) == [2500 - 995]
    floor.check()


def test_an_isolated_position_loses_its_margin_only() -> None:
    floor = Floor()
    floor.venue.set_margin_mode(floor.one, floor.market, MarginMode.ISOLATED)
    floor.trade(BUY, "2", "1000")
    position = floor.venue.position(floor.one, floor.market)
    assert (position.isolated_margin, position.margin_mode) == (200, MarginMode.ISOLATED)
    balance = floor.venue.balance(floor.one, "USDT")
    assert (balance.free, balance.locked) == (798, 200)
    floor.venue.adjust_margin(floor.one, floor.market, D(100))
    with pytest.raises(VenueRefusal, match="insufficient_margin"):
        floor.venue.adjust_margin(floor.one, floor.market, D(-101))
    price = floor.venue.position(floor.one, floor.market).liquidation_price
    assert price is not None
    assert abs(price - D(1700) / D("1.9")) < D("1e-9")
    with pytest.raises(VenueRefusal, match="margin_mode_in_use"):
        floor.venue.set_margin_mode(floor.one, floor.market, MarginMode.CROSS)
    floor.venue.set_mark(floor.market, D(890))
    assert floor.size() == 0
    assert floor.wallet() == 998 - 220 - D("17.8")
    assert {row.bucket for row in floor.venue.ledger_rows(floor.one)} == {Bucket.FREE, Bucket.MARGIN}
    floor.check()


def test_a_loss_is_paid_from_open_profit_before_anything_else() -> None:
    """Long and short at once: closing the losing leg takes the winning one's profit so far."""
    floor = Floor("250")
    floor.venue.set_position_mode(floor.one, PositionMode.HEDGE)
    floor.trade(BUY, "1", "1000", position_side=LONG)
    floor.trade(SELL, "1", "1000", position_side=SHORT)
    floor.venue.set_mark(floor.market, D(500))
    floor.place(floor.two, BUY, "1", "500")
    floor.place(floor.one, SELL, "1", None, position_side=LONG)
    assert (floor.rows(Reason.SETTLEMENT), floor.rows(Reason.INSURANCE)) == ([500], [])
    short = floor.venue.position(floor.one, floor.market, SHORT)
    assert (short.size, short.entry_price, short.realised_pnl) == (-1, 500, 500)
    assert floor.wallet() == 250 - 2 - 1
    floor.check()


def test_margin_in_use_buys_nothing_on_the_spot_market() -> None:
    floor = Floor()
    floor.trade(BUY, "5", "1000")
    spot = floor.venue.market("BTC-USDT", MarketKind.SPOT)
    order = NewOrder(spot, BUY, amount=D("0.01"), price=D(50_000))
    with pytest.raises(VenueRefusal, match="insufficient_balance"):
        floor.venue.place(floor.one, order)
    with pytest.raises(VenueRefusal, match="insufficient_balance"):
        floor.venue.withdraw(floor.one, "USDT", D(496))
    floor.venue.withdraw(floor.one, "USDT", D(495))


def test_positions_are_told() -> None:
    floor = Floor()
    floor.trade(BUY, "2", "1000")
    told = [event.position for event in floor.events if isinstance(event, PositionChanged)]
    assert [(position.account, position.size) for position in told] == [("one", 2), ("two", -2)]


def test_the_others_walk_the_index_and_the_mark_keeps_its_distance() -> None:
    floor = Floor()
    floor.venue.seed_book(floor.market)
    floor.venue.set_mark(floor.market, D(1100))
    floor.venue.walk(200, floor.market)
    index = floor.venue.index_price(floor.market)
    assert index != 1000
    assert floor.venue.mark_price(floor.market) == index + 100
    assert floor.venue.trades(floor.market)
    floor.check()


def test_a_spot_market_has_no_mark_price() -> None:
    floor = Floor()
    with pytest.raises(VenueRefusal, match="unknown_market"):
        floor.venue.mark_price(floor.venue.market("BTC-USDT", MarketKind.SPOT))
