"""Events, threads, and markets that are the same by their seed."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from harness.venue.events import BalanceChanged, BookChanged, Event, OrderChange, OrderChanged, TradePrinted
from harness.venue.model import NewOrder, Order, OrderStatus, OrderType, Side
from tests.venue.world import resting, venue

D = Decimal


@pytest.mark.parametrize("by_market", [True, False])
def test_trades_are_numbered_by_market_or_in_one_row(by_market: bool) -> None:
    world, account = venue()
    world.number_from(500, trades_by_market=by_market)
    first = world.fill(world.place(account, resting(world)).order_id)
    other = world.market("ETH-USDT")
    price = world.book(other).bids[3].price
    second = world.fill(
        world.place(account, NewOrder(other, Side.BUY, amount=D("0.1"), price=price)).order_id
    )
    assert first[0].trade_id == 501
    assert second[0].trade_id == (501 if by_market else 502)


def test_events_rebuild_books_orders_and_balances() -> None:
    world, account = venue()
    market = world.market("BTC-USDT")
    start = world.book(market)
    sides = {
        Side.BUY: {level.price: level.amount for level in start.bids},
        Side.SELL: {level.price: level.amount for level in start.asks},
    }
    events: list[Event] = []
    stop = world.subscribe(events.append)
    order = world.place(account, resting(world))
    world.walk(200, market)
    world.fill(order.order_id)
    stop()
    end = world.book(market)
    world.walk(20, market)

    sequences = [event.sequence for event in events if isinstance(event, BookChanged)]
    assert sequences == list(range(start.sequence + 1, start.sequence + 1 + len(sequences)))
    changes = [e for e in events if isinstance(e, OrderChanged) and e.order.account == account.name]
    assert [e.change for e in changes] == [OrderChange.NEW, OrderChange.FILL]
    assert changes[-1].order.status is OrderStatus.FILLED
    balances = {
        b.asset: b
        for e in events
        if isinstance(e, BalanceChanged) and e.account == account.name
        for b in e.balances
    }
    assert balances == {b.asset: b for b in world.balances(account) if b.asset in ("BTC", "USDT")}
    assert any(isinstance(e, TradePrinted) for e in events)
    for event in events:
        if isinstance(event, BookChanged):
            sides[event.side][event.price] = event.amount
    for side, levels in ((Side.BUY, end.bids), (Side.SELL, end.asks)):
        assert {price: amount for price, amount in sides[side].items() if amount} == {
            level.price: level.amount for level in levels
        }


def test_a_listener_hears_of_a_deed_only_when_it_is_whole() -> None:
    world, account = venue()
    seen: list[Order] = []

    def look(event: Event) -> None:
        if isinstance(event, OrderChanged) and event.change is OrderChange.NEW:
            seen.append(world.order(account, event.order.order_id))

    world.subscribe(look)
    market = world.market("BTC-USDT")
    world.place(account, NewOrder(market, Side.SELL, OrderType.MARKET, amount=D("0.0001")))
    assert [order.status for order in seen] == [OrderStatus.FILLED]


def test_what_a_listener_does_is_told_after_what_it_heard_of() -> None:
    world, account = venue()
    told: list[int] = []

    def trade_back(event: Event) -> None:
        if isinstance(event, OrderChanged) and event.order.client_order_id == "first":
            market = event.order.market
            world.place(account, NewOrder(market, Side.SELL, OrderType.MARKET, amount=D("0.0001")))

    world.subscribe(trade_back)
    world.subscribe(lambda event: told.append(event.sequence) if isinstance(event, BookChanged) else None)
    world.place(account, replace(resting(world), client_order_id="first"))
    assert len(told) == 2
    assert told == sorted(told)


def test_the_same_seed_gives_the_same_market() -> None:
    def books(seed: int) -> list[object]:
        world, _ = venue(seed)
        world.walk(300)
        return [(world.book(market), world.trades(market)) for market in world.markets]

    assert books(3) == books(3)
    assert books(3) != books(4)


def test_threads_may_trade_at_once() -> None:
    world, account = venue()
    events: list[int] = []
    market = world.market("BTC-USDT")
    world.subscribe(lambda event: events.append(event.sequence) if isinstance(event, BookChanged) else None)
    wanted = resting(world, amount="0.001")

    def trade() -> None:
        for _ in range(50):
            world.cancel(account, world.place(account, wanted).order_id)

    threads = [threading.Thread(target=trade) for _ in range(4)]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that threads without a lock would meet
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(usual)
    assert events == list(range(events[0], events[0] + 400))
    assert world.balance(account, "USDT").locked == 0
    assert not world.open_orders(account, market)
