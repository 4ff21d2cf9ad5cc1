"""Markets whose rules change, and the other traders."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from harness.venue.model import Level, NewOrder, OrderStatus, Refusal, Side, VenueRefusal
from tests.venue.world import resting, venue

D = Decimal


def test_changed_rules_hold_for_who_knows_the_market_from_before() -> None:
    world, account = venue()
    before = world.market("BTC-USDT")
    resting_one = world.place(account, resting(world, amount="0.0123"))
    world.change_rules(replace(before, lot_size=D("0.001"), min_amount=D("0.001")))
    with pytest.raises(VenueRefusal) as refusal:
        world.place(account, replace(resting(world, amount="0.0123"), market=before))
    assert refusal.value.code is Refusal.AMOUNT_INCREMENT
    with pytest.raises(VenueRefusal):
        world.amend(account, resting_one.order_id, amount=D("0.0121"))
    assert world.place(account, replace(resting(world, amount="0.012"), market=before)).amount == D("0.012")


def test_rules_change_for_orders_and_fills_that_come() -> None:
    world, account = venue()
    old = world.market("BTC-USDT")
    order = world.place(account, resting(world))
    world.change_rules(replace(old, maker_fee=D("-0.0002"), lot_size=D("0.001")))
    (fill,) = world.fill(order.order_id)
    assert fill.fee == -fill.amount * D("0.0002"), "a rebate, in what the buyer receives"
    assert world.market("BTC-USDT").lot_size == D("0.001")
    assert world.orders(account, old) == world.orders(account), "it is the same market"
    with pytest.raises(VenueRefusal, match="amount_increment"):
        world.place(account, replace(resting(world), amount=D("0.0105")))


def test_a_halted_market_takes_no_orders() -> None:
    world, account = venue()
    wanted = resting(world)
    world.halt(wanted.market)
    with pytest.raises(VenueRefusal) as refusal:
        world.place(account, wanted)
    assert refusal.value.code is Refusal.MARKET_HALTED
    world.resume(wanted.market)
    assert world.place(account, wanted).status is OrderStatus.OPEN


def test_filling_passes_by_nobody() -> None:
    """Another account's order at a better price is filled first; the others' quotes step aside."""
    world, account = venue()
    rival = world.account("rival", {"USDT": D(100_000)})
    wanted = resting(world)
    assert wanted.price is not None
    first = world.place(rival, replace(wanted, price=wanted.price + D("0.01")))
    order = world.place(account, wanted)
    (fill,) = world.fill(order.order_id, D("0.002"))
    assert fill.amount == D("0.002")
    assert world.order(rival, first.order_id).status is OrderStatus.FILLED
    assert world.order(account, order.order_id).filled == D("0.002")


def test_filling_a_far_order_leaves_the_others_quotes() -> None:
    world, account = venue()
    market = world.market("BTC-USDT")
    before = world.book(market)
    order = world.place(account, NewOrder(market, Side.BUY, amount=D("0.01"), price=D(50000)))
    world.fill(order.order_id)
    after = world.book(market)
    assert (after.bids, after.asks) == (before.bids, before.asks)
    assert after.sequence > before.sequence
    assert world.last_price(market) == D(50000)


@pytest.mark.parametrize("amount", ["0", "0.0000001", "1"])
def test_an_impossible_fill_is_said_to_be_so(amount: str) -> None:
    world, account = venue()
    order = world.place(account, resting(world))
    with pytest.raises(ValueError, match="of order"):
        world.fill(order.order_id, D(amount))


def test_the_others_never_touch_an_accounts_order() -> None:
    world, account = venue()
    market = world.market("BTC-USDT")
    best = world.book(market).bids[0].price
    world.place(account, NewOrder(market, Side.BUY, amount=D("0.01"), price=best + D("0.01")))
    world.walk(500, market)
    assert world.fills(account) == ()
    assert len(world.open_orders(account)) == 1
    assert world.trades(market)


def test_a_level_is_set_without_moving_accounts_orders() -> None:
    world, account = venue()
    market = world.market("BTC-USDT")
    level = world.book(market).bids[2]
    world.place(account, NewOrder(market, Side.BUY, amount=D("0.01"), price=level.price))
    world.set_level(market, Side.BUY, level.price, D("0.5"))
    assert Level(level.price, D("0.51")) in world.book(market).bids
    world.set_level(market, Side.BUY, level.price, D(0))
    assert Level(level.price, D("0.01")) in world.book(market).bids


def test_the_others_trade_what_is_smaller_than_a_new_step() -> None:
    world, _ = venue(levels=10)
    market = world.markets[0]
    book = world.book(market, 10)
    for side, levels in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
        for level in levels:
            world.set_level(market, side, level.price, market.lot_size)
    world.change_rules(replace(market, lot_size=market.lot_size * 10, min_amount=market.lot_size * 10))
    world.walk(50, world.markets[0])
    assert any(trade.amount == market.lot_size for trade in world.trades(market))
