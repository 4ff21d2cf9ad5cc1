"""Kraken's public REST routes.

Source: docs.kraken.com/exchange/api-reference/spot-rest (Time, Assets, AssetPairs, Ticker, Depth, Trades).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.day import day
from harness.venue.dialects.kraken.codec import (
    REFUSALS,
    alternative_name,
    asset_name,
    listed,
    pair_name,
    price_text,
    refused,
    short_name,
    stream_name,
    volume_text,
)
from harness.venue.dialects.kraken.messages import pair_data, ticker_data
from harness.venue.dialects.messages import Reply, Request
from harness.venue.dialects.routing import Call, rest
from harness.venue.dialects.wire import iso, ns, parsed
from harness.venue.market import Market
from harness.venue.model import Level, Refusal, Trade
from harness.venue.session import Venue

PUBLIC = "/0/public"


class MarketRoutes(Dialect):
    """What anybody may ask."""

    in_dollars: ClassVar[bool] = True  # docs.kraken.com, "Get Tradable Asset Pairs": XBTUSD
    books_begin_whole: ClassVar[bool] = True

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._pairs = {
            name: market
            for market in venue.markets
            for name in (pair_name(market), alternative_name(market), stream_name(market))
        }

    def pair(self, name: str) -> Market:
        market = self._pairs.get(name)
        if market is None:
            raise refused(REFUSALS[Refusal.UNKNOWN_MARKET])
        return market

    def wanted(self, call: Call) -> Iterable[Market]:
        names = listed(call.params.get("pair"))
        return [self.pair(name) for name in names] if names else self.venue.markets

    @rest("GET", f"{PUBLIC}/Time", operation="server_time")
    def server_time(self, call: Call) -> Reply:
        now = self.venue.clock.now()
        return success({"unixtime": int(now), "rfc1123": formatdate(now, usegmt=True)})

    @rest("GET", f"{PUBLIC}/SystemStatus", operation="ping")
    def status(self, call: Call) -> Reply:
        return success({"status": "online", "timestamp": iso(self.venue.clock.now(), "seconds")})

    @rest("GET", f"{PUBLIC}/Assets", operation="symbols")
    def assets(self, call: Call) -> Reply:
        names = {asset for market in self.venue.markets for asset in (market.base, market.quote)}
        return success({
            asset_name(name): {
                "aclass": "currency", "altname": short_name(name), "decimals": 10, "display_decimals": 5,
                "status": "enabled",
            }
            for name in sorted(names)
        })  # fmt: skip

    @rest("GET", f"{PUBLIC}/AssetPairs", operation="symbols")
    def asset_pairs(self, call: Call) -> Reply:
        halted = self.venue.is_halted
        return success({pair_name(m): pair_data(m, halted(m)) for m in self.wanted(call)})

    @rest("GET", f"{PUBLIC}/Ticker", operation="ticker")
    def ticker(self, call: Call) -> Reply:
        return success({pair_name(m): ticker_data(day(self.venue, m)) for m in self.wanted(call)})

    @rest("GET", f"{PUBLIC}/Depth", operation="order_book")
    def depth(self, call: Call) -> Reply:
        """A hundred levels a side unless told, 500 at most; their times are whole seconds."""
        market = self.pair(call.params.get("pair", ""))
        book = self.venue.book(market, min(integer(call, "count", 100), 500))

        def rows(side: Iterable[Level]) -> list[JsonValue]:
            at = int(book.at)
            return [[price_text(market, x.price), volume_text(x.amount), at] for x in side]

        return success({pair_name(market): {"asks": rows(book.asks), "bids": rows(book.bids)}})

    def public_trade(self, trade: Trade) -> list[JsonValue]:
        """Price, volume, time, side of the taker, its type (the venue does not keep it), nothing, number."""
        price, volume = price_text(trade.market, trade.price), volume_text(trade.amount)
        return [price, volume, round(trade.at, 6), trade.taker_side.value[0], "l", "", trade.trade_id]

    @rest("GET", f"{PUBLIC}/Trades", operation="trades")
    def trades(self, call: Call) -> Reply:
        """The last thousand, oldest first; `since` is in seconds or nanoseconds."""
        market, since = self.pair(call.params.get("pair", "")), integer(call, "since", 0)
        after = since / 1e9 if since > 1e12 else float(since)
        found = [trade for trade in self.venue.trades(market) if trade.at > after]
        found = found[-min(integer(call, "count", 1000), 1000) :]
        told: list[JsonValue] = [self.public_trade(trade) for trade in found]
        last = ns(found[-1].at) if found else int(after * 1_000_000_000)
        return success({pair_name(market): told, "last": str(last)})


def success(result: Mapping[str, JsonValue]) -> Reply:
    return Reply(200, {}, {"error": [], "result": dict(result)})


def integer(call: Call, name: str, default: int) -> int:
    text = parameters(call.request).get(name) or call.params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise refused(f"EGeneral:Invalid arguments:{name}")
    return int(text)


def parameters(request: Request) -> dict[str, str]:
    """Of the body, a form or JSON."""
    if request.text.startswith("{"):
        return {name: str(value) for name, value in parsed(request.body).items()}
    return dict(request.form)
