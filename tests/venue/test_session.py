"""Orders, fees, refusals, events and the other traders."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from harness.venue.events import BalanceChanged, BookChanged, Event, OrderChange, OrderChanged, TradePrinted
from harness.venue.market import SelfTrade
from harness.venue.model import (
    Level,
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
from tests.venue.world import venue

D = Decimal


def resting(world: Venue, side: Side = Side.BUY, amount: str = "0.01") -> NewOrder:
    """A BTC order that rests behind the best price."""
    market = world.market("BTC-USDT")
    book = world.book(market)
    level = (book.bids if side is Side.BUY else book.asks)[3]
    return NewOrder(market, side, amount=D(amount), price=level.price)


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


def test_keys_are_fresh_and_can_be_revoked() -> None:
    world, account = venue()
    other = world.account("other", {})
    assert len({account.api_key, account.api_secret, other.api_key, other.api_secret}) == 4
    assert account.api_secret not in repr(account)
    assert world.account_of_key(account.api_key) == account
    world.revoke(account)
    assert world.account_of_key(account.api_key) is None
    with pytest.raises(ValueError, match="exists"):
        world.account("other", {})


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
