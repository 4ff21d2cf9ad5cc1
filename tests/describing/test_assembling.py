"""A whole description out of what was gathered, which the format's own reader accepts, and its questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.assembling import Assembled, assemble
from harness.describing.documents.asked import Act, Asked, Opened
from harness.describing.documents.fields import Field
from harness.describing.documents.placed import Placed
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SETS, Sentinels
from harness.describing.documents.templates import Kind
from harness.describing.fork_tests.answers import answers
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.questions import glossary, questions
from harness.describing.replies.deriving import Derived
from harness.describing.routes.routes import Route
from harness.describing.routes.unasked_routes import _as_in_others, _parameters, only_in_tests
from harness.describing.signing.signatures import explain
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.named_topics import by_topic
from harness.describing.streams.stream_parts import _with_words_for_fills
from harness.describing.tally import by_source, tally
from harness.venue.described.loading import checked

HOST = "api.acme.test"
KEY = "key-0123456789"
STATES = {"open": "live", "partially_filled": "live", "filled": "done", "canceled": "gone"}
MEMBERS = {
    "configure_open_order_status_response": "open",
    "configure_partially_filled_order_status_response": "partially_filled",
    "configure_completely_filled_order_status_response": "filled",
    "configure_canceled_order_status_response": "canceled",
}


def _harvest() -> Harvest:
    """A fork's tests that know an order's status, and nothing else."""
    samples = []
    for each in SETS:
        symbol = f"{each.base}_{each.quote}".lower()
        samples.append(
            Sample(member="exchange_trading_pair", set=each.name, side="", type="", answers=(symbol, symbol))
        )
        for member, status in MEMBERS.items():
            for side in ("BUY", "SELL"):
                reply = {
                    "id": each.order_id,
                    "state": STATES[status],
                    "dir": side[0],
                    "left": each.amount if status in ("open", "canceled") else "0",
                }
                mocked = {
                    "method": "GET", "url": f"https://{HOST}/orders", "pattern": "", "status": 200,
                    "body": json.dumps(reply), "error": "",
                }  # fmt: skip
                answer: Any = {"mocked": [mocked], "returned": ""}
                samples.append(
                    Sample(member=member, set=each.name, side=side, type="LIMIT", answers=(answer, answer))
                )
    return Harvest(kit=True, samples=tuple(samples))


def _asked() -> Asked:
    acts = []
    for side, price in (("buy", "9871.3"), ("sell", "9872.3")):
        facts = {
            "order.client_order_id": f"HBOT-{side}-71",
            "order.side": side,
            "order.type": "limit",
            "order.post_only": "false",
            "order.price": price,
            "order.amount": "17.19",
        }
        body = {"dir": side[0].upper(), "px": price, "sz": "17.19", "cid": facts["order.client_order_id"]}
        said = Said(HOST, "/orders", "POST", headers=(("X-KEY", "key-0123456789"),), body=json.dumps(body))
        acts.append(Act("place_order", facts, (said,)))
    sent = (*(said for act in acts for said in act.sent), Said(HOST, "/orders", "GET", "id=82400002"))
    return Asked(
        {"acme_api_key": "key-0123456789"}, sent=(*sent, Said(HOST, "/odd", "GET")), acts=tuple(acts)
    )


@pytest.fixture(scope="module")
def made() -> Assembled:
    harvest, asked = _harvest(), _asked()
    found = answers(harvest)
    return assemble(Sources("acme", "spot", harvest, found, asked, explain(asked.sent, asked.credentials)))


def _data(made: Assembled) -> Any:
    return made.data


def test_the_format_accepts_it(made: Assembled) -> None:
    description = checked(made.data, Path("acme.yml"))
    assert description.symbol == "{market.base|lower}_{market.quote|lower}"
    assert description.hosts.rest == (HOST,)


def test_words_that_orders_and_replies_share_are_one_list(made: Assembled) -> None:
    routes = _data(made)["routes"]
    assert routes["POST /orders"]["takes"]["dir"] == "{order|order_side}"
    assert routes["GET /orders"]["reply"]["dir"] == "{order|order_side}"
    assert _data(made)["words"]["order_status"]["words"]["live"] == {"status": ["open", "partially_filled"]}


def test_a_reply_answers_the_method_that_it_is_mocked_for(made: Assembled) -> None:
    routes = _data(made)["routes"]
    assert routes["GET /orders"]["operation"] == "order_status"
    assert "reply" not in routes["POST /orders"]


def test_what_only_the_tests_ask_of_an_account_is_private_too() -> None:
    harvest, asked = _harvest(), _asked()
    asked = replace(asked, sent=tuple(said for said in asked.sent if said.method == "POST"))
    signed = explain(asked.sent, asked.credentials)
    routes = _data(assemble(Sources("acme", "spot", harvest, answers(harvest), asked, signed)))["routes"]
    assert (routes["GET /orders"]["private"], routes["POST /orders"]["private"]) == (True, True)
    assert "signing" not in routes["GET /orders"]


@pytest.mark.parametrize(
    ("method", "seen", "private", "where"),
    [
        ("POST", ("DELETE", "query"), True, "json"),
        ("POST", ("POST", "form"), True, "form"),
        ("GET", ("POST", "json"), True, "query"),
        ("GET", ("POST", "payload"), True, "payload"),
        ("GET", ("POST", "payload"), False, "query"),
    ],
)
def test_what_was_not_seen_carries_its_parameters_where_the_others_do(
    method: str, seen: tuple[str, str], private: bool, where: str
) -> None:
    """As Gemini's: an order was looked up by a payload in a header, and none was found in the query."""
    takes = {"order_id": "{order.order_id}"}
    cancel = Route("cancel_order", HOST, seen[0], "/cancel", takes, seen[1], True, (), ())
    assert _parameters([cancel], method, private=private) == where


def test_a_look_up_that_was_not_seen_names_the_order_as_the_others_do() -> None:
    """As BitMart's, which cancels by the client's id and asks for an order's fills by the exchange's."""

    def route(operation: str, *named: tuple[str, str]) -> Route:
        fields = tuple(Field((name,), f"{{{fact}}}", fact) for name, fact in named)
        return Route(operation, HOST, "POST", f"/{operation}", {}, "json", True, fields, ())

    cancel = route("cancel_order", ("cid", "order.client_order_id"), ("px", "order.price"))
    trades = route("order_trades", ("orderId", "order.order_id"))
    found = {each.at: each.text for each in _as_in_others([cancel, trades])}
    assert found == {("orderId?",): "{order.order_id}", ("cid?",): "{order.client_order_id}"}


def test_every_part_says_where_it_is_known_from(made: Assembled) -> None:
    known = _data(made)["known"]
    assert known["routes / POST /orders / takes"] == ["connector sends"]
    assert known["routes / GET /orders / reply"] == ["kit"]


def test_what_nobody_showed_is_asked_first_each_with_its_line(made: Assembled) -> None:
    asked = questions(made)
    assert [each.rank for each in asked] == sorted(each.rank for each in asked)
    assert asked[0].text.startswith("Which route is symbols?")
    told = [each.text for each in asked]
    assert any(text.startswith("What is GET /odd for?") for text in told)
    assert "GET /orders / reply: 3 of 3 facts rest on the fork alone. Are they right?" not in told[:5]
    assert all(line.startswith("- {at: ") for each in asked for line in each.lines)


def test_a_leaf_that_nobody_understood_is_asked_with_the_facts_it_may_be(made: Assembled) -> None:
    leaf = Field(("routes", "GET /odd", "reply", "order", "x"), "17", kind=Kind.UNKNOWN)
    part = Placed("order_status", "GET /odd", ("routes", "GET /odd"), [leaf])
    asked = [each for each in questions(replace(made, placed=(part,))) if each.rank == 45]
    assert asked[0].text.endswith("changes with the order (such as '17'). Which fact is it?")
    (told,) = glossary(asked)
    assert told.startswith("order: amount, ")


def test_a_parameter_that_nobody_understood_may_be_made_up_by_the_connector(made: Assembled) -> None:
    leaf = Field(("routes", "POST /odd", "takes", "id"), "17", kind=Kind.UNKNOWN)
    part = Placed("place_order", "POST /odd", ("routes", "POST /odd"), [leaf])
    (asked,) = [each for each in questions(replace(made, placed=(part,))) if each.rank == 45]
    assert asked.text.endswith("`{any}` is a value that the connector makes up.")
    assert [each.count("{any}") for each in asked.lines] == [0, 1]


def test_a_fact_that_a_key_tells_is_told(made: Assembled) -> None:
    at = ("routes", "GET /odd", "reply", "each balance as {balance.asset}")
    part = Placed(
        "balances", "GET /odd", ("routes", "GET /odd"), [Field(at, "{balance.free}", "balance.free")]
    )
    assert part.facts == {"balance.free", "balance.asset"}
    (asked,) = [each for each in questions(replace(made, placed=(part,))) if each.rank == 30]
    assert asked.text.startswith("Which field of GET /odd is balance.total or balance.locked?")


def test_leaves_that_are_read_as_one_fact_have_a_list_each(made: Assembled) -> None:
    """As Gemini's is_live and is_cancelled: the second answer would take the first one's place."""
    routes = ("routes", "GET /odd", "reply"), ("routes", "POST /odd", "reply")
    told = ((0, "live", True), (0, "gone", False), (1, "gone", True))
    leaves = [Field((*routes[at], name), value, "order.status", Kind.CONSTANT) for at, name, value in told]
    part = Placed("order_status", "GET /odd", ("routes", "GET /odd"), leaves)
    lines = [each.lines[0] for each in questions(replace(made, placed=(part,))) if each.rank == 40]
    assert '"words / order_status_live_words"' in lines[0]
    assert '{"False": {"status": "…"}, "True": {"status": "…"}}' in lines[1]


def test_words_are_asked_for_with_the_list_to_write(made: Assembled) -> None:
    leaf = Field(("routes", "GET /odd", "reply", "type"), "LIMIT", "order.type", Kind.CONSTANT)
    part = Placed("order_status", "GET /odd", ("routes", "GET /odd"), [leaf])
    (asked,) = [each for each in questions(replace(made, placed=(part,))) if each.rank == 40]
    words, place = asked.lines
    assert '"words / order_type_words", is: {"of": "order", "words": {"LIMIT": {"type": "…"}}}' in words
    assert 'is: "{order|order_type_words}"' in place


def test_words_of_one_list_are_asked_for_once(made: Assembled) -> None:
    """As WhiteBIT's type of orders, which three replies write out."""
    leaves = [
        Field(("routes", f"GET /{name}", "reply", "type"), "LIMIT", "order.type", Kind.CONSTANT)
        for name in ("one", "two", "three")
    ]
    part = Placed("order_status", "GET /odd", ("routes", "GET /odd"), leaves)
    (asked,) = [each for each in questions(replace(made, placed=(part,))) if each.rank == 40]
    assert asked.text.startswith("routes / GET /one / reply / type (and 2 more leaves): always 'LIMIT'")
    assert len(asked.lines) == 4


def test_words_that_others_have_shown_are_not_asked_for(made: Assembled) -> None:
    reply = {"side": "{order|order_side}", "type": "LIMIT"}
    data: Any = {"routes": {"GET /odd": {"private": True, "reply": reply}}}
    leaves = [
        Field(("routes", "GET /odd", "reply", name), text, f"order.{name}", Kind.CONSTANT)
        for name, text in (("side", "BUY"), ("type", "LIMIT"), ("gone", "X"))
    ]
    part = Placed("order_status", "GET /odd", ("routes", "GET /odd"), leaves)
    asked = questions(replace(made, data=data, placed=(part,)))
    told = [each.text for each in asked if each.rank == 40]
    assert [text.partition(":")[0].rpartition(" / ")[2] for text in told] == ["type", "gone"]


@pytest.mark.parametrize(
    ("operation", "told", "asked"),
    [
        ("balances", ("asset", "total"), ["balance.free"]),
        ("balances", ("asset", "total", "locked"), []),  # what is free follows
        ("symbols", ("number", "tick_size", "lot_size"), []),
        ("symbols", ("open", "tick_size", "lot_size"), ["market.symbol or market.base or market.number"]),
    ],
)
def test_what_follows_from_others_is_not_asked_for(
    made: Assembled, operation: str, told: tuple[str, ...], asked: list[str]
) -> None:
    thing = {"balances": "balance", "symbols": "market"}[operation]
    leaves = [Field(("routes", "GET /x", "reply", name), "", f"{thing}.{name}") for name in told]
    part = Placed(operation, "GET /x", ("routes", "GET /x"), leaves)
    found = [each.text for each in questions(replace(made, placed=(part,))) if each.rank == 30]
    assert [text.split(" is ")[1].partition("?")[0] for text in found] == asked


def test_nothing_is_asked_of_a_connector_that_cannot_be_constructed(made: Assembled) -> None:
    asked = replace(made.sources.asked, constructed=False)
    assert questions(made) != ()
    assert questions(replace(made, sources=replace(made.sources, asked=asked))) == ()


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        ("/orders/82400002", {"order_id": "{order.order_id}"}),
        ("/orders/by-client-order-id/82400002", {"client_order_id": "{order.client_order_id}"}),
    ],
)
def test_a_path_that_speaks_of_the_clients_id_has_it_whatever_the_tests_put_there(
    path: str, takes: dict[str, str]
) -> None:
    """As Foxbit's, whose tests ask with the exchange's id."""
    harvest = _harvest()
    found = [
        replace(each, url=f"https://{HOST}{path}")
        for each in answers(harvest)
        if each.member == "configure_open_order_status_response"
    ]
    sources = Sources("acme", "spot", harvest, tuple(found), Asked({}), explain([], {}))
    (route,) = only_in_tests(sources, [])
    assert route.takes == takes


def test_a_list_of_fills_that_the_source_goes_through_is_told_where_the_tests_answer_with_none() -> None:
    """As Foxbit's, whose tests answer with a stream's message."""
    text = (
        'FILLS = "/fills"\nasync def _all_trade_updates_for_order(self, order):\n'
        "    reply = await self._api_get(FILLS)\n"
        '    for row in reply["data"]:\n        self.use(row["trade_id"], row["price"])\n'
    )
    mocked = {
        "method": "GET", "url": f"https://{HOST}/fills", "pattern": "", "status": 200,
        "body": '{"n": "Event"}', "error": "",
    }  # fmt: skip
    answer: Any = {"mocked": [mocked], "returned": ""}
    member = "configure_full_fill_trade_response"
    sample = Sample(member=member, set=SETS[0].name, side="BUY", type="LIMIT", answers=(answer, answer))
    asked = _asked()
    asked = replace(asked, sent=(*asked.sent, Said(HOST, "/fills", "GET")))
    harvest = Harvest(kit=True, samples=(sample,))
    signed = explain(asked.sent, asked.credentials)
    made = assemble(
        Sources("acme", "spot", harvest, answers(harvest), asked, signed, source=read_source([text]))
    )
    assert _data(made)["routes"]["GET /fills"]["reply"] == {
        "n": "Event",
        "data": {"each fill": {"trade_id": "{fill.trade_id}", "price": "{fill.price}"}},
    }


def _made_of(
    path: str, member: str, replies: Callable[[Sentinels], Sequence[JsonValue]], text: str, side: str = ""
) -> Any:
    """A description with what one member of the tests answers at a path, and a connector's source."""
    samples = []
    for each in SETS:
        samples.append(_sample_of("exchange_trading_pair", each, each.pair))
        for reply in replies(each):
            mocked = {
                "method": "GET", "url": f"https://{HOST}{path}", "pattern": "", "status": 200,
                "body": json.dumps(reply), "error": "",
            }  # fmt: skip
            samples.append(_sample_of(member, each, {"mocked": [mocked], "returned": ""}, side))
    asked = _asked()
    asked = replace(asked, sent=(*asked.sent, Said(HOST, path, "GET")))
    harvest = Harvest(kit=True, samples=tuple(samples))
    signed = explain(asked.sent, asked.credentials)
    return assemble(
        Sources("acme", "spot", harvest, answers(harvest), asked, signed, source=read_source([text]))
    ).data


def _sample_of(member: str, each: Sentinels, answer: Any, side: str = "") -> Sample:
    kind = "LIMIT" if side else ""
    return Sample(member=member, set=each.name, side=side, type=kind, answers=(answer, answer))


def test_replies_of_another_shape_than_the_source_reads_are_another_routes() -> None:
    """As Hyperliquid's tests, which answer one question for fills with an order. What they leave out of a
    fill, and the source reads, is told as well.
    """
    text = (
        'FILLS = "/fills"\nasync def _all_trade_updates_for_order(self, order):\n'
        "    for row in await self._api_get(FILLS):\n"
        '        self.use(row["tid"], row["px"], row["feeToken"])\n'
    )

    def replies(ours: Sentinels) -> list[JsonValue]:
        order = {"oid": ours.order_id, "px": ours.price, "sz": ours.amount, "left": "0"}
        return [{"order": dict(order)}, [{"tid": ours.trade_id, "oid": ours.order_id}]]

    made = _made_of("/fills", "configure_full_fill_trade_response", replies, text, "BUY")
    assert made["routes"]["GET /fills"]["reply"] == {
        "each fill": {
            "tid": "{fill.trade_id}", "oid": "{fill.order_id}", "px": "{fill.price}",
            "feeToken": "{fill.fee_asset}",
        }
    }  # fmt: skip


def test_what_is_held_of_a_balance_is_known_by_its_name_where_the_source_reads_it() -> None:
    text = (
        'STATE = "/state"\nasync def _update_balances(self):\n    reply = await self._api_get(STATE)\n'
        '    for row in reply["rows"]:\n        self.use(row["coin"], row["total"], row["hold"])\n'
    )

    def replies(ours: Sentinels) -> list[JsonValue]:
        told = {"total": "2000", "hold": "0.0", "locked_in_vaults": "0.0"}
        return [{"rows": [{"coin": each, **told} for each in (ours.base, ours.quote)]}]

    made = _made_of("/state", "balance_request_mock_response_for_base_and_quote", replies, text)
    assert made["routes"]["GET /state"]["reply"] == {
        "rows": {
            "each balance": {
                "coin": "{balance.asset}", "total": "{balance.total}", "hold": "{balance.locked}",
                "locked_in_vaults": "0.0",
            }
        }
    }  # fmt: skip


def _row(each: Sentinels) -> JsonValue:
    rules: dict[str, JsonValue] = {
        "tick_size": "0.1",
        "base_decimals": 9,
        "min_size": "1",
        "min_notional": "5",
    }
    return [{"name": each.pair, **rules}]


@pytest.mark.parametrize(("told", "orders"), [("37.82", {"market_buy_in": "quote"}), ("17.19", None)])
def test_an_order_to_buy_at_the_market_may_say_what_it_may_cost(
    told: str, orders: dict[str, str] | None
) -> None:
    """As Bitget's: its amount is 17.19, and the last price 2.2."""
    asked, acts = _asked(), []
    for side, kind, amount, size in (
        ("buy", "limit", "18.19", "18.19"),
        ("sell", "limit", "19.19", "19.19"),
        ("buy", "market", "17.19", told),
    ):
        name = f"HBOT-{side}-{kind}"
        facts = {
            "order.side": side,
            "order.type": kind,
            "order.amount": amount,
            "order.client_order_id": name,
        }
        body = json.dumps({"dir": side[0].upper(), "type": kind, "sz": size, "cid": name})
        acts.append(Act("place_order", facts, (replace(asked.sent[0], body=body),)))
    asked = replace(asked, sent=tuple(said for act in acts for said in act.sent), acts=tuple(acts))
    harvest = _harvest()
    signed = explain(asked.sent, asked.credentials)
    made = assemble(Sources("acme", "spot", harvest, answers(harvest), asked, signed))
    fact = "{order.amount}" if orders is None else "{order.asked}"
    assert _data(made)["routes"]["POST /orders"]["takes"]["sz"] == fact
    assert _data(made).get("orders") == orders


def test_the_last_price_that_tests_write_out_is_known_by_its_name() -> None:
    """As NDAX's: of several leaves the first."""
    last: dict[str, JsonValue] = {"lastTradeId": 7, "last_price": 2211.0, "close": 2212.0}
    made = _made_of("/tickers", "latest_prices_request_mock_response", lambda each: [{each.pair: last}], "")
    assert made["routes"]["GET /tickers"]["reply"] == {
        "each ticker as {market.symbol}": {**last, "last_price": "{ticker.last|number}"}
    }


def test_rules_that_no_reading_explains_are_known_by_their_names() -> None:
    """As Grvt's, whose tests have the same rules always; what the source does not read stays as it is."""
    text = (
        'LIST = "/instruments"\n'
        "def _format_trading_rules(self, rows):\n    for row in rows:\n"
        '        self.use(row["name"], row["tick_size"], row["base_decimals"], row["min_size"])\n'
    )
    made = _made_of("/instruments", "trading_rules_request_mock_response", lambda each: [_row(each)], text)
    assert made["routes"]["GET /instruments"]["reply"] == {
        "each market": {
            "name": "{market.symbol}", "tick_size": "{market.tick_size}",
            "base_decimals": "{market.lot_decimals|number}", "min_size": "{market.min_amount}",
            "min_notional": "5",
        }
    }  # fmt: skip
    assert made["known"]["routes / GET /instruments / reply"] == ["fork reads"]


def test_leaves_are_counted_by_who_explains_them(made: Assembled) -> None:
    counts = tally(field for part in made.placed for field in part.fields)
    assert (counts.confirmed, counts.contradicted) == (0, 0)
    assert counts.fork == sum(
        1 for part in made.placed for field in part.fields if field.fact or "{" in str(field.text)
    )
    assert by_source(made.placed)["connector sends"] > 0


def test_a_route_that_nobody_showed_is_asked_for_as_the_source_has_it(made: Assembled) -> None:
    text = (
        'TIME = "/now"\nPLACE = "/place"\n'
        "async def get_current_server_time(self):\n    return await self._api_get(TIME)\n"
        "async def _place_order(self):\n    reply = await self._api_post(PLACE)\n"
        '    return reply["data"]["id"]\n'
    )
    sources = replace(made.sources, source=read_source([text]))
    seen = Placed("server_time", "GET /api/v2/now", ("routes", "GET /api/v2/now"))
    asked = questions(replace(made, placed=(seen,), sources=sources))
    (place,) = [each for each in asked if "the answer of place order" in each.text]
    assert "The connector's source requests POST /api/v2/place" in place.text
    assert '"private": true, "takes": {}, "reply": {"data": {"id": "{order.order_id}"}}' in place.lines[0]


def test_a_reply_that_nobody_showed_is_asked_for_where_its_lack_is_felt(made: Assembled) -> None:
    symbols = Placed("symbols", "GET /pairs", ("routes", "GET /pairs"))
    first, second, *_ = questions(replace(made, placed=(symbols,)))
    assert first.text == "What does GET /pairs answer?"
    assert second.text.startswith("Which route is order book?")


def test_rows_that_the_source_goes_through_are_shown_with_what_is_read_of_each(made: Assembled) -> None:
    text = (
        'HELD = "/held"\n'
        "async def _update_balances(self):\n    rows = await self._api_get(HELD)\n"
        '    for row in rows:\n        self.use(row["coin"], row["free"])\n'
    )
    sources = replace(made.sources, source=read_source([text]))
    asked = questions(replace(made, placed=(), sources=sources))
    (held,) = [each for each in asked if "the answer of balances" in each.text]
    assert '"reply": {"each balance": {"coin": "{balance.asset}", "free": "{balance.free}"}}' in held.lines[0]


def test_where_nothing_of_a_market_and_nothing_signed_was_seen_both_are_asked() -> None:
    """As of a connector without the kit, which learns no trading rules."""
    made = assemble(Sources("acme", "spot", Harvest(), (), Asked({}), explain([], {})))
    lines = [line for each in questions(made) for line in each.lines]
    assert any(line.startswith('- {at: "symbol", is: "{market.base}-{market.quote}"') for line in lines)
    assert any(line.startswith('- {at: "signing", is: {"scheme": "hmac"') for line in lines)


def test_what_was_seen_is_not_asked(made: Assembled) -> None:
    told = [each.text for each in questions(made)]
    assert "How does the exchange name a market?" not in told


def test_public_trades_to_which_nobody_subscribes_come_with_the_book() -> None:
    """As Gemini's: the topic of the book tells both."""
    host = "ws.acme.test"
    asked = replace(
        _asked(),
        sockets=(Opened(host, "/ws"),),
        frames=(Said(host, "/ws", body='{"op": "subscribe", "args": ["book:coinalpha_hbot"]}'),),
    )
    price, level = (
        Field(("px",), "{trade.price}", "trade.price"),
        Field(("b",), "{level.price}", "level.price"),
    )
    books = {
        "trade": Derived("stream:trades", {"px": "{trade.price}"}, (price,)),
        "diff": Derived("stream:book", {"b": "{level.price}"}, (level,)),
    }
    harvest = _harvest()
    signed = explain(asked.sent, asked.credentials)
    made = assemble(Sources("acme", "spot", harvest, answers(harvest), asked, signed, books=books))
    channels = _data(made)["connections"]["stream"]["channels"]
    assert channels["trades"]["topic"] == channels["book"]["topic"] == "book:{market.symbol}"
    assert channels["trades"]["tells"] == {"px": "{trade.price}"}


@pytest.mark.parametrize(
    ("said", "topic", "named"),
    [
        ("trades-{market.symbol}", "trades-{market.symbol}.all", True),
        ("trades-BTC_EUR", "trades-{market.symbol}", True),  # another pair than the kit's
        ("trades-BTC_EUR", "trades-{market.symbol}.all", False),
        ("trades-all", "trades-{market.symbol}", False),
        ("x:book-BTCUSDT-0.1", "x:book-{market.base}{market.quote}-0.1", True),
        ("x:book-BTCUSDT-0.2", "x:book-{market.base}{market.quote}-0.1", False),
    ],
)
def test_a_message_that_names_its_topic_says_it_as_the_client_did(said: str, topic: str, named: bool) -> None:
    assert (by_topic(Field(("channel",), said), topic).text == "{said.topic}") == named


def test_a_reply_that_no_test_shows_is_made_of_what_the_source_reads_of_it() -> None:
    """Sides are said in the words with which orders are placed, states in those of the connector's table."""
    text = (
        'FILLS = "/fills"\nORDER = "/order"\nSTATES = {"live": OrderState.OPEN, "done": OrderState.FILLED}\n'
        "async def _all_trade_updates_for_order(self, order):\n    rows = await self._api_get(FILLS)\n"
        '    for row in rows:\n        self.use(row["id"], row["price"], row["dir_side"], row["note"])\n'
        "async def _request_order_status(self, order):\n    reply = await self._api_get(ORDER)\n"
        '    return reply["status"]\n'
    )
    asked = _asked()
    sent = (*asked.sent, Said(HOST, "/fills", "GET"), Said(HOST, "/order", "GET"))
    signed = explain(asked.sent, asked.credentials)
    made = assemble(
        Sources("acme", "spot", Harvest(), (), replace(asked, sent=sent), signed, source=read_source([text]))
    )
    routes = _data(made)["routes"]
    assert routes["GET /fills"]["reply"] == {
        "each fill": {
            "id": "{fill.trade_id}", "price": "{fill.price}", "dir_side": "{fill|fill_side}", "note": "",
        }
    }  # fmt: skip
    assert _data(made)["words"]["fill_side"]["words"] == {"B": {"side": "buy"}, "S": {"side": "sell"}}
    assert routes["GET /order"]["reply"] == {"status": "{order|order_status}"}
    assert _data(made)["known"]["routes / GET /fills / reply"] == ["fork reads"]
    checked(made.data, Path("acme.yml"))


def test_a_message_says_by_a_word_of_its_own_that_a_part_was_filled() -> None:
    """As Gemini's, whose tests show the word for a whole fill alone."""
    words = {"accepted": ("open",), "fill": ("filled",)}
    kind = Field(("type",), "{order.status}", "order.status", Kind.WORDS, words=words)
    fields = [kind, Field(("id",), "{fill.trade_id}", "fill.trade_id")]
    sources = Sources("acme", "spot", Harvest(), (), Asked({}), explain([], {}))
    told = {"type": "{order|status}", "id": "{fill.trade_id}"}
    assert _with_words_for_fills(dict(told), fields, sources) == {
        "type": {"$if": "fill.trade_id", "$then": "fill", "$else": "{order|status}"}, "id": "{fill.trade_id}",
    }  # fmt: skip
    assert _with_words_for_fills(dict(told), [kind], sources) == told


def test_one_of_two_topics_of_orders_is_that_of_fills_where_their_message_names_it() -> None:
    """As Hyperliquid's perpetual: `user` says nothing of what it tells."""
    order = {"channel": "orderUpdates", "order": {"state": "open"}}
    fill = {"channel": "user", "fill": {"kind": "trade"}}
    samples = [
        _sample_of(member, each, {**told, "id": known, "oid": each.order_id}, "BUY")
        for each in SETS
        for member, told, known in (
            ("order_event_for_new_order_websocket_update", order, each.client_order_id),
            ("trade_event_for_full_fill_websocket_update", fill, each.trade_id),
        )
    ]
    frames = tuple(
        Said(HOST, "/ws", body=json.dumps({"op": "subscribe", "topic": {"type": name, "who": KEY}}))
        for name in ("orderUpdates", "user")
    )
    asked = replace(_asked(), frames=frames, sockets=(Opened(HOST, "/ws"),))
    harvest, signed = Harvest(kit=True, samples=tuple(samples)), explain((), {})
    told: Any = assemble(Sources("acme", "spot", harvest, answers(harvest), asked, signed)).data
    channels = told["connections"]["stream"]["channels"]
    assert {name: (each["operation"], each["topic"]) for name, each in channels.items()} == {
        "orders": ("stream:orders", "orderUpdates"),
        "fills": ("stream:fills", "user"),
    }
