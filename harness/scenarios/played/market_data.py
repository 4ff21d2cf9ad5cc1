"""The connector reads the market while others quote and trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from harness.driving.claims import (
    BookView,
    ConfigField,
    LastPrices,
    LogLine,
    PairView,
    Prices,
    Rule,
    TradeView,
    Usage,
)
from harness.driving.numbers import Number, as_kept
from harness.scenarios import randomization
from harness.scenarios.played import start
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.market import Market, floor_to
from harness.venue.model import Level, Side, Trade

DEPTH = 20
SHALLOWEST = 5  # levels without which a book is wrong; how deep it is besides is judged elsewhere
BURSTS, STEPS = 8, 12


@dataclass(frozen=True)
class Quantized:
    """A price and an amount as asked for, and what the connector would send instead."""

    market: Market
    asked: tuple[Decimal, Decimal]
    got: tuple[Number, Number]


@dataclass(frozen=True)
class SeenByCcxt:
    """ccxt's reading of one market: price step, amount step, smallest amount; None where it has none."""

    tick_size: Decimal | None
    lot_size: Decimal | None
    min_amount: Decimal | None


@dataclass(frozen=True)
class MarketData(View):
    """What was seen. Book differences are sentences, None where the books agreed.

    `rules` are None where the connector has no way to show them. `several` are prices of all markets.
    """

    rig_number: int
    markets: tuple[Market, ...]
    ready_seconds: float
    config: tuple[ConfigField, ...]
    order_types: tuple[str, ...]
    rules: dict[str, Rule] | None
    quantized: tuple[Quantized, ...]
    first_difference: str | None
    later_difference: str | None
    book_requests: int
    trades_made: tuple[Trade, ...]
    trades_seen: tuple[TradeView, ...]
    prices: Prices
    last_price: Decimal
    best: tuple[Decimal, Decimal]
    logs: tuple[LogLine, ...]
    usage: Usage
    several: LastPrices = field(default_factory=LastPrices)


def watch_simulated(rigs: Rigs, pace: float) -> MarketData:
    """Start on two markets, one of them with an odd name and odd sizes, and let others trade."""
    odd = randomization.odd(rigs.dialect.markets)
    with rigs.open(pace, also=odd) as rig:
        connector, markets = rig.connector, (rig.market, *odd)
        ready_seconds = start(rig)
        first = books_differ(rig, markets)
        mark = rig.record.mark()
        before = {market: len(rig.venue.trades(market)) for market in markets}
        for _ in range(BURSTS):
            for market in markets:
                rig.venue.walk(STEPS, market)
            rig.pause(0.5)
        for market in markets:
            change_twice(rig, market)
        quote_inside(rig, rig.market)
        if rig.market.perpetual:
            _price_elsewhere(rig)
        later = books_differ(rig, markets)
        made = tuple(trade for market in markets for trade in rig.venue.trades(market)[before[market] :])
        seen = rig.eventually(lambda: found if len(found := connector.trades()) >= len(made) else (), 10.0)
        book = rig.venue.book(rig.market, 1)
        return MarketData(
            rig_number=rig.number,
            markets=markets,
            ready_seconds=ready_seconds,
            config=connector.config(),
            order_types=connector.order_types(),
            rules=connector.shown_rules(),
            quantized=tuple(quantize(rig, market) for market in markets for _ in range(25)),
            first_difference=first,
            later_difference=later,
            book_requests=len(rig.record.requests("order_book", since=mark)),
            trades_made=made,
            trades_seen=seen or connector.trades(),
            prices=connector.prices(rig.pair),
            last_price=rig.venue.last_price(rig.market),
            best=(book.bids[0].price, book.asks[0].price),
            logs=connector.logs(),
            usage=connector.usage(),
            several=connector.last_prices(tuple(market.name for market in rig.venue.markets)),
        )


def quote_inside(rig: Rig, market: Market) -> None:
    """New best quotes on both sides, so that neither is the price of the last trade."""
    book = rig.venue.book(market, 1)
    bid, ask, amount = book.bids[0].price, book.asks[0].price, market.lot_size * 1000
    if ask - bid > 2 * market.tick_size:
        rig.venue.set_level(market, Side.BUY, bid + market.tick_size, amount)
        rig.venue.set_level(market, Side.SELL, ask - market.tick_size, amount)


def _price_elsewhere(rig: Rig) -> None:
    """An index and a mark price that are not the price of the last trade."""
    last, tick = rig.venue.last_price(rig.market), rig.market.tick_size
    rig.venue.set_index(rig.market, last + 3 * tick)
    rig.venue.set_mark(rig.market, last + 7 * tick)


def change_twice(rig: Rig, market: Market) -> None:
    """A level on each side gets one amount and then, before anybody can be told, another."""
    book = rig.venue.book(market, SHALLOWEST)
    for side, level in ((Side.BUY, book.bids[-1]), (Side.SELL, book.asks[-1])):
        for factor in (2, 3):
            rig.venue.set_level(market, side, level.price, level.amount * factor)


@dataclass(frozen=True)
class Listing(View):
    """The pairs that the connector lists, asked before it is started: a wrong name keeps it from starting.

    `symbols` are the exchange's own, by market, and `others` what else it calls one; `ccxt` is None where
    ccxt does not know the exchange.
    """

    rig_number: int
    pairs: tuple[PairView, ...]
    symbols: dict[str, str]
    ccxt: dict[str, SeenByCcxt] | None
    others: dict[str, tuple[str, ...]] = field(default_factory=dict)


def list_markets(rigs: Rigs, pace: float) -> Listing:
    with rigs.open(pace, also=randomization.easily_cut_wrong(rigs.dialect)) as rig:
        ccxt = ask_ccxt(rig) if rig.dialect.ccxt_id else None
        symbols = {market.name: rig.dialect.symbol(market) for market in rig.venue.markets}
        others = {market.name: rig.dialect.also_named(market) for market in rig.venue.markets}
        return Listing(rig.number, rig.connector.pairs(), symbols, ccxt, others)


def ask_ccxt(rig: Rig) -> dict[str, SeenByCcxt]:
    """Every market of the kind that is tested, as ccxt reads it from the same exchange, by `BASE-QUOTE`."""
    markets = rig.open_oracle().markets()
    kind = "swap" if rig.market.perpetual else "spot"
    ours = {theirs: name for name, theirs in rig.dialect.ccxt_assets.items()}
    return {
        "-".join(ours.get(str(market[side]), str(market[side])) for side in ("base", "quote")): SeenByCcxt(
            _number(market["precision"]["price"]),
            _amount(market, market["precision"]["amount"]),
            _amount(market, market["limits"]["amount"]["min"]),
        )
        for market in markets.values()
        if market.get(kind)
    }


def _amount(market: Mapping[str, Any], value: object) -> Decimal | None:
    """In base: ccxt counts a perpetual's amounts in contracts."""
    number, size = _number(value), _number(market.get("contractSize"))
    return number if number is None or size is None else number * size


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def between_steps(chance: Random, market: Market) -> tuple[Decimal, Decimal]:
    """A price and an amount that is neither too small nor worth too little to be sent."""
    price = market.reference_price * Decimal(chance.randint(900_001, 1_099_999)) / 1_000_000
    least = max(market.min_amount, floor_to(2 * market.min_notional / price, market.lot_size))
    lots = chance.randint(50, 5000)
    return price, least + market.lot_size * lots + market.lot_size * Decimal(chance.randint(1, 999)) / 1000


def quantize(rig: Rig, market: Market) -> Quantized:
    """Any price near the market and any tradable amount, with more decimals than the market has."""
    price, amount = between_steps(rig.random, market)
    return Quantized(market, (price, amount), rig.connector.quantize(market.name, price, amount))


def depth_kept(rig: Rig, markets: Sequence[Market]) -> int:
    """How many levels of each side the connector keeps in all of these, from `SHALLOWEST` to `DEPTH`."""
    books = [rig.connector.book(market.name, DEPTH) for market in markets]
    kept = min(len(side) for book in books for side in (book.bids, book.asks))
    return min(max(kept, SHALLOWEST), DEPTH)


def books_differ(
    rig: Rig, markets: Sequence[Market], timeout: float = 30.0, depth: int | None = None
) -> str | None:
    """Wait for the connector's books to equal the venue's; how the first one still differs, or None.

    Compared are `depth` levels of a side; None: as many as the connector keeps at that moment.
    """
    differences: list[str] = []

    def look() -> bool:
        levels = depth_kept(rig, markets) if depth is None else depth
        differences[:] = [text for market in markets if (text := book_differs(rig, market, levels))]
        return not differences

    rig.eventually(look, timeout)
    return differences[0] if differences else None


def book_differs(rig: Rig, market: Market, depth: int = DEPTH) -> str | None:
    """How the connector's best levels differ from the venue's at this moment."""
    theirs: BookView = rig.connector.book(market.name, depth)
    ours = rig.venue.book(market, depth)
    for name, claims, truth in (("bids", theirs.bids, ours.bids), ("asks", theirs.asks, ours.asks)):
        if text := side_differs(claims, truth):
            return f"{market.name} {name}: {text}"
    return None


def side_differs(claims: Sequence[tuple[Decimal, Decimal]], truth: Sequence[Level]) -> str | None:
    """How the best levels differ, best first, or None: what a float cannot keep is no difference."""
    for place, level in enumerate(truth):
        if place >= len(claims):
            return f"of {len(truth)} levels that were compared the connector has {len(claims)}"
        price, amount = claims[place]
        if (as_kept(price), as_kept(amount)) != (as_kept(level.price), as_kept(level.amount)):
            return (
                f"level {place + 1} is {amount} at {price} in the connector, "
                f"{level.amount} at {level.price} on the exchange"
            )
    return None
