"""A venue whose time stands still until told, and a client that signs as Binance's documentation says."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Frame, Outgoing, Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import Event, Listener
from harness.venue.market import SAMPLE_MARKETS, Market
from harness.venue.model import Account, NewOrder, Side
from harness.venue.session import Venue

NOON = 1_790_000_000.0
FUNDS = {"USDT": Decimal(100_000), "BTC": Decimal(2), "ETH": Decimal(20), "1000SATS": Decimal(10**9)}


@dataclass
class StillClock:
    time: float = NOON
    scale: float = 1.0

    @property
    def fastest(self) -> float:
        return self.scale

    def now(self) -> float:
        return self.time


def venue(
    seed: int = 7, levels: int = 10, markets: tuple[Market, ...] = SAMPLE_MARKETS
) -> tuple[Venue, Account]:
    """A venue with quotes in every market and one funded account."""
    world = Venue(markets, seed, StillClock())
    for market in world.markets if levels else ():
        world.seed_book(market, levels)
    return world, world.account("maker", FUNDS)


@dataclass
class Client:
    """Speaks to a dialect's REST side."""

    dialect: Dialect
    account: Account
    host: str = "api.binance.com"
    offset_ms: int = 0

    def sign(self, text: str) -> str:
        return hmac.new(self.account.api_secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def call(self, method: str, path: str, params: dict[str, Any] | None = None, key: str = "") -> Reply:
        """Unsigned."""
        text = urlencode(params or {})
        return self.send(method, path, text, "", {"X-MBX-APIKEY": key} if key else {})

    def signed(self, method: str, path: str, params: dict[str, Any] | None = None) -> Reply:
        now = int(self.dialect.venue.clock.now() * 1000) + self.offset_ms
        text = urlencode({**(params or {}), "timestamp": now})
        text += f"&signature={self.sign(text)}"
        headers = {"x-mbx-apikey": self.account.api_key}
        return self.send(method, path, *(("", text) if method == "POST" else (text, "")), headers)

    def send(self, method: str, path: str, query: str, body: str, headers: dict[str, str]) -> Reply:
        pairs = parse_qsl(query, keep_blank_values=True)
        now = self.dialect.venue.clock.now()
        request = Request(method, self.host, path, pairs, headers, body.encode(), now, query)
        return self.dialect.handle(request)


def data(reply: Reply) -> Any:
    return json.loads(reply.content())


def code(reply: Reply) -> int:
    found: int = data(reply)["code"]
    return found


def texts(outgoing: list[Outgoing]) -> list[Any]:
    """The messages, parsed; fails on a close."""
    assert all(isinstance(frame, Frame) for frame in outgoing)
    return [json.loads(frame.text) for frame in outgoing if isinstance(frame, Frame)]


def read_by(session: StreamSession) -> Listener:
    """Has the session say what it has to say of each event; nobody listens."""

    def read(event: Event) -> None:
        list(session.venue_event(event))

    return read


def resting(world: Venue, side: Side = Side.BUY, amount: str = "0.01") -> NewOrder:
    """A BTC order that rests behind the best price."""
    market = world.market("BTC-USDT")
    book = world.book(market)
    level = (book.bids if side is Side.BUY else book.asks)[3]
    return NewOrder(market, side, amount=Decimal(amount), price=level.price)
