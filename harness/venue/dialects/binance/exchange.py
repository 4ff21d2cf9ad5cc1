"""The `Binance` dialect. Source: `rest-api.md` of Binance's spot API documentation."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Call, Dialect, Reply, Request, Route, rest, stream
from harness.venue.dialects.binance import messages, parameters, tickers
from harness.venue.dialects.binance.api_session import ApiSession
from harness.venue.dialects.binance.errors import NO_SUCH_ORDER, UNKNOWN_ORDER, error, refused
from harness.venue.dialects.binance.limits import Limits, weight
from harness.venue.dialects.binance.messages import ms, symbol_of
from harness.venue.dialects.binance.parameters import integer, limit, required
from harness.venue.dialects.binance.security import account_of, check_request
from harness.venue.dialects.binance.streams import MarketSession
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.listen_keys import ListenKeys
from harness.venue.market import Market
from harness.venue.model import Account, Order, Trade, VenueRefusal
from harness.venue.session import Venue

LISTEN_KEY_SECONDS = 3600.0
KEY_ONLY = frozenset({"user_stream_open", "user_stream_renew", "user_stream_close"})


class Binance(Dialect):
    """Spot only: limit, limit-maker and market orders, HMAC keys."""

    name: ClassVar[str] = "binance"
    ccxt_id: ClassVar[str | None] = "binance"
    rest_hosts: ClassVar[tuple[str, ...]] = ("api.binance.com", "data-api.binance.vision")
    stream_hosts: ClassVar[tuple[str, ...]] = (
        "stream.binance.com", "ws-api.binance.com", "data-stream.binance.vision",
    )  # fmt: skip
    ports: ClassVar[tuple[int, ...]] = (443, 9443)

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.limits = Limits()
        self._listen_keys = ListenKeys(LISTEN_KEY_SECONDS)
        self._generations: dict[str, int] = {}

    # -- what the base asks for

    def symbol(self, market: Market) -> str:
        return symbol_of(market)

    def credentials(self, account: Account) -> dict[str, str]:
        return {"binance_api_key": account.api_key, "binance_api_secret": account.api_secret}

    def authenticate(self, request: Request, route: Route) -> Account:
        account = account_of(self.venue, request.header("X-MBX-APIKEY"))
        if route.operation not in KEY_ONLY:
            check_request(request, account, ms(self.received_at(request)), ms(self.slack))
        return account

    def weigh(self, request: Request, route: Route) -> int:
        return weight(request, route.weight)

    def admit(self, request: Request, route: Route) -> None:
        self.limits.admit(request.client, self.weigh(request, route), self.received_at(request))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        own = self.limits.headers(request.client, self.received_at(request))
        return replace(reply, headers={**own, **reply.headers})

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {"Content-Type": "text/html"}, b"<html><body><h2>404 Not found</h2></body></html>")

    def expire_user_streams(self, account: Account) -> None:
        self._listen_keys.expire(account)
        self._generations[account.name] = self.generation(account) + 1

    def generation(self, account: Account) -> int:
        """Goes up when the account's user data streams are ended."""
        return self._generations.get(account.name, 0)

    # -- general and market data

    @rest("GET", "/api/v3/ping", operation="ping")
    def ping(self, call: Call) -> JsonValue:
        return {}

    @rest("GET", "/api/v3/time", operation="server_time")
    def time(self, call: Call) -> JsonValue:
        return {"serverTime": ms(self.venue.clock.now())}

    @rest("GET", "/api/v3/exchangeInfo", operation="symbols", weight=20)
    def exchange_info(self, call: Call) -> JsonValue:
        return {
            "timezone": "UTC",
            "serverTime": ms(self.venue.clock.now()),
            "rateLimits": self.limits.described(),
            "exchangeFilters": [],
            "symbols": [messages.symbol_info(m, self.venue.is_halted(m)) for m in self._chosen(call)],
        }

    @rest("GET", "/api/v3/depth", operation="order_book", weight=5)
    def depth(self, call: Call) -> JsonValue:
        book = self.venue.book(self._market(call), limit(call.params, 100, 5000))
        return {
            "lastUpdateId": book.sequence,
            "bids": messages.levels(book.bids),
            "asks": messages.levels(book.asks),
        }

    @rest("GET", "/api/v3/trades", operation="trades", weight=25)
    def trades(self, call: Call) -> JsonValue:
        return [messages.public_trade(trade) for trade in self._recent(call)]

    @rest("GET", "/api/v3/aggTrades", operation="trades", weight=4)
    def aggregate_trades(self, call: Call) -> JsonValue:
        return [messages.aggregate_trade(trade) for trade in self._recent(call)]

    @rest("GET", "/api/v3/avgPrice", operation="ticker", weight=2)
    def average_price(self, call: Call) -> JsonValue:
        return tickers.average(self.venue, self._market(call))

    @rest("GET", "/api/v3/ticker/24hr", operation="ticker", weight=2)
    def ticker_day(self, call: Call) -> JsonValue:
        return self._tickers(call, tickers.day)

    @rest("GET", "/api/v3/ticker/price", operation="ticker", weight=2)
    def ticker_price(self, call: Call) -> JsonValue:
        return self._tickers(call, tickers.price)

    @rest("GET", "/api/v3/ticker/bookTicker", operation="tickers", weight=2)
    def ticker_book(self, call: Call) -> JsonValue:
        return self._tickers(call, tickers.top)

    # -- account

    @rest("GET", "/api/v3/account", operation="balances", weight=20, private=True)
    def account(self, call: Call) -> JsonValue:
        balances = self.venue.balances(call.account)
        if call.params.get("omitZeroBalances") == "true":
            balances = tuple(balance for balance in balances if balance.total)
        market, uid = self.venue.markets[0], zlib.crc32(call.account.name.encode())
        now = self.venue.clock.now()
        return messages.account(balances, now, uid, market.maker_fee, market.taker_fee)

    @rest("GET", "/api/v3/account/commission", operation="fees", weight=20, private=True)
    def commission(self, call: Call) -> JsonValue:
        market = self._market(call)
        maker, taker, nothing = fixed(market.maker_fee), fixed(market.taker_fee), messages.NOTHING
        zeros: JsonValue = {"maker": nothing, "taker": nothing, "buyer": nothing, "seller": nothing}
        return {
            "symbol": symbol_of(market),
            "standardCommission": {"maker": maker, "taker": taker, "buyer": nothing, "seller": nothing},
            "specialCommission": zeros,
            "taxCommission": zeros,
            "discount": {
                "enabledForAccount": False,
                "enabledForSymbol": False,
                "discountAsset": "BNB",
                "discount": nothing,
            },
        }

    @rest("GET", "/sapi/v1/asset/tradeFee", operation="fees", private=True)
    def trade_fee(self, call: Call) -> JsonValue:
        return [
            {
                "symbol": symbol_of(market),
                "makerCommission": f"{market.maker_fee:f}",
                "takerCommission": f"{market.taker_fee:f}",
            }
            for market in self._chosen(call)
        ]

    @rest("GET", "/api/v3/myTrades", operation="order_trades", weight=20, private=True)
    def my_trades(self, call: Call) -> JsonValue:
        params, market = call.params, self._market(call)
        since, until = integer(params, "startTime"), integer(params, "endTime")
        first, most = integer(params, "fromId"), limit(params, 500, 1000)
        if since is not None and until is not None and until - since > 86_400_000:
            raise error(-1127, "More than 24 hours between startTime and endTime.")
        fills = [
            fill
            for fill in self.venue.fills(call.account, market, integer(params, "orderId"))
            if (since is None or ms(fill.at) >= since)
            and (until is None or ms(fill.at) <= until)
            and (first is None or fill.trade_id >= first)
        ]
        newest = since is None and first is None
        return [messages.my_trade(fill) for fill in (fills[-most:] if newest else fills[:most])]

    # -- orders

    @rest("POST", "/api/v3/order", operation="place_order", private=True)
    def place_order(self, call: Call) -> Reply:
        params, account, now = call.params, call.account, self.received_at(call.request)
        order = parameters.new_order(params, self._market(call))
        kind = params.get("newOrderRespType", "FULL")
        if kind not in ("ACK", "RESULT", "FULL"):
            raise error(-1100, "Illegal characters found in parameter 'newOrderRespType'.")
        self.limits.admit_order(account.name, now)
        try:
            with self.venue.lock:
                placed = self.venue.place(account, order)
                fills = self.venue.fills(account, order_id=placed.order_id)
        except VenueRefusal as refusal:
            raise refused(refusal) from None
        headers = self.limits.order_headers(account.name, now)
        return Reply(200, headers, messages.order_placed(placed, fills, kind))

    @rest("DELETE", "/api/v3/order", operation="cancel_order", private=True)
    def cancel_order(self, call: Call) -> JsonValue:
        request_id = parameters.client_order_id(call.params, "newClientOrderId") or secrets.token_hex(11)
        order = self._named_order(call, UNKNOWN_ORDER)
        try:
            canceled = self.venue.cancel(call.account, order.order_id, request_id=request_id)
        except VenueRefusal as refusal:
            raise refused(refusal) from None
        return messages.order_canceled(canceled, request_id)

    @rest("DELETE", "/api/v3/openOrders", operation="cancel_all", private=True)
    def cancel_all(self, call: Call) -> JsonValue:
        with self.venue.lock:
            orders = self.venue.open_orders(call.account, self._market(call))
            if not orders:
                raise error(*UNKNOWN_ORDER)
            answer: list[JsonValue] = []
            for order in orders:
                request_id = secrets.token_hex(11)
                canceled = self.venue.cancel(call.account, order.order_id, request_id=request_id)
                answer.append(messages.order_canceled(canceled, request_id))
        return answer

    @rest("GET", "/api/v3/order", operation="order_status", weight=4, private=True)
    def order_status(self, call: Call) -> JsonValue:
        return messages.order_state(self._named_order(call, NO_SUCH_ORDER))

    @rest("GET", "/api/v3/openOrders", operation="open_orders", weight=6, private=True)
    def open_orders(self, call: Call) -> JsonValue:
        market = self._market(call) if "symbol" in call.params else None
        return [messages.order_state(order) for order in self.venue.open_orders(call.account, market)]

    @rest("GET", "/api/v3/allOrders", operation="order_status", weight=20, private=True)
    def all_orders(self, call: Call) -> JsonValue:
        orders = self.venue.orders(call.account, self._market(call))
        return [messages.order_state(order) for order in orders[-limit(call.params, 500, 1000) :]]

    # -- private streams

    @rest("POST", "/api/v3/userDataStream", operation="user_stream_open", weight=2, private=True)
    def open_user_stream(self, call: Call) -> JsonValue:
        return {"listenKey": self._listen_keys.open(call.account, self.venue.clock.now())}

    @rest("PUT", "/api/v3/userDataStream", operation="user_stream_renew", weight=2, private=True)
    def renew_user_stream(self, call: Call) -> JsonValue:
        if not self._listen_keys.renew(required(call.params, "listenKey"), self.venue.clock.now()):
            raise error(-1125, "This listenKey does not exist.")
        return {}

    @rest("DELETE", "/api/v3/userDataStream", operation="user_stream_close", weight=2, private=True)
    def close_user_stream(self, call: Call) -> JsonValue:
        if not self._listen_keys.close(required(call.params, "listenKey")):
            raise error(-1125, "This listenKey does not exist.")
        return {}

    @stream("/ws")
    def plain_streams(self, call: Call) -> MarketSession:
        return self._market_session((), wrapped=False)

    @stream("/ws/{names}")
    def raw_streams(self, call: Call) -> MarketSession:
        return self._market_session((call.path["names"],), wrapped=False)

    @stream("/stream")
    def combined_streams(self, call: Call) -> MarketSession:
        names = dict(call.request.query).get("streams", "").split("/")
        return self._market_session([name for name in names if name], wrapped=True)

    @stream("/ws-api/v3")
    def api_session(self, call: Call) -> ApiSession:
        self.limits.admit(call.request.client, 2, self.received_at(call.request))
        return ApiSession(self, call.request.client)

    # -- shared

    def _market_session(self, names: tuple[str, ...] | list[str], *, wrapped: bool) -> MarketSession:
        def owner(key: str) -> Account | None:
            return self._listen_keys.account_of(key, self.venue.clock.now())

        return MarketSession(self.venue, names, wrapped=wrapped, key_owner=owner)

    def _market(self, call: Call) -> Market:
        market = self.market_of(required(call.params, "symbol"))
        if market is None:
            raise error(-1121, "Invalid symbol.")
        return market

    def _chosen(self, call: Call) -> tuple[Market, ...]:
        """The markets that `symbol` or `symbols` name, or all."""
        if "symbol" in call.params:
            return (self._market(call),)
        if "symbols" not in call.params:
            return self.venue.markets
        markets = [self.market_of(name) for name in parameters.names(call.params["symbols"])]
        if None in markets:
            raise error(-1121, "Invalid symbol.")
        return tuple(market for market in markets if market is not None)

    def _tickers(self, call: Call, make: Callable[[Venue, Market], messages.Json]) -> JsonValue:
        if "symbol" in call.params:
            return make(self.venue, self._market(call))
        return [make(self.venue, market) for market in self._chosen(call)]

    def _recent(self, call: Call) -> tuple[Trade, ...]:
        params, most = call.params, limit(call.params, 500, 1000)
        first, since = integer(params, "fromId"), integer(params, "startTime")
        trades = self.venue.trades(self._market(call))
        if first is None and since is None:
            return trades[-most:]
        later = [t for t in trades if t.trade_id >= (first or 0) and ms(t.at) >= (since or 0)]
        return tuple(later[:most])

    def _named_order(self, call: Call, unknown: tuple[int, str]) -> Order:
        """The account's order that orderId or origClientOrderId names; `unknown` is the error for none."""
        order_id = integer(call.params, "orderId")
        client_id = call.params.get("origClientOrderId")
        if order_id is None and not client_id:
            text = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
            raise error(-1102, text)
        market = self._market(call)
        try:
            order = self.venue.order(call.account, order_id, client_id)
        except VenueRefusal:
            raise error(*unknown) from None
        if order.market != market:
            raise error(*unknown)
        return order
