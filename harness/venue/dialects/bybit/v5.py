"""What Bybit's API v5 has in common for spot and linear perpetuals: REST.

Source: bybit-exchange.github.io/docs/v5/ (guide: authentication; market; order; account; rate-limit), read
against what ccxt's `bybit` and Hummingbot's connectors call. A unified account; candles, borrowing and
conditional orders are not served.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar
from urllib.parse import unquote

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.bybit.codec import (
    PARAMETER,
    REFUSALS,
    execution,
    failure,
    integer,
    new_order,
    of_venue,
    order_data,
    public_trade,
    refused,
)
from harness.venue.dialects.bybit.streams import PrivateSession, PublicSession
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.routing import Call, Route, rest, stream
from harness.venue.dialects.signing import hmac_hex, same
from harness.venue.dialects.wire import Json, ms, parsed, rows
from harness.venue.market import Market
from harness.venue.model import ZERO, Account, Balance, Order, Refusal, VenueRefusal
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

HOST, STREAM_HOST = "api.bybit.com", "stream.bybit.com"
# Requests a second of an account, by operation (rate-limit); the address's limit is 600 in 5 seconds.
LIMITS = {"place_order": 20, "cancel_order": 20, "order_status": 50, "balances": 50, "order_trades": 50}
USUAL_LIMIT = 50
ADDRESS_LIMIT, ADDRESS_SECONDS = 600, 5


class BybitV5(Dialect):
    """One category of products. Orders are found by number whatever symbol stands beside it."""

    category: ClassVar[str]
    rest_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    stream_hosts: ClassVar[tuple[str, ...]] = (STREAM_HOST,)
    books_begin_whole: ClassVar[bool] = True
    default_depth: ClassVar[int] = 1
    refusals: ClassVar[Mapping[Refusal, tuple[int, str]]] = REFUSALS

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._address = FixedWindows(ADDRESS_LIMIT, ADDRESS_SECONDS)
        self._windows: dict[str, FixedWindows] = {}
        self.sessions = PrivateSessions()

    def turns_down(self, status: int, reply: bytes) -> bool:
        return super().turns_down(status, reply) or parsed(reply).get("retCode") != 0

    def symbol(self, market: Market) -> str:
        return f"{market.base}{market.quote}"

    def authenticate(self, request: Request, route: Route) -> Account:
        """Headers X-BAPI-*: the signature is over time stamp, key, window, and query or body."""
        key, sign, stamp = (
            request.header(f"X-BAPI-{name}") or "" for name in ("API-KEY", "SIGN", "TIMESTAMP")
        )
        window = request.header("X-BAPI-RECV-WINDOW") or "5000"
        account = self.venue.account_of_key(key)
        if account is None:
            raise refused(10003, "API key is invalid.")
        if not (re.fullmatch(r"[0-9]{13}", stamp) and re.fullmatch(r"[0-9]{1,6}", window)):
            raise refused(PARAMETER, "Request parameter error: timestamp or recv_window")
        now, slack = ms(self.received_at(request)), ms(self.slack)
        if not now - int(window) - slack <= int(stamp) <= now + 1000 + slack:
            raise refused(
                10002, f"invalid request, please check your server timestamp or recv_window param. "
                f"req_timestamp[{stamp}],server_timestamp[{now}],recv_window[{window}]",
            )  # fmt: skip
        query = request.query_string
        signed = {request.text} if request.method == "POST" else {query, unquote(query)}
        texts = (f"{stamp}{key}{window}{payload}" for payload in signed)
        if not any(same(hmac_hex(account.api_secret, text), sign) for text in texts):
            raise refused(10004, "error sign! please check your signature generation algorithm.")
        return account

    def admit(self, request: Request, route: Route) -> None:
        now = self.received_at(request)
        if self._address.use(request.client, 1, now).over:
            raise Refused(failure(403, "access too frequent", 403))
        limit = LIMITS.get(route.operation, USUAL_LIMIT)
        window = self._windows.setdefault(route.path, FixedWindows(limit, 1))
        if route.private and window.use(request.client, 1, now).over:
            raise Refused(self.too_many_requests(1))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        now = self.received_at(request)
        body = reply.body
        if isinstance(body, dict):
            reply = replace(reply, body={**body, "time": ms(now)})
        window = self._windows.get(route.path)
        if window is None or not route.private:
            return reply
        left = max(window.limit - window.used(request.client, now), 0)
        own = {
            "X-Bapi-Limit": str(window.limit),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str((int(now) + 1) * 1000),
        }
        return replace(reply, headers={**own, **reply.headers})

    def too_many_requests(self, retry_after: int) -> Reply:
        return failure(10006, "Too many visits. Exceeded the API Rate Limit.")

    def under_maintenance(self) -> Reply:
        return failure(10016, "Service not available.", 503)

    def ccxt_options(self) -> dict[str, JsonValue]:
        return {**super().ccxt_options(), "fetchOrder": {"acknowledged": True}}

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {}, b"")

    def expire_user_streams(self, account: Account) -> None:
        self.sessions.expire(account)

    def unknown_market(self) -> Refused:
        return refused(*self.refusals[Refusal.UNKNOWN_MARKET])

    def answer(self, result: Json) -> Reply:
        return Reply(200, {}, {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}})

    def _chosen(self, call: Call) -> tuple[Market, ...]:
        """The markets that a question in this category is about."""
        self.check_category(call.params.get("category", ""))
        symbol = call.params.get("symbol", "")
        return (self.market_named(symbol),) if symbol else self.venue.markets

    def check_category(self, category: str) -> None:
        if category != self.category:
            raise refused(PARAMETER, f"Illegal category: {category}")

    @rest("GET", "/v5/market/time", operation="server_time")
    def server_time(self, call: Call) -> Reply:
        now = self.venue.clock.now()
        return self.answer({"timeSecond": str(int(now)), "timeNano": str(int(now * 1e6) * 1000)})

    @rest("GET", "/v5/market/instruments-info", operation="symbols")
    def instruments(self, call: Call) -> Reply:
        return self._list([self.instrument(market) for market in self._chosen(call)])

    def _list(self, items: list[Json], **more: JsonValue) -> Reply:
        told: list[JsonValue] = [*items]
        return self.answer({"category": self.category, "list": told, "nextPageCursor": "", **more})

    def instrument(self, market: Market) -> Json:
        """An entry of `instruments-info`."""
        raise NotImplementedError

    @rest("GET", "/v5/market/tickers", operation="ticker")
    def tickers(self, call: Call) -> Reply:
        return self._list([self.ticker(market) for market in self._chosen(call)])

    def ticker(self, market: Market) -> Json:
        today = day(self.venue, market)
        return {
            "symbol": self.symbol(market), "bid1Price": plain(today.bid.price),
            "bid1Size": plain(today.bid.amount),
            "ask1Price": plain(today.ask.price), "ask1Size": plain(today.ask.amount),
            "lastPrice": plain(today.last), "prevPrice24h": plain(today.open),
            "price24hPcnt": plain(round(today.change_rate, 20)), "highPrice24h": plain(today.high),
            "lowPrice24h": plain(today.low), "turnover24h": plain(today.value),
            "volume24h": plain(today.volume),
        }  # fmt: skip

    @rest("GET", "/v5/market/orderbook", operation="order_book")
    def order_book(self, call: Call) -> Reply:
        (market, *_) = self._chosen(call)
        book = self.venue.book(market, integer(call, "limit", self.default_depth, 500))
        now = ms(self.venue.clock.now())
        return self.answer(
            {
                "s": self.symbol(market), "b": rows(book.bids, plain), "a": rows(book.asks, plain),
                "ts": now, "u": book.sequence, "seq": book.sequence, "cts": ms(book.at),
            }
        )  # fmt: skip

    @rest("GET", "/v5/market/recent-trade", operation="trades")
    def recent_trades(self, call: Call) -> Reply:
        """Newest first."""
        (market, *_) = self._chosen(call)
        count = integer(call, "limit", 500, 1000)
        return self._list([public_trade(trade) for trade in self.venue.trades(market)[::-1][:count]])

    @rest("GET", "/v5/user/query-api", operation="balances", private=True)
    def key_info(self, call: Call) -> Reply:
        return self.answer({"id": "1", "readOnly": 0, "unified": 0, "uta": 1, "type": 1})

    @rest("GET", "/v5/account/info", operation="balances", private=True)
    def account_info(self, call: Call) -> Reply:
        return self.answer(
            {"unifiedMarginStatus": 6, "marginMode": "REGULAR_MARGIN", "updatedTime": "1700000000000"}
        )

    @rest("GET", "/v5/account/wallet-balance", operation="balances", private=True)
    def wallet(self, call: Call) -> Reply:
        if call.params.get("accountType") != "UNIFIED":
            raise refused(PARAMETER, "accountType only support UNIFIED.")
        accounts: list[JsonValue] = [self.wallet_data(call.account, self.venue.balances(call.account))]
        return self.answer({"list": accounts})

    def wallet_data(self, account: Account, held: Iterable[Balance]) -> Json:
        coins: list[JsonValue] = [self.coin(account, balance) for balance in held]
        return {"accountType": "UNIFIED", "totalEquity": "", "totalWalletBalance": "", "coin": coins}

    def coin(self, account: Account, balance: Balance) -> Json:
        return {
            "coin": balance.asset, "walletBalance": plain(balance.total), "equity": plain(balance.total),
            "locked": plain(balance.locked), "totalOrderIM": "0", "totalPositionIM": "0",
            "totalPositionMM": "0", "borrowAmount": "0", "accruedInterest": "0", "unrealisedPnl": "0",
            "cumRealisedPnl": "0", "bonus": "0",
            "availableToWithdraw": "", "usdValue": "", "spotHedgingQty": "0",
        }  # fmt: skip

    @rest("GET", "/v5/account/fee-rate", operation="fees", private=True)
    def fee_rates(self, call: Call) -> Reply:
        markets = self._chosen(call)
        return self._list(
            [
                {
                    "symbol": self.symbol(m),
                    "takerFeeRate": plain(m.taker_fee),
                    "makerFeeRate": plain(m.maker_fee),
                }
                for m in markets
            ]
        )

    @rest("POST", "/v5/order/create", operation="place_order", private=True)
    def create(self, call: Call) -> Reply:
        self.check_category(self._said(call, "category"))
        wanted = new_order(call.request.json(), self.market_named)
        try:
            placed = self.venue.place(call.account, wanted)
        except VenueRefusal as error:
            raise of_venue(error, self.refusals) from error
        return self._named(placed)

    @rest("POST", "/v5/order/cancel", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> Reply:
        self.check_category(self._said(call, "category"))
        key = order_key(self._said(call, "orderId"), self._said(call, "orderLinkId"))
        try:
            return self._named(self.venue.cancel(call.account, *key))
        except VenueRefusal as error:
            raise of_venue(error, self.refusals) from error

    @rest("POST", "/v5/order/cancel-all", operation="cancel_all", private=True)
    def cancel_all(self, call: Call) -> Reply:
        symbol = self._said(call, "symbol")
        market = self.market_named(symbol) if symbol else None
        with self.venue.lock:
            gone = [
                self.venue.cancel(call.account, order.order_id)
                for order in self.venue.open_orders(call.account, market)
            ]
        told: list[JsonValue] = [{"orderId": str(o.order_id), "orderLinkId": o.client_order_id} for o in gone]
        return self.answer({"list": told, "success": "1"})

    def _said(self, call: Call, name: str) -> str:
        body = call.request.json()
        return str(body.get(name) or "") if isinstance(body, dict) else ""

    def _named(self, order: Order) -> Reply:
        return self.answer({"orderId": str(order.order_id), "orderLinkId": order.client_order_id})

    @rest("GET", "/v5/order/realtime", operation="order_status", private=True)
    def realtime(self, call: Call) -> Reply:
        """Open orders, and with a number or link id also what has just ended."""
        self.check_category(call.params.get("category", ""))
        if (one := self._one(call)) is not None:
            return self._orders(call, one)
        return self._orders(call, list(self.venue.open_orders(call.account, self._wanted(call))))

    @rest("GET", "/v5/order/history", operation="open_orders", private=True)
    def history(self, call: Call) -> Reply:
        """Those that ended, newest first."""
        self.check_category(call.params.get("category", ""))
        one = self._one(call)
        ended = [o for o in self.venue.orders(call.account, self._wanted(call)) if not o.status.live]
        return self._orders(call, ended if one is None else one)

    def _one(self, call: Call) -> list[Order] | None:
        """The one order that is asked for, none where there is no such; None when none is named."""
        number, link = call.params.get("orderId", ""), call.params.get("orderLinkId", "")
        if not (number or link):
            return None
        try:
            return [self.venue.order(call.account, *order_key(number, link))]
        except VenueRefusal:
            return []

    def _wanted(self, call: Call) -> Market | None:
        symbol = call.params.get("symbol", "")
        return self.market_named(symbol) if symbol else None

    def _orders(self, call: Call, orders: list[Order]) -> Reply:
        count = integer(call, "limit", 20, 50)
        return self._list([self.order(call.account, order) for order in orders[::-1][:count]])

    def order(self, account: Account, order: Order) -> Json:
        fee = sum((fill.fee for fill in self.venue.fills(account, order_id=order.order_id)), ZERO)
        return order_data(order, fee, self.category)

    @rest("GET", "/v5/execution/list", operation="order_trades", private=True)
    def executions(self, call: Call) -> Reply:
        """Newest first."""
        self.check_category(call.params.get("category", ""))
        account, one = call.account, self._one(call)
        if one is None:
            fills = self.venue.fills(account, self._wanted(call))
        else:
            fills = tuple(f for order in one for f in self.venue.fills(account, order_id=order.order_id))
        count = integer(call, "limit", 50, 100)
        return self._list(
            [execution(f, self.venue.order_of(account, f), self.category) for f in fills[::-1][:count]]
        )

    @stream("/v5/public/{category}")
    def public_stream(self, call: Call) -> PublicSession | Reply:
        return self.public_session() if call.path["category"] == self.category else Reply(404)

    @stream("/v5/private")
    def private_stream(self, call: Call) -> PrivateSession:
        session = self.private_session()
        self.sessions.add(session)
        return session

    def public_session(self) -> PublicSession:
        return PublicSession(self)

    def private_session(self) -> PrivateSession:
        return PrivateSession(self, self.sessions.remove)


def order_key(number: str, link: str) -> tuple[int | None, str | None]:
    """What names an order; Bybit's own number comes first."""
    known = int(number) if re.fullmatch(r"[0-9]{1,18}", number) else None
    return known, (link or number) if known is None else None
