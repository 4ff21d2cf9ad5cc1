"""An order that came without a client order id is told as each exchange tells it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest

from harness.venue.described.dialect import DescribedDialect
from harness.venue.dialects import dialect
from harness.venue.dialects.bybit import codec as bybit
from harness.venue.dialects.kucoin import messages as kucoin
from harness.venue.dialects.okx import codec as okx
from harness.venue.model import Account, Fill, NewOrder, Order, Side
from harness.venue.session import Venue
from tests.venue.world import FUNDS, StillClock

OWN = "one of its own"


def ordered(name: str, client_order_id: str | None) -> tuple[Venue, Account, Order, Fill]:
    """An order on that exchange and its first fill."""
    venue = Venue(dialect(name).markets, 7, StillClock())
    market = venue.markets[0]
    venue.seed_book(market, 10)
    account = venue.account("maker", {**FUNDS, market.base: Decimal(9), market.quote: Decimal(10**6)})
    price = venue.book(market).bids[0].price
    amount = market.min_amount * 9
    asked = NewOrder(market, Side.BUY, amount=amount, price=price, client_order_id=client_order_id)
    placed = venue.place(account, asked)
    return venue, account, placed, venue.fill(placed.order_id)[-1]


@pytest.mark.parametrize("given", [None, "t-mine"])
def test_codecs_leave_the_id_empty(given: str | None) -> None:
    _, _, order, fill = ordered("okx", given)
    told: list[Any] = [
        okx.order_data(order, [fill])["clOrdId"], okx.fill_data(fill)["clOrdId"],
        bybit.order_data(order, Decimal(0), "spot")["orderLinkId"],
        bybit.execution(fill, order, "spot")["orderLinkId"], kucoin.order(order, [fill])["clientOid"],
    ]  # fmt: skip
    assert told == [given or ""] * 5


@pytest.mark.parametrize("given", [None, "t-mine"])
@pytest.mark.parametrize(
    ("name", "unnamed"),
    [
        ("gate_io", "3"), ("gate_io_perpetual", "web"), ("bitstamp", None), ("btc_markets", None),
        ("okx_perpetual", ""), ("bitget", OWN),
    ],
)  # fmt: skip
def test_descriptions_say_what_is_told(name: str, unnamed: str | None, given: str | None) -> None:
    venue, account, order, fill = ordered(name, given)
    facts = cast(DescribedDialect, dialect(name)(venue)).venue_facts
    told = facts.order(account, order).facts("order"), facts.fill(account, fill).facts("fill")
    expected = given or (order.client_order_id if unnamed == OWN else unnamed)
    assert [each["client_order_id"] for each in told if each] == [expected] * 2
