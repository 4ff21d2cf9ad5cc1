"""Orders with more decimals than their market has: what the exchange receives of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from harness.scenarios import randomization
from harness.scenarios.played import start
from harness.scenarios.played.order_life import Life, resting_price, settle, size, submit
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
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
class Rounding(View):
    """The whole scenario, one entry a market. `tiny` are whole-step orders at prices below a millionth."""

    rig_number: int
    tried: list[Tried] = field(default_factory=list)
    tiny: list[Life] = field(default_factory=list)


def round_orders(rigs: Rigs, pace: float) -> Rounding:
    """In an ordinary market, in an odd one, and in one with tiny prices."""
    odd, tiny = randomization.odd(rigs.dialect.markets), randomization.tiny(rigs.dialect)
    with rigs.open(pace, also=(*odd, *tiny)) as rig:
        run = Rounding(rig.number)
        start(rig)
        for market in (rig.market, *odd):
            ordinary = _of_whole_steps(rig, market, Side.BUY)
            uneven = [awkward(rig, market, side) for side in Side for _ in range(EACH_WAY)]
            lives = [settle(rig, life) for life in (ordinary, *uneven)]
            run.tried.append(Tried(market, lives[0], tuple(lives[1:])))
        run.tiny = [settle(rig, _of_whole_steps(rig, market, side)) for market in tiny for side in Side]
        return run


def _of_whole_steps(rig: Rig, market: Market, side: Side) -> Life:
    return submit(rig, side, size(rig, market), resting_price(rig, side, market), market=market)


def awkward(rig: Rig, market: Market, side: Side) -> Life:
    """Neither its amount nor its price is a multiple of any coarser step than the market's."""
    chance = rig.random
    lots = chance.choice((1, 3, 7, 9)) + Decimal(chance.randint(11, 89)) / 100
    ticks = Decimal(chance.randint(11, 89)) / 100
    amount = size(rig, market) + market.lot_size * lots
    price = resting_price(rig, side, market) + market.tick_size * ticks
    return submit(rig, side, amount, price, market=market)
