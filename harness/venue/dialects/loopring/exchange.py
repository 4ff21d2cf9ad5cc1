"""The `Loopring` dialect: REST v2.

Source: docs.loopring.io/en ("Introduction", "Request Signing", "Order Signing", the page of each route), and
what the connector of upstream's tag v0.40.0 sends. Deposits, withdrawals, transfers, candles are not served.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar
from urllib.parse import quote

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import decimals_of, plain
from harness.venue.dialects.loopring.codec import (
    BAD_ACCOUNT,
    BAD_KEY,
    BAD_ORDER_ID,
    BAD_PARAMETER,
    BAD_SIGNATURE,
    NO_KEY,
    NO_ORDER,
    REFUSALS,
    asked,
    order_said,
    refused,
    slots,
    success,
    token,
    tokens,
    trade_said,
)
from harness.venue.dialects.loopring.signatures import FIELD, SUBGROUP, Signature, public_key, verifies
from harness.venue.dialects.loopring.streams import Session
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.routing import Call, Route, rest, stream
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import Account, Balance, Order, VenueRefusal
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

API = "/api/v2"
EXCHANGE = 2  # the id of Loopring's own exchange
MOST_LEVELS = 50


def _market(base: str, quote_: str, tick: str, price: str) -> Market:
    """Amounts follow from the two tokens: all markets of a token have the same."""
    sold, paid = token(base), token(quote_)
    lot = Decimal(1).scaleb(-sold.precision)
    return Market(
        base, quote_, Decimal(tick), lot, sold.least, paid.least, Decimal(price),
        max_amount=sold.most, base_precision=min(sold.decimals, 8), quote_precision=min(paid.decimals, 8),
    )  # fmt: skip


class Loopring(Dialect):
    """REST at api.loopring.io, one stream at ws.loopring.io."""

    name: ClassVar[str] = "loopring"
    framework: ClassVar[str] = "v0"
    not_covered: ClassVar[tuple[str, ...]] = ("deposits, withdrawals and transfers", "candles")
    rest_hosts: ClassVar[tuple[str, ...]] = ("api.loopring.io",)
    stream_hosts: ClassVar[tuple[str, ...]] = ("ws.loopring.io",)
    markets: ClassVar[tuple[Market, ...]] = (
        _market("LRC", "ETH", "0.000001", "0.000389"),
        _market("ETH", "USDT", "0.01", "385.20"),
        _market("LRC", "USDT", "0.0001", "0.1498"),
        _market("WBTC", "USDT", "0.1", "11840.5"),
    )
    book_depth: ClassVar[int] = MOST_LEVELS

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.sessions = PrivateSessions()
        self._used: dict[tuple[str, int], int] = {}  # the last order id of an account, by the token it sells
        self._hashes: dict[int, str] = {}
        self._orders: dict[str, int] = {}

    def symbol(self, market: Market) -> str:
        return market.name

    def private_key(self, account: Account) -> int:
        return int.from_bytes(hashlib.sha256(account.api_secret.encode()).digest(), "big") % SUBGROUP or 1

    def number(self, account: Account) -> int:
        return int.from_bytes(hashlib.sha256(account.name.encode()).digest()[:2], "big") + 1

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "loopring_accountid": str(self.number(account)),
            "loopring_exchangeid": str(EXCHANGE),
            "loopring_api_key": account.api_key,
            "loopring_private_key": str(self.private_key(account)),
        }

    def hidden(self, account: Account) -> frozenset[str]:
        return frozenset({str(self.private_key(account))})

    def authenticate(self, request: Request, route: Route) -> Account:
        """X-API-KEY on every private route; X-API-SIG too where something is cancelled."""
        key = request.header("X-API-KEY")
        if not key:
            raise refused(NO_KEY)
        account = self.venue.account_of_key(key)
        if account is None:
            raise refused(BAD_KEY)
        given = dict(request.query).get("accountId")
        if given is not None and given != str(self.number(account)):
            raise refused(BAD_ACCOUNT)
        if route.operation == "cancel_order" and not self._is_signed(request, account):
            raise refused(BAD_SIGNATURE)
        return account

    def _is_signed(self, request: Request, account: Account) -> bool:
        """The SHA-256 of method, address and parameters, each percent-encoded, signed as orders are."""
        parts = (request.header("X-API-SIG") or "").split(",")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
            return False
        parameters = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(request.query))
        address = quote(f"https://{request.host}{request.path}", safe="")
        base = f"{request.method}&{address}&{quote(parameters, safe='')}"
        message = int.from_bytes(hashlib.sha256(base.encode()).digest(), "big") % FIELD
        x, y, s = map(int, parts)
        return verifies(message, Signature((x, y), s), public_key(self.private_key(account)))

    def find(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """A doubled slash in the path counts as one, as web servers have it by default."""
        return super().find(replace(request, path=re.sub("/{2,}", "/", request.path)))

    def too_many_requests(self, retry_after: int) -> Reply:
        return Reply(429, {}, {"resultInfo": {"code": 100005, "message": "Too many requests"}})

    def under_maintenance(self) -> Reply:
        return Reply(503, {}, {"resultInfo": {"code": 100000, "message": "Service unavailable"}})

    def expire_user_streams(self, account: Account) -> None:
        self.sessions.expire(account)

    def unknown_market(self) -> Refused:
        return refused(BAD_PARAMETER)

    @rest("GET", f"{API}/timestamp", operation="server_time")
    def timestamp(self, call: Call) -> Json:
        return success(ms(self.venue.clock.now()))

    @rest("GET", f"{API}/exchange/tokens", operation="symbols")
    def tokens(self, call: Call) -> Json:
        return success([each.said() for each in tokens(self.venue.markets).values()])

    @rest("GET", f"{API}/exchange/markets", operation="symbols")
    def list_markets(self, call: Call) -> Json:
        return success([self._market_said(market) for market in self.venue.markets])

    def _market_said(self, market: Market) -> Json:
        return {
            "market": market.name, "baseTokenId": token(market.base).number,
            "quoteTokenId": token(market.quote).number, "precisionForPrice": decimals_of(market.tick_size),
            "orderbookAggLevels": 5,
            "enabled": not self.venue.is_halted(market),
        }  # fmt: skip

    @rest("GET", f"{API}/ticker", operation="tickers")
    def ticker(self, call: Call) -> Json:
        names = [name for name in call.params.get("market", "").split(",") if name]
        return success([self._ticker(self.market_named(name)) for name in names])

    def _ticker(self, market: Market) -> JsonValue:
        """`[market, ms, size, volume, open, high, low, close, trades, bid, ask]`."""
        today = day(self.venue, market)
        size, volume = token(market.base).units(today.volume), token(market.quote).units(today.value)
        prices = (today.open, today.high, today.low, today.last)
        ends = (today.bid.price, today.ask.price)
        told = [
            market.name,
            str(ms(today.at)),
            size,
            volume,
            *map(plain, prices),
            str(len(today.trades)),
            *map(plain, ends),
        ]
        return [*told]

    @rest("GET", f"{API}/depth", operation="order_book")
    def depth(self, call: Call) -> Json:
        market = self.market_named(call.params.get("market", ""))
        book = self.venue.book(market, min(_whole(call.params.get("limit"), MOST_LEVELS), MOST_LEVELS))
        bids, asks = slots(book.bids, market), slots(book.asks, market)
        told: Json = {
            "version": book.sequence,
            "timestamp": ms(book.at),
            "market": market.name,
            "bids": bids,
            "asks": asks,
        }
        return success(told)

    @rest("GET", f"{API}/trade", operation="trades")
    def trades(self, call: Call) -> Json:
        """Newest first."""
        found = self.venue.trades(self.market_named(call.params.get("market", "")))
        return success({"totalNum": len(found), "trades": [trade_said(trade) for trade in found[::-1][:20]]})

    @rest("GET", f"{API}/user/balances", operation="balances", private=True)
    def balances(self, call: Call) -> Json:
        """Tokens of which it holds none are left out."""
        return success(
            [
                self.balance_said(call.account, each)
                for each in self.venue.balances(call.account)
                if each.total
            ]
        )

    def balance_said(self, account: Account, balance: Balance) -> Json:
        of = token(balance.asset)
        total, locked = of.units(balance.total), of.units(balance.locked)
        return {
            "accountId": self.number(account),
            "tokenId": of.number,
            "totalAmount": total,
            "amountLocked": locked,
        }

    @rest("GET", f"{API}/orderId", operation="server_time", private=True)
    def order_id(self, call: Call) -> Json:
        """The next of an account for a token that it sells."""
        return success(self._used.get((call.account.name, _whole(call.params.get("tokenSId"), -1)), -1) + 1)

    @rest("POST", f"{API}/order", operation="place_order", private=True)
    def place(self, call: Call) -> Json:
        body = call.request.json()
        said = {str(name): _text(value) for name, value in body.items()} if isinstance(body, dict) else {}
        wanted = asked(said, tokens(self.venue.markets).values(), self._market_of_tokens)
        if said["exchangeId"] != str(EXCHANGE) or said["accountId"] != str(self.number(call.account)):
            raise refused(BAD_ACCOUNT)
        if not verifies(wanted.hash, wanted.signature, public_key(self.private_key(call.account))):
            raise refused(BAD_SIGNATURE)
        with self.venue.lock:
            used = (call.account.name, wanted.sells)
            if wanted.number <= self._used.get(used, -1):
                raise refused(BAD_ORDER_ID)
            try:
                placed = self.venue.place(call.account, wanted.order)
            except VenueRefusal as error:
                raise refused(REFUSALS.get(error.code, BAD_PARAMETER)) from error
            self._used[used] = wanted.number
            self._hashes[placed.order_id] = str(wanted.hash)
            self._orders[str(wanted.hash)] = placed.order_id
        return success(str(wanted.hash))

    def _market_of_tokens(self, base: str, quote_: str) -> Market | None:
        return self.market_of(f"{base}-{quote_}")

    @rest("DELETE", f"{API}/orders", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> Json:
        try:
            ended = self.venue.cancel(call.account, *self._key(call))
        except VenueRefusal as error:
            raise refused(NO_ORDER) from error
        return success([self.hash_of(ended)])

    @rest("GET", f"{API}/order", operation="order_status", private=True)
    def order(self, call: Call) -> Json:
        try:
            found = self.venue.order(call.account, *self._key(call))
        except VenueRefusal as error:
            raise refused(NO_ORDER) from error
        return success(self.order_said(call.account, found))

    @rest("GET", f"{API}/orders", operation="open_orders", private=True)
    def orders(self, call: Call) -> Json:
        """Newest first; of one status where one is asked for."""
        market = self.market_of(call.params.get("market", ""))
        found = [
            self.order_said(call.account, each) for each in self.venue.orders(call.account, market)[::-1]
        ]
        wanted = call.params.get("status")
        kept = [each for each in found if wanted in (None, "", each["status"])]
        told: list[JsonValue] = [*kept[: min(_whole(call.params.get("limit"), 50), 50)]]
        return success({"totalNum": len(kept), "orders": told})

    def _key(self, call: Call) -> tuple[int | None, str | None]:
        number = self._orders.get(call.params.get("orderHash", ""))
        client_id = call.params.get("clientOrderId") or None
        if number is None and client_id is None:
            raise refused(NO_ORDER)
        return number, None if number is not None else client_id

    def hash_of(self, order: Order) -> str:
        return self._hashes.get(order.order_id, "")

    def order_said(self, account: Account, order: Order) -> Json:
        fills = self.venue.fills(account, order.market, order.order_id)
        return order_said(order, self.hash_of(order), fills, int(order.created_at))

    @stream("/v2/ws")
    def connect(self, call: Call) -> Session:
        session = Session(self, self.sessions.remove)
        self.sessions.add(session)
        return session


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def _text(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
