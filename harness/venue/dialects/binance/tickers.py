"""Tickers reckoned from the venue's trades and book."""

from __future__ import annotations

from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.day import SECONDS, Day, day
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import ZERO
from harness.venue.session import Venue


def price(venue: Venue, market: Market) -> Json:
    return {"symbol": symbol_of(market), "price": fixed(venue.last_price(market))}


def top(venue: Venue, market: Market) -> Json:
    """Best bid and ask; zeros where a side is empty."""
    return _top(day(venue, market))


def _top(today: Day) -> Json:
    return {
        "symbol": symbol_of(today.market),
        "bidPrice": fixed(today.bid.price),
        "bidQty": fixed(today.bid.amount),
        "askPrice": fixed(today.ask.price),
        "askQty": fixed(today.ask.amount),
    }


def whole_day(venue: Venue, market: Market) -> Json:
    """`ticker/24hr`, over the last day's trades."""
    today = day(venue, market)
    trades = today.trades
    return {
        **_top(today),
        "priceChange": fixed(today.change),
        "priceChangePercent": fixed(today.change_rate * 100, 3),
        "weightedAvgPrice": fixed(today.average),
        "prevClosePrice": fixed(today.open),
        "lastPrice": fixed(today.last),
        "lastQty": fixed(trades[-1].amount if trades else ZERO),
        "openPrice": fixed(today.open),
        "highPrice": fixed(today.high),
        "lowPrice": fixed(today.low),
        "volume": fixed(today.volume),
        "quoteVolume": fixed(today.value),
        "openTime": ms(today.at - SECONDS),
        "closeTime": ms(today.at),
        "firstId": trades[0].trade_id if trades else -1,
        "lastId": trades[-1].trade_id if trades else -1,
        "count": len(trades),
    }


def average(venue: Venue, market: Market) -> Json:
    """`avgPrice` over five minutes; the last price when there was no trade."""
    lately = day(venue, market, 300.0)
    closed = lately.trades[-1].at if lately.trades else lately.at
    return {"mins": 5, "price": fixed(lately.average), "closeTime": ms(closed)}


def day_event(venue: Venue, market: Market) -> Json:
    """The `24hrTicker` stream's form of the same."""
    data = whole_day(venue, market)
    letters = {
        "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x": "prevClosePrice",
        "c": "lastPrice", "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty",
        "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume",
        "O": "openTime", "C": "closeTime", "F": "firstId", "L": "lastId", "n": "count",
    }  # fmt: skip
    head: Json = {"e": "24hrTicker", "E": data["closeTime"], "s": data["symbol"]}
    return {**head, **{letter: data[name] for letter, name in letters.items()}}
