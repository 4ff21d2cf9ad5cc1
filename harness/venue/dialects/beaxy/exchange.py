"""The `Beaxy` dialect: the trading API v1 and the public API v2 as they were in 2020.

Source: see `codec.py` and `login.py`. Withdrawals, deposits and historical bars are not served.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.beaxy import books
from harness.venue.dialects.beaxy.codec import (
    account_said,
    asked,
    number,
    order_number,
    order_said,
    refused,
    security_said,
    symbol_said,
)
from harness.venue.dialects.beaxy.login import SILENCE, Session, as_secret, new_key, number_of, text_of
from harness.venue.dialects.beaxy.streams import BookStream, OrderStream, TradeStream
from harness.venue.dialects.day import day
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.routing import Call, Route, rest, stream
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import FeeIn, Market
from harness.venue.model import Account, Order, VenueRefusal
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

TRADING, PUBLIC = "tradingapi.beaxy.com", "services.beaxy.com"
SIGNED = ("X-Deltix-Nonce", "X-Deltix-Session-Id")
STREAMED = ("/ws/v2/book/", "/ws/v2/trades/")
KEPT = 86400.0  # seconds for which an order that has ended is listed
DEPTHS = (5, 10, 20)


def _market(base: str, quote: str, tick: str, lot: str, least: str, most: str, price: str) -> Market:
    return Market(
        base, quote, Decimal(tick), Decimal(lot), Decimal(least), Decimal(0), Decimal(price),
        maker_fee=Decimal("0.0015"), taker_fee=Decimal("0.0025"), max_amount=Decimal(most),
        fee_in=FeeIn.QUOTE,
    )  # fmt: skip


class Beaxy(Dialect):
    """Trading at tradingapi.beaxy.com, market data at services.beaxy.com."""

    name: ClassVar[str] = "beaxy"
    framework: ClassVar[str] = "v0"
    not_covered: ClassVar[tuple[str, ...]] = ("withdrawals and deposits", "historical bars")
    rest_hosts: ClassVar[tuple[str, ...]] = (TRADING, PUBLIC)
    stream_hosts: ClassVar[tuple[str, ...]] = (TRADING, PUBLIC)
    markets: ClassVar[tuple[Market, ...]] = (
        _market("BTC", "USDC", "0.01", "0.00001", "0.0005", "25", "11840"),
        _market("ETH", "USDC", "0.01", "0.0001", "0.01", "50", "405"),
        _market("BXY", "BTC", "0.00000001", "1", "2500", "250000", "0.00000041"),
        _market("DASH", "BTC", "0.000001", "0.00001", "0.01", "218.32", "0.00755"),
    )
    book_depth: ClassVar[int] = 20

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.streams_of = PrivateSessions()
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self._sessions: dict[str, Session] = {}
        self._texts: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def symbol(self, market: Market) -> str:
        return f"{market.base}{market.quote}"

    def key_of(self, account: Account) -> rsa.RSAPrivateKey:
        if account.name not in self._keys:
            self._keys[account.name] = new_key()
        return self._keys[account.name]

    def credentials(self, account: Account) -> dict[str, str]:
        return {"beaxy_api_key": account.api_key, "beaxy_secret_key": as_secret(self.key_of(account))}

    def hidden(self, account: Account) -> frozenset[str]:
        return frozenset({as_secret(self.key_of(account))})

    def authenticate(self, request: Request, route: Route) -> Account:
        """A nonce, a session's id and a signature over method, path, query, the two headers and body."""
        headers = {name: request.header(name) or "" for name in SIGNED}
        query = "&".join(f"{name}={value}" for name, value in sorted(request.query))
        what = f"{request.method}{request.path.lower()}{query}"
        session = self.session(headers, what, request.text, request.header("X-Deltix-Signature") or "")
        if session is None:
            raise refused(401, "Invalid session or signature")
        return session.account

    def session(self, headers: Mapping[str, str], what: str, body: str, given: str) -> Session | None:
        """The open session that these headers name and whose key signs the rest; None where there is none."""
        session = self._sessions.get(headers.get("X-Deltix-Session-Id", ""))
        now = self.venue.clock.now()
        if session is None or now - session.seen_at > SILENCE + self.slack:
            return None
        if not headers.get("X-Deltix-Nonce", "").isdigit() or not session.signed(what, headers, body, given):
            return None
        return session if session.account in self.venue.accounts() else None

    def find_stream(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """Public streams name any number of symbols, each a part of the path."""
        for prefix in STREAMED:
            if request.path.startswith(prefix):
                names = request.path.removeprefix(prefix).replace("/", ",")
                return super().find_stream(replace(request, path=prefix + names))
        return super().find_stream(request)

    def expire_user_streams(self, account: Account) -> None:
        self.streams_of.expire(account)

    def unknown_market(self) -> Refused:
        return refused(404, "Unknown symbol")

    def _said(self, call: Call) -> Json:
        body = call.request.json()
        return body if isinstance(body, dict) else {}

    @rest("POST", "/api/v1/login/attempt", operation="stream_token")
    def attempt(self, call: Call) -> JsonValue:
        account = self.venue.account_of_key(str(self._said(call).get("api_key_id", "")))
        if account is None:
            raise refused(401, "Unknown API key")
        session = Session(account, seen_at=self.venue.clock.now())
        self._sessions[session.number] = session
        return {**session.attempted()}

    @rest("POST", "/api/v1/login/confirm", operation="stream_token")
    def confirm(self, call: Call) -> JsonValue:
        said = self._said(call)
        session = self._sessions.get(str(said.get("session_id", "")))
        if session is None:
            raise refused(401, "Unknown session")
        try:
            theirs = number_of(str(said.get("dh_key", "")))
        except ValueError:
            raise refused(400, "dh_key is not base64") from None
        ours = session.confirm(
            str(said.get("signature", "")), theirs, self.key_of(session.account).public_key()
        )
        if ours is None:
            raise refused(401, "Invalid signature of the challenge")
        session.seen_at = self.venue.clock.now()
        return {"dh_key": text_of(ours)}

    @rest("POST", "/api/v1/login/keepalive", operation="user_stream_renew")
    def keep_alive(self, call: Call) -> JsonValue:
        session = self._sessions.get(call.params.get("session_id", ""))
        if session is None or session.key is None:
            raise refused(401, "Unknown session")
        session.seen_at = self.venue.clock.now()
        return {}

    @rest("GET", "/api/v1/trader/health", operation="ping")
    def health(self, call: Call) -> Json:
        return {"is_alive": True, "trading_server": 200, "historical_data_server": 200}

    @rest("GET", "/api/v2/symbols", operation="symbols")
    def symbols(self, call: Call) -> JsonValue:
        halted = self.venue.is_halted
        return [
            symbol_said(market, self.symbol(market), halted=halted(market)) for market in self.venue.markets
        ]

    @rest("GET", "/api/v2/symbols/rates", operation="tickers")
    def rates(self, call: Call) -> JsonValue:
        return {self.symbol(market): self._rate(market) for market in self.venue.markets}

    def _rate(self, market: Market) -> Json:
        today = day(self.venue, market)
        volume = today.trades[-1].amount if today.trades else Decimal(0)
        change = (today.last - today.open) / today.open * 100 if today.open else Decimal(0)
        return {
            "ask": number(today.ask.price), "bid": number(today.bid.price), "low24": number(today.low),
            "high24": number(today.high), "volume24": number(today.volume), "change24": number(change),
            "price": number(today.last), "volume": number(volume), "timestamp": ms(today.at),
        }  # fmt: skip

    @rest("GET", "/api/v2/symbols/{name}/book", operation="order_book")
    def book(self, call: Call) -> Json:
        market = self.market_named(call.path["name"])
        depth = call.params.get("depth", "20")
        if not depth.isdigit() or int(depth) not in DEPTHS:
            raise refused(400, "depth is 5, 10 or 20")
        return books.snapshot(self.venue.book(market, int(depth)), self.symbol(market))

    @rest("GET", "/api/v1/securities", operation="fees", private=True)
    def securities(self, call: Call) -> JsonValue:
        return [security_said(market, self.symbol(market)) for market in self.venue.markets]

    @rest("GET", "/api/v1/accounts", operation="balances", private=True)
    def accounts(self, call: Call) -> JsonValue:
        return [account_said(balance) for balance in self.venue.balances(call.account)]

    @rest("POST", "/api/v1/orders", operation="place_order", private=True)
    def place(self, call: Call) -> Json:
        wanted = asked(self._said(call), self.market_of)
        # The text names an order to its client, though nothing keeps two from having the same.
        free = wanted.text and wanted.text not in self._texts.values()
        order = replace(wanted.order, client_order_id=wanted.text) if free else wanted.order
        try:
            placed = self.venue.place(call.account, order)
        except VenueRefusal as error:
            raise refused(400, error.code.value.replace("_", " ").capitalize()) from error
        self._texts[placed.order_id] = wanted.text
        self._numbers[order_number(placed.order_id)] = placed.order_id
        return self.order_said(placed)

    @rest("DELETE", "/api/v1/orders", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> Json:
        """The order is named in a header, its UUID in any case."""
        named = (call.request.header("X-Deltix-Order-ID") or "").upper()
        if named not in self._numbers:
            raise refused(404, "Unknown order")
        try:
            return self.order_said(self.venue.cancel(call.account, self._numbers[named]))
        except VenueRefusal as error:
            raise refused(400, "The order is closed") from error

    @rest("GET", "/api/v1/orders", operation="open_orders", private=True)
    def orders(self, call: Call) -> JsonValue:
        """Open orders, and those that ended within a day: the submitted connector looks for both in it."""
        since = self.venue.clock.now() - KEPT
        found = self.venue.orders(call.account)
        return [self.order_said(each) for each in found if each.status.live or each.updated_at >= since]

    def text_of(self, order: Order) -> str:
        return self._texts.get(order.order_id, "")

    def order_said(self, order: Order) -> Json:
        return order_said(order, self.symbol(order.market), self.text_of(order))

    @stream("/websocket/v1")
    def trading(self, call: Call) -> OrderStream:
        opened = OrderStream(self, self.streams_of.remove)
        self.streams_of.add(opened)
        return opened

    @stream("/ws/v2/book/{names}")
    def book_stream(self, call: Call) -> BookStream | Reply:
        """`BTCUSDC@depth20/ETHUSDC@depth20`."""
        wanted = [name.partition("@depth") for name in call.path["names"].split(",")]
        if any(not depth.isdigit() or int(depth) not in DEPTHS for _, _, depth in wanted):
            raise refused(400, "depth is 5, 10 or 20")
        return BookStream(self, {self.market_named(name): int(depth) for name, _, depth in wanted})

    @stream("/ws/v2/trades/{names}")
    def trade_stream(self, call: Call) -> TradeStream:
        return TradeStream(self, self._named(call.path["names"].split(",")))

    def _named(self, names: Iterable[str]) -> tuple[Market, ...]:
        return tuple(self.market_named(name) for name in names)
