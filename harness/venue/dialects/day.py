"""The last day of a market, as every exchange's ticker tells it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

from harness.venue.market import Market
from harness.venue.model import ZERO, Level, Trade
from harness.venue.session import Venue

SECONDS = 86_400.0
_DIVIDE = Context(prec=28)
_NONE = Level(ZERO, ZERO)


@dataclass(frozen=True)
class Day:
    """Prices in quote, `volume` in base, `value` in quote; `bid` and `ask` are zeros where a side is empty.

    Without a trade the prices are all the going one.
    """

    market: Market
    at: float
    sequence: int
    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal
    volume: Decimal
    value: Decimal
    bid: Level
    ask: Level
    trades: tuple[Trade, ...]

    @property
    def change(self) -> Decimal:
        return self.last - self.open

    @property
    def change_rate(self) -> Decimal:
        """The change as a fraction of the opening price."""
        return _DIVIDE.divide(self.change, self.open)

    @property
    def average(self) -> Decimal:
        """By volume; the last price without a trade."""
        return _DIVIDE.divide(self.value, self.volume) if self.volume else self.last


def day(venue: Venue, market: Market, seconds: float = SECONDS) -> Day:
    """What happened on `market` in the last `seconds`."""
    with venue.lock:
        now, book, last = venue.clock.now(), venue.book(market, 1), venue.last_price(market)
        trades = tuple(trade for trade in venue.trades(market) if trade.at >= now - seconds)
    prices = [trade.price for trade in trades] or [last]
    return Day(
        market=market,
        at=now,
        sequence=book.sequence,
        open=prices[0],
        high=max(prices),
        low=min(prices),
        last=last,
        volume=sum((trade.amount for trade in trades), ZERO),
        value=sum((trade.price * trade.amount for trade in trades), ZERO),
        bid=next(iter(book.bids), _NONE),
        ask=next(iter(book.asks), _NONE),
        trades=trades,
    )
