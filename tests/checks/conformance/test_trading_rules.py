"""A connector's trading rules against the exchange's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from checks.conformance import test_trading_rules as checks
from checks.conformance import timeline as told
from checks.conformance.test_trading_rules import wrong_rules
from harness.checking import Failed, Undetermined
from harness.driving.claims import Rule
from harness.scenarios.played.order_life import Life
from harness.scenarios.played.rounding import Tried
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.model import Order, OrderType, Side, TimeInForce

BTC = SAMPLE_MARKETS[0]
D = Decimal


def rule(smallest: str, lot: str = "0.00001") -> Rule:
    told = dict.fromkeys(Rule.model_fields)
    return Rule.model_construct(
        **told
        | {
            "min_order_size": Decimal(smallest),
            "min_price_increment": BTC.tick_size,
            "min_base_amount_increment": Decimal(lot),
        }
    )


@pytest.mark.parametrize("smallest", ["0", "0.000001", "0.00001"])
def test_a_smallest_amount_within_one_lot_is_the_lot(smallest: str) -> None:
    assert wrong_rules(rule(smallest), BTC) == []


@pytest.mark.parametrize("smallest", ["0.00002", "-1", "NaN"])
def test_another_smallest_amount_is_wrong(smallest: str) -> None:
    assert wrong_rules(rule(smallest), BTC) == [f"the smallest amount is {smallest}, not 0.00001"]


def test_a_smallest_amount_may_be_what_the_smallest_notional_comes_to() -> None:
    """As bing_x's: its exchange tells the smallest value of an order alone."""
    at_the_price = format(BTC.min_notional / BTC.reference_price * D("1.1"), "f")
    assert wrong_rules(rule(at_the_price), BTC) == []
    assert wrong_rules(rule(at_the_price), replace(BTC, min_notional=BTC.min_notional * 5)) != []
    several = replace(BTC, min_amount=BTC.lot_size * 7)
    assert wrong_rules(rule(at_the_price), several) != []


def test_no_smallest_amount_is_wrong_where_the_exchange_demands_several_lots() -> None:
    several = replace(BTC, min_amount=Decimal("0.0001"))

    assert wrong_rules(rule("0"), several) == ["the smallest amount is 0, not 0.0001"]


def test_a_lot_that_went_through_a_float_is_the_same() -> None:
    assert wrong_rules(rule("0", lot=str(Decimal.from_float(0.00001))), BTC) == []


def test_another_lot_is_wrong() -> None:
    assert wrong_rules(rule("0", lot="0.001"), BTC) == ["the amount increment is 0.001, not 0.00001"]


def test_a_connector_without_rules_fails_and_one_that_cannot_show_them_is_undecided() -> None:
    def judged(rules: dict[str, Rule] | None) -> None:
        part = SimpleNamespace(wire=SimpleNamespace(requests=lambda _: ()))
        seen: Any = SimpleNamespace(rules=rules, markets=(BTC,), part=part)
        listing: Any = SimpleNamespace(ccxt=None)
        checks.test_trading_rules(seen, listing)

    judged({BTC.name: rule("0")})
    with pytest.raises(Failed, match=f"no trading rule for {BTC.name}"):
        judged({})
    with pytest.raises(Undetermined, match="exposes no trading rules"):
        judged(None)


def odd_start(**more: Any) -> Any:
    part = SimpleNamespace(wire=SimpleNamespace(requests=lambda _: ()))
    usual: dict[str, Any] = {
        "market": BTC,
        "halted": "ETH-USDT",
        "emptied": "WBTC-BTC",
        "ready": True,
        "waiting_for": (),
        "ready_once_sold": False,
        "ready_once_told": False,
        "difference": None,
        "sold": True,
        "rules": {BTC.name: None},
        "part": part,
    }
    return SimpleNamespace(**usual | more)


@pytest.mark.parametrize("rules", [{BTC.name: None}, None])
def test_a_connector_that_starts_beside_odd_markets_passes(rules: Any) -> None:
    """None: it has no way to show them, as in 2020."""
    checks.test_odd_markets_keep_nobody_from_starting(odd_start(rules=rules), lambda *_: None)


@pytest.mark.parametrize(
    ("seen", "finding"),
    [
        ({"ready": False}, "With ETH-USDT halted, the connector never became ready"),
        (
            {"ready": False, "ready_once_told": True},
            "With WBTC-BTC listed without figures, the connector never became ready",
        ),
        (
            {"ready": False, "ready_once_sold": True},
            "With no asks on BTC-USDT, the connector never became ready",
        ),
        ({"rules": {}}, "the connector has no trading rule for BTC-USDT"),
    ],
)
def test_a_connector_that_an_odd_market_stops_is_told_which(seen: dict[str, Any], finding: str) -> None:
    with pytest.raises(Failed, match=finding):
        checks.test_odd_markets_keep_nobody_from_starting(odd_start(**seen), lambda *_: None)


def test_a_book_of_one_side() -> None:
    def judged(usual: str | None = None, **seen: Any) -> None:
        market_data: Any = SimpleNamespace(first_difference=None, later_difference=usual)
        checks.test_a_book_of_one_side_is_borne(odd_start(**seen), market_data)

    judged()
    with pytest.raises(Failed, match="differs once asks appear: of 1 levels"):
        judged(difference="of 1 levels")
    with pytest.raises(Failed, match="differs while there are no asks"):
        judged(difference="of 1 levels", sold=False)
    with pytest.raises(Undetermined):
        judged(ready=False)
    with pytest.raises(Undetermined, match="wrong in ordinary markets too: of 2 levels"):
        judged("of 2 levels", difference="of 1 levels", sold=False)


def asked(**seen: Any) -> Life:
    usual = Life(0, 1.0, "x-1", Side.SELL, "LIMIT", D("0.0123456"), D("50000.123"), None, ())
    return replace(usual, **seen)


def came() -> Order:
    return Order(
        1, "x-1", "account", BTC, Side.SELL, OrderType.LIMIT, TimeInForce.GTC, False, D("50000.12"),
        D("0.01234"), None, 2.0, 2.0,
    )  # fmt: skip


def rounding(*awkward: Life) -> Any:
    return SimpleNamespace(tried=[Tried(BTC, asked(placed=came()), awkward)])


def test_an_order_that_came_late_was_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "timeline", lambda _: ())
    monkeypatch.setattr(checks, "timeline", lambda _: ())
    judge = checks.test_awkward_orders_arrive_rounded
    judge(rounding(asked(placed=came())))
    with pytest.raises(Undetermined, match="too late to be judged"):
        judge(rounding(asked(late=came())))
    with pytest.raises(Failed, match="was not rounded: nothing was sent"):
        judge(rounding(asked()))
    with pytest.raises(Failed, match="was not rounded: the exchange refused"):
        judge(rounding(asked(requests=(SimpleNamespace(),))))
