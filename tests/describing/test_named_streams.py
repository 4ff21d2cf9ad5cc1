"""Streams whose messages say by their method what is subscribed to, with markets in a list: WhiteBIT's."""

from __future__ import annotations

import json
from typing import Any

from pydantic import JsonValue

from harness.describing.asking.mocked_exchange import Listening
from harness.describing.documents.asked import Asked, Opened
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SESSION
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.streams import Connection, connections
from harness.venue.described.said_topics import each_market
from harness.venue.dialects.messages import Frame
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.venue.world import StillClock

HOST = "ws.x.test"
TOKEN = SESSION["session.key"]
LOGIN = {"id": 0, "method": "authorize", "params": [TOKEN, "public"]}
PUBLIC = (
    {"id": 1, "method": "depth_subscribe", "params": ["COIN_HBOT", 100, "0", True]},
    {"id": 2, "method": "trades_subscribe", "params": ["COIN_HBOT"]},
)
PRIVATE = (
    LOGIN,
    {"id": 1, "method": "balanceSpot_subscribe", "params": ["COIN", "HBOT"]},
    {"id": 2, "method": "deals_subscribe", "params": [["COIN_HBOT"]]},
    {"id": 3, "method": "ordersPending_subscribe", "params": ["COIN_HBOT"]},
)
FACTS = {"market.symbol": "COIN_HBOT", "market.base": "COIN", "market.quote": "HBOT"}


def _heard(*sockets: tuple[dict[str, Any], ...]) -> Connection:
    frames = tuple(
        Said(HOST, "/ws", body=json.dumps(each), socket=number)
        for number, said in enumerate(sockets)
        for each in said
    )
    (found,) = connections(Asked({}, frames=frames, sockets=(Opened(HOST, "/ws"),)), (), FACTS)
    return found


def test_a_method_that_says_what_it_subscribes_to_is_part_of_the_topic() -> None:
    found = _heard(PUBLIC, PRIVATE)
    assert (found.said, found.topics, found.by) == ({"method": "{any}"}, "", "frame")
    assert {each.operation: each.topic for each in found.subscriptions} == {
        "stream:book": {"method": "depth_subscribe", "params": ["{market.symbol}", 100, "0", True]},
        "stream:trades": {"method": "trades_subscribe", "params": {"each market": "{market.symbol}"}},
        "stream:balances": {"method": "balanceSpot_subscribe", "params": "{any}"},
        "stream:fills": {"method": "deals_subscribe", "params": [{"each market": "{market.symbol}"}]},
        "stream:orders": {"method": "ordersPending_subscribe", "params": {"each market": "{market.symbol}"}},
    }
    assert found.login == {"method": "authorize", "params": ["{login.token}", "public"]}


def test_trades_are_an_accounts_where_only_sockets_that_logged_in_hear_of_them() -> None:
    """On one socket for all nobody can tell."""
    assert _operation(_heard(PUBLIC, PRIVATE), "deals_subscribe") == ("stream:fills", True)
    assert _operation(_heard((*PRIVATE, *PUBLIC)), "deals_subscribe") == ("stream:trades", False)
    assert _operation(_heard(PUBLIC, (*PRIVATE, *PUBLIC)), "trades_subscribe") == ("stream:trades", False)


def _operation(found: Connection, method: str) -> tuple[str, bool]:
    (one,) = (each for each in found.subscriptions if method in json.dumps(each.topic))
    return one.operation, one.private


def test_what_stands_beside_a_topic_belongs_to_it_where_it_names_the_market() -> None:
    """As LBank's, whose keys open a private topic each."""
    found = _heard(
        (
            {"action": "subscribe", "subscribe": "depth", "depth": "50", "pair": "coin_hbot"},
            {"action": "subscribe", "subscribe": "orderUpdate", "subscribeKey": TOKEN, "pair": "coin_hbot"},
            {"action": "subscribe", "subscribe": "assetUpdate", "subscribeKey": TOKEN},
        )
    )
    assert (found.said, found.topics) == ({"subscribe": "{any}"}, "")
    assert (found.by, found.login) == ("token", {"subscribeKey": "{login.token}"})
    assert {each.operation: (each.topic, each.private) for each in found.subscriptions} == {
        "stream:book": ({"subscribe": "depth", "depth": "50", "pair": "{market.symbol|lower}"}, False),
        "stream:orders": ({"subscribe": "orderUpdate", "pair": "{market.symbol|lower}"}, True),
        "stream:balances": ({"subscribe": "assetUpdate"}, True),
    }
    bare = _heard(({"sub": "market.coin_hbot.depth", "id": "x", "zip": 1},))
    assert (bare.topics, [each.topic for each in bare.subscriptions]) == (
        "sub", ["market.{market.symbol|lower}.depth"],
    )  # fmt: skip


def test_a_message_that_says_a_topic_alone_subscribes_to_it() -> None:
    """As BingX's. Beside messages with a verb it is something else."""
    said: tuple[dict[str, Any], ...] = (
        {"id": "trade", "dataType": "COIN_HBOT@trade"},
        {"id": "userbalance", "dataType": "ACCOUNT_UPDATE"},
        {"ping": 1764000000000},
        {"id": "x", "dataType": "pong"},
    )
    found = _heard(said)
    assert (found.said, found.topics) == ({"dataType": "{any}"}, "dataType")
    assert {each.operation: each.topic for each in found.subscriptions} == {
        "stream:trades": "{market.symbol}@trade", "stream:balances": "ACCOUNT_UPDATE",
    }  # fmt: skip
    assert len(_heard((*said, {"op": "subscribe", "args": ["depth:COIN_HBOT"]})).subscriptions) == 1


def test_a_list_of_markets_stands_however_deep() -> None:
    markets: JsonValue = {"each market": "{market.symbol}"}
    assert each_market({"method": "deals", "params": [markets]}) == (
        {"method": "deals", "params": [None]}, ("params.0", "{market.symbol}"),
    )  # fmt: skip
    assert each_market({"method": "trades", "params": markets}) == (
        {"method": "trades"}, ("params", "{market.symbol}"),
    )  # fmt: skip


def test_a_message_with_a_sessions_key_is_answered_as_the_source_hopes() -> None:
    source = read_source(
        [
            "async def _connected_websocket_assistant(self):\n"
            "    response: WSResponse = await ws.receive()\n    message = response.data\n"
            '    if message.get("result", {}).get("status") != "success":\n        raise IOError(message)\n'
        ]
    )
    exchange = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), [], source)
    session = exchange.upgrade(None, None)  # type: ignore[arg-type]
    (answer,) = session.received(json.dumps(LOGIN))  # type: ignore[union-attr]
    assert isinstance(answer, Frame)
    assert json.loads(answer.text) == {"result": {"status": "success"}}


def test_a_verb_may_be_the_key_of_what_it_subscribes_to() -> None:
    """As Centrifugo has it: each private topic comes with a token."""
    number = SESSION["account.number"]
    private = {"channel": f"x:order-{number}", "data": {"token": TOKEN}, "flag": 1}
    found = _heard(
        ({"connect": {"name": "js"}, "id": 1}, {"subscribe": {"channel": "x:trade-COINHBOT"}, "id": 2}),
        ({"subscribe": private, "id": 3},),
    )
    assert (found.said, found.topics, found.by) == ({"subscribe": "{any}"}, "subscribe.channel", "token")
    assert found.login == {"subscribe": {"data": {"token": "{login.token}"}}}
    assert {each.operation: (each.topic, each.private) for each in found.subscriptions} == {
        "stream:trades": ("x:trade-{market.base}{market.quote}", False),
        "stream:orders": ("x:order-{account.number}", True),
    }
