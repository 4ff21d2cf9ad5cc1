"""An order that takes long to reach the exchange is told from one that never does."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from harness.clock import ScaledClock
from harness.scenarios.played.order_life import offer_at_best, settle, submit
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.model import Order, OrderType, Side, TimeInForce
from harness.venue.session import Venue

D = Decimal
BTC = SAMPLE_MARKETS[0]
ORDER = Order(
    7, "x-1", "you", BTC, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False, D(50000), D("0.01"), None,
    2.0, 2.0,
)  # fmt: skip


class Slow:
    """A rig whose exchange has the order only after the wait with this number; `asked` is its request."""

    def __init__(self, came_after: int, *asked: SimpleNamespace) -> None:
        self.waits, self._came_after = 0, came_after
        self.number, self.market, self.account = 0, BTC, "you"
        self.clock = SimpleNamespace(now=lambda: 1.0)
        self.record = SimpleNamespace(mark=lambda: 0, requests=lambda _, since: asked)
        self.venue = SimpleNamespace(orders=lambda _: [ORDER] if self.waits > self._came_after else [])
        self.connector = SimpleNamespace(buy=lambda *_: "x-1", events=lambda *_, **__: (), orders=dict)

    def eventually(self, look: Callable[[], Any], _: float) -> Any:
        seen = look()
        self.waits += 1
        return seen


def lived(rig: Any) -> Any:
    return settle(rig, submit(rig, Side.BUY, D("0.01"), D(50000)))


def test_a_request_that_is_not_answered_yet_is_waited_for() -> None:
    rig: Any = Slow(0, SimpleNamespace(status=None))
    rig.venue.order, rig.venue.fills = (lambda *_, **__: ORDER), (lambda *_, **__: ())
    life = lived(rig)
    assert (life.placed, life.late, rig.waits) == (ORDER, None, 2)


def test_an_order_that_comes_after_the_wait_is_late() -> None:
    life = lived(Slow(0, SimpleNamespace(status=200)))
    assert (life.placed, life.late) == (None, ORDER)


def test_an_order_that_never_comes_is_not_late() -> None:
    rig = Slow(9, SimpleNamespace(status=400))
    life = lived(rig)
    assert (life.placed, life.late, rig.waits) == (None, None, 1)


@pytest.mark.parametrize("side", Side)
def test_an_ordinary_market_order_finds_enough_at_the_best_price(side: Side) -> None:
    """With one seed of two it took two levels, and Bitget's connector, which buys for a cost, was blamed."""
    venue = Venue(SAMPLE_MARKETS, 1, ScaledClock())
    venue.seed_book(BTC)
    rig: Any = SimpleNamespace(venue=venue, market=BTC)

    def best() -> Any:
        book = venue.book(BTC, 1)
        return (book.asks if side is Side.BUY else book.bids)[0]

    before = best()
    offer_at_best(rig, side, before.amount * 3)
    assert (best().price, best().amount) == (before.price, before.amount * 3)
    offer_at_best(rig, side, before.amount)
    assert best().amount == before.amount * 3
