"""Markets that charge the fee in the quote asset on both sides."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from harness.venue.market import SAMPLE_MARKETS, FeeIn, Market
from harness.venue.model import Account, NewOrder, OrderType, Refusal, Side, VenueRefusal
from harness.venue.session import Venue
from tests.venue.world import StillClock

D = Decimal
MARKET = replace(SAMPLE_MARKETS[0], fee_in=FeeIn.QUOTE, maker_fee=D("0.0008"), taker_fee=D("0.001"))
COST = D("0.01") * 60_000


@pytest.fixture
def world() -> Venue:
    venue = Venue([MARKET], 3, StillClock())
    venue.seed_book(MARKET, 10)
    return venue


def trader(world: Venue, quote: str = "100000") -> Account:
    return world.account("trader", {"USDT": D(quote), "BTC": D(1)})


def bid(amount: str = "0.01") -> NewOrder:
    return NewOrder(MARKET, Side.BUY, amount=D(amount), price=D(60_000))


def totals(world: Venue, account: Account) -> tuple[Decimal, Decimal]:
    return world.balance(account, "USDT").total, world.balance(account, "BTC").total


def test_a_buyer_holds_cost_and_fee_and_pays_the_fee_on_top(world: Venue) -> None:
    account = trader(world)
    order = world.place(account, bid())
    assert world.balance(account, "USDT").locked == COST * D("1.001")
    (fill,) = world.fill(order.order_id)
    assert (fill.fee, fill.fee_asset, fill.maker) == (COST * D("0.0008"), "USDT", True)
    assert totals(world, account) == (100_000 - COST * D("1.0008"), D("1.01"))
    assert world.balance(account, "USDT").locked == 0


def test_after_a_partial_fill_only_the_rest_is_held(world: Venue) -> None:
    account = trader(world)
    order = world.place(account, bid())
    world.fill(order.order_id, D("0.004"))
    assert world.balance(account, "USDT").locked == D("0.006") * 60_000 * D("1.001")
    world.cancel(account, order.order_id)
    assert world.balance(account, "USDT").locked == 0
    assert totals(world, account) == (100_000 - D("0.004") * 60_000 * D("1.0008"), D("1.004"))


def test_the_balance_must_cover_the_fee_too(world: Venue) -> None:
    account = trader(world, "600.59999999")
    with pytest.raises(VenueRefusal) as refused:
        world.place(account, bid())
    assert refused.value.code is Refusal.INSUFFICIENT_BALANCE
    world.deposit(account, "USDT", D("0.00000001"))
    assert world.place(account, bid()).status.live


@pytest.mark.parametrize(
    "order",
    [
        NewOrder(MARKET, Side.BUY, OrderType.MARKET, amount=D("0.002")),
        NewOrder(MARKET, Side.BUY, OrderType.MARKET, quote_amount=D(100)),
    ],
    ids=["by amount", "by funds"],
)
def test_a_market_buy_pays_what_it_took_and_its_fee(world: Venue, order: NewOrder) -> None:
    account = trader(world)
    world.place(account, order)
    fills = world.fills(account)
    paid = sum(fill.quote_amount + fill.fee for fill in fills)
    assert {fill.fee_asset for fill in fills} == {"USDT"}
    assert totals(world, account) == (100_000 - paid, 1 + sum(fill.amount for fill in fills))
    assert world.balance(account, "USDT").locked == 0


def test_a_seller_gets_the_value_less_the_fee(world: Venue) -> None:
    account = trader(world)
    world.place(account, NewOrder(MARKET, Side.SELL, OrderType.MARKET, amount=D("0.002")))
    got = sum(fill.quote_amount - fill.fee for fill in world.fills(account))
    assert totals(world, account) == (100_000 + got, D("0.998"))


def test_others_markets_hold_the_cost_alone() -> None:
    market: Market = SAMPLE_MARKETS[0]
    assert market.buyer_pays(COST) == COST
    assert MARKET.buyer_pays(D("0.00001")) == D("0.00001001")
