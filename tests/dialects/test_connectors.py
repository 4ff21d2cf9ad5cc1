"""Each dialect is believed because the exchange's merged connector lives through an order on it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from harness.driving.driver import PositionAction
from harness.scenarios.rig import Bench
from harness.venue.dialects import known
from harness.venue.market import floor_to
from harness.venue.model import Side
from tests.zoo.keeping import PACE, Zoo

# Merged connectors whose books go astray: `test_good.py` has what a screening says of them.
LOSES_THE_BOOK = {
    "bybit_perpetual": "it skips levels that a delta takes out, and the snapshot of its subscription",
}
TAKES_OPEN_INTEREST_FOR_FUNDING = ("hyperliquid_perpetual",)
TELLS_EQUITY = ("bybit_perpetual", "hyperliquid_perpetual")  # as the balance: unrealised profit is in it


@pytest.fixture(scope="module", params=known())
def bench(request: pytest.FixtureRequest, zoo: Zoo) -> Iterator[Bench]:
    """The exchange's own connector, started and ready, in the sandbox."""
    with zoo.good(request.param) as specimen, specimen.lab.bench(PACE / 2) as bench:
        bench.connector.start()
        ready = bench.connector.wait_ready(120)
        assert ready.ready, (ready.parts, [line.message for line in bench.connector.logs()][-5:])
        yield bench
        assert not bench.record.strays()
        assert not bench.record.troubles()


def resting(bench: Bench) -> tuple[Decimal, Decimal]:
    """A bid below the book and an amount that can be halved, both as the rules have them."""
    market = bench.market
    price = floor_to(bench.venue.book(market).bids[-1].price * Decimal("0.99"), market.tick_size)
    lots = max(market.min_amount, market.min_notional / price) // market.lot_size + 1
    return price, lots * 4 * market.lot_size


def opening(bench: Bench) -> PositionAction | None:
    return "OPEN" if bench.market.perpetual else None


def test_it_keeps_the_book(bench: Bench) -> None:
    def agrees() -> bool:
        ours, theirs = bench.venue.book(bench.market, 5), bench.connector.book(bench.pair)
        return [(x.price, x.amount) for x in ours.bids] == [tuple(row) for row in theirs.bids[:5]]

    best = bench.venue.book(bench.market, 1).bids[0]
    bench.venue.set_level(bench.market, Side.BUY, best.price, Decimal(0))
    loses = bench.dialect.name in LOSES_THE_BOOK
    assert bench.eventually(agrees) is not loses, "one of LOSES_THE_BOOK that keeps it is none"
    if not loses:
        bench.venue.walk(20, bench.market)
        assert bench.eventually(agrees)


def test_an_order_fills_in_parts(bench: Bench) -> None:
    price, amount = resting(bench)
    order_id = bench.connector.buy(bench.pair, amount, price, position=opening(bench))
    assert bench.connector.wait_event("BuyOrderCreated", order_id)
    (order,) = bench.venue.open_orders(bench.account)
    assert (order.price, order.amount) == (price, amount)
    for part in (amount / 4, amount * 3 / 4):
        bench.venue.fill(order.order_id, part)
        assert bench.eventually(lambda: order_id in filled(bench)), "a fill was never told"
    completed = bench.connector.wait_event("BuyOrderCompleted", order_id, timeout=200)
    assert completed, filled(bench)
    assert sum(filled(bench)[order_id]) == amount


def filled(bench: Bench) -> dict[str, list[Decimal]]:
    """Amounts of the fills that the connector told of, by order."""
    told: dict[str, list[Decimal]] = {}
    for event in bench.connector.events():
        amount = event.decimal("amount") if event.kind == "OrderFilled" else None
        if event.order_id is not None and amount is not None:
            told.setdefault(event.order_id, []).append(amount)
    return told


def test_an_order_is_canceled(bench: Bench) -> None:
    price, amount = resting(bench)
    order_id = bench.connector.buy(bench.pair, amount, price, position=opening(bench))
    assert bench.connector.wait_event("BuyOrderCreated", order_id)
    bench.connector.cancel(order_id)
    assert bench.connector.wait_event("OrderCancelled", order_id)
    assert bench.venue.open_orders(bench.account) == ()


def test_the_balances_follow_the_ledger(bench: Bench) -> None:
    if bench.market.perpetual:
        margin = bench.venue.margin(bench.account, bench.market.settle_asset)
        more = margin.unrealised_pnl if bench.dialect.name in TELLS_EQUITY else 0
        total = margin.wallet + more
        bench.connector.tick(120)
        assert bench.eventually(lambda: bench.connector.balances()[margin.asset].total == total, 120)
        return

    def agree() -> bool:
        told = bench.connector.balances()
        ours = [
            bench.venue.balance(bench.account, asset) for asset in (bench.market.base, bench.market.quote)
        ]
        return all((told[b.asset].total, told[b.asset].available) == (b.total, b.free) for b in ours)

    bench.connector.tick(120)
    assert bench.eventually(agree, 120)


def held(bench: Bench) -> Decimal:
    """The account's net size in the market, whatever its position mode."""
    positions = bench.venue.positions(bench.account)
    return sum((each.size for each in positions if each.market == bench.market), Decimal(0))


def test_a_position_is_told_and_closed(bench: Bench) -> None:
    if not bench.market.perpetual:
        pytest.skip("spot")
    venue, connector, pair = bench.venue, bench.connector, bench.pair
    _, amount = resting(bench)
    before = held(bench)  # a long position, which in one-way mode has to be sold first
    bid = venue.book(bench.market).bids[-1].price
    opened = connector.sell(pair, amount * 2 + before, bid, position="OPEN")
    assert connector.wait_event("SellOrderCompleted", opened, timeout=200)
    assert held(bench) == -amount * 2

    def told() -> bool:
        return sum(each.amount for each in connector.positions() if each.pair == pair) == held(bench)

    assert bench.eventually(told, 120), connector.positions()
    closed = connector.buy(pair, amount, venue.book(bench.market).asks[-1].price, position="CLOSE")
    assert connector.wait_event("BuyOrderCompleted", closed, timeout=200)
    assert bench.eventually(told, 120), connector.positions()


def test_leverage_and_funding(bench: Bench) -> None:
    if not bench.market.perpetual:
        pytest.skip("spot")
    bench.connector.set_leverage(bench.pair, 7)
    assert bench.eventually(lambda: bench.venue.leverage(bench.account, bench.market) == 7, 60)
    funding = bench.connector.funding(bench.pair)
    interest_taken = bench.dialect.name in TAKES_OPEN_INTEREST_FOR_FUNDING
    rate = (bench.venue.open_interest if interest_taken else bench.venue.funding_rate)(bench.market)
    assert funding.rate == rate
    assert funding.next_at == pytest.approx(bench.venue.next_funding_at(bench.market), abs=1)
