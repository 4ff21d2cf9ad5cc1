"""Each dialect is believed because the exchange's merged connector lives through an order on it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from harness.driving.connector import PositionAction
from harness.scenarios.rig import Rig
from harness.venue.dialects import spoken_by
from harness.venue.market import floor_to
from harness.venue.model import Side
from tests.dialects.names import market_of
from tests.zoo.keeping import PACE, Zoo

# Merged connectors whose books go astray: `test_good.py` has what a screening says of them.
LOSES_THE_BOOK = {
    "bybit_perpetual": "it skips levels that a delta takes out, and the snapshot of its subscription",
    "okx_perpetual": "it takes the contracts of the stream's snapshot for amounts of the base",
}
BY_DEFAULT = ("binance", "binance_perpetual")  # the others: `make test-all`
TAKES_OPEN_INTEREST_FOR_FUNDING = ("hyperliquid_perpetual",)
TAKES_PERCENT_FOR_FUNDING = ("grvt_perpetual",)
TAKES_THE_LAST_FUNDING_FOR_THE_NEXT = ("architect_perpetual",)
KNOWS_NO_NEXT_FUNDING = ("kucoin_perpetual",)
LEAVES_SHORT_POSITIONS_OUT = ("architect_perpetual",)
DIVIDES_NOTIONAL = ("okx_perpetual",)  # by the entry price, for a position's amount
SENDS_LEVERAGE_WITH_ORDERS = ("kucoin_perpetual",)  # and sets none
ONLY_CLOSES_POSITIONS = ("grvt_perpetual",)  # an order against one only reduces it, whatever it is to do
RECKONS_AVAILABLE = ("derive",)  # from all, with fills that are in it already
UNSIGNED = ("backpack_perpetual",)  # amounts of short positions
KEEPS_LEVERAGE_OF_POSITIONS = ("bitget_perpetual",)  # it changes none while there is one
MAKES_DECIMALS_OF_FLOATS = ("foxbit",)
TELLS_EQUITY = (
    "backpack_perpetual",
    "bitget_perpetual",
    "bitmart_perpetual",
    "bybit_perpetual",
    "hyperliquid_perpetual",
    "kalshi_perpetual",
    "okx_perpetual",
    "pacifica_perpetual",
)  # as the balance: unrealised profit is in it


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[] if name in BY_DEFAULT else pytest.mark.full, id=name)
        for name in spoken_by("v2")
    ],
)
def rig(request: pytest.FixtureRequest, zoo: Zoo) -> Iterator[Rig]:
    """The exchange's own connector, started and ready, in the sandbox."""
    market = market_of(request.param)
    with zoo.good(request.param) as specimen, specimen.rigs.open(PACE / 2, market=market) as rig:
        rig.connector.start()
        ready = rig.connector.wait_ready(120)
        assert ready.ready, (ready.parts, [line.message for line in rig.connector.logs()][-5:])
        yield rig
        assert not rig.record.rejected()
        assert not rig.record.troubles()


def resting(rig: Rig) -> tuple[Decimal, Decimal]:
    """A bid below the book and an amount that can be halved, both as the rules have them."""
    market = rig.market
    price = floor_to(rig.venue.book(market).bids[-1].price * Decimal("0.99"), market.tick_size)
    lots = max(market.min_amount, market.min_notional / price) // market.lot_size + 1
    return price, lots * 4 * market.lot_size


def opening(rig: Rig) -> PositionAction | None:
    return "OPEN" if rig.market.perpetual else None


def test_it_keeps_the_book(rig: Rig) -> None:
    def agrees() -> bool:
        ours, theirs = rig.venue.book(rig.market, 5), rig.connector.book(rig.pair)
        return [(x.price, x.amount) for x in ours.bids] == [tuple(row) for row in theirs.bids[:5]]

    best = rig.venue.book(rig.market, 1).bids[0]
    rig.venue.set_level(rig.market, Side.BUY, best.price, Decimal(0))
    loses = rig.dialect.name in LOSES_THE_BOOK
    agreed = rig.eventually(agrees, 30 if loses else 200)
    assert agreed is not loses, "one of LOSES_THE_BOOK that keeps it is none"
    if not loses:
        rig.venue.walk(20, rig.market)
        assert rig.eventually(agrees, 200)


def test_an_order_fills_in_parts(rig: Rig) -> None:
    price, amount = resting(rig)
    order_id = rig.connector.buy(rig.pair, amount, price, position=opening(rig))
    assert rig.connector.wait_event("BuyOrderCreated", order_id)
    (order,) = rig.venue.open_orders(rig.account)
    assert (order.price, order.amount) == (price, amount)
    for part in (amount / 4, amount * 3 / 4):
        rig.venue.fill(order.order_id, part)
        assert rig.eventually(lambda: order_id in filled(rig), 200), "a fill was never told"
    completed = rig.connector.wait_event("BuyOrderCompleted", order_id, timeout=200)
    assert completed, filled(rig)
    told = sum(filled(rig)[order_id], Decimal(0))
    if rig.dialect.name in MAKES_DECIMALS_OF_FLOATS:
        told = told.quantize(rig.market.lot_size)
    assert told == amount


def filled(rig: Rig) -> dict[str, list[Decimal]]:
    """Amounts of the fills that the connector told of, by order."""
    told: dict[str, list[Decimal]] = {}
    for event in rig.connector.events():
        amount = event.decimal("amount") if event.kind == "OrderFilled" else None
        if event.order_id is not None and amount is not None:
            told.setdefault(event.order_id, []).append(amount)
    return told


def test_an_order_is_canceled(rig: Rig) -> None:
    price, amount = resting(rig)
    order_id = rig.connector.buy(rig.pair, amount, price, position=opening(rig))
    assert rig.connector.wait_event("BuyOrderCreated", order_id)
    rig.connector.cancel(order_id)
    assert rig.connector.wait_event("OrderCancelled", order_id)
    assert rig.venue.open_orders(rig.account) == ()


def test_the_balances_follow_the_ledger(rig: Rig) -> None:
    if rig.market.perpetual:
        margin = rig.venue.margin(rig.account, rig.market.settle_asset)
        more = margin.unrealised_pnl if rig.dialect.name in TELLS_EQUITY else 0
        total = margin.wallet + more
        rig.connector.tick(120)
        assert rig.eventually(lambda: rig.connector.balances()[margin.asset].total == total, 120)
        return

    def agree() -> bool:
        told = rig.connector.balances()
        ours = [rig.venue.balance(rig.account, asset) for asset in (rig.market.base, rig.market.quote)]
        reckons = rig.dialect.name in RECKONS_AVAILABLE
        return all(
            told[b.asset].total == b.total and (reckons or told[b.asset].available == b.free) for b in ours
        )

    rig.connector.tick(120)
    assert rig.eventually(agree, 120)


def held(rig: Rig) -> Decimal:
    """The account's net size in the market, whatever its position mode."""
    positions = rig.venue.positions(rig.account)
    return sum((each.size for each in positions if each.market == rig.market), Decimal(0))


def test_a_position_is_told_and_closed(rig: Rig) -> None:
    if not rig.market.perpetual:
        pytest.skip("spot")
    venue, connector, pair = rig.venue, rig.connector, rig.pair
    _, amount = resting(rig)
    before = held(rig)  # a long position, which in one-way mode has to be sold first
    bid = venue.book(rig.market).bids[-1].price
    if before and rig.dialect.name in ONLY_CLOSES_POSITIONS:
        sold = connector.sell(pair, before, bid, position="CLOSE")
        assert connector.wait_event("SellOrderCompleted", sold, timeout=200)
        before = held(rig)
    opened = connector.sell(pair, amount * 2 + before, bid, position="OPEN")
    assert connector.wait_event("SellOrderCompleted", opened, timeout=200)
    assert held(rig) == -amount * 2

    def told() -> bool:
        amounts = [
            -each.amount if each.side == "SHORT" and rig.dialect.name in UNSIGNED else each.amount
            for each in connector.positions()
            if each.pair == pair
        ]
        return sum(amounts) == held(rig)

    wrong = rig.dialect.name in (*LEAVES_SHORT_POSITIONS_OUT, *DIVIDES_NOTIONAL)
    assert rig.eventually(told, 120) is not wrong, connector.positions()
    if wrong:
        return
    closed = connector.buy(pair, amount, venue.book(rig.market).asks[-1].price, position="CLOSE")
    assert connector.wait_event("BuyOrderCompleted", closed, timeout=200)
    assert rig.eventually(told, 120), connector.positions()


def test_leverage_and_funding(rig: Rig) -> None:
    if not rig.market.perpetual:
        pytest.skip("spot")
    name, venue, market = rig.dialect.name, rig.venue, rig.market
    if rig.dialect.takes_leverage and name not in SENDS_LEVERAGE_WITH_ORDERS + KEEPS_LEVERAGE_OF_POSITIONS:
        rig.connector.set_leverage(rig.pair, 7)
        assert rig.eventually(lambda: venue.leverage(rig.account, market) == 7, 200)
    funding = rig.connector.funding(rig.pair)
    rate = (
        venue.open_interest(market) if name in TAKES_OPEN_INTEREST_FOR_FUNDING else venue.funding_rate(market)
    )
    assert funding.rate == rate * (100 if name in TAKES_PERCENT_FOR_FUNDING else 1)
    next_at = venue.next_funding_at(market)
    if name in TAKES_THE_LAST_FUNDING_FOR_THE_NEXT:
        next_at -= market.funding_interval
    if name in KNOWS_NO_NEXT_FUNDING:
        next_at = 0
    assert funding.next_at == pytest.approx(next_at, abs=1)
