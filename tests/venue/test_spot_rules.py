"""Self-trades, bands, limits, expiry, amendments and fees of spot markets."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, TypedDict

import pytest

from harness.venue.events import Event, OrderChange, OrderChanged
from harness.venue.market import SAMPLE_MARKETS, FeeIn, Market, PriceBand, PriceReference, SelfTrade
from harness.venue.model import (
    Account,
    NewOrder,
    Order,
    OrderEnd,
    OrderStatus,
    OrderType,
    Refusal,
    Side,
    TimeInForce,
    VenueRefusal,
)
from harness.venue.session import Venue
from tests.venue.books import check_books, check_ledger, check_locks
from tests.venue.world import StillClock

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
FUNDS = {"USDT": D(100_000), "BTC": D(10), "BNB": D(1)}


class Change(TypedDict, total=False):
    price: Decimal
    amount: Decimal


class Floor:
    """A market without other traders, two accounts, and what they were told."""

    def __init__(self, *others: Market, **rules: Any) -> None:
        self.market = replace(SAMPLE_MARKETS[0], **rules)
        self.clock = StillClock()
        self.venue = Venue([self.market, *others], 1, self.clock)
        self.one, self.two = (self.venue.account(name, FUNDS) for name in ("one", "two"))
        self.events: list[Event] = []
        self.venue.subscribe(self.events.append)

    def new(self, side: Side, amount: str, price: str | None, **more: Any) -> NewOrder:
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        given = None if price is None else D(price)
        return NewOrder(self.market, side, kind, amount=D(amount), price=given, **more)

    def place(self, who: Account, side: Side, amount: str, price: str | None, **more: Any) -> Order:
        return self.venue.place(who, self.new(side, amount, price, **more))

    def now(self, order: Order) -> Order:
        account = self.one if order.account == "one" else self.two
        return self.venue.order(account, order.order_id)

    def check(self) -> None:
        check_ledger(self.venue)
        check_locks(self.venue, [self.one, self.two])
        check_books(self.venue)


def refused(floor: Floor, who: Account, order: NewOrder) -> Refusal:
    with pytest.raises(VenueRefusal) as refusal:
        floor.venue.place(who, order)
    floor.check()
    return refusal.value.code


@pytest.mark.parametrize(
    ("rule", "first", "taker"),
    [
        (SelfTrade.NONE, (OrderStatus.FILLED, None), (OrderStatus.FILLED, "3", None)),
        (SelfTrade.EXPIRE_TAKER, (OrderStatus.OPEN, None), (OrderStatus.EXPIRED, "1", OrderEnd.SELF_TRADE)),
        (
            SelfTrade.EXPIRE_MAKER,
            (OrderStatus.EXPIRED, OrderEnd.SELF_TRADE),
            (OrderStatus.PARTIALLY_FILLED, "2", None),
        ),
        (
            SelfTrade.EXPIRE_BOTH,
            (OrderStatus.EXPIRED, OrderEnd.SELF_TRADE),
            (OrderStatus.EXPIRED, "1", OrderEnd.SELF_TRADE),
        ),
        (SelfTrade.DECREMENT, (OrderStatus.EXPIRED, OrderEnd.SELF_TRADE), (OrderStatus.FILLED, "2", None)),
    ],
)
def test_an_order_that_meets_its_own_account(
    rule: SelfTrade,
    first: tuple[OrderStatus, OrderEnd | None],
    taker: tuple[OrderStatus, str, OrderEnd | None],
) -> None:
    """Another's order at 100, one of its own at 101, another's at 102; 3 are wanted at 102."""
    floor = Floor()
    floor.place(floor.two, SELL, "1", "100")
    own = floor.place(floor.one, SELL, "1", "101")
    floor.place(floor.two, SELL, "1", "102")
    order = floor.place(floor.one, BUY, "3", "102", self_trade=rule)
    assert (floor.now(own).status, floor.now(own).ended) == first
    assert (order.status, order.filled, order.ended) == (taker[0], D(taker[1]), taker[2])
    floor.check()


def test_decrementing_takes_the_smaller_amount_off_both() -> None:
    floor = Floor(self_trade=SelfTrade.DECREMENT)
    own = floor.place(floor.one, SELL, "5", "100")
    order = floor.place(floor.one, BUY, "2", "100")
    assert (order.status, order.prevented, order.ended) == (OrderStatus.EXPIRED, 2, OrderEnd.SELF_TRADE)
    assert (floor.now(own).remaining, floor.now(own).amount, floor.now(own).prevented) == (3, 5, 2)
    assert not floor.venue.trades(floor.market)
    floor.check()


def test_fill_or_kill_counts_no_order_of_its_own() -> None:
    floor = Floor()
    floor.place(floor.two, SELL, "1", "100")
    floor.place(floor.one, SELL, "1", "100")
    fok = TimeInForce.FOK
    order = floor.place(floor.one, BUY, "2", "100", time_in_force=fok, self_trade=SelfTrade.EXPIRE_MAKER)
    assert (order.status, order.filled) == (OrderStatus.EXPIRED, 0)
    assert len(floor.venue.open_orders(floor.one)) == 1


def test_a_price_band_follows_its_reference() -> None:
    band = PriceBand(D("0.8"), D("1.1"), D("0.9"), D("1.2"), PriceReference.MID)
    floor = Floor(price_band=band, reference_price=D(100))
    assert refused(floor, floor.one, floor.new(BUY, "1", "79.99")) is Refusal.PRICE_BAND
    assert refused(floor, floor.one, floor.new(BUY, "1", "110.01")) is Refusal.PRICE_BAND
    assert refused(floor, floor.one, floor.new(SELL, "1", "120.01")) is Refusal.PRICE_BAND
    floor.place(floor.one, BUY, "1", "110")
    floor.place(floor.two, SELL, "1", "120")
    assert refused(floor, floor.one, floor.new(BUY, "1", "91.99")) is Refusal.PRICE_BAND
    assert floor.place(floor.one, BUY, "1", "92").status is OrderStatus.OPEN


def test_the_most_orders_and_the_largest_value() -> None:
    floor = Floor(max_open_orders=2, max_notional=D(1000))
    assert refused(floor, floor.one, floor.new(BUY, "10", "100.01")) is Refusal.NOTIONAL_TOO_LARGE
    first = floor.place(floor.one, BUY, "10", "100")
    floor.place(floor.one, BUY, "1", "100")
    assert refused(floor, floor.one, floor.new(BUY, "1", "100")) is Refusal.TOO_MANY_OPEN_ORDERS
    floor.place(floor.two, BUY, "1", "100")
    floor.venue.cancel(floor.one, first.order_id)
    assert floor.place(floor.one, BUY, "1", "100").status is OrderStatus.OPEN


def test_an_order_ends_when_its_time_has_come() -> None:
    floor = Floor()
    until = floor.clock.time + 10.25
    order = floor.place(floor.one, BUY, "1", "100", time_in_force=TimeInForce.GTD, expires_at=until)
    floor.clock.time = until - 0.01
    assert floor.venue.open_orders(floor.one) == (order,)
    floor.clock.time = until
    floor.venue.tick()
    assert floor.now(order).ended is OrderEnd.TIME
    last = floor.events[-2]
    assert isinstance(last, OrderChanged)
    assert (last.change, last.at) == (OrderChange.EXPIRED, until)
    floor.check()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"time_in_force": TimeInForce.GTD, "expires_at": 1.0}, Refusal.EXPIRES_IN_THE_PAST),
        ({"time_in_force": TimeInForce.GTD}, Refusal.BAD_COMBINATION),
        ({"expires_at": 9e9}, Refusal.BAD_COMBINATION),
        ({"reduce_only": True}, Refusal.BAD_COMBINATION),
    ],
)
def test_what_does_not_go_together(more: dict[str, Any], code: Refusal) -> None:
    floor = Floor()
    assert refused(floor, floor.one, floor.new(BUY, "1", "100", **more)) is code


def test_less_keeps_the_place_in_the_queue_and_more_loses_it() -> None:
    floor = Floor()
    first, second = (floor.place(floor.one, BUY, "2", "100") for _ in range(2))
    floor.venue.amend(floor.one, first.order_id, amount=D(1))
    floor.place(floor.two, SELL, "1", "100")
    assert floor.now(first).status is OrderStatus.FILLED
    third = floor.place(floor.one, BUY, "2", "100")
    floor.venue.amend(floor.one, second.order_id, amount=D(3))
    floor.place(floor.two, SELL, "2", "100")
    assert (floor.now(third).filled, floor.now(second).filled) == (2, 0)
    floor.check()


def test_an_amended_price_may_trade_at_once_under_the_same_ids() -> None:
    floor = Floor()
    order = floor.place(floor.one, BUY, "2", "100", client_order_id="mine")
    floor.place(floor.two, SELL, "1", "101")
    floor.events.clear()
    changed = floor.venue.amend(floor.one, client_order_id="mine", price=D(102), request_id="r1")
    assert (changed.order_id, changed.filled, changed.filled_quote, changed.price) == (
        order.order_id,
        1,
        101,
        102,
    )
    told = [e for e in floor.events if isinstance(e, OrderChanged) and e.order.account == "one"]
    assert [(e.change, e.request_id) for e in told] == [(OrderChange.AMENDED, "r1"), (OrderChange.FILL, None)]
    floor.check()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": D(1)}, Refusal.AMOUNT_TOO_SMALL),  # so much is filled already
        ({"amount": D(2000)}, Refusal.INSUFFICIENT_BALANCE),
        ({"price": D("100.001")}, Refusal.PRICE_INCREMENT),
        ({"price": D(105)}, Refusal.POST_ONLY_WOULD_TAKE),
    ],
)
def test_a_refused_amendment_changes_nothing(change: Change, code: Refusal) -> None:
    floor = Floor()
    order = floor.place(floor.one, BUY, "2", "100", post_only=True)
    floor.place(floor.two, SELL, "1", "100")
    floor.place(floor.two, SELL, "1", "105")
    before = floor.venue.ledger_rows(), floor.now(order), floor.venue.book(floor.market)
    with pytest.raises(VenueRefusal) as refusal:
        floor.venue.amend(floor.one, order.order_id, **change)
    assert refusal.value.code is code
    assert (floor.venue.ledger_rows(), floor.now(order), floor.venue.book(floor.market)) == before


def test_a_post_only_order_that_would_take_is_refused_or_ends_at_once() -> None:
    for expires in (False, True):
        floor = Floor(post_only_expires=expires)
        floor.place(floor.two, SELL, "1", "100")
        before = floor.venue.balances(floor.one)
        if expires:
            order = floor.place(floor.one, BUY, "2", "100", post_only=True)
            assert (order.status, order.ended, order.filled) == (OrderStatus.EXPIRED, OrderEnd.POST_ONLY, 0)
        else:
            with pytest.raises(VenueRefusal) as refusal:
                floor.place(floor.one, BUY, "2", "100", post_only=True)
            assert refusal.value.code is Refusal.POST_ONLY_WOULD_TAKE
        assert floor.venue.balances(floor.one) == before
        assert floor.venue.open_orders(floor.one) == ()


def test_a_done_order_is_not_amended() -> None:
    floor = Floor()
    order = floor.place(floor.one, BUY, "2", "100")
    floor.venue.cancel(floor.one, order.order_id)
    with pytest.raises(VenueRefusal) as refusal:
        floor.venue.amend(floor.one, order.order_id, amount=D(1))
    assert refusal.value.code is Refusal.ORDER_NOT_OPEN


def test_a_rebate_is_paid_to_the_maker() -> None:
    floor = Floor(maker_fee=D("-0.001"), taker_fee=D("0.002"), fee_in=FeeIn.QUOTE)
    floor.place(floor.one, BUY, "1", "100")
    floor.place(floor.two, SELL, "1", "100")
    assert [fill.fee for fill in floor.venue.fills(floor.one)] == [D("-0.1")]
    assert floor.venue.balance(floor.one, "USDT").total == 100_000 - 100 + D("0.1")
    assert floor.venue.balance(floor.two, "USDT").total == 100_000 + 100 - D("0.2")
    floor.check()


def test_an_order_may_choose_the_asset_of_its_fee() -> None:
    floor = Floor(taker_fee=D("0.01"))
    floor.place(floor.one, BUY, "1", "100")
    floor.place(floor.two, SELL, "1", "100", fee_in=FeeIn.BASE)
    (fill,) = floor.venue.fills(floor.two)
    assert (fill.fee, fill.fee_asset) == (D("0.01"), "BTC")
    assert floor.venue.balance(floor.two, "BTC").total == 10 - D("1.01")
    floor.check()


def test_a_third_asset_pays_fees_while_it_lasts() -> None:
    bnb = replace(SAMPLE_MARKETS[0], base="BNB", reference_price=D(500))
    floor = Floor(bnb, taker_fee=D("0.01"))
    floor.venue.pay_fees_with(floor.two, "BNB", D("0.25"))
    floor.place(floor.one, BUY, "2", "40000")
    floor.place(floor.two, SELL, "1", "40000")
    (fill,) = floor.venue.fills(floor.two)
    assert (fill.fee, fill.fee_asset) == (40_000 * D("0.01") * D("0.75") / 500, "BNB")
    assert floor.venue.balance(floor.two, "BNB").free == 1 - fill.fee
    floor.place(floor.two, SELL, "1", "40000")
    assert floor.venue.fills(floor.two)[1].fee_asset == "USDT"  # 0.4 BNB do not pay 0.6
    floor.check()


def test_nothing_is_withdrawn_that_is_locked() -> None:
    floor = Floor()
    floor.place(floor.one, BUY, "1", "40000")
    with pytest.raises(VenueRefusal):
        floor.venue.withdraw(floor.one, "USDT", D("60000.01"))
    floor.venue.withdraw(floor.one, "USDT", D(60000))
    assert floor.venue.balance(floor.one, "USDT").free == 0
    floor.check()
