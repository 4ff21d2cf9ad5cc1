"""Requests to one address that are told apart by a word in them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.describing.asking.mocked_exchange import Listening
from harness.describing.assembling import assemble
from harness.describing.documents.asked import Act, Asked
from harness.describing.documents.said import Said, Word
from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.questions import questions
from harness.describing.routes.apart import apart
from harness.describing.routes.routes import Route, routes
from harness.describing.signing.signatures import Explanation, explain
from harness.describing.source_code.operation_words import said_so
from harness.describing.source_code.source import UNREAD, Source
from harness.describing.source_code.source_reading import read_source
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.loading import checked
from harness.venue.dialects.messages import Request
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.venue.world import StillClock, data

HOST, ADDRESS = "api.acme.test", "https://api.acme.test/ask"
KEY = "key-0123456789"
CONSTANTS = 'ASK = "/ask"\nDO = "/do"\nMARKETS = "marketList"\nSTATE = "purse"\n'
CONNECTOR = """
class Acme:
    async def _make_trading_rules_request(self):
        return await self._api_post(path_url=self.rules, data={"type": CONSTANTS.MARKETS})

    async def _get_last_traded_price(self, pair):
        reply = await self._api_post(path_url=CONSTANTS.ASK, data={"type": CONSTANTS.MARKETS})
        return float(reply[0]["last"])

    async def _request_order_book_snapshot(self, pair):
        params = {"coin": pair}
        params["type"] = "levels"
        return await self._api_post(path_url=CONSTANTS.ASK, data=params)

    async def _update_balances(self):
        reply = await self._api_post(path_url=CONSTANTS.ASK, data={"type": CONSTANTS.STATE, "user": self.key})
        for row in reply["rows"]:
            self.balances[row["coin"]] = row["total"]

    async def _request_order_status(self, order):
        reply = await self._api_post(path_url=CONSTANTS.ASK, data={"type": "lookUp", "oid": order.id})
        if reply["order"]["state"] == "levels":
            self.logger().warning("marketList")
        return reply["order"]["state"]

    async def _all_trade_updates_for_order(self, order):
        for fill in await self._api_post(path_url=CONSTANTS.ASK, data={"type": "fillsOf", "user": self.key}):
            self.fill(fill["tid"], fill["px"], fill["sz"])
"""
SOURCE = read_source([CONSTANTS, CONNECTOR])


def _post(path: str, body: Any) -> Said:
    return Said(HOST, path, "POST", body=json.dumps(body))


def _acts(place: Any, cancel: Any, path: str = "/do") -> tuple[Act, ...]:
    """Orders of two sides and kinds, placed and cancelled; the bodies are functions of an order's facts."""
    acts = []
    for number, (side, kind) in enumerate((s, k) for s in ("buy", "sell") for k in ("limit", "limit_maker")):
        facts = {
            "order.client_order_id": f"HBOT-{side}-{number}000", "order.side": side, "order.type": kind,
            "order.post_only": str(kind == "limit_maker").lower(), "order.price": f"987{number}.3",
            "order.amount": f"1{number}.19", "market.base": "COINALPHA", "market.quote": "HBOT",
        }  # fmt: skip
        known = {**facts, "order.order_id": SETS[0].order_id}
        acts += [
            Act("place_order", facts, (_post(path, place(facts)),)),
            Act("cancel_order", known, (_post(path, cancel(known)),)),
        ]
    return tuple(acts)


def _placing(facts: Any) -> Any:
    order = {
        "cid": facts["order.client_order_id"], "buy": facts["order.side"] == "buy",
        "px": facts["order.price"], "sz": facts["order.amount"], "kind": facts["order.type"],
    }  # fmt: skip
    return {"action": {"type": "order", "order": order, "grouping": "na"}, "sealed": _seal(facts)}


def _cancelling(facts: Any) -> Any:
    cid = facts["order.client_order_id"]
    return {"action": {"type": "cancelByCid", "cid": cid}, "sealed": _seal(facts) + "c"}


def _seal(facts: Any) -> str:
    """Another word in each request, as a signature is."""
    return f"seal{facts['order.price'].replace('.', 'x')}"


def _asked(acts: tuple[Act, ...] = (), *more: Said) -> Asked:
    sent = (*(said for act in acts for said in act.sent), *more)
    return Asked({"acme_api_key": KEY}, sent=sent, acts=acts)


def _looking() -> tuple[Said, ...]:
    return (
        _post("/ask", {"type": "marketList"}),
        _post("/ask", {"type": "levels", "coin": "COINALPHA_HBOT"}),
        _post("/ask", {"type": "purse", "user": KEY}),
        _post("/ask", {"type": "lookUp", "oid": int(SETS[0].order_id)}),
    )


def _operations(asked: Asked, source: Source = UNREAD) -> dict[str, dict[str, str]]:
    """By path: the operation of each word."""
    found = apart(asked, source).operations
    return {path: {word.text: name for word, name in known.items()} for (_, _, path), known in found.items()}


def test_what_an_order_is_placed_and_cancelled_with_tells_them_apart() -> None:
    asked = _asked(_acts(_placing, _cancelling))
    assert _operations(asked) == {"/do": {"order": "place_order", "cancelByCid": "cancel_order"}}
    (known,) = apart(asked, UNREAD).operations.values()
    assert {word.place for word in known} == {"body action.type"}


def test_look_ups_are_told_apart_by_what_the_connectors_methods_say() -> None:
    assert _operations(_asked((), *_looking()), SOURCE)["/ask"] == {
        "marketList": "symbols", "levels": "order_book", "purse": "balances", "lookUp": "order_status",
    }  # fmt: skip


def test_a_word_in_the_query_tells_as_well() -> None:
    text = (
        'async def _update_balances(self):\n    await self.get(ASK, params={"do": "funds"})\n'
        'async def _request_order_status(self, order):\n    await self.get(ASK, params={"do": "show"})\n'
    )
    said = [Said(HOST, "/ask", "GET", query=query) for query in ("do=funds", "do=show&id=7")]
    source = read_source([CONSTANTS, text])
    assert _operations(_asked((), *said), source) == {"/ask": {"funds": "balances", "show": "order_status"}}


def test_what_orders_differ_in_tells_no_operations_apart() -> None:
    """A kind, an id, a signature: another for each order, or the same for placing and for cancelling."""

    def body(facts: Any) -> Any:
        return {"cid": facts["order.client_order_id"], "kind": facts["order.type"], "seal": _seal(facts)}

    assert _operations(_asked(_acts(body, body))) == {}
    assert _operations(_asked(_acts(lambda facts: {**body(facts), "seal": _seal(facts) + "p"}, body))) == {}
    alone = tuple(act for act in _acts(_placing, _cancelling) if act.operation == "place_order")
    assert _operations(_asked(alone)) == {}


def test_an_id_or_a_flag_tells_no_operations_apart() -> None:
    """A status that is asked for with POST (Gemini), and one with or without fills (Bitstamp)."""
    acts = _acts(_placing, _cancelling)
    source = read_source(
        f'class A:\n    async def {method}(self):\n        await self.post(ASK, data={{"with": "{word}"}})\n'
        for method, word in (("_request_order_status", "true"), ("_all_trade_updates_for_order", "false"))
    )
    polls = [
        replace(
            act, sent=(_post("/ask", {"cid": act.facts["order.client_order_id"], "with": flag}), *act.sent)
        )
        for act, flag in zip(acts, ("true", "false") * 4, strict=True)
    ]
    assert "/ask" not in _operations(_asked(tuple(polls)), source)


def test_an_address_of_one_operation_is_left_as_it_is() -> None:
    said = [_post("/ask", {"type": "purse", "user": each}) for each in (KEY, "me")]
    assert _operations(_asked((), *said), SOURCE) == {}


def test_methods_that_say_the_side_are_routes_of_their_own() -> None:
    def place(facts: Any) -> Any:
        params = {"cid": facts["order.client_order_id"], "sz": facts["order.amount"]}
        return {"method": f"private/{facts['order.side']}", "params": params}

    def cancel(facts: Any) -> Any:
        return {"method": "private/cancel", "params": {"cid": facts["order.client_order_id"]}}

    asked = _asked(_acts(place, cancel))
    found = _routes(asked)
    assert found["POST /do (private/buy)"].means == {"order.side": "buy"}
    assert found["POST /do (private/sell)"].means == {"order.side": "sell"}
    assert found["POST /do (private/cancel)"].operation == "cancel_order"


def _keyed(operation: str, wrapped: bool) -> Any:
    """As Vertex's: what is asked for is the name of an object, alone or within another."""

    def body(facts: Any) -> Any:
        order = (
            _placing(facts)["action"]["order"]
            if operation == "place_order"
            else {"cid": facts["order.client_order_id"]}
        )
        said = {operation: order, "seal": {"of": _seal(facts)}}
        return {"tx": said, "id": 7} if wrapped else said

    return body


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_name_of_an_object_tells_them_apart(wrapped: bool) -> None:
    acts = _acts(_keyed("place_order", wrapped), _keyed("cancel_orders", wrapped))
    told, way = _asked(acts), "tx." if wrapped else ""
    assert _operations(told) == {"/do": {"place_order": "place_order", "cancel_orders": "cancel_order"}}
    found = _routes(told)
    placed, cancelled = found["POST /do (place_order)"], found["POST /do (cancel_orders)"]
    assert placed.when == {f"{way}place_order": "*"}
    assert (placed.operation, cancelled.operation) == ("place_order", "cancel_order")
    takes = cancelled.takes["tx"] if wrapped else cancelled.takes
    assert isinstance(takes, dict)
    assert takes["cancel_orders"] == {"cid": "{order.client_order_id}"}


def test_look_ups_are_told_apart_by_the_objects_that_the_connectors_methods_name() -> None:
    text = """
    async def _update_balances(self):
        reply = await self.post(ASK, data={"purse": {"user": self.key}})
        self.total = reply["total"]

    async def _request_order_status(self, order):
        about = {"oid": order.id}
        return (await self.post(ASK, data={"lookUp": about}))["state"]

    async def _all_trade_updates_for_order(self, order):
        return await self.post(ASK, data={"fillsOf": [order.id]})
"""
    source = read_source([CONSTANTS, "class A:" + text])
    said = (
        _post("/ask", {"purse": {"user": KEY}}),
        _post("/ask", {"lookUp": {"oid": int(SETS[0].order_id)}}),
    )
    asked = _asked((), *said)
    assert _operations(asked, source) == {"/ask": {"purse": "balances", "lookUp": "order_status"}}
    (fills,) = apart(asked, source).answers([_tested()[3]], source)
    assert fills.word == Word("body {}", "fillsOf")  # was asked for by nobody
    read = source.of_word("/ask", Word("body {}", "purse"), "balances")
    assert read is not None
    assert [each.path for each in read.reads] == [("total",)]
    assert source.meant("/ask", Word("body type", "purse")) == ""  # a value is no name


def test_a_word_in_a_list_tells_them_apart() -> None:
    """As JSON-RPC's, of which several go in one request."""

    def batch(method: str) -> Any:
        return lambda facts: [
            {"method": method, "params": {"cid": facts["order.client_order_id"], "px": facts["order.price"]}}
        ]

    found = _routes(_asked(_acts(batch("order.place"), batch("order.cancel"))))
    assert found["POST /do (order.place)"].when == {".0.method": "order.place"}
    assert found["POST /do (order.cancel)"].takes == {
        "": [{"method": "order.cancel", "params": {"cid": "{order.client_order_id}", "px": "{order.price}"}}]
    }


def test_what_stands_in_lists_of_orders_tells_no_operations_apart() -> None:
    """Sides in a list of orders, and no such list in a cancel."""

    def place(facts: Any) -> Any:
        return {"rows": [{"dir": facts["order.side"].upper()}], "cid": facts["order.client_order_id"]}

    def cancel(facts: Any) -> Any:
        return {"rows": [{"why": "asked"}], "cid": facts["order.client_order_id"]}

    assert _operations(_asked(_acts(place, cancel))) == {}


def _routes(asked: Asked, source: Source = UNREAD) -> dict[str, Route]:
    told = apart(asked, source).asked(asked)
    return {each.name: each for each in routes(told, (), (), "COINALPHA_HBOT", source)}


def test_each_is_a_route_with_parameters_of_its_own() -> None:
    found = _routes(_asked(_acts(_placing, _cancelling), *_looking()), SOURCE)
    placed, cancelled = found["POST /do (order)"], found["POST /do (cancelByCid)"]
    assert placed.takes["action"] == {
        "type": "order", "grouping": "na",
        "order": {
            "cid": "{order.client_order_id}", "buy": "{order.side|flag}", "px": "{order.price}",
            "sz": "{order.amount}", "kind": "{order.type}",
        },
    }  # fmt: skip
    assert cancelled.takes["action"] == {"type": "cancelByCid", "cid": "{order.client_order_id}"}
    assert found["POST /ask (levels)"].takes["coin"] == "{market.symbol}"
    assert (placed.word, found["POST /ask (purse)"].operation) == (
        Word("body action.type", "order"),
        "balances",
    )


def _answer(operation: str, member: str, document: Any, method: str = "POST", url: str = ADDRESS) -> Answer:
    each, text = SETS[0], json.dumps(document)
    status = {"order_status": "open", "order_trades": "filled"}.get(operation, "")
    side, kind = ("BUY", "LIMIT") if status else ("", "")
    sample = Sample(member=member, set=each.name, side=side, type=kind, answers=(document, document))
    return Answer(operation, member, 0, status, sample, method, url, 200, text, document, each, document)


def _tested() -> tuple[Answer, ...]:
    """Replies that tests mock at one address for several operations; some name no method."""
    ours = SETS[0]
    balance = {"rows": [{"coin": ours.base, "total": "15"}, {"coin": ours.quote, "total": "2000"}]}
    fills = [{"tid": ours.trade_id, "px": ours.price, "sz": ours.amount, "oid": ours.order_id}]
    symbols = [{"name": "COINALPHA_HBOT", "last": "1.5", "step": "0.01"}]
    return (
        _answer("symbols", "all_symbols_request_mock_response", symbols, ""),
        _answer("balances", "balance_request_mock_response_for_base_and_quote", balance, ""),
        _answer("order_status", "configure_open_order_status_response", {"order": {"id": ours.order_id}}),
        _answer("order_trades", "configure_full_fill_trade_response", fills),
        _answer("place_order", "order_creation_request_successful_mock_response",
                {"status": "ok", "oid": ours.order_id}, "", "https://api.acme.test/do"),
        _answer("cancel_order", "configure_successful_cancelation_response",
                {"status": "gone"}, "POST", "https://api.acme.test/do"),
    )  # fmt: skip


def _made() -> Any:
    asked = _asked(_acts(_placing, _cancelling), *_looking())
    told = apart(asked, SOURCE)
    found = told.answers(_tested(), SOURCE)
    asked = told.asked(asked)
    harvest = Harvest(
        kit=True,
        samples=(
            Sample(
                member="exchange_trading_pair", set="a", side="", type="", answers=("COINALPHA_HBOT",) * 2
            ),
        ),
    )
    signed = explain(asked.sent, asked.credentials)
    return assemble(Sources("acme", "spot", harvest, found, asked, signed, source=SOURCE)).data


@pytest.mark.parametrize(
    ("body", "route"),
    [
        ({"place_order": {"cid": "a"}}, "POST /do (place_order)"),
        ({"tx": {"cancel_orders": {"cid": "a"}}}, "POST /do (cancel_orders)"),
        ([{"method": "order.place"}], "POST /do (order.place)"),
        ({"cid": "a"}, None),
    ],
)
def test_a_described_exchange_finds_the_route_by_a_key_or_in_a_list(body: Any, route: str | None) -> None:
    """Of words that have dots in them, too."""
    whens = {"place_order": "*"}, {"tx.cancel_orders": "*"}, {".0.method": "order.place"}
    names = (f"POST /do ({name})" for name in ("place_order", "cancel_orders", "order.place"))
    routes_ = {
        name: {"operation": "place_order", "when": when} for name, when in zip(names, whens, strict=True)
    }
    made: Any = {"exchange": "acme", "hosts": {"rest": [HOST]}, "symbol": "{market.base}", "credentials": {},
            "routes": routes_, "refusals": {"body": "{refusal.code}"}, "known": {"": ["kit"]}}  # fmt: skip
    kind = dialect_of(checked(made, Path("acme.yml")))
    found = kind(Venue(kind.markets, 1, StillClock())).find(_request("/do", body))
    assert (found[0].handler if found else None) == route


def test_a_description_has_a_route_for_each_with_its_own_reply() -> None:
    data = _made()
    told = data["routes"]
    assert told["POST /ask (levels)"]["when"] == {"type": "levels"}
    assert told["POST /do (order)"]["when"] == {"action.type": "order"}
    assert told["POST /do (order)"]["reply"]["oid"] == "{order.order_id}"
    assert told["POST /do (cancelByCid)"]["reply"] == {"status": "gone"}
    assert told["POST /ask (purse)"]["reply"] == {
        "rows": {"each balance": {"coin": "{balance.asset}", "total": "{balance.total}"}}
    }
    assert told["POST /ask (lookUp)"]["reply"] == {"order": {"id": "{order.order_id}"}}
    described = checked(data, Path("acme.yml"))
    assert described.routes["POST /do (order)"].when == {"action.type": "order"}


def test_what_was_not_asked_for_says_what_its_method_says() -> None:
    """The fills were asked for by nobody: their method's word stands under the key of the others."""
    told = _made()["routes"]["POST /ask (fillsOf)"]
    assert told["operation"] == "order_trades"
    assert told["when"] == {"type": "fillsOf"}
    assert "tid" in told["reply"]["each fill"]


def test_an_order_that_carries_no_key_is_placed_by_the_only_account() -> None:
    """Where others name whose they are, and the order's signature was not reproduced."""
    data = _made()
    assert data["signing"] == {"scheme": "unverified", "carries": {"key": "body user"}}
    assert data["routes"]["POST /do (order)"]["signing"] == {"scheme": "unverified"}
    assert "signing" not in data["routes"]["POST /ask (purse)"]


def test_a_reply_whose_request_is_not_known_is_left_out() -> None:
    source = replace(SOURCE, asking=tuple(each for each in SOURCE.asking if each.operation != "order_trades"))
    told = apart(_asked((), *_looking()), source)
    (fills,) = told.answers([_tested()[3]], source)
    assert (fills.shared, fills.word) == (True, None)
    sources = Sources("acme", "spot", Harvest(), (fills,), _asked((), *_looking()), Explanation((), 0, ()))
    assert "order_trades" not in assemble(sources).operations


@pytest.mark.parametrize(
    ("body", "path", "told"),
    [
        ({"type": "purse", "user": KEY}, "/ask", "rows"),
        ({"type": "marketList"}, "/ask", "step"),
        ({"type": "lookUp", "oid": 7}, "/ask", '"order"'),
        ({"action": {"type": "order"}}, "/do", "ok"),
        ({"action": {"type": "cancelByCid"}}, "/do", "gone"),
        ({"place_order": {"cid": "a"}, "sig": {"r": "0x1"}}, "/do", "ok"),
        ({"cancel_orders": {"cids": ["a"]}}, "/do", "gone"),
        ([{"method": "order.cancel"}], "/do", "gone"),
    ],
)
def test_a_mocked_exchange_answers_what_a_request_says(body: Any, path: str, told: str) -> None:
    source = read_source([CONSTANTS, CONNECTOR + _DOING])
    exchange = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), _tested(), source, SETS[0], {"bids": []})
    assert told in json.dumps(data(exchange.handle(_request(path, body))))


_DOING = """
    async def _place_order(self, order):
        await self._api_post(path_url=CONSTANTS.DO, data={"type": "order"})

    async def _place_cancel(self, order):
        await self._api_post(path_url=CONSTANTS.DO, data={"type": "revoke"})
"""


def test_a_book_is_asked_for_where_no_test_shows_one() -> None:
    exchange = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), _tested(), SOURCE, SETS[0], {"bids": [1]})
    assert data(exchange.handle(_request("/ask", {"type": "levels"}))) == {"bids": [1]}


def _request(path: str, body: Any) -> Request:
    return Request("POST", HOST, path, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("word", "operation"),
    [("private/cancel", "cancel_order"), ("order.place", "place_order"), ("createOrder", "place_order"),
     ("cancelByCloid", "cancel_order"), ("userFills", "order_trades"), ("purse", "")],
)  # fmt: skip
def test_words_that_speak_for_themselves(word: str, operation: str) -> None:
    assert said_so(word) == operation


def test_words_that_are_compared_looked_for_or_logged_are_not_sent() -> None:
    known = {each.operation: dict(each.words) for each in SOURCE.asking}
    assert known["order_status"] == {"lookUp": "type"}
    assert known["order_book"] == {"levels": "type"}
    assert SOURCE.meant("/ask", Word("body type", "marketList")) == "symbols"


def test_who_is_asked_what_a_word_is_for_is_told_which_requests_say_it() -> None:
    asked = _asked((), *_looking(), _post("/ask", {"type": "riddle"}))
    told = apart(asked, SOURCE)
    sources = Sources("acme", "spot", Harvest(), (), told.asked(asked), Explanation((), 0, ()), source=SOURCE)
    (asks,) = (each for each in questions(assemble(sources)) if "POST /ask (riddle)" in each.text)
    assert '"when": {"type": "riddle"}' in asks.lines[0]
