"""Orders, their fees and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from harness.venue.market import SAMPLE_MARKETS, SelfTrade
from harness.venue.model import (
    NewOrder,
    OrderEnd,
    OrderStatus,
    OrderType,
    Refusal,
    Side,
    TimeInForce,
    VenueRefusal,
)
from harness.venue.session import Venue
from tests.venue.world import FUNDS, StillClock, resting, venue

D = Decimal


def test_a_resting_order_locks_what_it_needs_and_a_cancel_frees_it() -> None:
    world, account = venue()
    order = world.place(account, resting(world))
    assert order.price is not None
    assert world.balance(account, "USDT").locked == order.price * order.amount
    canceled = world.cancel(account, order.order_id)
    assert canceled.status is OrderStatus.CANCELED
    assert world.balance(account, "USDT").locked == 0
    with pytest.raises(VenueRefusal) as refusal:
        world.cancel(account, order.order_id)
    assert refusal.value.code is Refusal.ORDER_NOT_OPEN


def test_fills_pay_the_fee_in_the_asset_received() -> None:
    world, account = venue()
    order = world.place(account, resting(world))
    first = world.fill(order.order_id, D("0.004"))
    assert world.order(account, order.order_id).status is OrderStatus.PARTIALLY_FILLED
    second = world.fill(order.order_id)
    assert world.order(account, order.order_id).status is OrderStatus.FILLED
    assert [fill.amount for fill in (*first, *second)] == [D("0.004"), D("0.006")]
    assert [(fill.fee, fill.fee_asset) for fill in first] == [(D("0.000004"), "BTC")]
    assert world.balance(account, "BTC").free == D(2) + D("0.01") * D("0.999")
    assert order.price is not None
    assert world.balance(account, "USDT").total == D(100_000) - order.price * D("0.01")
    assert world.balance(account, "USDT").locked == 0


def test_a_seller_pays_the_fee_in_quote() -> None:
    world, account = venue()
    order = world.place(account, resting(world, Side.SELL))
    (fill,) = world.fill(order.order_id)
    assert (fill.fee, fill.fee_asset) == (fill.quote_amount * D("0.001"), "USDT")


def test_a_taker_gets_the_better_price_and_what_it_saved() -> None:
    world, account = venue()
    market = world.market("BTC-USDT")
    best = world.book(market).asks[0]
    high = best.price + 100
    order = world.place(account, NewOrder(market, Side.BUY, amount=D("0.0002"), price=high))
    assert (order.status, order.average_price) == (OrderStatus.FILLED, best.price)
    assert world.balance(account, "USDT").total == D(100_000) - best.price * D("0.0002")
    assert world.balance(account, "USDT").locked == 0


@dataclass
class RunningClock(StillClock):
    """A millisecond later each time that it is looked at."""

    def now(self) -> float:
        self.time += 0.001
        return self.time


def test_all_fills_of_an_order_that_comes_have_one_time() -> None:
    world = Venue(SAMPLE_MARKETS, 7, RunningClock())
    market = world.markets[0]
    for price in (D(50_000), D(50_001)):
        world.set_level(market, Side.SELL, price, D("0.01"))
    account, two = world.account("maker", FUNDS), world.book(market, 2).asks
    asked = NewOrder(market, Side.BUY, amount=D("0.02"), price=two[1].price)
    fills = world.fills(account, order_id=world.place(account, asked).order_id)
    assert [fill.price for fill in fills] == [level.price for level in two]
    assert len({fill.at for fill in fills}) == 1


def test_a_market_order_of_a_quote_amount_spends_no_more() -> None:
    world, account = venue()
    market = world.market("BTC-USDT")
    order = world.place(account, NewOrder(market, Side.BUY, OrderType.MARKET, quote_amount=D("1000.5")))
    assert order.status is OrderStatus.FILLED
    assert D(999) < order.filled_quote <= D("1000.5")
    assert order.amount == order.filled


@pytest.mark.parametrize(
    ("force", "status", "filled"),
    [(TimeInForce.IOC, OrderStatus.EXPIRED, True), (TimeInForce.FOK, OrderStatus.EXPIRED, False)],
)
def test_what_may_not_rest_expires(force: TimeInForce, status: OrderStatus, filled: bool) -> None:
    world, account = venue()
    market = world.market("BTC-USDT")
    best = world.book(market).asks[0]
    wanted = NewOrder(market, Side.BUY, amount=best.amount + 1, price=best.price, time_in_force=force)
    order = world.place(account, wanted)
    assert (order.status, order.filled > 0) == (status, filled)
    assert not world.open_orders(account)
    assert world.balance(account, "USDT").locked == 0


def test_fill_or_kill_that_can_be_filled_is() -> None:
    world, account = venue()
    market = world.market("BTC-USDT")
    best = world.book(market).asks[0]
    force = TimeInForce.FOK
    wanted = NewOrder(market, Side.BUY, amount=best.amount, price=best.price, time_in_force=force)
    assert world.place(account, wanted).status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": D("60000.001")}, Refusal.PRICE_INCREMENT),
        ({"price": D(0)}, Refusal.PRICE_RANGE),
        ({"price": D("1E+30")}, Refusal.PRICE_RANGE),
        ({"amount": D("0.010001")}, Refusal.AMOUNT_INCREMENT),
        ({"amount": D("0.000001")}, Refusal.AMOUNT_TOO_SMALL),
        ({"amount": D("NaN")}, Refusal.AMOUNT_TOO_SMALL),
        ({"amount": D("1E+300")}, Refusal.AMOUNT_TOO_LARGE),
        ({"amount": D("0.00005")}, Refusal.NOTIONAL_TOO_SMALL),
        ({"amount": D(50)}, Refusal.INSUFFICIENT_BALANCE),
        ({"amount": None}, Refusal.BAD_COMBINATION),
        ({"quote_amount": D(100)}, Refusal.BAD_COMBINATION),
        ({"price": None}, Refusal.BAD_COMBINATION),
        ({"price": D(70000), "post_only": True}, Refusal.POST_ONLY_WOULD_TAKE),
        ({"client_order_id": "twice"}, Refusal.DUPLICATE_CLIENT_ORDER_ID),
    ],
)
def test_a_refused_order_changes_nothing(change: dict[str, object], code: Refusal) -> None:
    world, account = venue()
    good = replace(resting(world), price=D(60000))
    world.place(account, replace(good, client_order_id="twice"))
    before = world.ledger_rows(), world.book(good.market)
    with pytest.raises(VenueRefusal) as refusal:
        world.place(account, replace(good, **change))  # type: ignore[arg-type]
    assert refusal.value.code is code
    assert (world.ledger_rows(), world.book(good.market)) == before


def test_a_client_order_id_may_repeat_where_the_exchange_lets_it() -> None:
    """A look-up finds the newest."""
    world, account = venue()
    wanted = replace(resting(world), client_order_id="mine", name_may_repeat=True)
    first, second = (world.place(account, wanted) for _ in range(2))
    assert [each.order_id for each in world.open_orders(account)] == [first.order_id, second.order_id]
    assert world.order(account, client_order_id="mine").order_id == second.order_id


def test_a_client_order_id_may_be_used_again_when_its_order_is_done() -> None:
    world, account = venue()
    wanted = replace(resting(world), client_order_id="mine")
    first = world.place(account, wanted)
    world.cancel(account, client_order_id="mine")
    second = world.place(account, wanted)
    assert world.order(account, client_order_id="mine").order_id == second.order_id != first.order_id


def test_nobody_sees_or_cancels_anothers_order() -> None:
    world, account = venue()
    other = world.account("other", {})
    order = world.place(account, resting(world))
    assert world.open_orders(other) == ()
    with pytest.raises(VenueRefusal) as refusal:
        world.cancel(other, order.order_id)
    assert refusal.value.code is Refusal.UNKNOWN_ORDER
    assert world.open_orders(account) == (order,)


def test_an_order_out_of_sight_trades_all_the_same() -> None:
    world, account = venue()
    order, other = world.place(account, resting(world)), world.place(account, resting(world))
    world.hide(order.order_id)
    assert world.open_orders(account) == world.orders(account) == (other,)
    with pytest.raises(VenueRefusal, match=r"no order \d+ yet"):
        world.order(account, order.order_id)
    (fill, *_) = world.fill(order.order_id)
    assert world.order_of(account, fill).status is OrderStatus.FILLED
    world.show(order.order_id)
    assert world.order(account, order.order_id).status is OrderStatus.FILLED


def test_an_order_is_out_of_sight_for_so_many_questions() -> None:
    world, account = venue()
    order = world.place(account, resting(world))
    world.hide(order.order_id, 2)
    for _ in range(2):
        with pytest.raises(VenueRefusal, match="unknown_order"):
            world.order(account, order.order_id)
    assert world.order(account, order.order_id) == order


def test_the_exchange_ends_an_order_that_nobody_cancelled() -> None:
    world, account = venue()
    order = world.end(account, world.place(account, resting(world)).order_id)
    assert (order.status, order.ended) == (OrderStatus.EXPIRED, OrderEnd.BY_EXCHANGE)
    assert world.balance(account, "USDT").locked == 0


def test_an_accounts_orders_meet_by_its_own_rule() -> None:
    world, account = venue()
    world.let_own_orders_meet(account, SelfTrade.EXPIRE_MAKER)
    market = world.market("BTC-USDT")
    price = world.book(market, 1).bids[0].price + market.tick_size
    first = world.place(account, NewOrder(market, Side.BUY, amount=D("0.01"), price=price))
    world.place(account, NewOrder(market, Side.SELL, amount=D("0.01"), price=price))
    assert world.order(account, first.order_id).ended is OrderEnd.SELF_TRADE
    assert world.fills(account, order_id=first.order_id) == ()
