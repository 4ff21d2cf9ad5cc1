"""KuCoin's spot API of 2020: today's dialect with keys of version 1 and what has been replaced since.

Sources: the API documentation of that time (github.com/Kucoin/kucoin-api-docs: authentication, rate limit,
symbols list, full order book, apply connect token, ping); ccxt 1.33.1 of 11 August 2020 for its hosts and
which route had which version; www.kucoin.com/support/900006465403 (keys of version 1 until May 2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from harness.venue.dialects.decimals import plain
from harness.venue.dialects.kucoin import messages
from harness.venue.dialects.kucoin.exchange import Kucoin
from harness.venue.dialects.kucoin.replies import refusal, success
from harness.venue.dialects.kucoin.security import signer_with_first_version
from harness.venue.dialects.kucoin.streams import BOOK, KucoinSession
from harness.venue.dialects.messages import Frame, Reply, Request
from harness.venue.dialects.rates import FixedWindows
from harness.venue.dialects.routing import Call, Route, rest, stream
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wire import Json, ms, rows
from harness.venue.market import Market
from harness.venue.model import Account
from harness.venue.session import Venue

SECONDS, PUBLIC, PRIVATE = 10, 100, 200  # requests in so many seconds, of an address and of a user
LATER = ("market", "feeCategory", "makerFeeCoefficient", "takerFeeCoefficient", "minFunds", "st")


class Session(KucoinSession):
    """Changes of a book came without a time."""

    def _push(self, topic: str, subject: str, data: Json, market: Market | None = None) -> Frame:
        told = {name: value for name, value in data.items() if topic != BOOK or name != "time"}
        return super()._push(topic, subject, told, market)


class Kucoin2020(Kucoin):
    """REST at api.kucoin.com, which openapi-v2.kucoin.com was too."""

    name: ClassVar[str] = "kucoin_2020"
    connector: ClassVar[str] = "kucoin"
    framework: ClassVar[str] = "v0"
    ccxt_id: ClassVar[str | None] = None
    rest_hosts: ClassVar[tuple[str, ...]] = ("api.kucoin.com", "openapi-v2.kucoin.com")
    stream_hosts: ClassVar[tuple[str, ...]] = ("push1-v2.kucoin.com",)
    stream_path: ClassVar[str] = "/endpoint"
    ping_interval: ClassVar[int] = 50_000
    longest_silence: ClassVar[float] = 60.0  # seconds
    session_kind: ClassVar[type[KucoinSession]] = Session
    secrets_sent: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "kucoin_passphrase": ("header kc-api-passphrase",)
    }
    # A limit order had a smallest amount and no smallest value: `quoteMinSize` is for orders by value.
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, min_notional=Decimal(0)) for market in Kucoin.markets
    )
    without: ClassVar[frozenset[str]] = frozenset(
        {
            "/", "/api/v2/symbols", "/api/v2/symbols/{symbol}", "/api/v3/currencies", "/api/v1/trade-fees",
            "/api/v3/market/orderbook/level2", "/api/v1/hf/accounts/opened", "/api/ua/v1/account/mode",
            "/api/v3/margin/symbols", "/api/v1/isolated/symbols",
            "/api/v1/order/client-order/{client_id}",
        }
    )  # fmt: skip

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._public, self._private = FixedWindows(PUBLIC, SECONDS), FixedWindows(PRIVATE, SECONDS)

    def authenticate(self, request: Request, route: Route) -> Account:
        return signer_with_first_version(self.venue, request, self.received_at(request), self.slack)

    def admit(self, request: Request, route: Route) -> None:
        windows = self._private if route.private else self._public
        if windows.use(request.client, 1, self.received_at(request)).over:
            raise refusal("429000", "Too Many Requests", 429)

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        return reply

    @rest("GET", "/api/v1/symbols", operation="symbols")
    def symbols_of_2020(self, call: Call) -> Reply:
        quote = call.params.get("market")
        markets = [market for market in self.venue.markets if quote in (None, market.quote)]
        told = [messages.symbol(each, halted=self.venue.is_halted(each)) for each in markets]
        return success([{name: one[name] for name in one if name not in LATER} for one in told])

    @rest("GET", "/api/v1/currencies", operation="symbols")
    def currencies_of_2020(self, call: Call) -> Reply:
        return self.currencies(call)

    @rest("GET", "/api/v2/market/orderbook/level2", operation="order_book")
    def level2_of_2020(self, call: Call) -> Reply:
        return self._book(call, None)

    @rest("GET", "/api/v1/market/orderbook/level2", operation="order_book")
    def oldest_level2(self, call: Call) -> Reply:
        """Asks from high to low."""
        book = self.venue.book(self._market(call))
        data: Json = {"time": ms(book.at), "sequence": str(book.sequence)}
        return success({**data, "bids": rows(book.bids, plain), "asks": rows(book.asks[::-1], plain)})

    @stream("/endpoint")
    def connect_of_2020(self, call: Call) -> StreamSession | Reply:
        return self.connect(call)
