"""What is derived of perpetuals' positions: their modes, and which of two positions an order is of."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.asking.acting import _position_side, opening_and_closing, orders_to_place
from harness.describing.assembling import assemble
from harness.describing.documents.asked import Act, Asked
from harness.describing.documents.fields import Field
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SETS, Sentinels
from harness.describing.documents.templates import Kind
from harness.describing.documents.wordlists import WordLists
from harness.describing.fork_tests.answers import answers
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.replies.as_ordered import Ordered, as_ordered, ordered
from harness.describing.replies.deriving import Derived, derive
from harness.describing.replies.named_leaves import with_what_is_named
from harness.describing.routes.routes import Route, routes
from harness.describing.signing.signatures import explain
from harness.describing.source_code.source_reading import read_source

HOST = "api.acme.test"
SOURCE = read_source(
    ['MODE = "/mode"\nasync def _trading_pair_position_mode_set(self):\n    await self._api_post(MODE)\n']
)
SIDES = {"net": ("both",), "long": ("long",), "short": ("short",)}


def test_an_order_of_each_side_opens_a_position_and_closes_one() -> None:
    told = opening_and_closing(orders_to_place(perpetual=True))
    assert sorted((each.side, each.position) for each in told) == [
        ("buy", "CLOSE"), ("buy", "OPEN"), ("sell", "CLOSE"), ("sell", "OPEN"),
    ]  # fmt: skip
    assert [_position_side(each.side, each.position, "hedge") for each in told] == [
        "long" if (each.side, each.position) in (("buy", "OPEN"), ("sell", "CLOSE")) else "short"
        for each in told
    ]
    assert {_position_side(each.side, each.position, "one_way") for each in told} == {"both"}


def _placed(number: int, mode: str, side: str, closes: bool) -> Act:
    word = "net" if mode == "one_way" else "long" if (side == "buy") != closes else "short"
    facts = {
        "order.client_order_id": f"HBOT-{number}0071", "order.side": side, "order.type": "limit",
        "order.price": f"987{number}.3", "order.amount": f"1{number}.19",
        "order.reduce_only": str(closes).lower(),
        "order.position_side": {"net": "both"}.get(word, word),
    }  # fmt: skip
    body = {
        "cid": facts["order.client_order_id"], "side": side, "px": facts["order.price"],
        "sz": facts["order.amount"], "posSide": word, "reduce": closes and mode == "one_way",
    }  # fmt: skip
    return Act("place_order", facts, (Said(HOST, "/orders", "POST", body=json.dumps(body)),))


def _set(mode: str, word: str) -> Act:
    said = Said(HOST, "/mode", "POST", body=json.dumps({"posMode": word}))
    return Act("position_mode", {"account.position_mode": mode}, (said,))


def _seen() -> list[Route]:
    orders = [(mode, side, closes) for mode in ("hedge", "one_way") for side in ("buy", "sell")
              for closes in (False, True)]  # fmt: skip
    acts = [_set("hedge", "both_ways"), _set("one_way", "net_mode")]
    acts += [_placed(number, *each) for number, each in enumerate(orders)]
    starts = Said(HOST, "/mode", "POST", body=json.dumps({"posMode": "as_it_starts"}))
    asked = Asked({}, sent=(starts, *(said for act in acts for said in act.sent)), acts=tuple(acts))
    return routes(asked, (), (), "COINALPHA-HBOT", SOURCE)


def test_modes_and_sides_of_positions_are_words() -> None:
    """As OKX's; what a connector sets by itself when it starts is no example of what it was told."""
    found = {each.operation: {field.at[0]: field for field in each.fields} for each in _seen()}
    mode, placing = found["position_mode"]["posMode"], found["place_order"]
    assert (mode.fact, mode.words) == (
        "account.position_mode",
        {"both_ways": ("hedge",), "net_mode": ("one_way",)},
    )
    assert (placing["posSide"].fact, placing["posSide"].words) == ("order.position_side", SIDES)
    assert placing["side"].fact == "order.side"
    words = WordLists()
    assert words.text_of(mode) == "{account|account_position_mode}"
    assert words.lists["account_position_mode"] == {
        "of": "account",
        "words": {"both_ways": {"position_mode": "hedge"}, "net_mode": {"position_mode": "one_way"}},
    }


def test_an_order_that_closes_reduces_in_one_way_mode_alone() -> None:
    """A flag that hedge mode does not know is explained by the orders of one-way mode."""
    (placing,) = (each for each in _seen() if each.operation == "place_order")
    flag = next(each for each in placing.fields if each.at[0] == "reduce")
    assert (flag.fact, flag.words) == ("order.reduce_only", {"true": ("true",), "false": ("false",)})


@pytest.mark.parametrize(
    ("operation", "leaf", "text"),
    [
        ("order_status", Field(("posSide",), "{order.side}", "order.side", Kind.WORDS,
                               words={"long": ("buy",), "short": ("sell",)}), "{order.position_side}"),
        ("stream:orders", Field(("data", "posSide"), "long", kind=Kind.CONSTANT), "{order.position_side}"),
        ("order_trades", Field(("each fill", "posSide"), "net", kind=Kind.UNKNOWN), "{fill.position_side}"),
        ("positions", Field(("each position", "posSide"), "long"), "{position.position_side}"),
        ("order_status", Field(("posSide",), "{order.side}", "order.side", Kind.FACT),
         "{order.position_side}"),
        ("order_status", Field(("posSide",), "elsewhere", kind=Kind.CONSTANT), "elsewhere"),
        ("order_status", Field(("side",), "long", kind=Kind.CONSTANT), "long"),
    ],
)  # fmt: skip
def test_replies_say_of_which_position_an_order_is(operation: str, leaf: Field, text: str) -> None:
    """Tests open positions alone, so that a position's side seems to be the order's."""
    how = Ordered(name="posSide", words=SIDES)
    assert how == ordered(field for each in _seen() for field in each.fields)
    template: JsonValue = leaf.text
    for step in reversed(leaf.at):
        template = {step: template}
    made = as_ordered(Derived(operation, template, (leaf,)), how)
    assert made is not None
    assert made.fields[0].text == text


def _position(each: Sentinels, side: str) -> Sample:
    row: JsonValue = {
        "instId": each.pair, "avgPx": each.price, "pos": "1", "lever": "7", "upl": "12", "maxLever": "50",
        "realizedPnl": "0.5", "notionalUsd": format(Decimal(each.price) * Decimal(each.amount), "f"),
    }  # fmt: skip
    said: JsonValue = {"uid": each.order_id, "data": [row]}
    member = "position_event_for_full_fill_websocket_update"
    return Sample(member=member, set=each.name, side=side, type="LIMIT", answers=(said, said))


def test_what_the_kit_has_of_every_position_is_known_by_its_name_and_value() -> None:
    """As OKX's: a position of the kit gained 12, at a leverage of 7. The id of an order is nobody's here."""
    harvest = Harvest(
        kit=True, samples=tuple(_position(each, side) for each in SETS for side in ("BUY", "SELL"))
    )
    derived = derive("stream:positions", answers(harvest), (), {each.name: each.pair for each in SETS})
    assert derived is not None
    assert with_what_is_named(derived).template == {
        "uid": SETS[0].order_id,
        "data": {
            "each position": {
                "instId": "{market.symbol}", "avgPx": "{position.entry_price}", "pos": "{position.size}",
                "lever": "{position.leverage}", "upl": "{position.unrealised_pnl}", "maxLever": "50",
                "realizedPnl": "0.5", "notionalUsd": "{position.notional}",
            }
        },
    }  # fmt: skip


def test_a_reply_to_a_leverage_tells_of_no_position() -> None:
    leaf = Field(("posSide",), "long", kind=Kind.CONSTANT)
    made = as_ordered(
        Derived("set_leverage", {"posSide": "long"}, (leaf,)), Ordered(name="posSide", words=SIDES)
    )
    assert made is not None
    assert made.template == {"posSide": "long"}


def test_positions_that_are_asked_for_have_the_rows_of_the_streams_message() -> None:
    """As OKX's: the kit has the message, and no member shows the reply, of which the source reads `data`."""
    text = (
        'ROWS = "/positions"\nasync def _update_positions(self):\n    got = await self._api_get(ROWS)\n'
        '    for row in got["data"]:\n        self._set(row)\n'
    )
    harvest = Harvest(kit=True, samples=tuple(_position(each, "BUY") for each in SETS))
    asked = Asked({}, sent=(Said(HOST, "/positions", "GET"),))
    sources = Sources(
        "acme", "perpetual", harvest, answers(harvest), asked, explain((), {}), source=read_source([text])
    )
    routes_told: Any = assemble(sources).data["routes"]
    reply = routes_told["GET /positions"]["reply"]
    assert set(reply) == {"data"}
    assert reply["data"]["each position"]["avgPx"] == "{position.entry_price}"
    assert reply["data"]["each position"]["lever"] == "{position.leverage}"
