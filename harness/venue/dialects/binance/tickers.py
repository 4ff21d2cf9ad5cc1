"""Tickers reckoned from the venue's trades and book."""

from __future__ import annotations

from decimal import Context, Decimal

from harness.venue.dialects.binance.messages import Json, ms, symbol_of
from harness.venue.dialects.decimals import fixed
from harness.venue.market import Market
from harness.venue.model import ZERO, Level
from harness.venue.session import Venue

DAY = 86_400.0
_DIVIDE = Context(prec=28)


def price(venue: Venue, market: Market) -> Json:
    return {"symbol": symbol_of(market), "price": fixed(venue.last_price(market))}


def top(venue: Venue, market: Market) -> Json:
    """Best bid and ask; zeros where a side is empty."""
    with venue.lock:
        book = venue.book(market, 1)
    nothing = Level(ZERO, ZERO)
    bid, ask = next(iter(book.bids), nothing), next(iter(book.asks), nothing)
    return {
        "symbol": symbol_of(market),
        "bidPrice": fixed(bid.price),
        "bidQty": fixed(bid.amount),
        "askPrice": fixed(ask.price),
        "askQty": fixed(ask.amount),
    }


def day(venue: Venue, market: Market) -> Json:
    """`ticker/24hr`, over the last day's trades."""
    with venue.lock:
        now, last = venue.clock.now(), venue.last_price(market)
        trades = [trade for trade in venue.trades(market) if trade.at >= now - DAY]
        best = top(venue, market)
    prices = [trade.price for trade in trades] or [last]
    volume = sum((trade.amount for trade in trades), ZERO)
    value = sum((trade.price * trade.amount for trade in trades), ZERO)
    change = last - prices[0]
    return {
        **best,
        "priceChange": fixed(change),
        "priceChangePercent": fixed(_DIVIDE.divide(change * 100, prices[0]), 3),
        "weightedAvgPrice": fixed(_DIVIDE.divide(value, volume) if volume else last),
        "prevClosePrice": fixed(prices[0]),
        "lastPrice": fixed(last),
        "lastQty": fixed(trades[-1].amount if trades else ZERO),
        "openPrice": fixed(prices[0]),
        "highPrice": fixed(max(prices)),
        "lowPrice": fixed(min(prices)),
        "volume": fixed(volume),
        "quoteVolume": fixed(value),
        "openTime": ms(now - DAY),
        "closeTime": ms(now),
        "firstId": trades[0].trade_id if trades else -1,
        "lastId": trades[-1].trade_id if trades else -1,
        "count": len(trades),
    }


def average(venue: Venue, market: Market) -> Json:
    """`avgPrice` over five minutes; the last price when there was no trade."""
    with venue.lock:
        now, last = venue.clock.now(), venue.last_price(market)
        trades = [trade for trade in venue.trades(market) if trade.at >= now - 300]
    volume = sum((trade.amount for trade in trades), ZERO)
    value: Decimal = sum((trade.price * trade.amount for trade in trades), ZERO)
    mean = _DIVIDE.divide(value, volume) if volume else last
    return {"mins": 5, "price": fixed(mean), "closeTime": ms(trades[-1].at if trades else now)}


def day_event(venue: Venue, market: Market) -> Json:
    """The `24hrTicker` stream's form of the same."""
    data = day(venue, market)
    letters = {
        "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x": "prevClosePrice",
        "c": "lastPrice", "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty",
        "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume",
        "O": "openTime", "C": "closeTime", "F": "firstId", "L": "lastId", "n": "count",
    }  # fmt: skip
    head: Json = {"e": "24hrTicker", "E": data["closeTime"], "s": data["symbol"]}
    return {**head, **{letter: data[name] for letter, name in letters.items()}}
