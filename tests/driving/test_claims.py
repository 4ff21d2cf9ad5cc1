"""What connectors say otherwise than their siblings is read all the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import JsonValue

from harness.driving import claims
from harness.driving.connector import parse

TRADE = {"trading_pair": "A-B", "timestamp": 1.7e9, "type": "BUY", "price": 2, "amount": 3, "trade_id": "7"}
ORDER: dict[str, JsonValue] = {
    "order_id": "x1",
    "exchange_order_id": "77",
    "pair": "A-B",
    "side": "BUY",
    "order_type": "LIMIT",
    "price": "1",
    "amount": "2",
    "executed": "0",
    "state": "OPEN",
    "created_at": 1.7e9,
}
RULE: dict[str, Any] = dict.fromkeys(claims.Rule.model_fields)


def test_a_public_trade_may_have_no_time() -> None:
    trade = claims.TradeView.parse({"at": 1.0, "data": {**TRADE, "timestamp": None}})
    assert trade.timestamp is None
    assert (trade.pair, trade.side, trade.price) == ("A-B", "BUY", Decimal(2))


@pytest.mark.parametrize("data", [None, "a trade", 5, [], {}, {"timestamp": "yesterday", "price": None}])
def test_a_public_trade_of_another_kind_is_no_known_trade(data: object) -> None:
    trade = claims.TradeView.parse({"at": 1.0, "data": data})
    assert trade.pair == ""
    assert trade.price.is_nan()


@pytest.mark.parametrize(("said", "read"), [(77, "77"), (None, None), ("77", "77")])
def test_an_exchange_may_number_its_orders(said: JsonValue, read: str | None) -> None:
    (order,) = parse(tuple[claims.OrderView, ...], [{**ORDER, "exchange_order_id": said}], "orders")
    assert order.exchange_order_id == read


def test_a_market_order_has_no_price_and_an_old_one_no_time() -> None:
    order = claims.OrderView.model_validate({**ORDER, "price": None, "created_at": None, "executed": None})
    assert order.price is None
    assert order.created_at.is_nan()


def test_a_rule_names_what_it_knows() -> None:
    rule = claims.Rule.model_validate({**RULE, "min_notional_size": "5", "supports_market_orders": "False"})
    assert rule.smallest_notional == 5
    assert not rule.supports_market_orders
    assert rule.min_price_increment.is_nan()
    assert claims.Rule.model_validate(RULE).smallest_notional == 0
    assert claims.Rule.model_validate({**RULE, "min_order_value": "?"}).smallest_notional.is_nan()


@pytest.mark.parametrize("data", [None, "an event", [1], {"order_id": 5}])
def test_an_event_may_be_anything(data: object) -> None:
    event = claims.EventView.model_validate({"at": 0, "kind": "OrderFilled", "data": data})
    assert event.order_id in (None, "5")
    assert event.fee is None
    assert event.timestamp is None


def test_what_is_odd_in_one_figure_leaves_the_others() -> None:
    prices = claims.Prices.model_validate(
        {"buy": None, "sell": "cheap", "best_bid": 1.5, "best_ask": True, "last": []}
    )
    assert prices.best_bid == Decimal("1.5")
    assert all(each.is_nan() for each in (prices.buy, prices.sell, prices.best_ask, prices.last))
    ready = claims.Ready.model_validate({"ready": 1, "seconds": 0.5, "parts": {"book": "False", "user": 7}})
    assert ready.parts == {"book": False, "user": True}
    position = {
        "pair": "A-B",
        "side": 5,
        "amount": 1,
        "entry_price": 1,
        "unrealized_pnl": 0,
        "leverage": None,
    }
    assert claims.PositionView.model_validate(position).leverage.is_nan()
    funding = claims.Funding.model_validate({"index_price": 1, "mark_price": 1, "rate": 0, "next_at": None})
    assert funding.next_at != funding.next_at
