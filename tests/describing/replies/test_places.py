"""Markets and assets that are named by their place in a list: Hyperliquid's, spot and perpetual."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.describing.assembling import assemble
from harness.describing.documents.asked import Act, Asked
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SESSION, SETS
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.replies.deriving import derive
from harness.describing.replies.places import PADDED, MarketNotes, place_told, with_our_place
from harness.describing.routes.routes import routes
from harness.describing.signing.signatures import explain
from harness.describing.source_code.source_reading import read_source
from harness.scenarios.randomization import initial_balances
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.loading import checked
from harness.venue.dialects.messages import Request
from harness.venue.session import Venue
from tests.venue.world import NOON, StillClock, data

HOST, URL = "api.acme.test", "https://api.acme.test/info"
PRICES = [{"last": "1.25", "coin": "COINALPHA/HBOT"}, {"last": "3.5", "coin": "@1"}]
SPOT: list[Any] = [
    {
        "coins": [
            {"name": "HBOT", "szDecimals": 8, "index": 0},
            {"name": "COINALPHA", "szDecimals": 3, "index": 1},
            {"name": "ETH", "szDecimals": 4, "index": 2},
        ],
        "universe": [
            {"name": "COINALPHA/HBOT", "of": [1, 0], "index": 0},
            {"name": "@1", "of": [2, 0], "index": 1},
        ],
    },
    PRICES,
]
PERPETUAL: list[Any] = [
    {"universe": [{"name": "COINALPHA", "szDecimals": 3}, {"name": "ETH", "szDecimals": 4}]},
    [{"mid": "1.25"}, {"mid": "3.5"}],
]
COUNTED = frozenset({"universe"})


def _answer(document: Any, operation: str = "symbols") -> Answer:
    sample = Sample(member="all_symbols", set="a", side="", type="", answers=(document, document))
    text = json.dumps(document)
    return Answer(operation, "all_symbols", 0, "", sample, "", URL, 200, text, document, SETS[0], document)


def _template(document: Any, counted: frozenset[str] = COUNTED) -> Any:
    symbols = {"a": "COINALPHA/HBOT"}
    found = derive("symbols", [_answer(document)], (), symbols, markets=MarketNotes(counted=counted))
    assert found is not None
    assert {each.at for each in found.fields}
    return found.template


def test_markets_that_name_their_assets_by_place() -> None:
    lists, prices = _template(SPOT)
    assert lists["coins"] == {
        "each asset": {
            "name": "{asset.name}",
            "szDecimals": "{market.lot_decimals|or 8|number}",
            "index": "{asset.number|minus1|number}",
        }
    }
    assert lists["universe"] == {
        "each market": {
            "name": "{market.symbol}",
            "of": ["{market.base_number|minus1|number}", "{market.quote_number|minus1|number}"],
            "index": "{market.number|minus1|number}",
        }
    }
    assert prices[0]["each market"]["last"] == "1.25"


def test_tests_may_write_the_markets_of_one_set_out_for_all() -> None:
    """The longer of the replies is of the other set, which is in none of them."""
    other = replace(_answer([*SPOT, {"more": 1}]), sentinels=SETS[1])
    found = derive("symbols", [other, _answer(SPOT)], (), {"a": "COINALPHA/HBOT"})
    assert found is not None
    told: Any = found.template
    assert told[0]["coins"]["each asset"]["name"] == "{asset.name}"
    assert told[0]["universe"]["each market"]["index"] == "{market.number|minus1|number}"


def test_assets_may_be_named_by_place_under_two_keys() -> None:
    rows = [{"name": "M", "base": 1, "quote": 0}, {"name": "N", "base": 2, "quote": 0}]
    (lists,) = _template([{**SPOT[0], "universe": rows}])
    told = lists["universe"]["each market"]
    assert told["base"] == "{market.base_number|minus1|number}"
    assert told["quote"] == "{market.quote_number|minus1|number}"


def test_what_stands_beside_the_markets_is_told_of_each() -> None:
    lists, beside = _template(PERPETUAL)
    assert lists == {"universe": {"each market": {"name": "{market.base}", "szDecimals": 3}}}
    assert beside == [{"each market": {"mid": "1.25"}}]


def test_lists_whose_places_nobody_counts_are_left() -> None:
    _, beside = _template(PERPETUAL, frozenset())
    assert beside == PERPETUAL[1]
    assert with_our_place([_answer(PERPETUAL)], ()) == [_answer(PERPETUAL)]
    assert place_told([_answer(PERPETUAL)], ()) == {}


def test_a_connector_counts_the_rows_of_lists() -> None:
    text = (
        'def f(self, reply):\n    for n, each in enumerate(reply[0]["universe"]):\n        self.m[n] = each\n'
        '    self.more = {n: each for n, each in enumerate(reply.get("others", []))}\n'
        "    return list(enumerate(self.rows))\n"
    )
    assert read_source([text]).counted == {"universe", "others"}


def test_our_market_gets_a_place_that_is_unmistakable() -> None:
    (spot,) = with_our_place([_answer(SPOT)], ())
    place = int(place_told([_answer(SPOT)], ())["market.place"])
    assert place == int(SESSION["market.number"])
    assert json.loads(spot.text)[0]["universe"][0] == {**SPOT[0]["universe"][0], "index": place}
    (padded,) = with_our_place([_answer(PERPETUAL)], COUNTED)
    rows, prices = json.loads(padded.text)[0]["universe"], json.loads(padded.text)[1]
    assert rows[PADDED:] == PERPETUAL[0]["universe"]
    assert prices[PADDED:] == PERPETUAL[1]
    assert len({each["name"] for each in rows}) == len(rows) == len(prices)
    assert place_told([_answer(PERPETUAL)], COUNTED) == {"market.place": str(PADDED)}


def _acts(sent: Any) -> tuple[Act, ...]:
    """Two orders that name their market so."""
    acts = []
    for number, side in enumerate(("buy", "sell")):
        facts = {
            "order.client_order_id": f"HBOT-{side}-{number}000", "order.side": side, "order.type": "limit",
            "order.price": f"987{number}.3", "order.amount": f"1{number}.19",
        }  # fmt: skip
        body = {
            "a": sent, "cid": facts["order.client_order_id"], "hash": "0x1717171", "buy": side == "buy",
            "px": facts["order.price"], "sz": facts["order.amount"],
        }  # fmt: skip
        acts.append(Act("place_order", facts, (Said(HOST, "/do", "POST", body=json.dumps(body)),)))
    return tuple(acts)


def test_an_exchange_that_is_derived_so_understands_what_it_lists() -> None:
    """Our place in the list is that of another market there, and its assets are listed in another order."""
    acts = _acts(int(SESSION["market.number"]) + 10_000)
    ask = Said(HOST, "/info", "GET")
    asked = Asked({}, sent=(ask, *(said for act in acts for said in act.sent)), acts=acts)
    symbol = Sample(
        member="exchange_trading_pair", set="a", side="", type="", answers=("COINALPHA/HBOT",) * 2
    )
    sources = Sources(
        "acme", "spot", Harvest(kit=True, samples=(symbol,)), (_answer(SPOT),), asked, explain((), {})
    )
    kind = dialect_of(checked(assemble(sources).data, Path("acme.yml")))
    acme = kind(Venue(kind.markets, 7, StillClock()))
    account = acme.venue.account("maker", initial_balances(acme.markets))
    lists, prices = data(acme.handle(Request("GET", HOST, "/info", at=NOON)))
    names = [each["name"] for each in lists["coins"]]
    told = [(each["index"], *(names[place] for place in each["of"])) for each in lists["universe"]]
    assert told == [(n, each.base, each.quote) for n, each in enumerate(acme.venue.markets)]
    assert [each["coin"] for each in prices] == [each["name"] for each in lists["universe"]]
    body = {"a": 10_001, "cid": "HBOT-7", "hash": "0x1717171", "buy": True, "px": "2000", "sz": "0.5"}
    headers = {"Content-Type": "application/json"}
    acme.handle(Request("POST", HOST, "/do", [], headers, json.dumps(body).encode(), NOON))
    (order,) = acme.venue.open_orders(account)
    assert order.market == acme.venue.markets[1]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (PADDED, "{market.number|minus1|number}"),
        (PADDED + 1, "{market.number|number}"),
        (str(PADDED + 10_000), "{market.number|plus9999}"),
        (PADDED + 17, PADDED + 17),
    ],
)
def test_a_request_names_the_market_by_its_place(sent: Any, told: Any) -> None:
    acts = _acts(sent)
    asked = Asked({}, sent=tuple(said for act in acts for said in act.sent), acts=acts)
    source = read_source(['def f(self, reply):\n    return list(enumerate(reply["universe"]))\n'])
    (route,) = routes(asked, [_answer(PERPETUAL)], (), "", source)
    assert route.takes["a"] == told
    assert route.takes["hash"] == "0x1717171"
