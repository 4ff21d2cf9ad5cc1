"""A client that signs as KuCoin's documentation says, and a socket of its streams."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from harness.venue.dialects.kucoin import Kucoin
from harness.venue.dialects.messages import Close, Outgoing, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import Account
from harness.venue.session import Venue
from tests.venue.world import FUNDS, StillClock, data, texts

HOST = "api.kucoin.com"


@dataclass
class KucoinClient:
    """Speaks to the dialect's REST side. `changes` replace headers, None leaves one out."""

    dialect: Kucoin
    account: Account
    clock: StillClock
    offset: float = 0.0
    changes: dict[str, str | None] = field(default_factory=dict)

    def sign(self, text: str) -> str:
        digest = hmac.new(self.account.api_secret.encode(), text.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    def call(self, path: str, params: dict[str, Any] | None = None, method: str = "GET") -> Reply:
        """Unsigned."""
        return self.send(method, path, urlencode(params or {}), "", {})

    def signed(
        self, method: str, path: str, params: dict[str, Any] | None = None, body: dict[str, Any] | None = None
    ) -> Reply:
        query, text = urlencode(params or {}), "" if body is None else json.dumps(body)
        stamp = str(int((self.clock.time + self.offset) * 1000))
        what = f"{stamp}{method}{path}{'?' if query else ''}{query}{text}"
        headers: dict[str, str | None] = {
            "KC-API-KEY": self.account.api_key,
            "KC-API-SIGN": self.sign(what),
            "KC-API-TIMESTAMP": stamp,
            "KC-API-PASSPHRASE": self.sign(self.account.passphrase),
            "KC-API-KEY-VERSION": "2",
            "Content-Type": "application/json",
        }
        changed = {**headers, **self.changes}
        kept = {name: value for name, value in changed.items() if value is not None}
        return self.send(method, path, query, text, kept)

    def send(self, method: str, path: str, query: str, body: str, headers: dict[str, str]) -> Reply:
        pairs = parse_qsl(query, keep_blank_values=True)
        now = self.clock.time
        return self.dialect.handle(Request(method, HOST, path, pairs, headers, body.encode(), now, query))

    def place(self, **changes: Any) -> Reply:
        body = {"clientOid": "mine-1", "symbol": "BTC-USDT", "side": "buy", "type": "limit",
                "price": "60000", "size": "0.001"}  # fmt: skip
        return self.signed("POST", "/api/v1/orders", body={**body, **changes})

    def stream(self, *, private: bool = False) -> KucoinSocket:
        if private:
            told = data(self.signed("POST", "/api/v1/bullet-private"))["data"]
        else:
            told = data(self.call("/api/v1/bullet-public", method="POST"))["data"]
        assert told["instanceServers"][0]["endpoint"] == "wss://ws-api-spot.kucoin.com/"
        session = open_stream(self.dialect, told["token"])
        assert isinstance(session, StreamSession)
        return KucoinSocket(self.dialect.venue, session)


def open_stream(dialect: Kucoin, token: str) -> StreamSession | Reply:
    query = [("token", token), ("connectId", "c-1")]
    return dialect.open_stream(Request("GET", "ws-api-spot.kucoin.com", "/", query))


class KucoinSocket:
    """A connection that hears what happens at the venue."""

    def __init__(self, venue: Venue, session: StreamSession) -> None:
        self.session = session
        self.heard: list[Any] = []
        self.closed: list[Close] = []
        assert texts(list(session.opened())) == [{"id": "c-1", "type": "welcome"}]
        venue.subscribe(lambda event: self._keep(list(session.venue_event(event))))

    def _keep(self, outgoing: list[Outgoing]) -> None:
        self.heard += texts(outgoing)

    def say(self, **message: Any) -> list[Any]:
        return texts(list(self.session.received(json.dumps({"id": "7", **message}))))

    def subscribe(self, topic: str) -> list[Any]:
        return self.say(type="subscribe", topic=topic, response=True)

    def pushed(self, topic: str) -> list[Any]:
        """The `data` of the messages so far on a topic."""
        return [message["data"] for message in self.heard if message["topic"] == topic]


def kucoin_client(levels: int = 10) -> KucoinClient:
    """A client with an account in a fresh world of KuCoin's markets."""
    clock = StillClock()
    world = Venue(Kucoin.markets, 7, clock)
    for market in world.markets if levels else ():
        world.seed_book(market, levels)
    return KucoinClient(Kucoin(world), world.account("trader", FUNDS), clock)


def said(reply: Reply) -> tuple[int, str, str]:
    """HTTP status, KuCoin's code and its message."""
    found = data(reply)
    return reply.status, found["code"], found.get("msg", "")
