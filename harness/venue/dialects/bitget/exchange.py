"""Bitget's spot API v2, classic account: REST at api.bitget.com, streams at ws.bitget.com.

Source: www.bitget.com/api-doc/ (common: signature, websocket-intro, error-code; spot: market, account,
trade), read against what ccxt's `bitget` and Hummingbot's `bitget` connector call. Candles, plan orders,
margin and the unified account are not served.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar
from urllib.parse import unquote

from pydantic import JsonValue

from harness.venue.dialects.base import Call, Dialect, Refused, Reply, Request, Route, rest, stream
from harness.venue.dialects.bitget.codec import (
    REFUSALS,
    STATUS,
    balance,
    failure,
    fee_of,
    fees,
    integer,
    new_order,
    public_trade,
    refused,
    refused_by_venue,
    size,
)  # fmt: skip
from harness.venue.dialects.bitget.streams import PrivateSession, PublicSession
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import decimals_of, plain
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.signing import hmac_base64, same
from harness.venue.dialects.wire import Json, ms, rows
from harness.venue.market import SAMPLE_MARKETS, Market
from harness.venue.model import ZERO, Account, Fill, Order, Refusal, VenueRefusal
from harness.venue.session import Venue

HOST, STREAM_HOST = "api.bitget.com", "ws.bitget.com"
SPOT = "/api/v2/spot"
STAMP_TOLERANCE = 30.0  # seconds
SIGNED_WITH = {"KEY": "40006", "SIGN": "40003", "TIMESTAMP": "40005", "PASSPHRASE": "40011"}
# Requests a second for each route: "Frequency limit" of each endpoint's page.
LIMITS = {
    f"{SPOT}/trade/place-order": 10, f"{SPOT}/trade/cancel-order": 10, f"{SPOT}/trade/fills": 10,
    f"{SPOT}/account/assets": 10, f"{SPOT}/market/fills": 10, f"{SPOT}/market/fills-history": 10,
    f"{SPOT}/trade/cancel-symbol-order": 5, "/api/v2/common/trade-rate": 10,
}  # fmt: skip
USUAL_LIMIT, WINDOW = 20, 1
DEEPEST = 150  # levels a side


def _sayable(market: Market) -> Market:
    """Steps are decimals, so powers of ten; the least amount is one step, and the least notional is in USDT.

    `minTradeAmount` is out of use and always 0 (Get Symbol Info).
    """
    lot, dollars = Decimal(1).scaleb(-decimals_of(market.lot_size)), market.quote == "USDT"
    return replace(
        market, lot_size=lot, min_amount=lot, min_notional=market.min_notional if dollars else ZERO
    )


class Bitget(Dialect):
    """Fees come off what an order receives; a market buy names quote."""

    name: ClassVar[str] = "bitget"
    not_covered: ClassVar[tuple[str, ...]] = (
        "the unified account",
        "some error codes are the nearest documented ones",
    )
    ccxt_id: ClassVar[str | None] = "bitget"
    rest_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    stream_hosts: ClassVar[tuple[str, ...]] = (STREAM_HOST,)
    secrets_sent: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "bitget_passphrase": ("header access-passphrase", "frame"),
    }
    markets: ClassVar[tuple[Market, ...]] = tuple(_sayable(market) for market in SAMPLE_MARKETS)

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._windows: dict[str, FixedWindows] = {}
        self._sessions: list[PrivateSession] = []

    # -- what the base asks for

    def symbol(self, market: Market) -> str:
        return f"{market.base}{market.quote}"

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "bitget_api_key": account.api_key,
            "bitget_secret_key": account.api_secret,
            "bitget_passphrase": account.passphrase,
        }

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        return {**super().ccxt_credentials(account), "password": account.passphrase}

    def authenticate(self, request: Request, route: Route) -> Account:
        """Four headers; the signature is over the time in ms, method, path with query, and body."""
        said = {part: request.header(f"ACCESS-{part}") or "" for part in SIGNED_WITH}
        for part, code in SIGNED_WITH.items():
            if not said[part]:
                raise refused(code, f"ACCESS_{part} cannot be empty")
        account, stamp = self.venue.account_of_key(said["KEY"]), said["TIMESTAMP"]
        if account is None:
            raise refused("40037", "Apikey does not exist")
        if not re.fullmatch(r"[0-9]{13}", stamp):
            raise refused("40005", "Invalid ACCESS_TIMESTAMP")
        if abs(int(stamp) / 1000 - self.received_at(request)) > STAMP_TOLERANCE + self.slack:
            raise refused("40008", "Request timestamp expired")
        if not same(account.passphrase, said["PASSPHRASE"]):
            raise refused("40012", "apikey/password is incorrect")
        query = f"?{request.query_string}" if request.query_string else ""
        texts = (f"{stamp}{request.method}{request.path}{q}{request.text}" for q in {query, unquote(query)})
        if not any(same(hmac_base64(account.api_secret, text), said["SIGN"]) for text in texts):
            raise refused("40009", "sign signature error")
        return account

    def admit(self, request: Request, route: Route) -> None:
        window = self._windows.setdefault(
            route.handler, FixedWindows(LIMITS.get(route.path, USUAL_LIMIT), WINDOW)
        )
        if window.use(request.client, 1, self.received_at(request)).over:
            raise Refused(self.too_many_requests(WINDOW))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        """Every reply, good or bad, says when it was asked for: the connector sets its clock by it."""
        told = reply.body if isinstance(reply.body, dict) else {}
        return replace(reply, body={**told, "requestTime": ms(self.venue.clock.now())})

    def too_many_requests(self, retry_after: int) -> Reply:
        return Reply(429, {}, failure("429", "Too Many Requests"))

    def under_maintenance(self) -> Reply:
        return Reply(503, {}, failure("40200", "Server upgrade, please try again later"))

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {}, failure("40404", "Request URL NOT FOUND"))

    def expire_user_streams(self, account: Account) -> None:
        for session in self._sessions:
            session.expired = session.expired or session.account == account

    # -- market data

    def market_named(self, name: str) -> Market:
        market = self.market_of(name)
        if market is None:
            raise refused(*REFUSALS[Refusal.UNKNOWN_MARKET])
        return market

    def _chosen(self, call: Call) -> Market | None:
        name = call.params.get("symbol", "")
        return self.market_named(name) if name else None

    def _market(self, call: Call) -> Market:
        return self.market_named(call.params.get("symbol", ""))

    @rest("GET", "/api/v2/public/time", operation="server_time")
    def server_time(self, call: Call) -> JsonValue:
        return _told({"serverTime": str(ms(self.venue.clock.now()))})

    @rest("GET", f"{SPOT}/public/symbols", operation="symbols")
    def symbols(self, call: Call) -> JsonValue:
        chosen = self._chosen(call)
        return _told([self._rules(market) for market in ((chosen,) if chosen else self.venue.markets)])

    @rest("GET", "/api/v2/margin/currencies", operation="symbols")
    def margin_currencies(self, call: Call) -> JsonValue:
        """Nothing can be borrowed here."""
        return _told([])

    def _rules(self, market: Market) -> Json:
        return {
            "symbol": self.symbol(market), "baseCoin": market.base, "quoteCoin": market.quote,
            "minTradeAmount": "0", "maxTradeAmount": plain(market.max_amount),
            "takerFeeRate": plain(market.taker_fee), "makerFeeRate": plain(market.maker_fee),
            "pricePrecision": str(decimals_of(market.tick_size)),
            "quantityPrecision": str(decimals_of(market.lot_size)),
            "quotePrecision": str(market.quote_precision), "minTradeUSDT": plain(market.min_notional),
            "status": "halt" if self.venue.is_halted(market) else "online",
            "buyLimitPriceRatio": "0.05", "sellLimitPriceRatio": "0.05", "orderQuantity": "500",
            "areaSymbol": "no", "offTime": "",
        }  # fmt: skip

    @rest("GET", f"{SPOT}/market/tickers", operation="ticker")
    def tickers(self, call: Call) -> JsonValue:
        chosen = self._chosen(call)
        return _told([self.ticker(market) for market in ((chosen,) if chosen else self.venue.markets)])

    def ticker(self, market: Market) -> Json:
        today = day(self.venue, market)
        change = plain(round(today.change_rate, 5))
        return {
            "symbol": self.symbol(market), "lastPr": plain(today.last), "open": plain(today.open),
            "high24h": plain(today.high), "low24h": plain(today.low),
            "bidPr": plain(today.bid.price), "bidSz": plain(today.bid.amount),
            "askPr": plain(today.ask.price), "askSz": plain(today.ask.amount),
            "baseVolume": plain(today.volume), "quoteVolume": plain(today.value),
            "usdtVolume": plain(today.value), "openUtc": plain(today.open),
            "change24h": change, "changeUtc24h": change, "ts": str(ms(today.at)),
        }  # fmt: skip

    @rest("GET", f"{SPOT}/market/orderbook", operation="order_book")
    def order_book(self, call: Call) -> JsonValue:
        book = self.venue.book(self._market(call), integer(call, "limit", DEEPEST, DEEPEST))
        return _told({"asks": rows(book.asks, plain), "bids": rows(book.bids, plain), "ts": str(ms(book.at))})

    @rest("GET", f"{SPOT}/market/fills", operation="trades")
    @rest("GET", f"{SPOT}/market/fills-history", operation="trades")
    def trades(self, call: Call) -> JsonValue:
        """Newest first."""
        market = self._market(call)
        newest = self.venue.trades(market)[::-1][: integer(call, "limit", 100, 500)]
        return _told([{"symbol": self.symbol(market), **public_trade(trade)} for trade in newest])

    # -- the account

    @rest("GET", "/api/v3/account/settings", operation="balances", private=True)
    def unified_settings(self, call: Call) -> JsonValue:
        """ccxt asks this to learn which kind of account it has."""
        raise refused("40084", "You are in Classic Account mode, the Unified Account API is not supported")

    @rest("GET", "/api/v2/common/trade-rate", operation="fees", private=True)
    def trade_rate(self, call: Call) -> JsonValue:
        market = self._market(call)
        return _told({"makerFeeRate": plain(market.maker_fee), "takerFeeRate": plain(market.taker_fee)})

    @rest("GET", f"{SPOT}/account/assets", operation="balances", private=True)
    def assets(self, call: Call) -> JsonValue:
        wanted, now = call.params.get("coin") or None, self.venue.clock.now()
        held = self.venue.balances(call.account)
        return _told([balance(each, now) for each in held if wanted in (None, each.asset)])

    @rest("POST", f"{SPOT}/trade/place-order", operation="place_order", private=True)
    def place(self, call: Call) -> JsonValue:
        wanted = new_order(call.request.json(), self.market_named)
        try:
            return _told(_ids(self.venue.place(call.account, wanted)))
        except VenueRefusal as error:
            raise refused_by_venue(error) from error

    @rest("POST", f"{SPOT}/trade/cancel-order", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> JsonValue:
        said = call.request.json()
        body = said if isinstance(said, dict) else {}
        self.market_named(str(body.get("symbol", "")))
        number, name = _named(str(body.get("orderId") or ""), str(body.get("clientOid") or ""))
        try:
            return _told(_ids(self.venue.cancel(call.account, number, name)))
        except VenueRefusal as error:
            raise refused_by_venue(error) from error

    @rest("POST", f"{SPOT}/trade/cancel-symbol-order", operation="cancel_all", private=True)
    def cancel_symbol(self, call: Call) -> JsonValue:
        said = call.request.json()
        market = self.market_named(str(said.get("symbol", "")) if isinstance(said, dict) else "")
        with self.venue.lock:
            for order in self.venue.open_orders(call.account, market):
                self.venue.cancel(call.account, order.order_id)
        return _told({"symbol": self.symbol(market)})

    @rest("GET", f"{SPOT}/trade/orderInfo", operation="order_status", private=True)
    def order_info(self, call: Call) -> JsonValue:
        """A list of one, or of none when nobody knows the order."""
        number, name = _named(call.params.get("orderId", ""), call.params.get("clientOid", ""))
        try:
            order = self.venue.order(call.account, number, name)
        except VenueRefusal as error:
            if error.code is not Refusal.UNKNOWN_ORDER:
                raise refused_by_venue(error) from error
            return _told([])
        return _told([self._order(call.account, order)])

    @rest("GET", f"{SPOT}/trade/unfilled-orders", operation="open_orders", private=True)
    def unfilled_orders(self, call: Call) -> JsonValue:
        """Newest first. `priceAvg` is the limit price here, `basePrice` that of the fills."""
        found = self.venue.open_orders(call.account, self._chosen(call))[::-1]
        told: list[JsonValue] = []
        for order in found[: integer(call, "limit", 100, 100)]:
            row = self._order(call.account, order)
            price, average = row.pop("price"), row["priceAvg"]
            told.append({**row, "priceAvg": price, "basePrice": average})
        return _told(told)

    @rest("GET", f"{SPOT}/trade/history-orders", operation="order_status", private=True)
    def history_orders(self, call: Call) -> JsonValue:
        """Those that have ended, newest first."""
        found = self.venue.orders(call.account, self._chosen(call))[::-1]
        ended = [order for order in found if not order.status.live]
        return _told([self._order(call.account, o) for o in ended[: integer(call, "limit", 100, 100)]])

    @rest("GET", f"{SPOT}/trade/fills", operation="order_trades", private=True)
    def fills(self, call: Call) -> JsonValue:
        """Newest first, of a symbol or an order."""
        number, _ = _named(call.params.get("orderId", ""), "-")
        found = self.venue.fills(call.account, self._chosen(call), number)[::-1]
        return _told([self.fill(call.account, f) for f in found[: integer(call, "limit", 100, 100)]])

    # -- how the account's things are written

    def _order(self, account: Account, order: Order) -> Json:
        return {
            "userId": "1000001", "symbol": self.symbol(order.market), **_ids(order),
            "price": plain(order.price or ZERO), "size": plain(size(order)),
            "orderType": order.type.value, "side": order.side.value, "status": STATUS[order.status],
            "priceAvg": plain(order.average_price or ZERO), "baseVolume": plain(order.filled),
            "quoteVolume": plain(order.filled_quote), "enterPointSource": "API", "orderSource": "normal",
            "feeDetail": fees(self.venue.fills(account, order_id=order.order_id)),
            "tpslType": "normal", "triggerPrice": None, "cancelReason": "",
            "cTime": str(ms(order.created_at)), "uTime": str(ms(order.updated_at)),
        }  # fmt: skip

    def fill(self, account: Account, fill: Fill) -> Json:
        order = self.venue.order_of(account, fill)
        return {
            "userId": "1000001", "symbol": self.symbol(fill.market), "orderId": str(fill.order_id),
            "tradeId": str(fill.trade_id), "orderType": order.type.value, "side": fill.side.value,
            "priceAvg": plain(fill.price), "size": plain(fill.amount), "amount": plain(fill.quote_amount),
            "feeDetail": fee_of(fill), "tradeScope": "maker" if fill.maker else "taker",
            "cTime": str(ms(fill.at)), "uTime": str(ms(fill.at)),
        }  # fmt: skip

    # -- streams

    @stream("/v2/ws/public")
    def public(self, call: Call) -> PublicSession:
        return PublicSession(self)

    @stream("/v2/ws/private")
    def private(self, call: Call) -> PrivateSession:
        session = PrivateSession(self, self._sessions.remove)
        self._sessions.append(session)
        return session


def _told(data: JsonValue) -> JsonValue:
    return {"code": "00000", "msg": "success", "data": data}


def _ids(order: Order) -> Json:
    return {"orderId": str(order.order_id), "clientOid": order.client_order_id}


def _named(number: str, name: str) -> tuple[int | None, str | None]:
    """The exchange's number of an order, or else its client's name for it; one must be given."""
    if re.fullmatch(r"[0-9]{1,19}", number):
        return int(number), None
    if number or not name:
        raise refused("40017", "Parameter verification failed orderId or clientOid")
    return None, name
