"""What a scenario does where an exchange's book or an order is not as it usually is."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.scenarios.played.order_life import AWAY, Life, let_trade, resting_price
from harness.venue.market import SAMPLE_MARKETS, floor_to
from harness.venue.model import Level, Side
from tests.scenarios.trace.sample import ORDER

MARKET, LAST = SAMPLE_MARKETS[0], Decimal(80_000)


def _rig(bids: tuple[Level, ...], asks: tuple[Level, ...]) -> Any:
    venue = SimpleNamespace(
        book=lambda *_: SimpleNamespace(bids=bids, asks=asks),
        last_price=lambda _: LAST,
        order=lambda *_, **__: ORDER,
        fill=lambda *_: (),
    )
    return SimpleNamespace(venue=venue, market=MARKET, account=None)


@pytest.mark.parametrize("side", list(Side))
def test_an_order_rests_away_from_the_last_price_where_its_side_is_empty(side: Side) -> None:
    """As after a market order that took the whole book."""
    expected = LAST * AWAY if side is Side.BUY else LAST / AWAY
    assert resting_price(_rig((), ()), side) == floor_to(expected, MARKET.tick_size)
    level = (Level(Decimal(90_000), Decimal(1)),)
    expected = Decimal(90_000) * AWAY if side is Side.BUY else Decimal(90_000) / AWAY
    assert resting_price(_rig(level, level), side) == floor_to(expected, MARKET.tick_size)


def test_an_order_that_ends_where_it_would_have_traded_has_no_fill() -> None:
    """As one that only reduces a position, of which nothing is left."""
    life = Life(0, 1.0, "x-1", ORDER.side, "LIMIT", ORDER.amount, ORDER.price, ORDER, ())
    assert let_trade(cast(Any, _rig((), ())), life) is None
