"""Routes and subscriptions, told from messages as a connector sends them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from harness.describing.asking import Act, Asked, canaries
from harness.describing.routes import routes
from harness.describing.said import Said
from harness.describing.streams import connections
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
        "qty": "{order.amount}", "dir": "{order.side}", "postOnly": "{order.post_only}",
    }  # fmt: skip
    words = {each.at: each.words for each in route.fields if each.words}
    assert words[("dir",)] == {"1": ("buy",), "2": ("sell",)}
    assert words[("postOnly",)] == {"False": ("false",), "True": ("true",)}


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
    asked = Asked({}, frames=frames, sockets=("ws.x.test/ws",))
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
    given = canaries(fields)
    assert set(given) == set(names)
    assert len(set(given.values())) == 4
    assert given["x_user_id"].isdigit()
