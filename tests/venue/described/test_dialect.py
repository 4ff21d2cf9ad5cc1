"""The generic dialect on a made-up perpetual exchange."""

from __future__ import annotations

import base64
import gzip
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.venue.described import DescribedDialect, described_dialect
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.streams import DescribedSession
from harness.venue.dialects.messages import Close, Frame, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Account, Side
from harness.venue.positions import PositionMode
from harness.venue.session import Venue
from tests.venue.world import NOON, StillClock, data, read_by, texts

D = Decimal
Acme = described_dialect(Path(__file__).with_name("acme_perpetual.yml"))
REST, STREAM = "api.acme.test", "ws.acme.test"


@dataclass
class Exchange:
    dialect: DescribedDialect
    account: Account
    clock: StillClock
    nonces: Any = field(default_factory=lambda: count(1))

    def get(self, path: str) -> Any:
        return data(self.dialect.handle(Request("GET", REST, path, at=NOON)))

    def signed(
        self, method: str, path: str, form: dict[str, str] | None = None, spoilt: Mapping[str, str] = {}
    ) -> Reply:
        held = self.dialect.credentials(self.account)
        body, nonce = urlencode(form or {}), str(next(self.nonces))
        text = f"{nonce}{method}{path}{body}"
        made = hmac.new(base64.b64decode(held["acme_secret"]), text.encode(), "sha512").hexdigest().upper()
        headers = {"X-Key": held["acme_api_key"], "X-Sign": made, "X-Nonce": nonce, **spoilt}
        return self.dialect.handle(Request(method, REST, path, [], headers, body.encode(), NOON))

    def ask(self, do: str, **form: str) -> Any:
        return data(self.signed("POST", "/rpc", {"do": do, **form}))

    def opened(self, path: str) -> StreamSession:
        session = self.dialect.open_stream(Request("GET", STREAM, path))
        assert isinstance(session, StreamSession)
        return session


@pytest.fixture
def acme() -> Exchange:
    clock = StillClock()
    venue = Venue(Acme.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 10)
    return Exchange(Acme(venue), venue.account("maker", {"USDT": D(100_000)}), clock)


def say(session: StreamSession, topic: str) -> list[Any]:
    return texts(list(session.received(json.dumps({"sub": topic}))))


def test_what_it_tells_is_what_it_demands(acme: Exchange) -> None:
    told = acme.get("/markets")["XBTUSDT-P"]
    assert told == {"step": 0.1, "lot": "0.001", "least": "0.001", "per": 1}
    assert {market.min_notional for market in Acme.markets} == {D(0)}, "no reply tells it"
    assert Acme.markets[0].perpetual


def test_symbols_in_paths_and_times_in_words(acme: Exchange) -> None:
    told = acme.get("/funding/xbtusdt-p")
    market = acme.dialect.venue.markets[0]
    assert (told["rate"], told["mark"]) == (0.0001, float(acme.dialect.venue.mark_price(market)))
    assert told["next"].endswith("Z")
    assert data(acme.dialect.handle(Request("GET", REST, "/funding/none", at=NOON)))["error"] is None


def test_routes_of_one_path_are_told_apart(acme: Exchange) -> None:
    placed = acme.ask("place", pair="XBTUSDT-P", side="1", size="1000000", price="50000")
    assert (placed["side"], placed["size"], len(placed["id"])) == (1, 1_000_000, 36)
    (order,) = acme.dialect.venue.open_orders(acme.account)
    assert (order.amount, order.side) == (D("0.01"), Side.BUY)
    assert acme.ask("cancel", id=placed["id"])["state"] == "gone"
    again = acme.signed("POST", "/rpc", {"do": "cancel", "id": "00000000-0000-0000-0000-00000000ffff"})
    assert (again.status, data(again)) == (422, {"gone": True})
    assert acme.signed("POST", "/rpc", {"do": "dance"}).status == 404


def test_a_route_may_itself_say_what_is_meant(acme: Exchange) -> None:
    sold = data(acme.signed("POST", "/sell/XBTUSDT-P", {"size": "0.01"}))
    assert sold["state"] == "done"
    (position,) = acme.dialect.venue.positions(acme.account)
    assert position.size == D("-0.01")


def test_nonces_rise_and_signatures_are_verified(acme: Exchange) -> None:
    assert acme.signed("GET", "/wallet").status == 200
    assert data(acme.signed("GET", "/wallet"))["USDT"] == "100000.00"
    old = acme.signed("GET", "/wallet", spoilt={"X-Nonce": "1"})
    assert data(old)["error"] == 8, "the nonce is signed"
    acme.nonces = count(2)
    assert (data(acme.signed("GET", "/wallet"))["error"]) == 7
    assert acme.signed("GET", "/wallet", spoilt={"X-Key": "nobody"}).status == 422


def test_a_look_up_that_names_no_order_is_refused(acme: Exchange) -> None:
    """No order in the reply would be told as one of which nothing is known."""
    placed = acme.ask("place", pair="XBTUSDT-P", side="2", size="1000000", price="10")
    assert acme.ask("status", id=placed["id"])["id"] == placed["id"]
    assert acme.signed("POST", "/rpc", {"do": "status"}).status == 422


def test_leverage_positions_and_modes(acme: Exchange) -> None:
    assert acme.ask("leverage", pair="XBTUSDT-P", to="7") == {"leverage": 7}
    assert acme.ask("mode") == {"mode": "single"}
    acme.ask("place", pair="XBTUSDT-P", side="2", size="1000000", price="50000")
    (position,) = data(acme.signed("GET", "/positions"))
    assert (position["pair"], position["way"], position["size"]) == ("XBTUSDT-P", "short", "0.01")
    venue = acme.dialect.venue
    assert acme.ask("mode", to="dual")["text"].strip(), "positions are open"
    acme.ask("place", pair="XBTUSDT-P", side="1", size="1000000", price="90000", reduce="true")
    assert venue.positions(acme.account) == ()
    assert acme.ask("mode", to="dual") == {"mode": "dual"}
    assert venue.position_mode(acme.account) is PositionMode.HEDGE


def test_books_may_be_counted_by_message(acme: Exchange) -> None:
    venue, session = acme.dialect.venue, acme.opened("/market")
    assert texts(list(session.opened())) == [{"hello": True}]
    answer, first = say(session, "book:XBTUSDT-P")
    assert (answer, first["n"], len(first["b"])) == ({"sub": "book:XBTUSDT-P", "ok": True}, 0, 10)
    venue.subscribe(read_by(session))
    told = []
    for step in (1, 2):
        venue.set_level(venue.markets[0], Side.BUY, D(40_000), D(step))
        told += texts(list(session.tick(NOON + step)))
    assert told == [
        {"n": 1, "after": 0, "b": [[40_000, 1]]},
        {"n": 2, "after": 1, "b": [[40_000, 2]]},
    ]
    assert say(session, "book:nothing") == [{"error": 400}]
    assert say(session, "news") == [{"error": 404}]


def test_messages_may_be_packed_and_topics_be_each_with_each(acme: Exchange) -> None:
    session = acme.opened("/packed")
    said = {"kinds": ["trades", "news"], "pairs": ["XBTUSDT-P", "ETHUSDT-P"]}
    told = list(session.received(json.dumps(said)))
    assert all(isinstance(each, Frame) for each in told)
    packed = [json.loads(gzip.decompress(each.binary or b"")) for each in told if isinstance(each, Frame)]
    assert packed == texts(told)
    assert packed[:2] == [{"of": ["trades", "XBTUSDT-P"]}, {"of": ["trades", "ETHUSDT-P"]}]
    assert [list(each) for each in packed[2:]] == [["error"], ["error"]]
    assert session.carries() == {"stream:trades"}


def test_a_topic_may_list_markets_in_letters_of_its_own(acme: Exchange) -> None:
    """As Gemini's: of two that were asked for together neither was told, and books went astray."""
    session = acme.opened("/market")
    said = {"sub": {"name": "marks", "pairs": ["xbtusdt-p", "ethusdt-p"]}}
    list(session.received(json.dumps(said)))
    assert isinstance(session, DescribedSession)
    found = {acme.dialect.symbol(each.market) for each in session.topics("stream:mark_price") if each.market}
    assert found == {"XBTUSDT-P", "ETHUSDT-P"}
    assert texts(list(session.received(json.dumps({"sub": {"name": "marks", "pairs": ["x"]}})))) == [
        {"error": 400}
    ]


def test_a_key_alone_may_do(acme: Exchange) -> None:
    key = acme.dialect.credentials(acme.account)["acme_api_key"]
    asked = Request("GET", REST, "/peek", headers={"X-Key": key}, at=NOON)
    assert data(acme.dialect.handle(asked)) == {"who": "maker"}
    assert acme.dialect.handle(Request("GET", REST, "/peek", headers={"X-Key": "no"}, at=NOON)).status == 422
    assert acme.dialect.handle(Request("GET", REST, "/peek", at=NOON)).status == 422


def test_a_channel_may_tell_all_that_is_held(acme: Exchange) -> None:
    session = acme.opened(f"/account/{data(acme.signed('GET', '/token'))['token']}")
    assert say(session, "held") == []
    heard: list[Any] = []
    acme.dialect.venue.subscribe(lambda event: heard.extend(texts(list(session.venue_event(event)))))
    for pair, price in (("XBTUSDT-P", "90000"), ("ETHUSDT-P", "4000"), ("XBTUSDT-P", "50000")):
        side = "2" if price == "50000" else "1"
        acme.ask("place", pair=pair, side=side, size="1000000", price=price)
    assert [each["pairs"] for each in heard][-2:] == [["XBTUSDT-P", "ETHUSDT-P"], ["ETHUSDT-P"]]


def test_the_exchange_pings(acme: Exchange) -> None:
    session = acme.opened("/market")
    assert list(session.tick(NOON + 9)) == []
    acme.clock.time = NOON + 10
    assert texts(list(session.tick(NOON + 10))) == [{"ping": int(NOON + 10) * 1000}]


def test_a_token_opens_the_account_s_stream(acme: Exchange) -> None:
    refused = acme.dialect.open_stream(Request("GET", STREAM, "/account/wrong"))
    assert isinstance(refused, Reply)
    told = data(acme.signed("GET", "/token"))
    assert told["lives"] == 600
    session, venue = acme.opened(f"/account/{told['token']}"), acme.dialect.venue
    assert say(session, "positions") == say(session, "filled") == []
    assert session.carries() == {"stream:positions", "stream:orders"}
    heard: list[Any] = []
    venue.subscribe(lambda event: heard.extend(texts(list(session.venue_event(event)))))
    placed = acme.ask("place", pair="XBTUSDT-P", side="1", size="1000000", price="50000")
    (order,) = venue.open_orders(acme.account)
    venue.fill(order.order_id, D("0.004"))
    assert {"id": placed["id"], "px": "50000", "left": "0.006"} in heard
    assert [{"pair": "XBTUSDT-P", "size": "0.004"}] in heard
    acme.dialect.expire_user_streams(acme.account)
    assert [type(each) for each in session.tick(NOON + 1)] == [Close]


def test_ccxt_is_no_oracle_of_what_was_derived(acme: Exchange) -> None:
    """It asks for routes that a connector never does: only a reviewed description has them."""
    described = acme.dialect.description.model_copy(update={"ccxt": "acme"})
    derived = described.model_copy(update={"derived": "0123456789abcdef"})
    assert (dialect_of(described).ccxt_id, dialect_of(derived).ccxt_id) == ("acme", None)
