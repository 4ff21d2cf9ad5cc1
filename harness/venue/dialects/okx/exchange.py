"""The `Okx` dialect: REST.

Source: www.okx.com/docs-v5/en/ (REST authentication, Trading Account, Order Book Trading, Public Data), read
against what ccxt's `okx` and Hummingbot's `okx` connector call. A cash account; candles, margin, derivatives
and algo orders are not served.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from urllib.parse import unquote

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.okx.codec import (
    CONFIG,
    REFUSALS,
    STATES,
    ItemRefused,
    detail,
    fill_data,
    instrument,
    levels,
    new_order,
    order_data,
    public_trade,
    refused,
    success,
    ticker,
)  # fmt: skip
from harness.venue.dialects.okx.streams import PrivateSession, PublicSession
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.routing import Call, Route, rest, stream
from harness.venue.dialects.signing import hmac_base64, same
from harness.venue.dialects.wire import Json, ms, parsed
from harness.venue.market import SAMPLE_MARKETS, Market, SelfTrade
from harness.venue.model import (
    ZERO,
    Account,
    Balance,
    Order,
    Refusal,
    VenueRefusal,
)  # fmt: skip
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

HOST, STREAM_HOST = "www.okx.com", "ws.okx.com"
API = "/api/v5"
STAMP_TOLERANCE = 30.0  # seconds
SIGNED_WITH = ("KEY", "SIGN", "TIMESTAMP", "PASSPHRASE")
# Requests in two seconds, by route (www.okx.com/docs-v5/en/, "Rate Limit" of each endpoint).
LIMITS = {
    f"{API}/trade/order": 60, f"{API}/trade/cancel-order": 60, f"{API}/trade/fills": 60,
    f"{API}/trade/orders-pending": 60, f"{API}/market/books": 40, f"{API}/market/trades": 100,
    f"{API}/account/balance": 10, f"{API}/public/time": 10,
}  # fmt: skip
USUAL_LIMIT, WINDOW = 20, 2


class Okx(Dialect):
    """REST at www.okx.com, streams at ws.okx.com:8443."""

    name: ClassVar[str] = "okx"
    not_covered: ClassVar[tuple[str, ...]] = ("derivatives and accounts with margin",)
    ccxt_id: ClassVar[str | None] = "okx"
    rest_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    stream_hosts: ClassVar[tuple[str, ...]] = (STREAM_HOST,)
    ports: ClassVar[tuple[int, ...]] = (443, 8443)
    books_begin_whole: ClassVar[bool] = True
    secrets_sent: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "okx_passphrase": ("header ok-access-passphrase", "frame"),
    }
    key_lengths: ClassVar[tuple[int, int, int]] = (36, 32, 16)
    # As long as those in github.com/burakoner/OKX.Api/issues/13: a float does not hold them.
    order_ids_from: ClassVar[int] = 588_591_686_000_000_000
    # OKX names no smallest notional, and cancels a post-only order that would take.
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, min_notional=ZERO, post_only_expires=True, self_trade=SelfTrade.EXPIRE_MAKER)
        for market in SAMPLE_MARKETS
    )

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._windows: dict[str, FixedWindows] = {}
        self._sessions = PrivateSessions()

    def turns_down(self, status: int, reply: bytes) -> bool:
        return super().turns_down(status, reply) or parsed(reply).get("code") != "0"

    def symbol(self, market: Market) -> str:
        return market.name

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "okx_api_key": account.api_key,
            "okx_secret_key": account.api_secret,
            "okx_passphrase": account.passphrase,
            "okx_registration_sub_domain": "www",
        }

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        return {**super().ccxt_credentials(account), "password": account.passphrase}

    def authenticate(self, request: Request, route: Route) -> Account:
        """Four headers; the signature is over time stamp, method, path with query, and body.

        A body has to be said to be JSON (docs-v5, "Making Requests", and 50006 in "Error Code").
        """
        if request.unlike_json:
            raise refused("50006", 'Invalid Content-Type, please use the "application/json" format', 400)
        key, sign, stamp, passphrase = (request.header(f"OK-ACCESS-{part}") or "" for part in SIGNED_WITH)
        if not (key and sign and stamp and passphrase):
            raise refused("50103", 'Request header "OK-ACCESS-KEY" cannot be empty', 401)
        account = self.venue.account_of_key(key)
        if account is None:
            raise refused("50111", "Invalid OK-ACCESS-KEY", 401)
        if not self._is_near(stamp, self.received_at(request)):
            raise refused("50102", "Timestamp request expired", 401)
        if not same(account.passphrase, passphrase):
            raise refused("50105", "Request header OK-ACCESS-PASSPHRASE incorrect", 401)
        query = f"?{request.query_string}" if request.query_string else ""
        texts = (f"{stamp}{request.method}{request.path}{q}{request.text}" for q in {query, unquote(query)})
        if not any(same(hmac_base64(account.api_secret, text), sign) for text in texts):
            raise refused("50113", "Invalid Sign", 401)
        return account

    def _is_near(self, stamp: str, now: float) -> bool:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp):
            return False
        try:
            at = datetime.fromisoformat(stamp).timestamp()
        except ValueError:
            return False
        return abs(at - now) <= STAMP_TOLERANCE + self.slack

    def admit(self, request: Request, route: Route) -> None:
        window = self._windows.setdefault(
            f"{route.method} {route.path}", FixedWindows(LIMITS.get(route.path, USUAL_LIMIT), WINDOW)
        )
        if window.use(request.client, 1, self.received_at(request)).over:
            raise Refused(self.too_many_requests(WINDOW))

    def too_many_requests(self, retry_after: int) -> Reply:
        return Reply(429, {}, {"code": "50011", "msg": "Too Many Requests", "data": []})

    def under_maintenance(self) -> Reply:
        return Reply(503, {}, {"code": "50001", "msg": "Service temporarily unavailable", "data": []})

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {}, {"code": "404", "msg": "Not Found", "data": []})

    def expire_user_streams(self, account: Account) -> None:
        self._sessions.expire(account)

    def unknown_market(self) -> Refused:
        return refused(*REFUSALS[Refusal.UNKNOWN_MARKET])

    def _market(self, call: Call) -> Market:
        return self.market_named(call.params.get("instId", ""))

    def _wanted(self, call: Call) -> Market | None:
        return self._market(call) if call.params.get("instId") else None

    @rest("GET", f"{API}/public/time", operation="server_time")
    def server_time(self, call: Call) -> Reply:
        return success([{"ts": str(ms(self.venue.clock.now()))}])

    @rest("GET", f"{API}/system/status", operation="ping")
    def status(self, call: Call) -> Reply:
        return success([])

    @rest("GET", f"{API}/public/instruments", operation="symbols")
    def instruments(self, call: Call) -> Reply:
        wanted = self._wanted(call)
        if call.params.get("instType") != "SPOT":
            return success([])
        return success(
            [
                instrument(market, halted=self.venue.is_halted(market))
                for market in self.venue.markets
                if wanted in (None, market)
            ]
        )

    @rest("GET", f"{API}/market/ticker", operation="ticker")
    def one_ticker(self, call: Call) -> Reply:
        return success([self.ticker(self._market(call))])

    @rest("GET", f"{API}/market/tickers", operation="tickers")
    def tickers(self, call: Call) -> Reply:
        return success([self.ticker(market) for market in self.venue.markets])

    def ticker(self, market: Market) -> Json:
        return ticker(market, day(self.venue, market))

    @rest("GET", f"{API}/market/books", operation="order_book")
    def books(self, call: Call) -> Reply:
        """`sz` levels a side: 1 unless told, 400 at most."""
        size = min(integer(call, "sz", 1), 400)
        book = self.venue.book(self._market(call), size)
        told: Json = {"asks": levels(book.asks), "bids": levels(book.bids), "ts": str(ms(book.at))}
        return success([told])

    @rest("GET", f"{API}/market/trades", operation="trades")
    def trades(self, call: Call) -> Reply:
        """Newest first."""
        count = min(integer(call, "limit", 100), 500)
        return success([public_trade(trade) for trade in self.venue.trades(self._market(call))[::-1][:count]])

    @rest("GET", f"{API}/account/config", operation="balances", private=True)
    def config(self, call: Call) -> Reply:
        return success([CONFIG])

    @rest("GET", f"{API}/account/balance", operation="balances", private=True)
    def balance(self, call: Call) -> Reply:
        wanted = call.params.get("ccy", "")
        held = [b for b in self.venue.balances(call.account) if not wanted or b.asset in wanted.split(",")]
        return success([self.account_data(held)])

    def account_data(self, held: Iterable[Balance]) -> Json:
        """`account/balance` and the `account` channel. What only accounts with margin have is empty."""
        now, balances = str(ms(self.venue.clock.now())), list(held)
        prices = {each.asset: self._worth(each.asset) for each in balances}
        worth = sum((each.total * prices[each.asset] for each in balances), ZERO)
        return {
            "uTime": now, "totalEq": plain(worth), "isoEq": "0", "adjEq": "", "availEq": "", "ordFroz": "",
            "imr": "", "mmr": "", "mgnRatio": "", "notionalUsd": "", "upl": "", "borrowFroz": "",
            "details": [detail(each, now, prices[each.asset]) for each in balances],
        }  # fmt: skip

    def _worth(self, asset: str) -> Decimal:
        """In the quote of its market, which is taken for a dollar; of a quote asset 1."""
        market = next((each for each in self.venue.markets if each.base == asset), None)
        if market is None:
            return Decimal(1)
        return self.venue.last_price(market) * self._worth(market.quote)

    @rest("GET", f"{API}/account/trade-fee", operation="fees", private=True)
    def fees(self, call: Call) -> Reply:
        market = self._wanted(call) or self.venue.markets[0]
        rates: Json = {"maker": plain(-market.maker_fee), "taker": plain(-market.taker_fee)}
        told: Json = {"delivery": "", "exercise": "", "ts": str(ms(self.venue.clock.now())), **rates}
        return success([{"instType": "SPOT", "level": "Lv1", "category": "1", **told}])

    @rest("POST", f"{API}/trade/order", operation="place_order", private=True)
    @rest("POST", f"{API}/trade/batch-orders", operation="place_order", private=True)
    def place(self, call: Call) -> Reply:
        """One order, or a list of up to 20."""
        return self._each(call, self._place)

    @rest("POST", f"{API}/trade/cancel-order", operation="cancel_order", private=True)
    @rest("POST", f"{API}/trade/cancel-batch-orders", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> Reply:
        return self._each(call, self._cancel)

    def _each(self, call: Call, do: Callable[[Account, Json], Order]) -> Reply:
        """Do it for each item of the body; the reply's code is 0, 1 (all failed) or 2 (some did)."""
        body = call.request.json()
        items = body if isinstance(body, list) else [body]
        results = [self._one(call.account, item if isinstance(item, dict) else {}, do) for item in items[:20]]
        failed = sum(item["sCode"] != "0" for item in results)
        code = "0" if not failed else "1" if failed == len(results) else "2"
        told: list[JsonValue] = [*results]
        return Reply(200, {}, {"code": code, "msg": "" if code == "0" else "Operation failed.", "data": told})

    def _one(self, account: Account, item: Json, do: Callable[[Account, Json], Order]) -> Json:
        told: Json = {"ordId": "", "clOrdId": str(item.get("clOrdId") or ""), "tag": "", "sMsg": ""}
        try:
            done = do(account, item)
        except ItemRefused as error:
            return {**told, "sCode": error.code, "sMsg": error.text, "ordId": str(item.get("ordId") or "")}
        return {**told, "ordId": str(done.order_id), "clOrdId": done.client_order_id, "sCode": "0"}

    def _place(self, account: Account, item: Json) -> Order:
        wanted = new_order(item, self.market_of)
        try:
            return self.venue.place(account, wanted)
        except VenueRefusal as error:
            raise ItemRefused(*REFUSALS[error.code]) from error

    def _cancel(self, account: Account, item: Json) -> Order:
        try:
            return self.venue.cancel(
                account, *_key(str(item.get("ordId") or ""), str(item.get("clOrdId") or ""))
            )
        except VenueRefusal as error:
            raise ItemRefused(*REFUSALS[Refusal.ORDER_NOT_OPEN]) from error

    @rest("GET", f"{API}/trade/order", operation="order_status", private=True)
    def order_status(self, call: Call) -> Reply:
        self._market(call)
        number, client_id = call.params.get("ordId", ""), call.params.get("clOrdId", "")
        try:
            found = self.venue.order(call.account, *_key(number, client_id))
        except VenueRefusal as error:
            raise refused(*REFUSALS[Refusal.UNKNOWN_ORDER]) from error
        return success([self.order(call.account, found)])

    @rest("GET", f"{API}/trade/orders-pending", operation="open_orders", private=True)
    def pending(self, call: Call) -> Reply:
        found = self.venue.open_orders(call.account, self._wanted(call))
        return success([self.order(call.account, order) for order in reversed(found)])

    @rest("GET", f"{API}/trade/orders-history", operation="open_orders", private=True)
    @rest("GET", f"{API}/trade/orders-history-archive", operation="open_orders", private=True)
    def history(self, call: Call) -> Reply:
        """Those that ended, newest first."""
        count = integer(call, "limit", 100)
        found = [o for o in self.venue.orders(call.account, self._wanted(call)) if not o.status.live]
        if state := call.params.get("state"):
            found = [order for order in found if STATES[order.status] == state]
        return success([self.order(call.account, order) for order in found[::-1][:count]])

    @rest("GET", f"{API}/trade/fills", operation="order_trades", private=True)
    @rest("GET", f"{API}/trade/fills-history", operation="order_trades", private=True)
    def fills(self, call: Call) -> Reply:
        """Newest first."""
        found = self.venue.fills(call.account, self._wanted(call), integer(call, "ordId", 0) or None)
        return success([fill_data(fill) for fill in found[::-1][: integer(call, "limit", 100)]])

    def order(self, account: Account, order: Order) -> Json:
        return order_data(order, self.venue.fills(account, order_id=order.order_id))

    @stream("/ws/v5/public")
    def public_stream(self, call: Call) -> PublicSession:
        return PublicSession(self)

    @stream("/ws/v5/private")
    def private_stream(self, call: Call) -> PrivateSession:
        session = PrivateSession(self, self._sessions.remove)
        self._sessions.add(session)
        return session


def _key(number: str, client_id: str) -> tuple[int | None, str | None]:
    """What names an order: OKX prefers its own number."""
    known = int(number) if re.fullmatch(r"[0-9]{1,18}", number) else None
    return known, client_id if known is None else None


def integer(call: Call, name: str, default: int) -> int:
    text = call.params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise refused("51000", f"Parameter {name} error")
    return int(text)
