"""The times of public trades against the exchange's, and last prices of several pairs."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from checks.conformance.test_market_data import FEWEST_TIMES
from checks.conformance.test_market_data import test_last_price as judge_last
from checks.conformance.test_market_data import test_last_prices_of_several as judge_prices
from checks.conformance.test_market_data import test_public_trades_have_their_time as judge
from harness.checking import Failed, Undetermined
from harness.driving.claims import LastPrices
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.model import Side, Trade

BTC = SAMPLE_MARKETS[0]
BEGAN = 1_795_996_800.0


def watched(times: list[float], told: list[float | None], said: str = "{at:.3f}") -> Any:
    """Trades of different sizes at these times, which the exchange `said` and the connector told."""
    made = [
        Trade(number, BTC, Decimal(100), Decimal(number), Side.BUY, 1, 2, at)
        for number, at in enumerate(times, start=1)
    ]
    seen = [
        SimpleNamespace(pair=BTC.name, price=trade.price, amount=trade.amount, timestamp=at)
        for trade, at in zip(made, told, strict=True)
    ]
    frames = [SimpleNamespace(text=said.format(at=at)) for at in times]
    wire = SimpleNamespace(frames=lambda _: frames, evidence=lambda _: None)
    return SimpleNamespace(trades_made=made, trades_seen=seen, part=SimpleNamespace(wire=wire))


TIMES = [BEGAN + number * 0.3 + 0.25 for number in range(FEWEST_TIMES)]


def test_times_that_are_a_little_late_pass() -> None:
    judge(watched(TIMES, [at + 0.7 for at in TIMES]))


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        ([float(int(at)) for at in TIMES], f"The times of {FEWEST_TIMES} public trades are in whole seconds"),
        (
            [at * 1000 for at in TIMES],
            "at 1795996800.250 .* arrived with the timestamp 1795996800250",
        ),
    ],
)
def test_other_times_are_found(told: list[float | None], finding: str) -> None:
    with pytest.raises(Failed, match=finding):
        judge(watched(TIMES, told))


def test_an_exchange_that_tells_whole_seconds_is_not_held_against_the_connector() -> None:
    whole = [float(int(at)) for at in TIMES]
    judge(watched(whole, [*whole]))
    judge(watched(TIMES, [float(int(at)) for at in TIMES], "{at:.0f}"))


def test_without_times_nothing_is_decided() -> None:
    with pytest.raises(Undetermined):
        judge(watched(TIMES, [None] * FEWEST_TIMES))


def last_price_told(told: str) -> Any:
    return SimpleNamespace(prices=SimpleNamespace(last=Decimal(told)), last_price=Decimal("84272.77"))


@pytest.mark.parametrize("told", ["84272.77", "84272.770000000004074536263942718505859375", "84272.770"])
def test_a_last_price_is_right_as_far_as_a_float_keeps_it(told: str) -> None:
    judge_last(last_price_told(told))


@pytest.mark.parametrize("told", ["84272.78", "84272.7701", "0", "NaN"])
def test_another_last_price_is_found(told: str) -> None:
    with pytest.raises(Failed, match=r"The last traded price is 84272\.77"):
        judge_last(last_price_told(told))


def last_prices(alone: dict[str, str | None], together: dict[str, str | None]) -> Any:
    several = LastPrices.model_validate({"alone": alone, "together": together})
    return SimpleNamespace(several=several)


@pytest.mark.parametrize(
    "together",
    [
        {"A-B": "1.50", "C-D": "2"},
        {"A-B": "1.5", "C-D": "2", "E-F": "7"},
    ],
)
def test_last_prices_of_all_pairs_pass(together: dict[str, str | None]) -> None:
    judge_prices(last_prices({"A-B": "1.5", "C-D": "2", "E-F": None}, together))


@pytest.mark.parametrize(
    ("together", "finding"),
    [
        ({"A-B": "1.5"}, "are None for C-D; for each pair alone, 2"),
        ({"A-B": "2", "C-D": "1.5"}, "are 2 for A-B, 1.5 for C-D; for each pair alone, 1.5, 2"),
    ],
)
def test_last_prices_that_are_lost_in_company_are_found(
    together: dict[str, str | None], finding: str
) -> None:
    with pytest.raises(Failed, match=finding):
        judge_prices(last_prices({"A-B": "1.5", "C-D": "2"}, together))


def test_one_last_price_decides_nothing() -> None:
    with pytest.raises(Undetermined):
        judge_prices(last_prices({"A-B": "1.5", "C-D": "no number"}, {}))
