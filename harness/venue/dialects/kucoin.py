"""KuCoin spot (classic account) over the venue.

Source: KuCoin's API documentation, www.kucoin.com/docs (authentication, spot trading, WebSocket feed), read
against what ccxt's `kucoin` and Hummingbot's `kucoin` connector call.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections import defaultdict, deque
from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import (
    Call,
    Close,
    Dialect,
    Frame,
    Outgoing,
    Refused,
    Reply,
    Request,
    Route,
    StreamSession,
    rest,
    stream,
)
from harness.venue.events import BalanceChanged, BookChanged, Event, OrderChange, OrderChanged, TradePrinted
from harness.venue.market import Market
from harness.venue.model import (
    Account,
    Balance,
    Fill,
    Level,
    NewOrder,
    Order,
    OrderType,
    Refusal,
    Side,
    TimeInForce,
    VenueRefusal,
)

OK = "200000"
TIMESTAMP_WINDOW = 5.0  # seconds that KC-API-TIMESTAMP may be off
QUOTA, QUOTA_SECONDS = 4000, 30.0  # weight of a pool at VIP 0, and how long it lasts
PING_INTERVAL, PING_TIMEOUT = 18_000, 10_000  # milliseconds, as bullet-public says
SIGNED_WITH = ("KEY", "SIGN", "TIMESTAMP", "PASSPHRASE")
PLAIN_NUMBER = re.compile(r"\d{1,20}(\.\d{1,20})?\Z")

# What KuCoin says for each refusal of the venue: business errors come with HTTP status 200.
REFUSALS: dict[Refusal, tuple[str, str]] = {
    Refusal.UNKNOWN_MARKET: ("900001", "The symbol does not exist"),
    Refusal.MARKET_HALTED: ("200001", "Trading is disabled for the symbol"),
    Refusal.BAD_COMBINATION: ("400100", "Parameter Error"),
    Refusal.PRICE_INCREMENT: ("400100", "Price increment invalid."),
    Refusal.PRICE_RANGE: ("400100", "The price is out of range."),
    Refusal.AMOUNT_INCREMENT: ("400100", "Order size increment invalid."),
    Refusal.AMOUNT_TOO_SMALL: ("400100", "Order size below the minimum requirement."),
    Refusal.AMOUNT_TOO_LARGE: ("400100", "Order size above the maximum."),
    Refusal.NOTIONAL_TOO_SMALL: ("400100", "Order funds should more than the minimum requirement."),
    Refusal.INSUFFICIENT_BALANCE: ("200004", "Balance insufficient!"),
    Refusal.POST_ONLY_WOULD_TAKE: ("300012", "Post only order would take liquidity"),
    Refusal.DUPLICATE_CLIENT_ORDER_ID: ("400100", "The clientOid already exists"),
    Refusal.UNKNOWN_ORDER: ("400100", "order not exist."),
    Refusal.ORDER_NOT_OPEN: ("400100", "order_not_exist_or_not_allow_to_cancel"),
}


def number(value: Decimal) -> str:
    """A decimal as KuCoin writes it: plain, without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def success(data: JsonValue) -> Reply:
    return Reply(200, {}, {"code": OK, "data": data})


def refusal(code: str, message: str, status: int = 200) -> Refused:
    return Refused(Reply(status, {}, {"code": code, "msg": message}))


def order_id_text(order_id: int) -> str:
    """KuCoin's order ids are 24 hexadecimal digits."""
    return f"{order_id:024x}"


class Kucoin(Dialect):
    """REST at api.kucoin.com; streams at the host that `bullet-public` and `bullet-private` name."""

    name: ClassVar[str] = "kucoin"
    ccxt_id: ClassVar[str | None] = "kucoin"
    rest_hosts: ClassVar[tuple[str, ...]] = ("api.kucoin.com",)
    stream_hosts: ClassVar[tuple[str, ...]] = ("ws-api-spot.kucoin.com",)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._tokens: dict[str, Account | None] = {}
        self._sessions: list[KucoinSession] = []
        self._spent: defaultdict[str, deque[tuple[float, int]]] = defaultdict(deque)

    def symbol(self, market: Market) -> str:
        return market.name

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "kucoin_api_key": account.api_key,
            "kucoin_secret_key": account.api_secret,
            "kucoin_passphrase": account.passphrase,
        }

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        return {**super().ccxt_credentials(account), "password": account.passphrase}

    # -- who may, and how often

    def authenticate(self, request: Request, route: Route) -> Account:
        """Docs, "Authentication": HMAC-SHA256 over timestamp + method + path with query + body, in base64."""
        given = {part: request.header(f"KC-API-{part}") or "" for part in SIGNED_WITH}
        if not all(given.values()):
            raise refusal("400001", "Please check the KC-API- headers of your request", 401)
        account = self.venue.account_of_key(given["KEY"])
        if account is None:
            raise refusal("400003", "KC-API-KEY not exists", 401)
        if (
            not given["TIMESTAMP"].isdigit()
            or abs(int(given["TIMESTAMP"]) / 1000 - request.at) > TIMESTAMP_WINDOW
        ):
            raise refusal("400002", "KC-API-TIMESTAMP Invalid", 401)
        if not _same(given["PASSPHRASE"], _signature(account, account.passphrase)):
            raise refusal("400004", "Invalid KC-API-PASSPHRASE", 401)
        query = f"?{request.query_string}" if request.query else ""
        prefix = given["TIMESTAMP"] + request.method + request.path
        candidates = {prefix + query + request.text, prefix + _unescaped(query) + request.text}
        if not any(_same(given["SIGN"], _signature(account, text)) for text in candidates):
            raise refusal("400005", "Invalid KC-API-SIGN", 401)
        return account

    def admit(self, request: Request, route: Route) -> None:
        pool = "spot" if route.private else "public"
        spent = self._spent[pool]
        while spent and spent[0][0] <= request.at - QUOTA_SECONDS:
            spent.popleft()
        if sum(weight for _, weight in spent) + route.weight > QUOTA:
            raise refusal("429000", "Too many requests in a short period of time, please retry later", 429)
        spent.append((request.at, route.weight))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        used = sum(weight for _, weight in self._spent["spot" if route.private else "public"])
        limits = {
            "gw-ratelimit-limit": str(QUOTA),
            "gw-ratelimit-remaining": str(max(QUOTA - used, 0)),
            "gw-ratelimit-reset": str(int(QUOTA_SECONDS * 1000)),
        }
        return Reply(reply.status, {**limits, **reply.headers}, reply.body)

    # -- public market data

    @rest("GET", "/api/v1/timestamp", operation="server_time", weight=3)
    def server_time(self, call: Call) -> Reply:
        return success(self._milliseconds())

    @rest("GET", "/api/v1/status", operation="ping", weight=3)
    def status(self, call: Call) -> Reply:
        return success({"status": "open", "msg": ""})

    @rest("GET", "/api/v2/symbols", operation="symbols", weight=4)
    def symbols(self, call: Call) -> Reply:
        return success([self._symbol(market) for market in self.venue.markets])

    def _symbol(self, market: Market) -> dict[str, JsonValue]:
        return {
            "symbol": self.symbol(market), "name": market.name, "baseCurrency": market.base,
            "quoteCurrency": market.quote, "feeCurrency": market.quote, "market": market.quote,
            "baseMinSize": number(market.min_amount), "quoteMinSize": number(market.min_notional),
            "baseMaxSize": number(market.max_amount), "quoteMaxSize": "99999999999",
            "baseIncrement": number(market.lot_size), "quoteIncrement": number(market.tick_size),
            "priceIncrement": number(market.tick_size), "priceLimitRate": "0.9",
            "minFunds": number(market.min_notional), "isMarginEnabled": False,
            "enableTrading": not self.venue.is_halted(market), "feeCategory": 1,
            "makerFeeCoefficient": "1.00", "takerFeeCoefficient": "1.00", "st": False,
        }  # fmt: skip

    @rest("GET", "/api/v3/currencies", operation="symbols", weight=3)
    def currencies(self, call: Call) -> Reply:
        assets = sorted({asset for market in self.venue.markets for asset in (market.base, market.quote)})
        return success([
            {"currency": asset, "name": asset, "fullName": asset, "precision": 8, "confirms": None,
             "contractAddress": None, "isMarginEnabled": False, "isDebitEnabled": False, "chains": []}
            for asset in assets
        ])  # fmt: skip

    @rest("GET", "/api/v1/market/allTickers", operation="tickers", weight=15)
    def all_tickers(self, call: Call) -> Reply:
        tickers: list[JsonValue] = [self._ticker(market) for market in self.venue.markets]
        return success({"time": self._milliseconds(), "ticker": tickers})

    @rest("GET", "/api/v1/market/stats", operation="ticker", weight=15)
    def stats(self, call: Call) -> Reply:
        return success({**self._ticker(self._market(call)), "time": self._milliseconds()})

    def _ticker(self, market: Market) -> dict[str, JsonValue]:
        book, last = self.venue.book(market, 1), number(self.venue.last_price(market))
        best = {side: level[0] if level else None for side, level in (("bid", book.bids), ("ask", book.asks))}
        return {
            "symbol": self.symbol(market), "symbolName": self.symbol(market), "last": last,
            "buy": number(best["bid"].price) if best["bid"] else None,
            "sell": number(best["ask"].price) if best["ask"] else None,
            "changeRate": "0", "changePrice": "0", "high": last, "low": last, "averagePrice": last,
            "vol": "0", "volValue": "0", "takerFeeRate": number(market.taker_fee),
            "makerFeeRate": number(market.maker_fee), "takerCoefficient": "1", "makerCoefficient": "1",
        }  # fmt: skip

    @rest("GET", "/api/v1/market/orderbook/level1", operation="ticker", weight=2)
    def level1(self, call: Call) -> Reply:
        market = self._market(call)
        book = self.venue.book(market, 1)
        bid, ask = (side[0] if side else Level(Decimal(0), Decimal(0)) for side in (book.bids, book.asks))
        trades = self.venue.trades(market)
        return success({
            "time": self._milliseconds(), "sequence": str(book.sequence),
            "price": number(self.venue.last_price(market)),
            "size": number(trades[-1].amount if trades else market.min_amount),
            "bestBid": number(bid.price), "bestBidSize": number(bid.amount),
            "bestAsk": number(ask.price), "bestAskSize": number(ask.amount),
        })  # fmt: skip

    @rest("GET", "/api/v1/market/orderbook/level2_20", operation="order_book", weight=2)
    def level2_20(self, call: Call) -> Reply:
        return self._book(call, 20)

    @rest("GET", "/api/v1/market/orderbook/level2_100", operation="order_book", weight=4)
    def level2_100(self, call: Call) -> Reply:
        return self._book(call, 100)

    @rest("GET", "/api/v3/market/orderbook/level2", operation="order_book", weight=3, private=True)
    def level2(self, call: Call) -> Reply:
        return self._book(call, None)

    def _book(self, call: Call, depth: int | None) -> Reply:
        book = self.venue.book(self._market(call), depth)
        levels: dict[str, JsonValue] = {
            name: [[number(level.price), number(level.amount)] for level in side]
            for name, side in (("bids", book.bids), ("asks", book.asks))
        }
        return success({"time": self._milliseconds(), "sequence": str(book.sequence), **levels})

    @rest("GET", "/api/v1/market/histories", operation="trades", weight=3)
    def histories(self, call: Call) -> Reply:
        trades = self.venue.trades(self._market(call))[-100:]
        return success([
            {"sequence": str(trade.trade_id), "price": number(trade.price), "size": number(trade.amount),
             "side": trade.taker_side.value, "time": int(trade.at * 1e9)}
            for trade in reversed(trades)
        ])  # fmt: skip

    # -- the account

    @rest("GET", "/api/v1/accounts", operation="balances", weight=5, private=True)
    def accounts(self, call: Call) -> Reply:
        wanted, kind = call.params.get("currency"), call.params.get("type", "trade")
        return success([
            {"id": f"{call.account.name}-{balance.asset}", "currency": balance.asset, "type": kind,
             "balance": number(balance.total), "available": number(balance.free),
             "holds": number(balance.locked)}
            for balance in self.venue.balances(call.account)
            if wanted in (None, balance.asset) and kind in ("trade", "main")
        ])  # fmt: skip

    @rest("GET", "/api/v1/hf/accounts/opened", operation="balances", weight=30, private=True)
    def high_frequency_opened(self, call: Call) -> Reply:
        return success(False)

    @rest("GET", "/api/ua/v1/account/mode", operation="balances", weight=10, private=True)
    def account_mode(self, call: Call) -> Reply:
        return success({"selfAccountMode": "CLASSIC"})

    @rest("GET", "/api/v3/margin/symbols", operation="symbols", weight=3, private=True)
    def margin_symbols(self, call: Call) -> Reply:
        return success({"timestamp": self._milliseconds(), "items": []})

    @rest("GET", "/api/v1/isolated/symbols", operation="symbols", weight=3, private=True)
    def isolated_symbols(self, call: Call) -> Reply:
        return success([])

    @rest("GET", "/api/v1/trade-fees", operation="fees", weight=3, private=True)
    def trade_fees(self, call: Call) -> Reply:
        names = call.params.get("symbols", "").split(",")
        if len(names) > 10:
            raise refusal("400100", "symbols: at most 10")
        markets = [self._market_named(name) for name in names]
        return success([
            {"symbol": self.symbol(market), "takerFeeRate": number(market.taker_fee),
             "makerFeeRate": number(market.maker_fee)}
            for market in markets
        ])  # fmt: skip

    # -- orders

    @rest("POST", "/api/v1/orders", operation="place_order", weight=2, private=True)
    def place(self, call: Call) -> Reply:
        body = call.request.json()
        if not isinstance(body, dict):
            raise refusal("400100", "Parameter Error: the body is not JSON", 400)
        order = self._place(call.account, {key: value for key, value in body.items() if value is not None})
        return success({"orderId": order_id_text(order.order_id)})

    def _place(self, account: Account, body: dict[str, JsonValue]) -> Order:
        client_id = body.get("clientOid")
        if not isinstance(client_id, str) or not re.fullmatch(r"[\w-]{1,40}", client_id, re.ASCII):
            raise refusal("400100", "clientOid: 1 to 40 letters, digits, _ or -")
        kind, side = body.get("type", "limit"), body.get("side")
        if side not in ("buy", "sell") or kind not in ("limit", "market"):
            raise refusal("400100", "Parameter Error: side or type")
        limited = kind == "limit"
        new = NewOrder(
            market=self._market_named(str(body.get("symbol", ""))),
            side=Side(side),
            type=OrderType(kind),
            amount=self._decimal(body, "size", needed=limited),
            price=self._decimal(body, "price", needed=True) if limited else None,
            quote_amount=None if limited else self._decimal(body, "funds"),
            time_in_force=self._time_in_force(body),
            post_only=body.get("postOnly") is True,
            client_order_id=client_id,
        )
        try:
            return self.venue.place(account, new)
        except VenueRefusal as refused:
            raise refusal(*REFUSALS[refused.code]) from refused

    def _decimal(self, body: dict[str, JsonValue], name: str, *, needed: bool = False) -> Decimal | None:
        value = body.get(name)
        if value is None and not needed:
            return None
        text = str(value)
        if not PLAIN_NUMBER.match(text):
            raise refusal("400100", f"Parameter Error: {name}")
        return Decimal(text)

    def _time_in_force(self, body: dict[str, JsonValue]) -> TimeInForce:
        try:
            return TimeInForce(str(body.get("timeInForce", "GTC")).lower())
        except ValueError:
            raise refusal("400100", "Parameter Error: timeInForce") from None

    @rest("DELETE", "/api/v1/orders/{order_id}", operation="cancel_order", weight=3, private=True)
    def cancel(self, call: Call) -> Reply:
        order = self._cancel(call.account, order_id=_order_id(call.path["order_id"]))
        return success({"cancelledOrderIds": [order_id_text(order.order_id)]})

    @rest(
        "DELETE", "/api/v1/order/client-order/{client_id}", operation="cancel_order", weight=5, private=True
    )
    def cancel_by_client_id(self, call: Call) -> Reply:
        order = self._cancel(call.account, client_order_id=call.path["client_id"])
        return success(
            {"cancelledOrderId": order_id_text(order.order_id), "clientOid": order.client_order_id}
        )

    @rest("DELETE", "/api/v1/orders", operation="cancel_all", weight=20, private=True)
    def cancel_all(self, call: Call) -> Reply:
        name = call.params.get("symbol")
        market = self._market_named(name) if name else None
        ids = [order.order_id for order in self.venue.open_orders(call.account, market)]
        for order_id in ids:
            self._cancel(call.account, order_id=order_id)
        return success({"cancelledOrderIds": [order_id_text(order_id) for order_id in ids]})

    def _cancel(
        self, account: Account, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        try:
            return self.venue.cancel(account, order_id, client_order_id)
        except VenueRefusal as refused:
            raise refusal(*REFUSALS[Refusal.ORDER_NOT_OPEN]) from refused

    @rest("GET", "/api/v1/orders/{order_id}", operation="order_status", weight=2, private=True)
    def order(self, call: Call) -> Reply:
        return success(self._order_json(self._find(call.account, order_id=_order_id(call.path["order_id"]))))

    @rest("GET", "/api/v1/order/client-order/{client_id}", operation="order_status", weight=3, private=True)
    def order_by_client_id(self, call: Call) -> Reply:
        return success(self._order_json(self._find(call.account, client_order_id=call.path["client_id"])))

    def _find(
        self, account: Account, order_id: int | None = None, client_order_id: str | None = None
    ) -> Order:
        try:
            return self.venue.order(account, order_id, client_order_id)
        except VenueRefusal as refused:
            raise refusal(*REFUSALS[refused.code]) from refused

    @rest("GET", "/api/v1/orders", operation="open_orders", weight=2, private=True)
    def orders(self, call: Call) -> Reply:
        name = call.params.get("symbol")
        market = self._market_named(name) if name else None
        wants_live = call.params.get("status", "done") == "active"
        orders = [item for item in self.venue.orders(call.account, market) if item.status.live == wants_live]
        return success(_page([self._order_json(item) for item in reversed(orders)]))

    @rest("GET", "/api/v1/fills", operation="order_trades", weight=10, private=True)
    def fills(self, call: Call) -> Reply:
        wanted = call.params.get("orderId")
        start = int(call.params.get("startAt", "0")) / 1000
        fills = self.venue.fills(call.account, order_id=_order_id(wanted) if wanted else None)
        return success(_page([self._fill_json(fill) for fill in reversed(fills) if fill.at >= start]))

    def _order_json(self, order: Order) -> dict[str, JsonValue]:
        fills = self.venue.fills(Account(order.account, "", "", ""), order_id=order.order_id)
        fee_asset = fills[0].fee_asset if fills else order.market.quote
        return {
            "id": order_id_text(order.order_id), "symbol": self.symbol(order.market), "opType": "DEAL",
            "type": order.type.value, "side": order.side.value, "price": number(order.price or Decimal(0)),
            "size": number(order.amount), "funds": number(order.quote_amount or Decimal(0)),
            "dealFunds": number(order.filled_quote), "dealSize": number(order.filled),
            "fee": number(sum((fill.fee for fill in fills), Decimal(0))), "feeCurrency": fee_asset,
            "stp": "", "stop": "", "stopTriggered": False, "stopPrice": "0",
            "timeInForce": order.time_in_force.value.upper(), "postOnly": order.post_only, "hidden": False,
            "iceberg": False, "visibleSize": "0", "cancelAfter": 0, "channel": "API",
            "clientOid": order.client_order_id, "remark": None, "tags": None, "isActive": order.status.live,
            "cancelExist": order.status.value in ("canceled", "expired"), "tradeType": "TRADE",
            "createdAt": int(order.created_at * 1000),
        }  # fmt: skip

    def _fill_json(self, fill: Fill) -> dict[str, JsonValue]:
        rate = fill.market.maker_fee if fill.maker else fill.market.taker_fee
        return {
            "symbol": self.symbol(fill.market), "tradeId": str(fill.trade_id),
            "orderId": order_id_text(fill.order_id), "counterOrderId": "", "side": fill.side.value,
            "liquidity": "maker" if fill.maker else "taker", "forceTaker": False, "price": number(fill.price),
            "size": number(fill.amount), "funds": number(fill.quote_amount), "fee": number(fill.fee),
            "feeRate": number(rate), "feeCurrency": fill.fee_asset, "stop": "", "type": "limit",
            "createdAt": int(fill.at * 1000), "tradeType": "TRADE",
        }  # fmt: skip

    # -- streams

    @rest("POST", "/api/v1/bullet-public", operation="stream_token", weight=10)
    def bullet_public(self, call: Call) -> Reply:
        return self._bullet(None)

    @rest("POST", "/api/v1/bullet-private", operation="user_stream_open", weight=10, private=True)
    def bullet_private(self, call: Call) -> Reply:
        return self._bullet(call.account)

    def _bullet(self, account: Account | None) -> Reply:
        token = secrets.token_urlsafe(48)
        self._tokens[token] = account
        server: dict[str, JsonValue] = {
            "endpoint": f"wss://{self.stream_hosts[0]}/", "encrypt": True, "protocol": "websocket",
            "pingInterval": PING_INTERVAL, "pingTimeout": PING_TIMEOUT,
        }  # fmt: skip
        return success({"token": token, "instanceServers": [server]})

    @stream("/")
    def connect(self, call: Call) -> StreamSession | Reply:
        token = call.params.get("token", "")
        if token not in self._tokens:
            return Reply(401, {}, {"code": "401", "msg": "token is invalid"})
        session = KucoinSession(
            self, self._tokens[token], call.params.get("connectId") or secrets.token_hex(8)
        )
        self._sessions.append(session)
        return session

    def expire_user_streams(self, account: Account) -> None:
        self._tokens = {token: owner for token, owner in self._tokens.items() if owner != account}
        for session in self._sessions:
            session.expired = session.expired or session.account == account

    def forget(self, session: KucoinSession) -> None:
        if session in self._sessions:
            self._sessions.remove(session)

    # -- small things

    def _market(self, call: Call) -> Market:
        return self._market_named(call.params.get("symbol", ""))

    def _market_named(self, symbol: str) -> Market:
        market = self.market_of(symbol)
        if market is None:
            raise refusal("900001", f"The symbol {symbol[:40]} does not exist")
        return market

    def _milliseconds(self) -> int:
        return int(self.venue.clock.now() * 1000)


TOPICS = {
    "/market/level2": "stream:book",
    "/market/match": "stream:trades",
    "/spotMarket/tradeOrders": "stream:orders",
    "/account/balance": "stream:balances",
}
PRIVATE_TOPICS = ("/spotMarket/tradeOrders", "/account/balance")
CHANGES = {OrderChange.NEW: "open", OrderChange.CANCELED: "canceled", OrderChange.EXPIRED: "canceled"}


class KucoinSession(StreamSession):
    """One connection; what it carries depends on the topics subscribed to."""

    def __init__(self, dialect: Kucoin, account: Account | None, connect_id: str) -> None:
        self.dialect = dialect
        self.account = account
        self.connect_id = connect_id
        self.symbols: defaultdict[str, set[str]] = defaultdict(set)
        self.last_heard = dialect.venue.clock.now()
        self.expired = False

    def opened(self) -> Iterable[Outgoing]:
        yield Frame.of("stream:subscribe", {"id": self.connect_id, "type": "welcome"})

    def operation_of(self, message: str | bytes) -> str:
        return "stream:ping" if _message(message).get("type") == "ping" else "stream:subscribe"

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        said = _message(message)
        self.last_heard = self.dialect.venue.clock.now()
        identifier = said.get("id")
        match said.get("type"):
            case "ping":
                yield Frame.of("stream:ping", {"id": identifier, "type": "pong"})
            case "subscribe" | "unsubscribe" as action:
                yield from self._subscribe(str(said.get("topic", "")), action == "subscribe", said)
            case other:
                data = f"type {other} is not supported"
                yield Frame.of(
                    "stream:subscribe", {"id": identifier, "type": "error", "code": 404, "data": data}
                )

    def _subscribe(self, topic: str, wanted: bool, said: dict[str, JsonValue]) -> Iterable[Outgoing]:
        name, _, symbols = topic.partition(":")
        error = self._topic_error(name, symbols)
        if error:
            code, data = error
            frame: JsonValue = {
                "id": said.get("id"),
                "type": "error",
                "code": code,
                "topic": topic,
                "data": data,
            }
            yield Frame.of("stream:subscribe", frame)
            return
        for symbol in symbols.split(","):
            (self.symbols[name].add if wanted else self.symbols[name].discard)(symbol)
        if said.get("response"):
            yield Frame.of("stream:subscribe", {"id": said.get("id"), "type": "ack"})

    def _topic_error(self, name: str, symbols: str) -> tuple[int, str] | None:
        if name not in TOPICS:
            return 404, f"topic {name} is not found"
        if name in PRIVATE_TOPICS:
            return None if self.account else (401, "the token is not for private topics")
        unknown = [symbol for symbol in symbols.split(",") if self.dialect.market_of(symbol) is None]
        return (404, f"topic {name}:{','.join(unknown)} is not found") if unknown else None

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        match event:
            case BookChanged() if self._listens("/market/level2", event.market):
                yield self._book(event)
            case TradePrinted() if self._listens("/market/match", event.trade.market):
                yield self._trade(event)
            case OrderChanged() if (
                self._owns(event.order.account) and self.symbols["/spotMarket/tradeOrders"]
            ):
                yield from self._order(event)
            case BalanceChanged() if self._owns(event.account) and self.symbols["/account/balance"]:
                for balance in event.balances:
                    yield self._balance(balance, event)

    def _listens(self, topic: str, market: Market) -> bool:
        return self.dialect.symbol(market) in self.symbols[topic]

    def _owns(self, account: str) -> bool:
        return self.account is not None and self.account.name == account

    def _book(self, event: BookChanged) -> Frame:
        change: JsonValue = [number(event.price), number(event.amount), str(event.sequence)]
        symbol = self.dialect.symbol(event.market)
        changes: dict[str, JsonValue] = {"asks": [], "bids": []}
        changes["bids" if event.side is Side.BUY else "asks"] = [change]
        return self._message("/market/level2", symbol, "trade.l2update", {
            "changes": changes, "sequenceStart": event.sequence, "sequenceEnd": event.sequence,
            "symbol": symbol, "time": int(event.at * 1000),
        })  # fmt: skip

    def _trade(self, event: TradePrinted) -> Frame:
        trade, symbol = event.trade, self.dialect.symbol(event.trade.market)
        return self._message("/market/match", symbol, "trade.l3match", {
            "sequence": str(event.sequence), "type": "match", "symbol": symbol,
            "side": trade.taker_side.value, "price": number(trade.price), "size": number(trade.amount),
            "tradeId": str(trade.trade_id),
            "takerOrderId": order_id_text(trade.taker_order_id),
            "makerOrderId": order_id_text(trade.maker_order_id), "time": str(int(trade.at * 1e9)),
        })  # fmt: skip

    def _order(self, event: OrderChanged) -> Iterable[Outgoing]:
        if event.fill is None:
            yield self._order_message(event.order, CHANGES[event.change], event.at)
            return
        fill: dict[str, JsonValue] = {
            "matchPrice": number(event.fill.price), "matchSize": number(event.fill.amount),
            "tradeId": str(event.fill.trade_id), "liquidity": "maker" if event.fill.maker else "taker",
        }  # fmt: skip
        yield self._order_message(event.order, "match", event.at, fill)
        if not event.order.status.live:
            yield self._order_message(event.order, "filled", event.at)

    def _order_message(
        self, order: Order, kind: str, at: float, extra: dict[str, JsonValue] | None = None
    ) -> Frame:
        status = {"open": "open", "match": "match"}.get(kind, "done")
        data: dict[str, JsonValue] = {
            "symbol": self.dialect.symbol(order.market), "orderType": order.type.value,
            "side": order.side.value, "orderId": order_id_text(order.order_id), "type": kind,
            "orderTime": int(order.created_at * 1e9), "size": number(order.amount),
            "filledSize": number(order.filled), "clientOid": order.client_order_id,
            "price": number(order.price) if order.price is not None else "",
            "remainSize": number(order.remaining), "status": status, "ts": int(at * 1e9), **(extra or {}),
        }  # fmt: skip
        return self._message("/spotMarket/tradeOrders", "", "orderChange", data)

    def _balance(self, balance: Balance, event: BalanceChanged) -> Frame:
        related = {"order": "trade.hold", "trade": "trade.setted", "release": "trade.hold"}
        return self._message("/account/balance", "", "account.balance", {
            "accountId": f"{event.account}-{balance.asset}", "currency": balance.asset,
            "total": number(balance.total), "available": number(balance.free), "hold": number(balance.locked),
            "availableChange": "0", "holdChange": "0",
            "relationEvent": related.get(event.reason, "main.deposit"), "relationEventId": "",
            "relationContext": {}, "time": str(int(event.at * 1000)),
        })  # fmt: skip

    def _message(self, topic: str, symbol: str, subject: str, data: dict[str, JsonValue]) -> Frame:
        full = f"{topic}:{symbol}" if symbol else topic
        frame: dict[str, JsonValue] = {"type": "message", "topic": full, "subject": subject, "data": data}
        if topic in PRIVATE_TOPICS:
            frame["channelType"] = "private"
        return Frame.of(TOPICS[topic], frame)

    def tick(self, now: float) -> Iterable[Outgoing]:
        """KuCoin drops a connection that has sent nothing for the ping interval and its time-out."""
        silence = now - self.last_heard
        if self.expired:
            yield Close(1000, "token is expired")
        elif silence > (PING_INTERVAL + PING_TIMEOUT) / 1000 * 2:
            yield Close(1000, "ping timeout")

    def closed(self) -> None:
        self.dialect.forget(self)


def _signature(account: Account, text: str) -> str:
    digest = hmac.digest(account.api_secret.encode(), text.encode(), "sha256")
    return base64.b64encode(digest).decode()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _unescaped(query: str) -> str:
    """The query with the characters plain that clients may leave so when they sign (a comma in a list)."""
    return query.replace("%2C", ",").replace("%2c", ",")


def _order_id(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise refusal("400100", "order not exist.") from None


def _page(items: list[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    kept: list[JsonValue] = [*items[:500]]
    return {"currentPage": 1, "pageSize": 500, "totalNum": len(items), "totalPage": 1, "items": kept}


def _message(message: str | bytes) -> dict[str, JsonValue]:
    try:
        said = json.loads(message)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
