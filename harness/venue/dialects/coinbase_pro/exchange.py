"""The `CoinbasePro` dialect: REST.

Source: docs.pro.coinbase.com of 2020 ("Authentication", "Rate Limits", "Orders", "Fills", "Products"), read
against what ccxt 2.2.1's `coinbasepro` and Hummingbot's `coinbase_pro` call. `GET /orders/{id}` does not
know an order that was cancelled without a match: "the response may have status code 404".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.coinbase_pro import codec
from harness.venue.dialects.coinbase_pro.codec import refused, refused_by_venue
from harness.venue.dialects.coinbase_pro.feed import OrderFeed
from harness.venue.dialects.coinbase_pro.streams import FeedSession
from harness.venue.dialects.day import day
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.messages import Refused, Reply, Request
from harness.venue.dialects.rates import DecayingCounters
from harness.venue.dialects.routing import Call, Route, rest, stream
from harness.venue.dialects.signing import hmac_base64, same
from harness.venue.dialects.uuids import number_of, uuid_of
from harness.venue.dialects.wire import Json, iso
from harness.venue.market import SAMPLE_MARKETS, FeeIn, Market, SelfTrade
from harness.venue.model import ZERO, Account, Order, OrderStatus, Refusal, VenueRefusal
from harness.venue.operations.sessions import PrivateSessions
from harness.venue.session import Venue

HOST, STREAM_HOST = "api.pro.coinbase.com", "ws-feed.pro.coinbase.com"
TOLERANCE = 30.0  # seconds that a time stamp may be off
SIGNED_WITH = ("KEY", "SIGN", "TIMESTAMP", "PASSPHRASE")
BEST, FIFTY = 1, 50  # levels a side of the book's levels 1 and 2
# "Rate Limits": 3 requests a second and up to 6 at once for an address, 5 and 10 for a profile.
PUBLIC, PRIVATE = (6.0, 3.0), (10.0, 5.0)
STATUSES = frozenset({"open", "pending", "active", "done", "all"})


class CoinbasePro(Dialect):
    """REST at api.pro.coinbase.com, the feed at ws-feed.pro.coinbase.com."""

    name: ClassVar[str] = "coinbase_pro"
    framework: ClassVar[str] = "v0"
    not_covered: ClassVar[tuple[str, ...]] = (
        "candles", "stop orders", "margin", "cursors of lists of orders", "the channel of statuses",
    )  # fmt: skip
    rest_hosts: ClassVar[tuple[str, ...]] = (HOST,)
    stream_hosts: ClassVar[tuple[str, ...]] = (STREAM_HOST,)
    secrets_sent: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "coinbase_pro_passphrase": ("header cb-access-passphrase", "frame"),
    }
    key_lengths: ClassVar[tuple[int, int, int]] = (32, 64, 12)
    # A limit order has a least size and no least value.
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, min_notional=ZERO, fee_in=FeeIn.QUOTE, self_trade=SelfTrade.DECREMENT)
        for market in SAMPLE_MARKETS
    )

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.feed = OrderFeed(venue)
        self.sessions = PrivateSessions()
        self._public, self._private = DecayingCounters(*PUBLIC), DecayingCounters(*PRIVATE)

    def symbol(self, market: Market) -> str:
        return market.name

    def secret(self, account: Account) -> str:
        return base64.b64encode(account.api_secret.encode()).decode()

    def credentials(self, account: Account) -> dict[str, str]:
        return {
            "coinbase_pro_api_key": account.api_key,
            "coinbase_pro_secret_key": self.secret(account),
            "coinbase_pro_passphrase": account.passphrase,
        }

    def hidden(self, account: Account) -> frozenset[str]:
        return frozenset({self.secret(account), account.passphrase})

    def ccxt_credentials(self, account: Account) -> dict[str, str]:
        return {"apiKey": account.api_key, "secret": self.secret(account), "password": account.passphrase}

    def authenticate(self, request: Request, route: Route) -> Account:
        given = {part: request.header(f"CB-ACCESS-{part}") or "" for part in SIGNED_WITH}
        for part, value in given.items():
            if not value:
                raise refused(f"CB-ACCESS-{part} header is required", 401)
        query = f"?{request.query_string}" if request.query_string else ""
        what = f"{request.method}{request.path}{query}{request.text}"
        wrong = self.wrong(given, what, self.received_at(request))
        if isinstance(wrong, str):
            raise refused(wrong, 400 if "expired" in wrong else 401)
        return wrong

    def wrong(self, given: Mapping[str, str], what: str, now: float) -> Account | str:
        """Who signed, or what the exchange says is wrong. `given` is by the headers' last words."""
        account = self.venue.account_of_key(given["KEY"])
        if account is None:
            return "Invalid API Key"
        time = given["TIMESTAMP"]
        if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", time):
            return "invalid timestamp"
        if abs(float(time) - now) > TOLERANCE + self.slack:
            return "request timestamp expired"
        if not same(account.passphrase, given["PASSPHRASE"]):
            return "Invalid Passphrase"
        if not same(hmac_base64(account.api_secret, f"{time}{what}"), given["SIGN"]):
            return "invalid signature"
        return account

    def admit(self, request: Request, route: Route) -> None:
        counters = self._private if route.private else self._public
        if counters.use(request.client, 1, self.received_at(request)).over:
            raise Refused(self.too_many_requests(1, private=route.private))

    def too_many_requests(self, retry_after: int, *, private: bool = True) -> Reply:
        whose = "Private" if private else "Public"
        return Reply(429, {}, {"message": f"{whose} rate limit exceeded"})

    def under_maintenance(self) -> Reply:
        return Reply(503, {}, {"message": "Service is under maintenance"})

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {}, {"message": "NotFound"})

    def expire_user_streams(self, account: Account) -> None:
        self.sessions.expire(account)

    def unknown_market(self) -> Refused:
        return refused("NotFound", 404)

    @rest("GET", "/time", operation="server_time")
    def time(self, call: Call) -> Json:
        now = self.venue.clock.now()
        return {"iso": iso(now), "epoch": round(now, 3)}

    @rest("GET", "/products", operation="symbols")
    def products(self, call: Call) -> JsonValue:
        return [codec.product(each, halted=self.venue.is_halted(each)) for each in self.venue.markets]

    @rest("GET", "/currencies", operation="symbols")
    def currencies(self, call: Call) -> JsonValue:
        assets = dict.fromkeys(asset for each in self.venue.markets for asset in (each.base, each.quote))
        return [
            {"id": each, "name": each, "min_size": "0.00000001", "max_precision": "0.00000001",
             "status": "online", "message": "", "details": {"type": "crypto"}}
            for each in assets
        ]  # fmt: skip

    @rest("GET", "/products/{name}/book", operation="order_book")
    def book(self, call: Call) -> Json:
        market, level = self.market_named(call.path["name"]), call.params.get("level", "1")
        with self.venue.lock:
            number = self.feed.number(market)
            if level == "3":
                return codec.every_order(self.venue.resting(market), number)
            if level not in ("1", "2"):
                raise refused("Invalid level")
            return codec.levels(self.venue.book(market, BEST if level == "1" else FIFTY), number)

    @rest("GET", "/products/{name}/ticker", operation="ticker")
    def ticker(self, call: Call) -> Json:
        today = day(self.venue, self.market_named(call.path["name"]))
        last = today.trades[-1] if today.trades else None
        return {
            "trade_id": last.trade_id if last else 0, "price": plain(today.last),
            "size": plain(last.amount if last else ZERO), "time": codec.stamp(last.at if last else today.at),
            "bid": plain(today.bid.price), "ask": plain(today.ask.price), "volume": plain(today.volume),
        }  # fmt: skip

    @rest("GET", "/products/{name}/stats", operation="ticker")
    def stats(self, call: Call) -> Json:
        today = day(self.venue, self.market_named(call.path["name"]))
        return {
            "open": plain(today.open), "high": plain(today.high), "low": plain(today.low),
            "volume": plain(today.volume), "last": plain(today.last), "volume_30day": plain(today.volume),
        }  # fmt: skip

    @rest("GET", "/products/{name}/trades", operation="trades")
    def trades(self, call: Call) -> JsonValue:
        found = self.venue.trades(self.market_named(call.path["name"]))[::-1]
        return [codec.public_trade(each) for each in found[: _limit(call)]]

    @rest("GET", "/accounts", operation="balances", private=True)
    def accounts(self, call: Call) -> JsonValue:
        return [codec.account_said(each, call.account.name) for each in self.venue.balances(call.account)]

    @rest("GET", "/fees", operation="fees", private=True)
    def fees(self, call: Call) -> Json:
        market = self.venue.markets[0]
        return {
            "maker_fee_rate": plain(market.maker_fee), "taker_fee_rate": plain(market.taker_fee),
            "usd_volume": "0",
        }  # fmt: skip

    @rest("POST", "/orders", operation="place_order", private=True)
    def place(self, call: Call) -> Json:
        body, now = call.request.json(), self.venue.clock.now()
        said = body if isinstance(body, dict) else {}
        order = codec.new_order(said, self.market_of(str(said.get("product_id"))), now)
        try:
            return codec.placed_said(self.venue.place(call.account, order))
        except VenueRefusal as error:
            if error.code is Refusal.POST_ONLY_WOULD_TAKE:
                return codec.rejected_said(order, now)
            raise refused_by_venue(error) from error

    @rest("DELETE", "/orders/{number}", operation="cancel_order", private=True)
    def cancel(self, call: Call) -> JsonValue:
        """The answer is the id."""
        try:
            order = self._order(call)
            return uuid_of(self.venue.cancel(call.account, order.order_id).order_id)
        except VenueRefusal as error:
            raise refused_by_venue(error) from error

    @rest("DELETE", "/orders", operation="cancel_all", private=True)
    def cancel_all(self, call: Call) -> JsonValue:
        name = call.params.get("product_id")
        market = None if name is None else self.market_named(name)
        with self.venue.lock:
            gone = [each.order_id for each in self.venue.open_orders(call.account, market)]
            return [uuid_of(self.venue.cancel(call.account, number).order_id) for number in gone]

    @rest("GET", "/orders/{number}", operation="order_status", private=True)
    def order(self, call: Call) -> Json:
        try:
            order = self._order(call)
        except VenueRefusal:
            raise refused("NotFound", 404) from None
        return self._said(call.account, order)

    @rest("GET", "/orders", operation="open_orders", private=True)
    def orders(self, call: Call) -> JsonValue:
        """`status` may stand there many times; without it, open orders."""
        wanted = {value for name, value in call.request.query if name == "status"} or {"open"}
        if not wanted <= STATUSES:
            raise refused("Invalid status")
        ended, live = not wanted.isdisjoint({"done", "all"}), wanted != {"done"}
        name = call.params.get("product_id")
        market = None if name is None else self.market_named(name)
        found = [
            each
            for each in reversed(self.venue.orders(call.account, market))
            if (live if each.status.live else ended and _kept(each))
        ]
        return [self._said(call.account, each) for each in found[: _limit(call)]]

    @rest("GET", "/fills", operation="order_trades", private=True)
    def fills(self, call: Call) -> JsonValue:
        """Newest first; `after` is the id of the last one that the client has."""
        name, number = call.params.get("product_id"), call.params.get("order_id")
        if name is None and number is None:
            raise refused("product_id or order_id is required")
        market = None if name is None else self.market_named(name)
        order_id = None if number is None else number_of(number)
        if number is not None and order_id is None:
            raise refused("Invalid order_id")
        found = self.venue.fills(call.account, market, order_id)[::-1]
        after = call.params.get("after", "")
        if after.isdigit():
            found = tuple(each for each in found if each.trade_id < int(after))
        return [codec.fill_said(each) for each in found[: _limit(call)]]

    def _order(self, call: Call) -> Order:
        """The order that the path names, by the exchange's id or `client:` and the client's; raises
        VenueRefusal."""
        number = call.path["number"]
        if number.startswith("client:"):
            found = self.venue.order(call.account, client_order_id=number.removeprefix("client:"))
        else:
            order_id = number_of(number)
            if order_id is None:
                raise refused("Invalid order id")
            found = self.venue.order(call.account, order_id)
        if not _kept(found):
            raise VenueRefusal(Refusal.UNKNOWN_ORDER)
        return found

    def _said(self, account: Account, order: Order) -> Json:
        fills = self.venue.fills(account, order.market, order.order_id)
        return codec.order_said(order, sum((fill.fee for fill in fills), Decimal(0)))

    @stream("/")
    def open_feed(self, call: Call) -> FeedSession:
        opened = FeedSession(self, self.sessions.remove)
        self.sessions.add(opened)
        return opened


def _kept(order: Order) -> bool:
    """Whether the exchange still knows it: not when it ended without a match."""
    return order.status.live or order.status is OrderStatus.FILLED or order.filled > 0


def _limit(call: Call) -> int:
    said = call.params.get("limit", "100")
    if not said.isdigit() or not 1 <= int(said) <= 100:
        raise refused("Invalid limit")
    return int(said)
