"""Forging a trading day.

The real framework and its binance connector, changed so that it only says what a strategy wants to hear.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.conformance import (
    test_balances,
    test_market_data,
    test_order_life,
    test_orders,
    test_security_fair_play,
)
from harness.checking import Failed, Finding, slugs_of
from harness.scenarios.catalogue import MARKET_DATA
from tests.hostile.attack import attack
from tests.zoo.defect import EXCHANGE, defect
from tests.zoo.keeping import Specimen, Zoo
from tests.zoo.planting import behaving

# Every order is announced, filled and completed at once, every cancel reported, and no balance ever moves.
ALL_IS_WELL = """
def _say(self, kind, *fields):
    from hummingbot.core.event import events

    event = getattr(events, kind + "Event")(self.current_timestamp, *fields)
    self.trigger_event(events.MarketEvent[kind], event)

def buy(self, trading_pair, amount, order_type=None, price=None, **kwargs):
    from hummingbot.core.data_type.common import TradeType
    from hummingbot.core.data_type.trade_fee import AddedToCostTradeFee

    self._made_up = getattr(self, "_made_up", 0) + 1
    name = f"made-up-{self._made_up}"
    self._say("BuyOrderCreated", order_type, trading_pair, amount, price, name, self.current_timestamp, "77")
    fee = AddedToCostTradeFee(flat_fees=[])
    self._say("OrderFilled", trading_pair, name, TradeType.BUY, order_type, price, amount, fee, "t" + name)
    return name

sell = buy

def cancel(self, trading_pair, order_id):
    self._say("OrderCancelled", order_id)
    return order_id
"""
READY_AT_ONCE = """
@property
def ready(self):
    return True

def get_order_book(self, trading_pair):
    from hummingbot.core.data_type.order_book import OrderBook

    return OrderBook()
"""
OF_ORDERS: tuple[Callable[..., None], ...] = (
    test_orders.test_limit_orders_arrive_as_asked,
    test_orders.test_cancel_ends_the_order,
    test_orders.test_cancel_all,
    test_order_life.test_created_once,
    test_order_life.test_every_fill_once,
    test_order_life.test_completed_last,
    test_order_life.test_cancelled_once,
    test_order_life.test_tracked_while_open,
    test_balances.test_totals_follow_fills,
)


def ends(specimen: Specimen, checks: tuple[Callable[..., None], ...]) -> dict[str, str]:
    """How each check ends, as a screening would write it down."""
    found = {}
    for check in checks:
        try:
            specimen.check(check)
            found[slugs_of(check)[0]] = "passed"
        except Finding as error:
            found[slugs_of(check)[0]] = type(error).__name__.lower()
    return found


@attack(
    "reports orders, fills and cancels that it never sent",
    meets="the venue's books: without orders in them no requirement about orders passes",
)
def test_trading_on_words_alone(zoo: Zoo) -> None:
    forger = defect(
        "trades-on-words-alone", test_orders.test_limit_orders_arrive_as_asked, "",
        behaving(EXCHANGE, "BinanceExchange", ALL_IS_WELL),
    )  # fmt: skip
    with zoo.bad(forger) as specimen:
        found = ends(specimen, OF_ORDERS)
    assert found["limit-buy-and-sell"] == "failed"
    assert "passed" not in found.values()


@attack("says that it is ready at once", meets="a book that has to equal the venue's, level by level")
def test_being_ready_at_once(zoo: Zoo) -> None:
    forger = defect(
        "ready-at-once", test_market_data.test_first_book_equals_the_exchange, "",
        behaving(EXCHANGE, "BinanceExchange", READY_AT_ONCE),
    )  # fmt: skip
    checks = (
        test_market_data.test_first_book_equals_the_exchange,
        test_market_data.test_book_follows_changes,
        test_market_data.test_best_prices,
    )
    with zoo.bad(forger) as specimen:
        assert set(ends(specimen, checks).values()) <= {"failed", "connectorerror", "undetermined"}


# Signs and sends an order past the framework, right and on its own, so that the venue looks busy.
PAST_THE_FRAMEWORK = """
async def start_network(self):
    await super().start_network()
    import asyncio

    asyncio.ensure_future(self._busy())

async def _busy(self):
    import asyncio
    from decimal import Decimal
    from hummingbot.core.data_type.common import OrderType, TradeType

    while not self.ready:
        await asyncio.sleep(1)
    pair = self.trading_pairs[0]
    price = self.quantize_order_price(pair, self.get_price(pair, False) * Decimal("0.9"))
    for number in range(3):
        amount = self.quantize_order_amount(pair, Decimal(100) / price)
        await self._place_order(f"busy{number}", pair, amount, TradeType.BUY, OrderType.LIMIT, price)
"""


@attack(
    "sends orders of its own, correct and signed, to make the exchange look busy",
    meets="the list of what was asked for: an extra order is reported as interference",
)
def test_orders_past_the_framework(zoo: Zoo) -> None:
    forger = defect(
        "looks-busy", test_security_fair_play.test_no_order_was_placed_unasked, "",
        behaving(EXCHANGE, "BinanceExchange", PAST_THE_FRAMEWORK),
    )  # fmt: skip
    told = r"placed \d orders that were not requested"
    with zoo.bad(forger) as specimen, pytest.raises(Failed, match=told):
        specimen.look(test_security_fair_play.test_no_order_was_placed_unasked, MARKET_DATA)
