"""What everybody may ask: symbols, books, trades, tickers, and a token for the public streams."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.kucoin import messages
from harness.venue.dialects.kucoin.replies import REFUSALS, refusal, success
from harness.venue.dialects.messages import Refused, Reply
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import Json, ms, rows
from harness.venue.market import Market
from harness.venue.model import Account, Refusal


class MarketRoutes(Dialect):
    """The public part of the REST API."""

    # What bullet-public says: where to connect, and how often to ping there, in milliseconds.
    stream_path: ClassVar[str] = "/"
    ping_interval: ClassVar[int] = 18_000
    ping_timeout: ClassVar[int] = 10_000

    def symbol(self, market: Market) -> str:
        return market.name

    def unknown_market(self) -> Refused:
        return refusal(*REFUSALS[Refusal.UNKNOWN_MARKET])

    def _market(self, call: Call) -> Market:
        return self.market_named(call.params.get("symbol", ""))

    @rest("GET", "/api/v1/timestamp", operation="server_time", weight=3)
    def server_time(self, call: Call) -> Reply:
        return success(ms(self.venue.clock.now()))

    @rest("GET", "/api/v1/status", operation="ping", weight=3)
    def status(self, call: Call) -> Reply:
        return success({"status": "open", "msg": ""})

    @rest("GET", "/api/v2/symbols", operation="symbols", weight=4)
    def symbols(self, call: Call) -> Reply:
        quote = call.params.get("market")
        markets = [market for market in self.venue.markets if quote in (None, market.quote)]
        return success([messages.symbol(m, halted=self.venue.is_halted(m)) for m in markets])

    @rest("GET", "/api/v2/symbols/{symbol}", operation="symbols", weight=4)
    def one_symbol(self, call: Call) -> Reply:
        market = self.market_named(call.path["symbol"])
        return success(messages.symbol(market, halted=self.venue.is_halted(market)))

    @rest("GET", "/api/v3/currencies", operation="symbols", weight=3)
    def currencies(self, call: Call) -> Reply:
        assets = dict(sorted(self._assets()))
        return success([messages.currency(asset, precision) for asset, precision in assets.items()])

    def _assets(self) -> Iterator[tuple[str, int]]:
        for market in self.venue.markets:
            yield market.base, market.base_precision
            yield market.quote, market.quote_precision

    @rest("GET", "/api/v1/market/allTickers", operation="tickers", weight=15)
    def all_tickers(self, call: Call) -> Reply:
        tickers: list[JsonValue] = [
            {**messages.stats(self.venue, market), "symbolName": market.name} for market in self.venue.markets
        ]
        return success({"time": ms(self.venue.clock.now()), "ticker": tickers})

    @rest("GET", "/api/v1/market/stats", operation="ticker", weight=15)
    def stats(self, call: Call) -> Reply:
        ticker = messages.stats(self.venue, self._market(call))
        return success({"time": ms(self.venue.clock.now()), **ticker})

    @rest("GET", "/api/v1/market/orderbook/level1", operation="ticker", weight=2)
    def level1(self, call: Call) -> Reply:
        return success(messages.best(self.venue, self._market(call)))

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
        data: Json = {"time": ms(book.at), "sequence": str(book.sequence)}
        return success({**data, "bids": rows(book.bids, plain), "asks": rows(book.asks, plain)})

    @rest("GET", "/api/v1/market/histories", operation="trades", weight=3)
    def histories(self, call: Call) -> Reply:
        trades = self.venue.trades(self._market(call))[-100:]
        return success([messages.public_trade(trade) for trade in reversed(trades)])

    @rest("POST", "/api/v1/bullet-public", operation="stream_token", weight=10)
    def bullet_public(self, call: Call) -> Reply:
        return self.bullet(None)

    def bullet(self, account: Account | None) -> Reply:
        """A token, and where to go with it."""
        server: Json = {
            "endpoint": f"wss://{self.stream_hosts[0]}{self.stream_path}", "encrypt": True,
            "protocol": "websocket", "pingInterval": self.ping_interval, "pingTimeout": self.ping_timeout,
        }  # fmt: skip
        return success({"token": self.new_token(account), "instanceServers": [server]})

    def new_token(self, account: Account | None) -> str:
        """A token for the public streams, or for an account's private ones too."""
        token = secrets.token_urlsafe(48)
        self.tokens[token] = account
        return token

    @property
    def tokens(self) -> dict[str, Account | None]:
        """Whose each stream token is."""
        raise NotImplementedError
