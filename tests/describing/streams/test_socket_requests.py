"""Orders that are messages of a WebSocket, derived from what is sent and from what tests answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.asking.acting import _was_sent
from harness.describing.asking.mocked_exchange import Listening
from harness.describing.assembling import assemble
from harness.describing.documents.asked import Act, Asked, Opened
from harness.describing.documents.fields import Field
from harness.describing.documents.said import Said, Word
from harness.describing.documents.sentinels import SETS
from harness.describing.fork_tests.acknowledging import acks_in, best, least, refused
from harness.describing.fork_tests.kit import Harvest
from harness.describing.fork_tests.refusals import with_holes
from harness.describing.gathered import Sources
from harness.describing.replies.deriving import Derived
from harness.describing.replies.level_names import derived_with_names, names_of_levels, with_names
from harness.describing.signing.signatures import explain
from harness.describing.signing.signing import signing_of
from harness.describing.source_code.source import UNREAD, Read, Reading
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.socket_look_ups import looked_up
from harness.describing.streams.socket_requests import _nested
from harness.describing.streams.streams import connections
from harness.gateway.entries import Exchange, Frame
from harness.gateway.record import Record
from harness.venue.described.loading import checked
from harness.venue.dialects.messages import Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.venue.world import StillClock, texts

HOST = "ws.acme.test"
KEY, SECRET = "key-0123456789", "secret-0123456789"
TESTS = """
class AcmeTests(TestCase):
    def test_place_order_success(self):
        self.exchange._ask = AsyncMock(return_value={"id": "1", "status": 200, "result": {"orderId": 9876}})

    def test_place_order_without_an_id(self):
        self.exchange._ask = AsyncMock(return_value={"id": "1", "status": 200, "result": {}})

    def test_place_cancel_success(self):
        self.exchange._ask = AsyncMock(return_value={"id": "1", "status": 200})

    def test_cancel_of_nothing(self):
        self.exchange._ask = AsyncMock(return_value={
            "id": "1", "status": 400, "error": {"code": -1013, "msg": "no such order"}})

    def test_other(self):
        self.exchange._ask = AsyncMock(return_value={"id": 7, "method": "order.place", "params": {}})
        self.exchange._ask = AsyncMock(return_value={"id": name, "status": 200})
        self.exchange._ask = AsyncMock(return_value={"total": "1"})
"""
ACKS = acks_in([TESTS, "no python at all ("])
SOURCE = replace(UNREAD, acks=ACKS)


def test_answers_that_tests_write_out_are_good_ones_or_refusals() -> None:
    assert [(each.operation, each.id, each.refuses) for each in ACKS] == [
        ("place_order", "id", False), ("place_order", "id", False), ("cancel_order", "id", False),
        ("cancel_order", "id", True),
    ]  # fmt: skip
    placed, cancelled, plain, wrong = best(ACKS, "place_order"), best(ACKS, "cancel_order"), *_others()
    assert placed is not None
    assert placed.to("8", "71") == {"id": "8", "status": 200, "result": {"orderId": "71"}}
    assert cancelled is not None
    assert cancelled.document == {"id": "1", "status": 200} == plain.document
    assert wrong.document == {"id": "1", "status": 400, "error": {"code": -1013, "msg": "no such order"}}
    assert best((), "place_order") is least(()) is refused(()) is None


def _others() -> tuple[Any, Any]:
    return least(ACKS), refused(ACKS)


def _asked(*, named: bool = True) -> Asked:
    """Two orders placed and cancelled by messages; `named`: these carry an id of their own."""
    acts = []
    for number, side in enumerate(("buy", "sell")):
        facts = {
            "order.client_order_id": f"HBOT-{side}-71", "order.side": side, "order.type": "limit",
            "order.post_only": "false", "order.price": f"987{number}.3", "order.amount": f"1{number}.19",
        }  # fmt: skip
        known = {**facts, "order.order_id": SETS[0].order_id}
        params = {
            "side": side.upper(), "px": facts["order.price"], "sz": facts["order.amount"],
            "cid": facts["order.client_order_id"],
        }  # fmt: skip
        place, cancel = (
            _asking("order.place", params, number),
            _asking("order.cancel", {"orderId": SETS[0].order_id}, number + 7),
        )
        if not named:
            place, cancel = (
                replace(each, body=each.body.replace('"id"', '"no"')) for each in (place, cancel)
            )
        ping = _asking("ping", {}, 4711)
        acts += [Act("place_order", facts, (), (ping, place)), Act("cancel_order", known, (), (cancel,))]
    more = Said(HOST, "/", body=json.dumps({"id": "s", "method": "subscribe", "params": ["x@trade"]}))
    frames = (more, *(said for act in acts for said in act.frames))
    return Asked({"acme_api_key": KEY}, frames=frames, sockets=(Opened(HOST, "/"),), acts=tuple(acts))


def _asking(method: str, params: Any, number: int) -> Said:
    return Said(HOST, "/", body=json.dumps({"id": str(number), "method": method, "params": params}))


def _connection(asked: Asked, source: Any = SOURCE) -> Any:
    sources = Sources("acme", "spot", Harvest(), (), asked, explain((), {}), source=source)
    made = assemble(sources)
    if "requests" in str(made.data):
        assert {"place_order", "cancel_order"} <= made.operations
    return made.data, made.data["connections"]["stream"]  # type: ignore[call-overload, index]


def test_orders_that_are_messages_are_requests_of_their_connection() -> None:
    data, told = _connection(_asked())
    assert told["requests"] == {
        "order.place": {
            "operation": "place_order", "private": True, "said": {"method": "order.place"},
            "takes": {
                "params": {
                    "side": "{order|order_side}", "px": "{order.price}", "sz": "{order.amount}",
                    "cid": "{order.client_order_id}",
                }
            },
            "reply": {"id": "{said.id}", "status": 200, "result": {"orderId": "{order.order_id|number}"}},
        },
        "order.cancel": {
            "operation": "cancel_order", "private": True, "said": {"method": "order.cancel"},
            "takes": {"params": {"orderId": "{order.order_id}"}}, "reply": {"id": "{said.id}", "status": 200},
        },
    }  # fmt: skip
    assert told["refused"] == {
        "id": "{said.id}",
        "status": "{refusal.status|number}",
        "error": {"code": "{refusal.code|number}", "msg": "{refusal.message}"},
    }
    assert told["subscribe"]["answer"] == {"id": "{said.id}", "status": 200}
    at = "connections / stream / requests / order.place"
    assert (data["known"][f"{at} / takes"], data["known"][f"{at} / reply"]) == (["connector sends"], ["kit"])


CONNECTOR = """
class Acme:
    async def _update_balances(self):
        reply = await self._ask("account.balances", {})
        for row in reply["result"]["rows"]:
            self.free[row["asset"]], self.held[row["asset"]] = row["free"], row["locked"]

    async def _request_order_status(self, order):
        found = await self._ask("order.status", {"orderId": order.id})
        return STATES[found["state"]], found["orderId"]

    async def _all_trade_updates_for_order(self, order):
        for fill in await self._ask("order.fills", {"orderId": order.id}):
            self.fill(fill["tradeId"], fill["px"], fill["qty"], fill["fee"])

    async def _subscribe_channels(self, ws):
        await ws.send({"id": "9", "method": "subscribe", "params": ["account.balances"]})
"""
LOOKING = replace(read_source(["STATES = {'working': OrderState.OPEN}", CONNECTOR]), acks=ACKS)
LOOK_UPS = (
    _asking("account.balances", {}, 21),
    _asking("order.status", {"orderId": SETS[0].order_id}, 22),
    _asking("order.fills", {"orderId": SETS[0].order_id}, 23),
    _asking("subscribe", ["account.balances"], 24),
)


def test_look_ups_are_requests_too_with_what_the_connector_reads_of_their_answers() -> None:
    asked = _asked()
    data, told = _connection(replace(asked, frames=(*asked.frames, *LOOK_UPS)), LOOKING)
    assert set(told["requests"]) == {
        "order.place", "order.cancel", "account.balances", "order.status", "order.fills",
    }  # fmt: skip
    balances, status, fills = (
        told["requests"][name] for name in ("account.balances", "order.status", "order.fills")
    )
    assert balances == {
        "operation": "balances",
        "private": True,
        "said": {"method": "account.balances"},
        "takes": {},
        "reply": {
            "id": "{said.id}",
            "status": 200,
            "result": {
                "rows": {
                    "each balance": {
                        "asset": "{balance.asset}", "free": "{balance.free}", "locked": "{balance.locked}",
                    }
                }
            },
        },
    }  # fmt: skip
    assert status["takes"] == {"params": {"orderId": "{order.order_id}"}}
    # The connector takes the contents out of every answer in one place.
    assert status["reply"]["result"]["orderId"] == "{order.order_id}"
    assert fills["reply"]["result"]["each fill"]["px"] == "{fill.price}"
    assert data["known"]["connections / stream / requests / order.fills / reply"] == ["fork reads"]
    host = Said("api.acme.test", "/time", "GET")
    whole = replace(asked, sent=(host,), frames=(*asked.frames, *LOOK_UPS))
    made, _ = _connection(whole, replace(LOOKING, asked={"/time": "server_time"}))
    assert checked(made, Path("acme.yml")).connections["stream"].requests["order.status"].private


def test_a_look_up_is_told_by_the_name_of_an_object_as_well() -> None:
    said = Said(HOST, "/", body=json.dumps({"id": 4, "purse": {"of": "me"}}))
    text = (
        'async def _update_balances(self):\n    await self.ask({"id": self.n(), "purse": {"of": self.key}})\n'
    )
    source = read_source([text])
    assert looked_up(said, source) == ("balances", Word("body {}", "purse"))
    assert looked_up(Said(HOST, "/", body=json.dumps({"purse": {}})), source) is None  # it carries no id
    assert _nested(Word("body {}", "purse")) == {"purse": "{any}"}
    assert _nested(Word("body rows[1].do", "purse")) == {"rows": ["{any}", {"do": "purse"}]}


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (LOOK_UPS[0], {"rows": [{"asset": "HBOT", "free": "2000000", "locked": "0"}]}),
        (LOOK_UPS[1], {"state": "working", "orderId": SETS[0].order_id}),
    ],
)
def test_a_mocked_exchange_answers_look_ups_with_what_is_read_of_them(said: Said, result: JsonValue) -> None:
    exchange = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), [], LOOKING, SETS[0])
    session = exchange.open_stream(Request("GET", HOST, "/"))
    assert isinstance(session, StreamSession)
    (told,) = texts(list(session.received(said.body)))
    assert told == {"id": said.fields["id"], "status": 200, "result": result}


def test_the_format_takes_it() -> None:
    host = Said("api.acme.test", "/time", "GET")
    data, _ = _connection(replace(_asked(), sent=(host,)), replace(SOURCE, asked={"/time": "server_time"}))
    described = checked(data, Path("acme.yml"))
    assert set(described.connections["stream"].requests) == {"order.place", "order.cancel"}


def test_a_message_that_carries_no_id_is_no_request() -> None:
    _, told = _connection(_asked(named=False))
    assert "requests" not in told


def test_where_tests_answer_nothing_the_request_is_known_alone() -> None:
    _, told = _connection(_asked(), UNREAD)
    assert "reply" not in told["requests"]["order.cancel"]
    assert "refused" not in told
    assert "answer" not in told["subscribe"]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            {"id": "5", "method": "order.place", "params": {}},
            {"id": "5", "status": 200, "result": {"orderId": SETS[0].order_id}},
        ),
        ({"id": 6, "method": "order.cancel", "params": {}}, {"id": 6, "status": 200}),
        ({"id": "x", "method": "subscribe", "params": ["a"]}, {"id": "x", "status": 200}),
        ({"method": "subscribe"}, None),
        (["ping"], None),
    ],
)
def test_a_mocked_exchange_answers_messages_as_tests_do(said: JsonValue, answer: JsonValue) -> None:
    exchange = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), [], SOURCE, SETS[0])
    session = exchange.open_stream(Request("GET", HOST, "/"))
    assert isinstance(session, StreamSession)
    told = texts(list(session.received(json.dumps(said))))
    assert told == ([] if answer is None else [answer])
    assert Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), []).acknowledged(said, json.dumps(said)) is None


def test_a_refusal_has_holes_wherever_it_tells_why() -> None:
    assert with_holes({"ok": False, "code": "E1", "why": {"message": "no", "status": 400}}) == {
        "ok": False, "code": "{refusal.code}",
        "why": {"message": "{refusal.message}", "status": "{refusal.status|number}"},
    }  # fmt: skip


def test_a_nonce_in_base64_is_the_payload_of_the_request_that_opens_a_stream() -> None:
    """As Gemini's: no part of it is a constant, though it is no JSON."""
    payload = base64.b64encode(b"1764000000").decode()
    sealed = hmac.new(SECRET.encode(), payload.encode(), hashlib.sha384).hexdigest()
    proof = (("X-KEY", KEY), ("X-NONCE", "1764000000"), ("X-PAYLOAD", payload), ("X-SIGN", sealed))
    asked = Asked(
        {"acme_api_key": KEY, "acme_secret_key": SECRET}, sent=(Said(HOST, "/", "GET", headers=proof),)
    )
    told = signing_of(asked, explain(asked.sent, asked.credentials))
    assert told["text"] == "{payload}"
    assert told["carries"] == {
        "key": "header X-KEY", "signature": "header X-SIGN", "payload": "header X-PAYLOAD",
    }  # fmt: skip


def test_orders_of_an_account_are_orders() -> None:
    frames = tuple(
        Said(HOST, "/", body=json.dumps({"id": "1", "method": "subscribe", "params": [topic]}))
        for topic in ("orders@account", "balances@account")
    )
    (found,) = connections(Asked({}, frames=frames, sockets=(Opened(HOST, "/"),)), (), {})
    assert {each.topic: each.operation for each in found.subscriptions} == {
        "orders@account": "stream:orders", "balances@account": "stream:balances",
    }  # fmt: skip


READ = Reading((Read(("bids", -1, "price")), Read(("bids", -1, "amount")), Read(("time",))))


def test_levels_have_the_names_that_the_source_reads() -> None:
    """As Gemini's, whose connector makes lists of them before its parser is given any."""
    names = names_of_levels(READ)
    assert names == ("price", "amount")
    assert with_names({"bids": [["4", "1"]], "asks": [], "time": 7}, names) == {
        "bids": [{"price": "4", "amount": "1"}], "asks": [], "time": 7,
    }  # fmt: skip
    rows: list[JsonValue] = ["{level.price}", "{level.amount}", 3]
    fields = tuple(Field(("bids", "each bid", str(place)), leaf, "") for place, leaf in enumerate(rows))
    made = derived_with_names(Derived("order_book", {"bids": {"each bid": [*rows]}}, fields), names)
    assert made.template == {"bids": {"each bid": {"price": "{level.price}", "amount": "{level.amount}"}}}
    assert [each.at[-1] for each in made.fields] == ["price", "amount"]


def test_levels_stay_as_they_are_where_no_names_are_read() -> None:
    objects: JsonValue = {"bids": [{"px": "4", "sz": "1"}]}
    assert with_names(objects, names_of_levels(READ)) == objects
    assert names_of_levels(Reading((Read(("bids",)),))) is names_of_levels(None) is None
    assert with_names({"bids": [["4", "1"]]}, None) == {"bids": [["4", "1"]]}


def test_a_message_that_names_the_order_has_been_sent() -> None:
    """Nobody waits for others: a ping may leave at any time."""
    record = Record()
    for text in ('{"method": "ping"}', '{"cid": "HBOT-2"}'):
        record.add(Frame(1.0, HOST, 0, "connector", "sent", "", text))
    assert not _was_sent(record, 0, ("HBOT-1", ""))
    assert _was_sent(record, 0, ("HBOT-2",))
    assert not _was_sent(record, record.mark(), ("HBOT-2",))


@pytest.mark.parametrize(
    ("path", "body", "sent"),
    [("/do", b"{}", True), ("/ask", b'{"type":"purse"}', False), ("/ask", b'{"cancel":"HBOT-1"}', True)],
)
def test_a_question_that_is_asked_by_post_is_no_order(path: str, body: bytes, sent: bool) -> None:
    """As Hyperliquid's: it polls while it is told to cancel, and what was waited for had not left yet."""
    record = Record()
    record.add(Exchange(1.0, HOST, 443, True, "connector", None, "POST", path, body=body))
    looked = frozenset({(HOST, "POST", "/ask")})
    assert _was_sent(record, 0, ("HBOT-1",), looked) is sent
