"""Gate's spot API v4: REST and WebSocket at one host.

Source: www.gate.io/docs/developers/apiv4/en/ (authentication, spot, label list, rate limit) and
www.gate.io/docs/developers/apiv4/ws/en/ (spot channels), read against what ccxt's `gate` and Hummingbot's
`gate_io` connector call. Candles, margin and unified accounts are not served.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar
from urllib.parse import unquote

from pydantic import JsonValue

from harness.venue.dialects.base import (
    Call,
    Dialect,
    Refused,
    Reply,
    Request,
    Route,
    rest,
    stream,
)  # fmt: skip
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import decimals_of, plain
from harness.venue.dialects.gate_io.codec import (
    FINISHED,
    REFUSALS,
    STATUS,
    integer,
    new_order,
    refused,
    refused_by_venue,
    user_id,
)  # fmt: skip
from harness.venue.dialects.gate_io.streams import GateSession
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.signing import hmac_hex, same
from harness.venue.dialects.wire import Json, ms, rows
from harness.venue.market import SAMPLE_MARKETS, Market
from harness.venue.model import (
    ZERO,
    Account,
    Fill,
    Order,
    OrderType,
    Refusal,
    Side,
    Trade,
    VenueRefusal,
)  # fmt: skip
from harness.venue.session import Venue

HOST = "api.gateio.ws"
API = "/api/v4"
STAMP_TOLERANCE = 60.0  # seconds


class GateIo(Dialect):
    """A classic spot account. Prices and amounts are limited by decimals, so every step is a power of ten."""

    name: ClassVar[str] = "gate_io"
    not_covered: ClassVar[tuple[str, ...]] = ("margin and unified accounts",)
    ccxt_id: ClassVar[str | None] = "gate"
    rest_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    stream_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, lot_size=Decimal(1).scaleb(-decimals_of(market.lot_size)))
        for market in SAMPLE_MARKETS
    )
    # Requests in a window of so many seconds, for each route: public, private, placing orders.
    public_limit, private_limit, order_limit = (200, 10), (200, 10), (10, 1)

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._windows: dict[str, FixedWindows] = {}

    # -- what the base asks for

    def symbol(self, market: Market) -> str:
        return f"{market.base}_{market.quote}"

    def credentials(self, account: Account) -> dict[str, str]:
        return {"gate_io_api_key": account.api_key, "gate_io_secret_key": account.api_secret}

    def authenticate(self, request: Request, route: Route) -> Account:
        """Headers KEY, Timestamp (Unix seconds) and SIGN: method, path, query, hash of the body and time."""
        key, sign, stamp = (request.header(name) or "" for name in ("KEY", "SIGN", "Timestamp"))
        if not (key and sign and stamp):
            raise refused("MISSING_REQUIRED_HEADER", "Missing required header: KEY, SIGN or Timestamp", 401)
        account = self.venue.account_of_key(key)
        if account is None:
            raise refused("INVALID_KEY", "Invalid key provided", 401)
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", stamp):
            raise refused("INVALID_PARAM_VALUE", "Timestamp is not a Unix time", 401)
        if abs(float(stamp) - self.received_at(request)) > STAMP_TOLERANCE + self.slack:
            raise refused("REQUEST_EXPIRED", "gap between request Timestamp and server time exceeds 60", 403)
        digest = hashlib.sha512(request.body).hexdigest()
        queries = {request.query_string, unquote(request.query_string)}
        texts = (f"{request.method}\n{request.path}\n{query}\n{digest}\n{stamp}" for query in queries)
        if not any(same(hmac_hex(account.api_secret, text, "sha512"), sign) for text in texts):
            raise refused("INVALID_SIGNATURE", "Signature mismatch", 401)
        return account

    def _limit(self, route: Route) -> tuple[int, int]:
        if route.operation == "place_order":
            return self.order_limit
        return self.private_limit if route.private else self.public_limit

    def admit(self, request: Request, route: Route) -> None:
        window = self._windows.setdefault(route.handler, FixedWindows(*self._limit(route)))
        if window.use(request.client, 1, self.received_at(request)).over:
            raise Refused(self.too_many_requests(window.seconds))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        window, now = self._windows[route.handler], self.received_at(request)
        left = max(window.limit - window.used(request.client, now), 0)
        resets = (int(now / window.seconds) + 1) * window.seconds
        own = {
            "X-Gate-RateLimit-Requests-Remain": str(left),
            "X-Gate-RateLimit-Limit": str(window.limit),
            "X-Gate-RateLimit-Reset-Timestamp": str(resets),
        }
        return replace(reply, headers={**own, **reply.headers})

    def too_many_requests(self, retry_after: int) -> Reply:
        return Reply(429, {}, {"label": "TOO_MANY_REQUESTS", "message": "Request Rate Limit Exceeded"})

    def under_maintenance(self) -> Reply:
        return Reply(503, {}, {"label": "SERVER_ERROR", "message": "Service is under maintenance"})

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {}, {"label": "NOT_FOUND", "message": "Not found"})

    # -- market data

    def market_named(self, name: str) -> Market:
        market = self.market_of(name)
        if market is None:
            raise refused(*REFUSALS[Refusal.UNKNOWN_MARKET])
        return market

    def _market(self, call: Call) -> Market:
        return self.market_named(call.params.get("currency_pair", ""))

    @rest("GET", f"{API}/spot/time", operation="server_time")
    def server_time(self, call: Call) -> JsonValue:
        return {"server_time": ms(self.venue.clock.now())}

    @rest("GET", f"{API}/spot/currencies/{{currency}}", operation="ping")
    def currency(self, call: Call) -> JsonValue:
        name = call.path["currency"]
        if not any(name in (market.base, market.quote) for market in self.venue.markets):
            raise refused("INVALID_CURRENCY", f"currency {name} is not supported", 404)
        return {"currency": name, "delisted": False, "trade_disabled": False}

    @rest("GET", f"{API}/spot/currency_pairs", operation="symbols")
    def currency_pairs(self, call: Call) -> JsonValue:
        return [self._pair(market) for market in self.venue.markets]

    @rest("GET", f"{API}/spot/currency_pairs/{{currency_pair}}", operation="symbols")
    def currency_pair(self, call: Call) -> JsonValue:
        return self._pair(self.market_named(call.path["currency_pair"]))

    @rest("GET", f"{API}/margin/currency_pairs", operation="symbols")
    def margin_pairs(self, call: Call) -> JsonValue:
        """Nothing can be borrowed here."""
        return []

    def _pair(self, market: Market) -> Json:
        return {
            "id": self.symbol(market), "base": market.base, "quote": market.quote,
            "fee": plain(market.taker_fee * 100), "min_base_amount": plain(market.min_amount),
            "min_quote_amount": plain(market.min_notional), "amount_precision": decimals_of(market.lot_size),
            "precision": decimals_of(market.tick_size), "sell_start": 0, "buy_start": 0,
            "trade_status": "untradable" if self.venue.is_halted(market) else "tradable",
        }  # fmt: skip

    @rest("GET", f"{API}/spot/tickers", operation="ticker")
    def tickers(self, call: Call) -> JsonValue:
        chosen = (self._market(call),) if "currency_pair" in call.params else self.venue.markets
        return [self.ticker(market) for market in chosen]

    def ticker(self, market: Market) -> Json:
        today = day(self.venue, market)
        return {
            "currency_pair": self.symbol(market), "last": plain(today.last),
            "lowest_ask": plain(today.ask.price), "lowest_size": plain(today.ask.amount),
            "highest_bid": plain(today.bid.price), "highest_size": plain(today.bid.amount),
            "change_percentage": plain(round(today.change_rate * 100, 20)),
            "base_volume": plain(today.volume), "quote_volume": plain(today.value),
            "high_24h": plain(today.high),
            "low_24h": plain(today.low),
        }  # fmt: skip

    @rest("GET", f"{API}/spot/order_book", operation="order_book")
    def order_book(self, call: Call) -> JsonValue:
        """`limit` levels a side, 10 unless told; `with_id` adds the sequence that diffs count in."""
        book = self.venue.book(self._market(call), integer(call, "limit", 10))
        told: Json = {
            "current": ms(self.venue.clock.now()), "update": ms(book.at),
            "asks": rows(book.asks, plain), "bids": rows(book.bids, plain),
        }  # fmt: skip
        return {"id": book.sequence, **told} if call.params.get("with_id", "").lower() == "true" else told

    @rest("GET", f"{API}/spot/trades", operation="trades")
    def trades(self, call: Call) -> JsonValue:
        """Newest first."""
        market = self._market(call)
        return [
            self.public_trade(trade)
            for trade in self.venue.trades(market)[::-1][: integer(call, "limit", 100)]
        ]

    def public_trade(self, trade: Trade) -> Json:
        return {
            "id": str(trade.trade_id), "create_time": str(int(trade.at)),
            "create_time_ms": f"{trade.at * 1000:.3f}",
            "currency_pair": self.symbol(trade.market), "side": trade.taker_side.value,
            "amount": plain(trade.amount), "price": plain(trade.price), "sequence_id": str(trade.trade_id),
        }  # fmt: skip

    # -- the account

    @rest("GET", f"{API}/account/detail", operation="balances", private=True)
    def account_detail(self, call: Call) -> JsonValue:
        return {"user_id": user_id(call.account), "ip_whitelist": [], "key": {"mode": 1}, "tier": 0}

    @rest("GET", f"{API}/spot/accounts", operation="balances", private=True)
    def accounts(self, call: Call) -> JsonValue:
        wanted = call.params.get("currency")
        held = [each for each in self.venue.balances(call.account) if wanted in (None, each.asset)]
        return [
            {"currency": b.asset, "available": plain(b.free), "locked": plain(b.locked), "update_id": 1}
            for b in held
        ]

    @rest("GET", f"{API}/wallet/fee", operation="fees", private=True)
    def fees(self, call: Call) -> JsonValue:
        market = self._market(call) if "currency_pair" in call.params else self.venue.markets[0]
        return {
            "user_id": user_id(call.account), "maker_fee": plain(market.maker_fee),
            "taker_fee": plain(market.taker_fee), "gt_discount": False,
        }  # fmt: skip

    @rest("POST", f"{API}/spot/orders", operation="place_order", private=True)
    def place(self, call: Call) -> Reply:
        wanted = new_order(call.request.json(), self.market_named)
        try:
            placed = self.venue.place(call.account, wanted)
        except VenueRefusal as error:
            raise refused_by_venue(error) from error
        return Reply(201, {}, self.order(call.account, placed))

    @rest("GET", f"{API}/spot/orders/{{order_id}}", operation="order_status", private=True)
    def order_status(self, call: Call) -> JsonValue:
        return self.order(call.account, self._find(call))

    @rest("DELETE", f"{API}/spot/orders/{{order_id}}", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> JsonValue:
        try:
            return self.order(call.account, self.venue.cancel(call.account, self._find(call).order_id))
        except VenueRefusal as error:
            raise refused_by_venue(error) from error

    @rest("DELETE", f"{API}/spot/orders", operation="cancel_all", private=True)
    def cancel_all(self, call: Call) -> JsonValue:
        market = self._market(call) if "currency_pair" in call.params else None
        with self.venue.lock:
            numbers = [order.order_id for order in self.venue.open_orders(call.account, market)]
            return [self.order(call.account, self.venue.cancel(call.account, n)) for n in numbers]

    def _find(self, call: Call) -> Order:
        """By the exchange's number, or by the `text` of the order."""
        self._market(call)
        name = call.path["order_id"]
        number = int(name) if re.fullmatch(r"[0-9]{1,18}", name) else None
        try:
            return self.venue.order(call.account, number, None if number is not None else name)
        except VenueRefusal as error:
            raise refused_by_venue(error) from error

    @rest("GET", f"{API}/spot/open_orders", operation="open_orders", private=True)
    def open_orders(self, call: Call) -> JsonValue:
        """Of all pairs, grouped by pair."""
        found: dict[str, list[JsonValue]] = {}
        for order in self.venue.open_orders(call.account):
            found.setdefault(self.symbol(order.market), []).append(self.order(call.account, order))
        return [
            {"currency_pair": name, "total": len(orders), "orders": orders} for name, orders in found.items()
        ]

    @rest("GET", f"{API}/spot/orders", operation="open_orders", private=True)
    def orders(self, call: Call) -> JsonValue:
        """Open or finished ones of a pair, newest first."""
        status = call.params.get("status", "")
        if status not in ("open", "finished"):
            raise refused("INVALID_PARAM_VALUE", "status must be open or finished")
        found = self.venue.orders(
            call.account, self._market(call) if "currency_pair" in call.params else None
        )
        kept = [order for order in reversed(found) if order.status.live == (status == "open")]
        return [self.order(call.account, order) for order in kept[: integer(call, "limit", 100)]]

    @rest("GET", f"{API}/spot/my_trades", operation="order_trades", private=True)
    def my_trades(self, call: Call) -> JsonValue:
        """Newest first, of a pair or an order."""
        market = self._market(call) if "currency_pair" in call.params else None
        number = integer(call, "order_id", 0) or None
        fills = self.venue.fills(call.account, market, number)[::-1]
        return [self.fill(fill) for fill in fills[: integer(call, "limit", 100)]]

    # -- how the account's things are written

    def order(self, account: Account, order: Order) -> Json:
        fills = self.venue.fills(account, order_id=order.order_id)
        by_value = order.type is OrderType.MARKET and order.side is Side.BUY
        amount, left = order.amount, order.remaining
        if by_value and order.quote_amount is not None:
            amount, left = order.quote_amount, max(order.quote_amount - order.filled_quote, ZERO)
        return {
            "id": str(order.order_id), "text": order.client_order_id, "amend_text": "-",
            "create_time": str(int(order.created_at)), "update_time": str(int(order.updated_at)),
            "create_time_ms": ms(order.created_at), "update_time_ms": ms(order.updated_at),
            "currency_pair": self.symbol(order.market), "status": STATUS[order.status],
            "type": order.type.value, "account": "spot", "side": order.side.value, "iceberg": "0",
            "amount": plain(amount), "price": plain(order.price or ZERO), "left": plain(left),
            "time_in_force": "poc" if order.post_only else order.time_in_force.value,
            "filled_amount": plain(order.filled), "fill_price": plain(order.filled_quote),
            "filled_total": plain(order.filled_quote),
            "avg_deal_price": plain(order.average_price or ZERO),
            "fee": plain(sum((fill.fee for fill in fills), ZERO)),
            "fee_currency": order.market.base if order.side is Side.BUY else order.market.quote,
            "point_fee": "0", "gt_fee": "0", "gt_discount": False, "rebated_fee": "0",
            "rebated_fee_currency": order.market.quote, "finish_as": FINISHED[order.status],
            "stp_id": 0, "stp_act": "-",
        }  # fmt: skip

    def fill(self, fill: Fill) -> Json:
        return {
            "id": str(fill.trade_id), "create_time": str(int(fill.at)),
            "create_time_ms": f"{fill.at * 1000:.3f}",
            "currency_pair": self.symbol(fill.market), "side": fill.side.value,
            "role": "maker" if fill.maker else "taker", "amount": plain(fill.amount),
            "price": plain(fill.price),
            "order_id": str(fill.order_id), "fee": plain(fill.fee), "fee_currency": fill.fee_asset,
            "point_fee": "0", "gt_fee": "0", "amend_text": "-", "sequence_id": str(fill.trade_id),
            "text": fill.client_order_id,
        }  # fmt: skip

    @stream("/ws/v4/")
    def connect(self, call: Call) -> GateSession:
        return GateSession(self)
