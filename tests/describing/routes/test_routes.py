"""Routes and subscriptions, told from messages as a connector sends them."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from harness.credentials.shapes import Shape
from harness.describing.asking.acting import _as_text_has_it, orders_to_place
from harness.describing.asking.canary_keys import keys, other_shapes
from harness.describing.documents.asked import Act, Asked, Opened
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SESSION, same_address
from harness.describing.routes.routes import routes
from harness.describing.signing.signatures import Explanation
from harness.describing.signing.signing import credentials_of, signing_of
from harness.describing.source_code.operation_words import named_so
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.streams import connections
from harness.describing.streams.topics import templated
from harness.driving.claims import ConfigField

HOST = "api.x.test"


def _acts(body: Any, path: str = "/orders") -> list[Act]:
    """Orders of two sides and kinds; `body` and `path` are functions of an order's facts."""
    acts = []
    for number, (side, kind) in enumerate((s, k) for s in ("buy", "sell") for k in ("limit", "limit_maker")):
        facts = {
            "order.client_order_id": f"HBOT-{side}-{number}000",
            "order.side": side,
            "order.type": kind,
            "order.post_only": str(kind == "limit_maker").lower(),
            "order.price": f"987{number}.3",
            "order.amount": f"1{number}.19",
            "market.base": "COINALPHA",
            "market.quote": "HBOT",
        }
        said = Said(HOST, path.format(side=side), "POST", body=json.dumps(body(facts)))
        acts.append(Act("place_order", facts, (Said(HOST, "/time", "GET"), said)))
    return acts


def _place_route(body: Any, path: str = "/orders") -> Any:
    acts = _acts(body, path)
    asked = Asked({}, sent=tuple(said for act in acts for said in act.sent), acts=tuple(acts))
    return next(each for each in routes(asked, (), (), "COINALPHA_HBOT") if each.operation == "place_order")


def test_parameters_are_known_by_the_values_that_were_ordered() -> None:
    route = _place_route(
        lambda order: {
            "market": "COINALPHA_HBOT",
            "cid": order["order.client_order_id"],
            "px": order["order.price"] + "000",
            "qty": order["order.amount"],
            "dir": {"buy": 1, "sell": 2}[order["order.side"]],
            "postOnly": order["order.type"] == "limit_maker",
            "sentAt": 1764000000000,
        }
    )
    assert route.name == "POST /orders"
    assert route.takes == {
        "market": "{market.symbol}", "cid": "{order.client_order_id}", "px": "{order.price}",
        "qty": "{order.amount}", "dir": "{order.side|number}",
        "postOnly": "{order.post_only|flag}",
    }  # fmt: skip
    words = {each.at: each.words for each in route.fields if each.words}
    assert words[("dir",)] == {"1": ("buy",), "2": ("sell",)}
    assert words[("postOnly",)] == {"false": ("false",), "true": ("true",)}


def test_a_market_order_with_the_last_price_leaves_the_price_of_others() -> None:
    """As BitMart's: all orders carry a price, and market orders one that nobody asked for."""
    acts = _acts(lambda order: {"qty": order["order.amount"], "px": order["order.price"], "kind": "limit"})
    for number, side in enumerate(("buy", "sell")):
        facts = {**acts[0].facts, "order.side": side, "order.type": "market", "order.amount": f"2{number}.19"}
        del facts["order.price"]
        body = json.dumps({"qty": facts["order.amount"], "px": "4.5", "kind": "market"})
        acts.append(Act("place_order", facts, (Said(HOST, "/orders", "POST", body=body),)))
    asked = Asked({}, sent=tuple(said for act in acts for said in act.sent), acts=tuple(acts))
    (route,) = (each for each in routes(asked, (), (), "") if each.operation == "place_order")
    assert (route.takes["px"], route.takes["qty"]) == ("{order.price}", "{order.amount}")
    words = {each.at: each.words for each in route.fields if each.words}
    assert words[("kind",)]["market"] == ("market",)


def test_a_side_in_the_path_is_a_parameter_of_it() -> None:
    route = _place_route(lambda order: {"qty": order["order.amount"]}, "/v2/{side}/COINALPHA_HBOT/")
    assert route.path == "/v2/{side}/{symbol}/"
    assert route.takes["symbol"] == "{market.symbol}"


def test_what_only_makers_carry_says_post_only() -> None:
    def body(order: Any) -> Any:
        more = {"moc_order": "yes"} if order["order.type"] == "limit_maker" else {}
        return {"qty": order["order.amount"], **more}

    route = _place_route(body)
    assert next(each.fact for each in route.fields if each.at == ("moc_order?",)) == "order.post_only"


def _reducing(body: Any) -> Any:
    """The route of a perpetual's orders, of which the last reduces a position."""
    acts = [
        Act(act.operation, facts, (Said(HOST, "/orders", "POST", body=json.dumps(body(facts))),))
        for number, act in enumerate(_acts(lambda _: {}))
        for facts in [{**act.facts, "order.reduce_only": str(number == 3).lower()}]
    ]
    return next(iter(routes(Asked({}, acts=tuple(acts)), (), (), "COINALPHA_HBOT")))


def test_what_an_order_does_to_a_position_is_a_flag_a_word_or_there_only_where_it_closes() -> None:
    def body(order: Any) -> Any:
        closes = order["order.reduce_only"] == "true"
        more = {"closing": "yes"} if closes else {}
        told = {"reduceOnly": closes, "effect": "close" if closes else "open"}
        return {"qty": order["order.amount"], **told, **more}

    route = _reducing(body)
    assert {each.at[0]: dict(each.words) for each in route.fields if each.fact == "order.reduce_only"} == {
        "reduceOnly": {"false": ("false",), "true": ("true",)},
        "effect": {"open": ("false",), "close": ("true",)},
        "closing?": {"yes": ("true",)},
    }


def test_what_is_always_null_and_a_wallets_signature_are_no_parameters() -> None:
    """As Hyperliquid's: a null is no id that was untold, where another parameter names the order."""

    def body(order: Any) -> Any:
        number = int(order["order.price"][3])
        proof = {"r": f"0x{number}a", "s": f"0x{number}b", "v": 27 + number % 2}
        return {"cid": order["order.client_order_id"], "vault": None, "signature": proof}

    assert _place_route(body).takes == {"cid": "{order.client_order_id}"}
    acts = [replace(act, operation="cancel_order") for act in _acts(body)]
    (route,) = routes(Asked({}, acts=tuple(acts)), (), (), "")
    assert route.takes == {"cid": "{order.client_order_id}"}


def test_figures_that_were_rounded_by_floats_are_meant_as_they_are_written() -> None:
    assert _as_text_has_it(Decimal.from_float(9871.3)) == Decimal("9871.3")
    assert _as_text_has_it(Decimal("0.12345678901234567890")) == Decimal("0.12345678901234567890")


def test_what_holds_a_parameter_may_be_missing_with_it() -> None:
    """As Gemini's options, a list that some orders have, and Coinbase's object for each kind of order."""

    def body(order: Any) -> Any:
        kind = "post" if order["order.type"] == "limit_maker" else "gtc"
        more = {"options": ["maker-or-cancel"]} if kind == "post" else {}
        return {"how": {kind: {"qty": order["order.amount"]}}, **more}

    route = _place_route(body)
    assert route.takes["how"] == {"gtc?": {"qty": "{order.amount}"}, "post?": {"qty": "{order.amount}"}}
    assert list(route.takes) == ["how", "options?"]
    (told,) = [each for each in route.fields if each.at[0] == "options?"]
    assert (told.fact, told.at) == ("order.post_only", ("options?", "0"))


def test_a_list_of_parameters_stays_one() -> None:
    route = _place_route(lambda order: {"orders": [{"qty": order["order.amount"]}]})
    assert route.takes == {"orders": [{"qty": "{order.amount}"}]}


def test_a_route_is_named_by_the_method_that_asks_for_it() -> None:
    source = read_source([
        'BOOK = "/v3/product_view/{id}"\nCHECK = "/v3/products"\n',
        "async def _request_order_book_snapshot(self):\n    return await self.get(CONSTANTS.BOOK)\n",
        "async def _update_trading_fees(self):\n    return await self.get(CONSTANTS.CHECK)\n",
    ])  # fmt: skip
    asked = Asked({}, sent=(Said(HOST, "/api/v3/product_view/9", "GET"), Said(HOST, "/v3/products", "GET")))
    found = {each.path: each.operation for each in routes(asked, (), (), "COINALPHA_HBOT", source)}
    assert found == {"/api/v3/product_view/9": "order_book", "/v3/products": "fees"}


def test_an_accounts_number_in_a_path_is_a_parameter_of_it() -> None:
    number = SESSION["account.number"]
    assert same_address(f"/accounts/{number}/held", "/accounts/100001/held")
    assert not same_address(f"/accounts/{number}/held", "/accounts/100001/owed")
    asked = Asked({}, sent=(Said(HOST, f"/accounts/{number}/held", "GET"),))
    (route,) = routes(asked, (), (), "COINALPHA_HBOT")
    assert (route.path, route.takes) == ("/accounts/{number}/held", {"number": "{account.number}"})


def test_other_routes_are_named_by_their_path_and_times_by_their_names() -> None:
    query = urlencode({"symbol": "COINALPHA_HBOT", "startTime": 1764000000000, "limit": 100})
    asked = Asked({}, sent=(Said(HOST, "/v3/myTrades", "GET", query), Said(HOST, "/odd", "GET")))
    trades, odd = routes(asked, (), (), "COINALPHA_HBOT")
    assert (trades.operation, odd.operation) == ("order_trades", "")
    assert trades.takes == {
        "symbol": "{market.symbol}",
        "startTime": "{page.since|ms}",
        "limit": "{page.limit}",
    }


def test_topics_of_a_stream() -> None:
    frames = tuple(
        Said(
            "ws.x.test",
            "/ws",
            body=json.dumps({"op": "subscribe", "args": [{"channel": name, "inst": inst}]}),
        )
        for name, inst in (("books", "COINALPHA_HBOT"), ("trades", "COINALPHA_HBOT"), ("orders", "default"))
    )
    asked = Asked({}, frames=frames, sockets=(Opened("ws.x.test", "/ws"),))
    (found,) = connections(asked, (), {"market.symbol": "COINALPHA_HBOT"})
    assert (found.said, found.topics) == ({"op": "subscribe"}, "args[]")
    assert {each.operation: (each.topic, each.private) for each in found.subscriptions} == {
        "stream:book": ({"channel": "books", "inst": "{market.symbol}"}, False),
        "stream:trades": ({"channel": "trades", "inst": "{market.symbol}"}, False),
        "stream:orders": ({"channel": "orders", "inst": "default"}, True),
    }


def test_canaries_have_the_shape_of_what_they_stand_for() -> None:
    names = ("x_api_key", "x_secret_key", "x_passphrase", "x_user_id")
    fields = [
        ConfigField(name=name, prompt="", secure=True, connect_key=True, prompted=True, required=True)
        for name in names
    ]
    given = keys(fields, "x", lambda _: None, ()).credentials
    assert set(given) == set(names)
    assert len(set(given.values())) == 4
    assert given["x_user_id"].isdigit()


def test_a_signing_key_takes_the_forms_of_a_secret() -> None:
    """As Aevo's, a private key of a wallet: given a word, the connector was never constructed."""
    field = ConfigField(
        name="x_signing_key", prompt="", secure=True, connect_key=True, prompted=True, required=True
    )

    def needs_hex(given: Mapping[str, str]) -> str | None:
        try:
            bytes.fromhex(given["x_signing_key"])
        except ValueError as error:
            return f'File "x_auth.py", line 3\n{error}'
        return None

    choice = keys([field], "x", needs_hex, ())
    assert len(bytes.fromhex(choice.credentials["x_signing_key"])) == 32
    said = credentials_of(Asked(choice.credentials, (field,), shapes=choice.shapes), Explanation((), 0, ()))
    assert said == {"x_signing_key": {"is": "secret", "form": "hex"}}


def test_keys_are_of_the_shapes_that_the_forks_own_tests_give() -> None:
    """As XRPL's seeds, which no list of four forms had: such a connector was never constructed."""
    fields = [
        ConfigField(
            name=name, prompt="", secure=True, connect_key=True, prompted=True, required=True, kind=kind
        )
        for name, kind in (("x_secret_key", ""), ("x_account_index", "int"))
    ]
    tests = ('Connector(x_secret_key="sEdTM1uX8pu2do5XvTnutH6HsouMaM2", x_account_index=3)',)

    def picky(given: Mapping[str, str]) -> str | None:
        if not given["x_secret_key"].startswith("s"):
            return 'File "x_auth.py", line 3\nnot a seed'
        small = int(given["x_account_index"]) < 256
        return None if small else 'File "x_auth.py", line 9\nno such sub account'

    choice = keys(fields, "x", picky, tests)
    assert choice.failure is None
    said = credentials_of(
        Asked(choice.credentials, tuple(fields), shapes=choice.shapes), Explanation((), 0, ())
    )
    index = choice.credentials["x_account_index"]
    assert said == {
        "x_secret_key": {"is": "secret", "form": "xrpl-seed"},
        "x_account_index": {"is": "none", "value": index},
    }


def test_a_complaint_while_it_signs_tells_the_shape_of_a_secret() -> None:
    """Derive's constructor takes any text, and its signature wants a private key of a wallet."""
    field = ConfigField(
        name="x_api_secret", prompt="", secure=True, connect_key=True, prompted=True, required=True
    )
    said = "Error signing action: when sending a str, it must be a hex string. Got: 'j1p7'"
    begun = {"x_api_secret": Shape.BASE64_32}
    assert other_shapes([field], "x", {}, begun, [said]) == {"x_api_secret": Shape.HEX_32_0X}
    assert other_shapes([field], "x", {}, {"x_api_secret": Shape.HEX_32}, [said]) == {}
    assert other_shapes([field], "x", {}, begun, ["JSONDecodeError: Expecting value"]) == {}
    wallet = field.model_copy(update={"name": "x_wallet"})
    held = {"x_api_secret": "a" * 64, "x_wallet": "j1p7ChrlnDRQ"}
    shapes = {"x_api_secret": Shape.HEX_32, "x_wallet": Shape.TOKEN}
    found = other_shapes([field, wallet], "x", held, shapes, [said.replace("j1p7", "j1p7ChrlnDRQ")])
    assert found == {"x_wallet": Shape.HEX_32_0X}
    given = keys([field], "x", lambda _: None, (), {"x_api_secret": Shape.HEX_32_0X}).credentials
    assert given["x_api_secret"].startswith("0x")


def test_canaries_are_numbers_and_choices_where_the_type_says_so() -> None:
    """A connector asks for the index of its key, an `int`, and was never constructed."""
    kinds = {
        "x_api_key_index": "int",
        "x_private_slot": "int",
        "x_mode": "Literal['a', 'b']",
        "x_hedge": "bool",
    }
    fields = [
        ConfigField(
            name=name, prompt="", secure=False, connect_key=True, prompted=True, required=True, kind=kind
        )
        for name, kind in kinds.items()
    ]
    given = keys(fields, "x", lambda _: None, ()).credentials
    assert given["x_api_key_index"].isdigit()
    assert given["x_private_slot"].isdigit()
    assert (given["x_mode"], given["x_hedge"]) == ("a", "no")
    said = credentials_of(Asked(given, tuple(fields)), Explanation((), 0, ()))
    assert said["x_api_key_index"] == {"is": "number"}
    assert not {"x_mode", "x_hedge"} & said.keys()


def test_of_several_words_the_one_counts_that_the_tests_take() -> None:
    """As LBank's: `(RSA/HmacSHA256)`, and what signs by the first is no shape of a secret's."""
    field = ConfigField(
        name="x_auth_method", prompt="Authentication method (RSA/HmacSHA256)", secure=False,
        connect_key=True, prompted=True, required=True, kind="str",
    )  # fmt: skip
    shown = 'self.method = "HmacSHA256"\nself.x = X(x_auth_method=self.method)\n'
    for tests, word, said in (
        ((shown,), "HmacSHA256", {"x_auth_method": {"is": "none", "value": "HmacSHA256"}}),
        ((), "RSA", {}),
        ((shown.replace("HmacSHA256", "MD5"),), "RSA", {}),
    ):
        given = keys([field], "x", lambda _: None, tests).credentials
        assert given == {"x_auth_method": word}
        sent = (Said(HOST, "/orders", "GET", headers=(("signature_method", word),)),)
        asked = Asked(given, (field,), sent=sent)
        assert credentials_of(asked, Explanation((), 0, ())) == said
        assert signing_of(asked, Explanation((), 0, ())) == {}, "a word is no key"


def _opened(body: object, query: str = "", path: str = "/ws") -> Asked:
    frames = () if body is None else (Said("ws.x.test", path, query=query, body=json.dumps(body)),)
    return Asked({"x_key": "canary-key-1"}, frames=frames, sockets=(Opened("ws.x.test", path, query),))


def test_the_accounts_number_is_a_fact_though_the_connector_was_told_it() -> None:
    """As Derive's sub account, which its configuration asks for."""
    number = SESSION["account.number"]
    field = ConfigField(
        name="x_sub_id", prompt="", secure=False, connect_key=True, prompted=True, required=True
    )
    given = keys([field], "x", lambda _: None, ()).credentials
    assert given == {"x_sub_id": number}
    said = {"method": "subscribe", "params": {"channels": [f"{number}.orders"]}}
    login = {"op": "login", "key": "canary-key-1", "user": int(number), "sign": "f" * 64}
    frames = tuple(Said("ws.x.test", "/ws", body=json.dumps(each)) for each in (login, said))
    sent = (Said("x.test", "/account", "POST", body=json.dumps({"sub": int(number)})),)
    asked = Asked(
        {**given, "x_key": "canary-key-1"}, sent=sent, frames=frames, sockets=(Opened("ws.x.test", "/ws"),)
    )
    (found,) = connections(asked, (), {})
    assert found.login == {"op": "login", "key": "{login.key}", "user": "{any}", "sign": "{login.signature}"}
    assert [each.topic for each in found.subscriptions] == ["{account.number}.orders"]
    (route,) = routes(asked, (), (), "")
    assert route.takes == {"sub": "{account.number|number}"}


def test_a_message_with_a_key_logs_in() -> None:
    said = {"op": "login", "args": ["canary-key-1", "1764000000000", "f" * 64], "id": 4}
    (found,) = connections(_opened(said), (), {})
    assert found.by == "frame"
    assert found.login == {"op": "login", "args": ["{login.key}", "{login.time}", "{login.signature}"]}
    assert found.subscriptions == ()


def test_a_subscription_with_a_token_is_private_and_its_topic_has_no_token() -> None:
    data = {"channel": "my_orders_coin-71900007", "auth": SESSION["session.key"]}
    (found,) = connections(_opened({"event": "subscribe", "data": data}), (), {"market.symbol": "coin"})
    assert (found.by, found.login) == ("token", {"data": {"auth": "{login.token}"}})
    assert found.topics == "data.channel"
    (topic,) = found.subscriptions
    assert (topic.topic, topic.private) == ("my_orders_{market.symbol}-{account.number}", True)


def test_connections_are_numbered_alike_whichever_was_opened_first() -> None:
    """As Gemini's, whose reviewed lines would name the other one."""
    opened = (Opened("ws.x.test", "/b"), Opened("ws.x.test", "/a"))
    found = [connections(Asked({}, sockets=each), (), {}) for each in (opened, opened[::-1])]
    assert [[each.path for each in one] for one in found] == [["/a", "/b"]] * 2


def test_a_token_may_stand_in_the_address() -> None:
    key = SESSION["session.key"]
    (queried,) = connections(_opened(None, f"listenKey={key}"), (), {})
    (pathed,) = connections(_opened(None, path=f"/ws/{key}"), (), {})
    assert (queried.by, queried.token) == ("token", "query listenKey")
    assert (pathed.path, pathed.token) == ("/ws/{token}", "path token")


def test_two_lists_are_each_of_the_one_with_each_of_the_other() -> None:
    said = {"type": "subscribe", "markets": ["COIN_HBOT"], "channels": ["book", "trade"]}
    (found,) = connections(_opened(said), (), {"market.symbol": "COIN_HBOT"})
    assert found.topics == "channels[] * markets[]"
    assert [each.topic for each in found.subscriptions] == [
        ["book", "{market.symbol}"], ["trade", "{market.symbol}"],
    ]  # fmt: skip


def test_a_list_of_one_market_is_a_list_of_markets_whatever_its_letters() -> None:
    facts = {"market.symbol": "coinalphahbot"}
    assert templated({"name": "l2", "symbols": ["COINALPHAHBOT"]}, facts) == {
        "name": "l2", "symbols": {"each market": "{market.symbol|upper}"},
    }  # fmt: skip
    assert templated(["COINALPHAHBOT", "l2"], facts) == ["{market.symbol|upper}", "l2"]


def test_topics_that_name_the_market_beside_their_type_are_objects() -> None:
    """As Hyperliquid's, whose private ones have the account beside it, which proves who asks."""
    key = "0x7130000171300001"
    frames = [
        {"method": "subscribe", "subscription": {"type": "l2Book", "coin": "COINALPHA/HBOT"}},
        {"method": "subscribe", "subscription": {"type": "orderUpdates", "user": key}},
    ]
    said = tuple(Said(HOST, "/ws", body=json.dumps(each)) for each in frames)
    asked = Asked({"address": key}, frames=said, sockets=(Opened(HOST, "/ws"),))
    (found,) = connections(asked, (), {"market.base": "COINALPHA", "market.quote": "HBOT"})
    assert found.topics == "subscription"
    assert {each.operation: each.topic for each in found.subscriptions} == {
        "stream:book": {"type": "l2Book", "coin": "{market.base}/{market.quote}"},
        "stream:orders": {"type": "orderUpdates"},
    }


def test_topics_may_be_a_list_in_an_object() -> None:
    """As Derive's: `{"method": "subscribe", "params": {"channels": [...]}}`."""
    said = {"method": "subscribe", "params": {"channels": ["trades.COIN_HBOT", "book.COIN_HBOT"]}}
    (found,) = connections(_opened(said), (), {"market.symbol": "COIN_HBOT"})
    assert found.topics == "params.channels[]"
    assert {each.topic: each.operation for each in found.subscriptions} == {
        "trades.{market.symbol}": "stream:trades",
        "book.{market.symbol}": "stream:book",
    }


def test_orders_of_a_perpetual_say_what_they_do_to_its_position() -> None:
    assert {order.position for order in orders_to_place(perpetual=False)} == {None}
    told = {(order.side, order.position) for order in orders_to_place(perpetual=True)}
    assert told == {("buy", "OPEN"), ("sell", "OPEN"), ("buy", "CLOSE"), ("sell", "CLOSE")}


def test_a_leverage_is_known_by_what_was_asked_for() -> None:
    acts = [
        Act("set_leverage", {"position.leverage": number}, (Said(HOST, "/v1/leverage", "POST", body=body),))
        for number in ("7", "11")
        for body in [json.dumps({"instrument": "GRAVEL-TINDER", "leverage": number})]
    ]
    asked = Asked({}, sent=tuple(said for act in acts for said in act.sent), acts=tuple(acts))
    (route,) = routes(asked, (), (), "GRAVEL-TINDER")
    assert (route.operation, route.takes) == (
        "set_leverage", {"instrument": "{market.symbol}", "leverage": "{position.leverage}"},
    )  # fmt: skip
    assert route.private  # it is an account's, whoever a request says that it is from


def test_the_leverage_of_an_order_is_whichever_was_set() -> None:
    """While it is watched a connector may place all orders with the same one (evedex_perpetual)."""
    route = _place_route(
        lambda order: {
            "cid": order["order.client_order_id"], "px": order["order.price"], "qty": order["order.amount"],
            "dir": order["order.side"], "leverage": 1, "version": 1,
        }
    )  # fmt: skip
    assert (route.takes["leverage"], route.takes["version"]) == ("{any}", 1)


def test_what_is_asked_of_a_perpetual_is_named_by_its_path() -> None:
    paths = {
        "/v5/position/list": "positions",
        "/fapi/v1/leverage": "set_leverage",
        "/v5/position/switch-mode": "position_mode",
        "/public/funding-rate": "funding_rate",
        "/account/funding/history": "funding_payments",
        "/api/market/instrument": "symbols",
        "/api/market/instrument/1": "",
        "/api/fill": "order_trades",
        "/api/dx-feed/auth": "stream_token",
        "/api/trading-fees": "fees",
        "/api/user/me": "accounts",
    }
    assert {path: named_so(path) for path in paths} == paths


def test_routes_that_stand_for_a_type_are_routes_of_their_own() -> None:
    acts = []
    for number, kind in enumerate(("limit", "market")):
        order = {
            "order.client_order_id": f"order-name-{number}", "order.type": kind, "order.side": "buy",
            "order.amount": f"1{number}.5",
        }  # fmt: skip
        path = "/buy/COIN/" if kind == "limit" else "/buy/market/COIN/"
        body = json.dumps({"cid": order["order.client_order_id"], "size": order["order.amount"]})
        acts.append(Act("place_order", order, (Said("x.test", path, "POST", body=body),)))
    found = routes(Asked({}, acts=tuple(acts)), (), (), "COIN")
    assert [(each.name, dict(each.means)) for each in found] == [
        ("POST /buy/{symbol}/", {"order.type": "limit"}),
        ("POST /buy/market/{symbol}/", {"order.type": "market"}),
    ]


def test_paths_that_say_side_and_type_in_one_word_are_routes_of_their_own() -> None:
    acts = []
    for number, (side, kind) in enumerate(itertools.product(("buy", "sell"), ("limit", "market"))):
        price, amount = f"987{number}.3", f"1{number}.19"
        order = {
            "order.client_order_id": f"never-sent-{number}", "order.type": kind, "order.side": side,
            "order.amount": amount, **({"order.price": price} if kind == "limit" else {}),
        }  # fmt: skip
        said = {"total": "8134.5"} if (side, kind) == ("buy", "market") else {"amount": amount}
        said |= {"price": price} if kind == "limit" else {}
        path = f"/api/{side}{'Limit' if kind == 'limit' else 'Instant'}"
        request = Said(HOST, path, "POST", body=urlencode({"pair": "COIN_HBOT", **said}))
        acts.append(Act("place_order", order, (request,)))
    source = read_source(
        [
            'BUY = "/api/buyInstant"\n',
            "async def _place_order(self):\n    return await self._api_post(CONSTANTS.BUY)\n",
        ]
    )
    found = routes(Asked({}, acts=tuple(acts)), (), (), "COIN_HBOT", source)
    limit = {"pair": "{market.symbol}", "amount": "{order.amount}", "price": "{order.price}"}
    assert [(each.path, dict(each.means), dict(each.takes)) for each in found] == [
        ("/api/buyLimit", {"order.side": "buy", "order.type": "limit"}, limit),
        (
            "/api/buyInstant",
            {"order.side": "buy", "order.type": "market"},
            {"pair": "{market.symbol}", "total": "{order.quote_amount}"},
        ),
        ("/api/sellLimit", {"order.side": "sell", "order.type": "limit"}, limit),
        (
            "/api/sellInstant",
            {"order.side": "sell", "order.type": "market"},
            {"pair": "{market.symbol}", "amount": "{order.amount}"},
        ),
    ]


def test_paths_of_several_versions_are_routes_of_their_own() -> None:
    """A version is no word for a type, which the parameter of that name says."""
    acts = []
    for number, (side, kind) in enumerate(itertools.product(("buy", "sell"), ("limit", "market"))):
        name, amount = f"order-name-{number}", f"1{number}.19"
        order = {
            "order.client_order_id": name, "order.type": kind, "order.side": side, "order.amount": amount,
        }  # fmt: skip
        path = f"/api/{'v1' if kind == 'limit' else 'v1.1'}/order"
        body = urlencode({"id": name, "type": kind.upper(), "side": side, "quantity": amount})
        acts.append(Act("place_order", order, (Said(HOST, path, "POST", body=body),)))
    found = routes(Asked({}, acts=tuple(acts)), (), (), "COIN_HBOT")
    assert [(each.path, dict(each.means)) for each in found] == [
        ("/api/v1/order", {"order.type": "limit"}),
        ("/api/v1.1/order", {"order.type": "market"}),
    ]


def test_market_orders_of_a_route_for_all_types_may_say_what_they_are_worth() -> None:
    """As Evedex's `cashQuantity`, which other orders do not have."""
    acts = []
    for number, (side, kind) in enumerate(itertools.product(("buy", "sell"), ("limit", "market"))):
        price, amount = f"987{number}.3", f"1{number}.19"
        order = {
            "order.client_order_id": f"order-name-{number}", "order.type": kind, "order.side": side,
            "order.amount": amount, **({"order.price": price} if kind == "limit" else {}),
        }  # fmt: skip
        said = {"cashQuantity": f"813{number}.5"} if kind == "market" else {"size": amount, "price": price}
        request = Said(
            HOST, f"/order/{kind}", "POST", body=json.dumps({"id": f"order-name-{number}", **said})
        )
        acts.append(Act("place_order", order, (request,)))
    (found,) = routes(Asked({}, acts=tuple(acts)), (), (), "COIN_HBOT")
    assert {each.at: each.fact for each in found.fields if each.at[0].endswith("?")} == {
        ("size?",): "order.amount",
        ("price?",): "order.price",
        ("cashQuantity?",): "order.quote_amount",
    }


def test_a_parameter_that_names_the_market_otherwise_than_its_symbol_does() -> None:
    """As OKX's index of a swap: `BTC-USDT`, where the symbol is `BTC-USDT-SWAP`."""
    order = {"order.order_id": "82400002", "market.base": "COINALPHA", "market.quote": "HBOT",
             "order.client_order_id": "never sent"}  # fmt: skip
    sent = (Said(HOST, "/index", "GET", query="instId=COINALPHA-HBOT&kind=swap"),)
    acts = (Act("cancel_order", order, ()),)
    (route,) = routes(Asked({}, sent=sent, acts=acts), (), (), "COINALPHA-HBOT-SWAP")
    assert route.takes == {"instId": "{market.base}-{market.quote}", "kind?": "swap"}


def test_a_wallet_in_a_path_is_whoever_asks() -> None:
    """As Tegro's balances, whose address no other account has."""
    wallet = "0x7130000171300001713000017130000171300001"
    said = Said(HOST, f"/accounts/8453/{wallet}/portfolio", "GET")
    (route,) = routes(Asked({"x_api_key": wallet}, sent=(said,)), (), (), "")
    assert (route.path, route.takes, route.private) == (
        "/accounts/8453/{key}/portfolio", {"key": "{any}"}, True,
    )  # fmt: skip


def test_a_question_may_lack_what_it_says_always() -> None:
    """As Tegro's list of markets, which is asked sorted when it starts, and as it comes later."""
    said = Said(HOST, "/markets", "GET", query="sort_by=volume&chain=8453&symbol=COINALPHA_HBOT")
    placed = Said(HOST, "/orders", "POST", body='{"kind": "swap"}')
    found = routes(Asked({}, sent=(said, placed)), (), (), "COINALPHA_HBOT")
    assert {each.path: each.takes for each in found} == {
        "/markets": {"sort_by?": "volume", "chain?": "8453", "symbol": "{market.symbol}"},
        "/orders": {"kind": "swap"},
    }


def test_a_topic_with_more_beside_it_is_named_as_those_that_stand_alone() -> None:
    """As Coinmate's: an account's own say whose they are, too."""
    number = SESSION["account.number"]
    own = {"channel": f"private-orders-{number}", "clientId": number, "publicKey": "key-4711-0815"}
    frames = tuple(
        Said(HOST, "/ws", body=json.dumps({"event": "subscribe", "data": data}))
        for data in ({"channel": "order_book-COIN_HBOT"}, own)
    )
    asked = Asked({"api_key": "key-4711-0815"}, frames=frames, sockets=(Opened(HOST, "/ws"),))
    (found,) = connections(asked, (), {"market.symbol": "COIN_HBOT"})
    assert found.topics == "data.channel"
    assert {each.topic: each.operation for each in found.subscriptions} == {
        "order_book-{market.symbol}": "stream:book",
        "private-orders-{account.number}": "stream:orders",
    }


def test_a_topic_for_all_markets_is_named_by_its_words_alone() -> None:
    frames = tuple(
        Said(
            HOST, "/ws", body=json.dumps({"type": "subscribe", "pairs": ["COINALPHA-HBOT"], "channel": name})
        )
        for name in ("level2", "l2", "user", "heartbeats")
    )
    asked = Asked({}, frames=frames, sockets=(Opened(HOST, "/ws"),))
    (found,) = connections(asked, (), {"market.symbol": "COINALPHA-HBOT"})
    names = {each.topic["channel"]: each.operation for each in found.subscriptions}  # type: ignore[index,call-overload]
    assert names == {"level2": "stream:book", "l2": "stream:book", "user": "stream:orders", "heartbeats": ""}


def test_a_message_whose_name_says_what_is_subscribed_to_brings_what_is_the_accounts() -> None:
    keys = {"api_key": "key-4711-0815"}
    said = (
        {"id": 1, "method": "session.logon", "params": {"apiKey": keys["api_key"]}},
        {"id": 2, "method": "session.subscribe"},
        {"id": 3, "method": "subscribe", "params": ["COINALPHA-HBOT@depth"]},
    )
    frames = tuple(Said(HOST, "/ws", body=json.dumps(each)) for each in said)
    asked = Asked(keys, frames=frames, sockets=(Opened(HOST, "/ws"),))
    (found,) = connections(asked, (), {"market.symbol": "COINALPHA-HBOT"})
    assert (found.by, found.topics, found.said) == ("frame", "params[] | method", {"method": "{any}"})
    topics = {each.operation: each.topic for each in found.subscriptions}
    assert topics["stream:orders"] == "session.subscribe"
    assert topics["stream:book"] == "{market.symbol}@depth"


def test_a_signature_that_nobody_reproduces_is_no_parameter() -> None:
    said = Said(HOST, "/orders", "GET", "symbol=COINALPHA_HBOT&signature=abc")
    (route,) = routes(Asked({}, sent=(said,)), (), (), "COINALPHA_HBOT", unexplained=("query signature",))
    assert route.takes == {"symbol": "{market.symbol}"}


def test_beside_a_body_the_query_only_proves_who_sent_it() -> None:
    """As HTX's orders: the key and how it was signed stand in the query, the order in the body."""
    said = Said(HOST, "/orders", "POST", "SignatureMethod=HmacSHA256", body='{"symbol": "COINALPHA_HBOT"}')
    (route,) = routes(Asked({}, sent=(said,)), (), (), "COINALPHA_HBOT")
    assert (route.takes, route.parameters) == ({"symbol": "{market.symbol}"}, "json")


def test_parameters_may_be_a_payload_in_a_header() -> None:
    """As Gemini's requests: JSON in base64, with the path and a nonce among the parameters."""
    told = {"request": "/orders", "nonce": 7, "symbol": "COINALPHA_HBOT"}
    payload = base64.b64encode(json.dumps(told).encode()).decode()
    said = Said(HOST, "/orders", "POST", headers=(("X-PAYLOAD", payload),))
    (route,) = routes(Asked({}, sent=(said,)), (), (), "COINALPHA_HBOT")
    assert (route.takes, route.parameters) == ({"symbol": "{market.symbol}"}, "payload")


def test_a_path_with_an_id_that_was_never_told_is_no_route() -> None:
    sent = (Said(HOST, "/orders/None/cancel", "POST"), Said(HOST, "/orders", "GET"))
    assert [each.name for each in routes(Asked({}, sent=sent), (), (), "")] == ["GET /orders"]


def test_a_look_up_with_an_id_that_was_never_told_names_the_order() -> None:
    """As BitMart's, which is asked about an order before its creation was answered."""
    text = (
        'QUERY = "/query"\nasync def _request_order_status(self):\n    return await self._api_post(QUERY)\n'
    )
    said = Said(HOST, "/query", "POST", body='{"orderId": null}')
    (found,) = routes(Asked({}, sent=(said,)), (), (), "", read_source([text]))
    assert (found.operation, found.takes) == ("order_status", {"orderId": "{order.order_id}"})


def test_a_request_to_be_let_in_is_no_subscription() -> None:
    """As HTX's: the verb is that of other requests, and what is asked for is `auth`."""
    keys = {"api_key": "key-4711-0815"}
    said = (
        {"action": "req", "ch": "auth", "params": {"accessKey": keys["api_key"]}},
        {"action": "sub", "ch": "orders#coinalphahbot"},
        {"action": "sub", "ch": "market.coinalphahbot.trade.detail"},
    )
    frames = tuple(Said(HOST, "/ws/v2", body=json.dumps(each)) for each in said)
    asked = Asked(keys, frames=frames, sockets=(Opened(HOST, "/ws/v2"),))
    (found,) = connections(asked, (), {"market.symbol": "coinalphahbot"})
    assert (found.by, found.topics) == ("frame", "ch")
    assert found.login == {"action": "req", "ch": "auth", "params": {"accessKey": "{login.key}"}}
    assert {each.topic: each.operation for each in found.subscriptions} == {
        "orders#{market.symbol}": "stream:orders",
        "market.{market.symbol}.trade.detail": "stream:trades",
    }


def test_an_order_that_names_nothing_it_was_told_is_the_request_of_the_connectors_own_method() -> None:
    """As Aevo's: amounts in millionths, the market by its number, no client order id."""
    text = 'ORDERS = "/orders"\nasync def _place_order(self):\n    return await self._api_post(ORDERS)\n'
    acts = []
    for side, price, amount in (("buy", "9871.3", "17.19"), ("sell", "9872.3", "18.19")):
        facts = {
            "order.client_order_id": f"HBOT-{side}-71", "order.side": side, "order.type": "limit",
            "order.post_only": "false", "order.price": price, "order.amount": amount,
        }  # fmt: skip
        body = {"instrument": 71200, "is_buy": side == "buy", "limit_price": int(float(price) * 10) * 10**5}
        other = Said("api.acme.test", "/leverage", "POST", body='{"leverage": 2}')
        said = Said(
            "api.acme.test",
            "/orders",
            "POST",
            body=json.dumps({**body, "amount": int(float(amount) * 100) * 10**4}),
        )
        acts.append(Act("place_order", facts, (other, said)))
    asked = Asked({}, sent=tuple(said for act in acts for said in act.sent), acts=tuple(acts))
    found = {each.name: each for each in routes(asked, (), (), "", read_source([text]))}
    placed = found["POST /orders"]
    assert placed.operation == "place_order"
    assert placed.takes == {
        "instrument": "{market.number|number}", "is_buy": "{order.side|flag}",
        "limit_price": "{order.price|units6|number}", "amount": "{order.amount|units6|number}",
    }  # fmt: skip


def test_a_price_that_the_connector_rounds_by_rules_of_its_own_is_the_price() -> None:
    """As Derive's, which places 9871.0 where 9871.3 was quantized; what is further off is another figure."""

    def near(off: float) -> Any:
        return _place_route(
            lambda facts: {
                "id": facts["order.client_order_id"],
                "limit_price": float(facts["order.price"]) * off,
            }
        ).takes["limit_price"]

    assert near(1.0001) == "{order.price|number}"
    assert near(1.01) == "{any}"


def test_an_address_is_the_accounts_own() -> None:
    """As the signer of GRVT's orders, which is the same in all of them."""
    route = _place_route(
        lambda facts: {"id": facts["order.client_order_id"], "signer": "0x" + "ab" * 20, "broker": "us"}
    )
    assert (route.takes["signer"], route.takes["broker"]) == ("{any}", "us")


def test_a_path_that_tests_mock_as_the_source_names_it_is_any_such_path() -> None:
    assert same_address("/contracts/BTCUSDTM", "/contracts/{symbol}")
    assert not same_address("/contracts/a/b", "/contracts/{symbol}")
    assert not same_address("/orders/BTCUSDTM", "/contracts/{symbol}")


def test_a_topic_with_the_accounts_number_is_private() -> None:
    said = {"method": "subscribe", "channels": [f"{SESSION['account.number']}.trades", "trades.COIN"]}
    (found,) = connections(_opened(said), (), {"market.symbol": "COIN"})
    assert {str(each.topic): (each.operation, each.private) for each in found.subscriptions} == {
        "{account.number}.trades": ("stream:fills", True),
        "trades.{market.symbol}": ("stream:trades", False),
    }
