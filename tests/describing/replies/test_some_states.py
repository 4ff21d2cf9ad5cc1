"""Routes that know orders in some states alone, as the tests show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.describing.assembling import assemble
from harness.describing.documents.asked import Act, Asked
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.answers import Answer, answers
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.questions import questions
from harness.describing.replies.some_states import some_states
from harness.describing.signing.signatures import explain
from harness.venue.described.loading import checked
from tests.describing.test_assembling import HOST

ORDER = {"id": SETS[0].order_id, "left": "17.19"}
ALIKE = ("open", "partially_filled", "filled", "canceled")


def _answers(told: Mapping[str, Any]) -> list[Answer]:
    return [
        Answer(
            "order_status", "", 0, status, Sample(member="", set="a", side="BUY", type="LIMIT", answers=()),
            "POST", "https://api.x.test/orders", 200, json.dumps(document), document, SETS[0],
        )
        for status, document in told.items()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "of", "nothing"),
    [
        # As WhiteBIT's active orders, and its history, where nothing is shown of those that were cancelled.
        ({"open": ORDER, "partially_filled": ORDER, "filled": []}, "open", []),
        ({"open": [], "partially_filled": [], "filled": {"COIN_HBOT": [ORDER]}}, "filled", []),
        ({"open": [], "filled": [ORDER], "canceled": [ORDER]}, "ended", []),
        (
            {"open": {"code": 0, "data": [ORDER]}, "filled": {"code": 0, "data": []}},
            "open",
            {"code": 0, "data": []},
        ),
    ],
)
def test_a_route_that_answers_with_nothing_knows_some_orders_alone(
    told: Mapping[str, Any], of: str, nothing: Any
) -> None:
    found = some_states(_answers(told))
    assert found is not None
    assert (found.of, found.nothing) == (of, nothing)
    assert [each.status for each in found.replies] == [status for status in told if told[status] != nothing]


def test_its_reply_to_others_is_the_one_that_says_nothing() -> None:
    """As WhiteBIT's: one route for orders that rest, and one for those that were filled."""

    def mocked(path: str, document: Any) -> dict[str, Any]:
        url, body = f"https://{HOST}{path}", json.dumps(document)
        return {"method": "GET", "url": url, "pattern": "", "status": 200, "body": body, "error": ""}

    samples = []
    for each in SETS:
        order, symbol = {"oid": each.order_id, "left": "0"}, f"{each.base}_{each.quote}"
        samples.append(
            Sample(member="exchange_trading_pair", set=each.name, side="", type="", answers=(symbol, symbol))
        )
        for state, told in (("open", [order, []]), ("completely_filled", [[], {symbol: [order]}])):
            answer: Any = {"mocked": [*map(mocked, ("/active", "/history"), told)], "returned": ""}
            member = f"configure_{state}_order_status_response"
            samples.append(
                Sample(member=member, set=each.name, side="BUY", type="LIMIT", answers=(answer, answer))
            )
    harvest = Harvest(kit=True, samples=tuple(samples))
    sent = tuple(Said(HOST, path, "GET", f"id={SETS[0].order_id}") for path in ("/active", "/history"))
    act = Act("order_status", {"order.order_id": SETS[0].order_id}, ())
    asked = Asked({}, sent=sent, acts=(act,))
    made = assemble(Sources("acme", "spot", harvest, answers(harvest), asked, explain(sent, {})))
    routes: Any = made.data["routes"]
    order = {"oid": "{order.order_id}", "left": "0"}
    assert routes["GET /active"]["rows"] == {"of": "open"}
    assert routes["GET /active"]["reply"] == {"$if": "order.order_id", "$then": order, "$else": []}
    assert routes["GET /history"]["rows"] == {"of": "filled"}
    assert routes["GET /history"]["reply"]["$then"] == {"{market.symbol}": {"each order": order}}
    assert {each["unknown"] for each in routes.values()} == {"empty"}
    assert checked(made.data, Path("acme.yml")).routes["GET /history"].rows.of == "filled"
    assert not [each.text for each in questions(made) if "tell order.status" in each.text]


@pytest.mark.parametrize(
    "told",
    [
        dict.fromkeys(ALIKE, ORDER),
        {"open": ORDER, "canceled": {"id": "dummy", "left": "1"}},  # an order that the tests write out
        {"open": {**ORDER, "trades": []}, "filled": {**ORDER, "trades": [{"id": 1}]}},
        {"open": ORDER, "canceled": [], "filled": ORDER},  # no word for these
        {state: [] for state in ALIKE},
    ],
)
def test_other_routes_know_every_order(told: Mapping[str, Any]) -> None:
    assert some_states(_answers(told)) is None
