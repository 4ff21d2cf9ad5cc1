"""Orders that are messages: Gemini's, whose orders are placed and cancelled over a WebSocket."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from harness.scenarios.randomization import initial_balances
from harness.venue.described import DescribedDialect
from harness.venue.dialects import dialect
from harness.venue.dialects.messages import Close, Frame, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Side
from harness.venue.session import Venue
from tests.venue.described.client import Client
from tests.venue.world import NOON, StillClock, data, texts

D = Decimal
HOST = "ws.gemini.com"


@dataclass
class World:
    client: Client
    venue: Venue

    def opened(self, *, private: bool, query: str = "", spoilt: bool = False) -> StreamSession | Reply:
        headers = self._headers(spoilt) if private else {}
        pairs = [("snapshot", query)] if query else []
        return self.client.dialect.open_stream(Request("GET", HOST, "/", pairs, headers, client="connector"))

    def session(self, *, private: bool = True, query: str = "") -> StreamSession:
        session = self.opened(private=private, query=query)
        assert isinstance(session, StreamSession)
        return session

    def _headers(self, spoilt: bool) -> dict[str, str]:
        dialect, account = self.client.dialect, self.client.account
        payload = base64.b64encode(str(int(NOON)).encode())
        secret = b"another" if spoilt else dialect.secret(account).encode()
        return {
            "X-GEMINI-APIKEY": dialect.credentials(account)["gemini_api_key"],
            "X-GEMINI-NONCE": str(int(NOON)),
            "X-GEMINI-PAYLOAD": payload.decode(),
            "X-GEMINI-SIGNATURE": hmac.new(secret, payload, "sha384").hexdigest(),
        }


@pytest.fixture
def world() -> World:
    kind = dialect("gemini")
    assert issubclass(kind, DescribedDialect)
    venue = Venue(kind.markets, 7, StillClock())
    venue.seed_book(venue.markets[0], 10)
    account = venue.account("maker", initial_balances(kind.markets), kind.key_lengths)
    return World(Client(kind(venue), account), venue)


def ask(session: StreamSession, method: str, params: Any, number: str = "7") -> Any:
    message = json.dumps({"id": number, "method": method, "params": params})
    (told,) = texts(list(session.received(message)))
    return told


def bid(**changes: str) -> dict[str, str]:
    limit = {"symbol": "btcusdt", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    return {**limit, "price": "60000", "quantity": "0.001", "clientOrderId": "HBOT1", **changes}


def test_an_order_is_placed_and_cancelled_by_messages(world: World) -> None:
    session = world.session()
    assert session.operation_of(json.dumps({"id": "7", "method": "order.place"})) == "place_order"
    assert ask(session, "order.place", bid()) == {"id": "7", "status": 200, "result": {}}
    (order,) = world.venue.open_orders(world.client.account)
    assert (order.side, order.price, order.amount) == (Side.BUY, D(60_000), D("0.001"))
    assert order.client_order_id == "HBOT1"
    gone = ask(session, "order.cancel", {"orderId": str(order.order_id)}, "8")
    assert gone == {"id": "8", "status": 200, "result": {}}
    assert world.venue.open_orders(world.client.account) == ()


def test_a_client_order_id_may_name_several_orders(world: World) -> None:
    """docs.gemini.com, "Client Order ID": it only recommends that they be unique."""
    session = world.session()
    for number in ("7", "8"):
        assert ask(session, "order.place", bid(), number)["status"] == 200
    assert [each.client_order_id for each in world.venue.open_orders(world.client.account)] == ["HBOT1"] * 2


def test_the_word_for_maker_or_cancel_is_heard(world: World) -> None:
    ask(world.session(), "order.place", bid(timeInForce="MOC", price="90000"))
    (order,) = world.venue.orders(world.client.account)
    assert (order.post_only, order.filled, order.status.live) == (True, 0, False)


@pytest.mark.parametrize(
    ("method", "params", "status", "code"),
    [
        ("order.cancel", {"orderId": "99"}, 400, -1013),
        ("order.place", bid(quantity="99999"), 400, -2010),
        ("order.place", bid(symbol="nothing"), 400, -1013),
        ("order.place", {"symbol": "btcusdt"}, 400, -1013),
    ],
)
def test_what_is_not_granted_is_answered_with_a_reason(
    world: World, method: str, params: Any, status: int, code: int
) -> None:
    told = ask(world.session(), method, params)
    assert (told["id"], told["status"], told["error"]["code"]) == ("7", status, code)
    assert world.venue.orders(world.client.account) == ()


def test_nobody_places_an_order_without_having_signed(world: World) -> None:
    told = ask(world.session(private=False), "order.place", bid())
    assert (told["status"], told["error"]["code"]) == (401, -1002)
    refused = world.opened(private=True, spoilt=True)
    assert isinstance(refused, Reply)
    assert data(refused)["reason"] == "InvalidSignature"


def test_messages_count_against_the_limit(world: World) -> None:
    session = world.session()
    answers = [ask(session, "order.cancel", {"orderId": "99"}) for _ in range(601)]
    assert [each["status"] for each in answers[-2:]] == [400, 429]
    (over,) = session.received(json.dumps({"id": "7", "method": "order.cancel", "params": {"orderId": "99"}}))
    assert isinstance(over, Frame)
    assert over.status == 429


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, {"code": 500, "msg": "Internal Server Error"}),
        (502, {"code": 502, "msg": "Bad Gateway"}),
        (503, {"code": 503, "msg": "Service Unavailable"}),
        (429, {"code": -1003, "msg": "Too many requests"}),
        (418, {"code": -1003, "msg": "Too many requests"}),
    ],
)
def test_what_the_exchange_does_not_do_has_the_status_and_the_requests_id(
    world: World, status: int, error: dict[str, Any]
) -> None:
    """Never the words of a rejection, after which a client tries no more."""
    said = json.dumps({"id": "9", "method": "order.place", "params": bid()})
    (told,) = world.session().refused(said, status)
    assert isinstance(told, Frame)
    assert (told.operation, told.status) == ("place_order", status)
    assert json.loads(told.text) == {"id": "9", "status": status, "error": error}
    assert world.venue.orders(world.client.account) == ()


@pytest.mark.parametrize(("status", "code"), [(500, 1011), (429, 1013)])
def test_without_words_for_a_refusal_the_connection_is_closed(world: World, status: int, code: int) -> None:
    session = world.session()
    said = json.dumps({"id": "9", "method": "no such request"})
    assert list(session.refused(said, status)) == [Close(code)]


def test_a_request_has_a_weight_and_its_reply_a_status(world: World) -> None:
    session = world.session()
    said = json.dumps({"id": "9", "method": "order.place", "params": bid()})
    assert (session.weight_of(said), session.weight_of(json.dumps({"method": "ping"}))) == (1, 0)
    assert [each.status for each in session.received(said) if isinstance(each, Frame)] == [200]
    again = json.dumps({"id": "9", "method": "order.place", "params": bid(quantity="99999")})
    assert [each.status for each in session.received(again) if isinstance(each, Frame)] == [400]


@pytest.mark.parametrize(("query", "messages"), [("-1", 2), ("", 1)])
def test_the_book_comes_whole_to_who_asks_for_it(world: World, query: str, messages: int) -> None:
    session = world.session(private=False, query=query)
    said = json.dumps({"id": "1", "method": "subscribe", "params": ["btcusdt@depth"]})
    told: list[Any] = texts(list(session.received(said)))
    assert len(told) == messages
    if query:
        assert told[1]["U"] == told[1]["u"] == world.venue.book(world.venue.markets[0]).sequence


def test_orders_are_looked_up_as_a_list_by_their_name(world: World) -> None:
    ask(world.session(), "order.place", bid(timeInForce="MOC"))
    (order,) = world.venue.orders(world.client.account)
    named = data(
        world.client.ask("POST /v1/order/status (named)", {"order.client_order_id": order.client_order_id})
    )
    (alone,) = named
    assert alone == data(world.client.ask("POST /v1/order/status", {"order.order_id": order.order_id}))
    assert (alone["options"], alone["is_live"]) == (["maker-or-cancel"], True)
