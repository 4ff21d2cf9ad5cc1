"""Orders with more decimals than their market has: what the exchange receives of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from checks.conformance.stories import start
from checks.conformance.stories.order_life import Life, resting_price, settle, size, submit
from harness import scenery
from harness.lab import Bench, Lab
from harness.venue.market import Market
from harness.venue.model import Side

EACH_WAY = 2  # awkward orders of a side in a market


@dataclass(frozen=True)
class Tried:
    """One market: an `ordinary` order of whole steps, then `awkward` ones between two steps."""

    market: Market
    ordinary: Life
    awkward: tuple[Life, ...]


@dataclass
class Rounding:
    """The whole story, one entry a market."""

    bench: Bench
    tried: list[Tried] = field(default_factory=list)


def round_orders(lab: Lab, pace: float) -> Rounding:
    """In an ordinary market and an odd one."""
    odd = scenery.odd(lab.dialect.markets)
    with lab.bench(pace, also=odd) as bench:
        story = Rounding(bench)
        start(bench)
        for market in (bench.market, *odd):
            price = resting_price(bench, Side.BUY, market)
            ordinary = submit(bench, Side.BUY, size(bench, market), price, market=market)
            awkward = [_awkward(bench, market, side) for side in Side for _ in range(EACH_WAY)]
            lives = [settle(bench, life) for life in (ordinary, *awkward)]
            story.tried.append(Tried(market, lives[0], tuple(lives[1:])))
        return story


def _awkward(bench: Bench, market: Market, side: Side) -> Life:
    """Neither its amount nor its price is a multiple of any coarser step than the market's."""
    chance = bench.random
    lots = chance.choice((1, 3, 7, 9)) + Decimal(chance.randint(11, 89)) / 100
    ticks = Decimal(chance.randint(11, 89)) / 100
    amount = size(bench, market) + market.lot_size * lots
    price = resting_price(bench, side, market) + market.tick_size * ticks
    return submit(bench, side, amount, price, market=market)
