"""Amounts and prices in units of each market's own: Lighter's orders, in a text that is JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.describing.documents.asked import Act, Asked
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.answers import Answer, answers
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.replies.deriving import derive
from harness.describing.replies.market_units import decimals_told
from harness.describing.replies.places import MarketNotes
from harness.describing.routes.order_rules import amounts_at
from harness.describing.routes.routes import Route, routes

HOST = "api.acme.test"
MARKETS = [
    {"symbol": "COINALPHA/HBOT", "size_decimals": 4, "price_decimals": 2},
    {"symbol": "ETH/HBOT", "size_decimals": 3, "price_decimals": 1},
]


def _markets(rows: list[dict[str, Any]]) -> tuple[Answer, ...]:
    member = "trading_rules_request_mock_response"
    told: Any = (rows, rows)
    made = [Sample(member=member, set=each.name, side="", type="", answers=told) for each in SETS]
    urls = [
        Sample(
            member="trading_rules_url",
            set=each.name,
            side="",
            type="",
            answers=(f"https://{HOST}/markets",),
        )
        for each in SETS
    ]
    return answers(Harvest(kit=True, samples=(*made, *urls)))


def _route(rows: list[dict[str, Any]]) -> Route:
    acts = []
    for number, side in enumerate(("buy", "sell", "buy")):
        price, amount = 9871 + number, 17 + number
        facts = {
            "order.client_order_id": f"7130000{number}",
            "order.side": side,
            "order.type": "limit",
            "order.price": f"{price}.3",
            "order.amount": f"{amount}.19",
        }
        order = {
            "Cid": int(facts["order.client_order_id"]),
            "Size": amount * 10_000 + 1_900,
            "Price": price * 100 + 30,
            "IsAsk": int(side == "sell"),
        }
        body = urlencode({"tx_type": "14", "tx_info": json.dumps(order)})
        acts.append(Act("place_order", facts, (Said(HOST, "/sendTx", "POST", body=body),)))
    asked = Asked({}, sent=tuple(said for act in acts for said in act.sent), acts=tuple(acts))
    return next(each for each in routes(asked, _markets(rows), (), "") if each.operation == "place_order")


def test_figures_that_are_whole_by_the_decimals_of_the_market_are_in_its_units() -> None:
    route = _route(MARKETS)
    assert route.takes == {
        "tx_type": "14",
        "tx_info": {
            "$json": {
                "Cid": "{order.client_order_id|number}",
                "Size": "{order.amount|lot_units|number}",
                "Price": "{order.price|tick_units|number}",
                "IsAsk": "{order.side|number}",
            }
        },
    }
    assert amounts_at([route]) == []  # whole amounts say nothing of the market's decimals


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (MARKETS, {"market.lot_decimals": "4", "market.tick_decimals": "2"}),
        ([{"symbol": "COINALPHA/HBOT", "sizeDecimals": "4"}], {"market.lot_decimals": "4"}),
        ([{**MARKETS[0], "contract_size": "0.0001"}], {}),  # counted in contracts
        ([{"symbol": "ETH/HBOT", "size_decimals": 4}], {}),  # of another market
    ],
)
def test_decimals_are_those_of_the_market_that_is_traded(
    rows: list[dict[str, Any]], told: dict[str, str]
) -> None:
    assert decimals_told(_markets(rows)) == told


def test_a_reply_tells_an_order_in_units_of_its_market() -> None:
    """Of the other set's orders, too, whatever else is told of them."""
    made = []
    for each in SETS:
        size, price = (float(figure) for figure in (each.amount, each.price))
        order = {"id": each.order_id, "size": round(size * 10_000), "price": str(round(price * 100))}
        reply = {"method": "GET", "url": "", "pattern": f"https://{HOST}/order", "status": 200, "error": ""}
        mocked: Any = {"mocked": [{**reply, "body": json.dumps(order)}], "returned": ""}
        member = "configure_open_order_status_response"
        made.append(Sample(member=member, set=each.name, side="BUY", type="LIMIT", answers=(mocked, mocked)))
    told = list(answers(Harvest(kit=True, samples=tuple(made))))
    found = derive("order_status", told, (), {}, markets=MarketNotes(decimals_told(_markets(MARKETS))))
    assert found is not None
    assert found.template == {
        "id": "{order.order_id}",
        "size": "{order.amount|lot_units|number}",
        "price": "{order.price|tick_units}",
    }
