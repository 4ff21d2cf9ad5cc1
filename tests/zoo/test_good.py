"""The good specimens: merged connectors, untouched, are accused of nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from checks.conformance import (
    test_balances,
    test_build,
    test_market_data,
    test_order_life,
    test_orders,
    test_positions,
    test_rate_limits,
    test_resilience,
    test_security,
    test_usability,
    test_whole_run,
)
from harness.checking import Failed, NotApplicable, slugs_of, witnessed
from harness.outcome import Severity
from harness.requirement import Catalogue
from harness.venue.dialects import known
from tests.zoo.defect import EXCHANGE, defect
from tests.zoo.defects import DEFECTS
from tests.zoo.keeping import Specimen, Zoo, profile_of
from tests.zoo.planting import behaving

MODULES: tuple[ModuleType, ...] = (
    test_market_data,
    test_orders,
    test_order_life,
    test_positions,
    test_balances,
    test_rate_limits,
    test_resilience,
    test_security,
    test_usability,
    test_build,
    test_whole_run,
)
# These read a submission's own unit tests, which a release has not.
OF_A_SUBMISSION = {
    test_build.test_unit_tests_pass,
    test_build.test_unit_tests_cover_the_connector,
    test_whole_run.test_nobody_forges_the_unit_tests,
}


def checks() -> list[Callable[..., None]]:
    """Every check of the running connector."""
    return [
        check
        for module in MODULES
        for name, check in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("test_") and check.__module__ == module.__name__ and check not in OF_A_SUBMISSION
    ]


def is_blocker(check: Callable[..., None]) -> bool:
    catalogue = Catalogue.load()
    return any(catalogue[slug].severity is Severity.BLOCKER for slug in slugs_of(check))


CHECKS = checks()
# What merged connectors really do wrong, looked into and reproduced; README.md says how.
REAL_DEFECTS = {
    **{
        # The framework takes a broken connection for a failure, and none asks whether the order is there.
        (name, test_order_life.test_no_orphan_after_a_lost_reply): "the connector forgot the order"
        for name in known()
    },
    ("kucoin", test_order_life.test_a_missed_fill_is_found): "was never reported",
    # It asks for the book without a limit; Gate gives ten levels then, and what lies below is missing.
    ("gate_io", test_market_data.test_first_book_equals_the_exchange): "has 20 levels, the connector 10",
    ("gate_io", test_market_data.test_book_follows_changes): "order book drifts away",
    ("gate_io", test_resilience.test_market_stream_comes_back): "the order book stays wrong",
    # It compares the taker's side with "BUY"; Bybit writes "Buy", so every trade is read as a sale.
    ("bybit", test_market_data.test_every_public_trade_arrives_once): "lost or changed",
    # It sends every limit order with GTC or with no time in force, never as PostOnly.
    ("bybit", test_orders.test_limit_maker_orders_are_post_only): "sent as an ordinary limit order",
    # It asks for several pairs in one topic, with `|` between them, which v5 does not document: of two pairs
    # it hears nothing.
    ("bybit_perpetual", test_market_data.test_best_prices): "est bid is",
    ("bybit_perpetual", test_market_data.test_book_follows_changes): "order book drifts away",
    ("bybit_perpetual", test_market_data.test_book_follows_without_polling): "reads no order book stream",
    ("bybit_perpetual", test_market_data.test_every_public_trade_arrives_once): "lost or changed",
    # It skips levels that a delta takes out, and the snapshot of a new subscription.
    ("bybit_perpetual", test_resilience.test_market_stream_comes_back): "the order book stays wrong",
    ("bybit_perpetual", test_resilience.test_junk_is_survived): "the order book does not follow",
    # It takes `funding`, which is money, for the rate, and multiplies it by the size.
    ("bybit_perpetual", test_positions.test_a_funding_payment_is_told_once): "was reported as",
    # It passes prices through a float and back (`Decimal(round(float(…), 6))`).
    ("hyperliquid", test_market_data.test_any_price_and_amount_becomes_acceptable): "no multiple of the tick",
    # It knows no smallest order value on spot.
    ("hyperliquid", test_market_data.test_trading_rules): "the smallest notional is 0, not 10",
    # It gives the mark price for the last price.
    ("hyperliquid_perpetual", test_market_data.test_last_price): "The last traded price is",
    # Its stream's messages fill the rate from `openInterest` where there is one.
    ("hyperliquid_perpetual", test_positions.test_funding_is_known): "The funding rate is",
    # It reads `ordermin`, and never `costmin`.
    ("kraken", test_market_data.test_trading_rules): "the smallest notional is 0, not 5",
    # It asks QueryTrades with the id of the order, which Kraken calls an invalid order (Hummingbot PR 6840).
    ("kraken", test_order_life.test_a_missed_fill_is_found): "was never reported",
}

MENDED = defect(
    "asks-after-a-lost-reply",
    test_order_life.test_no_orphan_after_a_lost_reply,
    "",
    behaving(
        EXCHANGE,
        "BinanceExchange",
        """
        async def _place_order(self, order_id, trading_pair, *args, **kwargs):
            import aiohttp

            try:
                return await super()._place_order(order_id, trading_pair, *args, **kwargs)
            except aiohttp.ClientError:
                found = await self._request_order_status(self._order_tracker.fetch_tracked_order(order_id))
                return found.exchange_order_id, found.update_timestamp
        """,
    ),
)


@pytest.fixture(scope="module")
def merged(request: pytest.FixtureRequest, zoo: Zoo) -> Iterator[Specimen]:
    with zoo.good(request.param) as specimen:
        yield specimen


def asked_of(name: str) -> list[Callable[..., None]]:
    """The checks of which a connector of that kind is asked something."""
    asked = {requirement.id for requirement in Catalogue.load().for_profile(profile_of(name))}
    return [check for check in CHECKS if asked.intersection(slugs_of(check))]


@pytest.mark.parametrize(
    ("merged", "check"),
    [
        pytest.param(name, check, id=f"{name}-{check.__name__.removeprefix('test_')}")
        for name in known()
        for check in asked_of(name)
    ],
    indirect=["merged"],
)
def test_a_merged_connector_passes(merged: Specimen, check: Callable[..., None]) -> None:
    wrong = REAL_DEFECTS.get((merged.name, check))
    if wrong is None:
        try:
            merged.check_patiently(check)
        except NotApplicable:
            return
        assert witnessed(merged.attached) or not is_blocker(check), "a blocker was passed on claims alone"
        return
    with pytest.raises(Failed, match=wrong):
        merged.check(check)


def test_a_connector_that_asks_after_a_lost_reply_passes(zoo: Zoo) -> None:
    """No merged connector does, so the good specimen is made of a bad one."""
    with zoo.bad(MENDED) as specimen:
        specimen.check_patiently(MENDED.check)


def test_every_check_has_a_bad_specimen() -> None:
    seen = {defect.check for defect in DEFECTS} | {check for _, check in REAL_DEFECTS}
    seen |= {test_build.test_it_builds}  # its bad specimen has no connector: test_bad.py
    assert {check.__name__ for check in CHECKS if check not in seen} == set()


def test_every_defect_has_a_name_of_its_own() -> None:
    names = [defect.name for defect in DEFECTS]
    assert sorted(set(names)) == sorted(names)
