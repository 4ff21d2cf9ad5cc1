"""What a connector could know the harness by, made different with every seed.

One seed gives the same values always, so that a finding can be looked into again. The seed of an official
round is known to nobody before its submissions are frozen (`harness.forks.lockfile.seed_of`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from harness.venue.dialects.base import Dialect
from harness.venue.market import Market, floor_to
from harness.venue.session import Venue

WEALTH = Decimal(1_000_000)  # worth of every asset in an account, in the last quote asset, give or take
_LOWEST, _HIGHEST = 0.7, 1.5  # of a market's usual price
DOZEN, FIRST_PAGE = 12, 20
_COINS = (
    "ADA", "ALGO", "ATOM", "AVAX", "BCH", "DOT", "ETC", "FIL", "LINK", "LTC", "NEAR", "XTZ", "AAVE", "APT",
    "ARB", "CRV", "ENJ", "GRT", "IMX", "INJ", "OP", "SAND", "SNX", "UNI",
)  # fmt: skip
_CHEAPEST, _BELOW_A_MILLIONTH = "BTTC", (Decimal("0.00000064"), Decimal("0.00000001"))
_EASILY_CUT_WRONG = ("SHIB", "USD")  # as Bitstamp has it, where others had markets in BUSD
_FIRST_NUMBERS = (10**9, 9 * 10**9)  # of orders, trades and book changes; exchanges are years old


def usual(markets: Sequence[Market]) -> Sequence[Market]:
    """Those on which most scenarios are played: a scenario's own is drawn from these."""
    return markets[:2]


def odd(markets: Sequence[Market]) -> tuple[Market, ...]:
    """A market with an odd name and odd sizes, none of the `usual` ones; none where there are no others."""
    return tuple(markets[2:3])


def varied(dialect: type[Dialect], seed: int) -> type[Dialect]:
    """The dialect with every market's prices moved, each by a factor of its own that follows the seed; one
    that replays a recording as it is."""
    if dialect.replays:
        return dialect
    markets = tuple(_moved(market, _chance(seed, market.name)) for market in dialect.markets)
    return type(dialect.__name__, (dialect,), {"markets": markets, "__module__": dialect.__module__})


def eleven_more(markets: Sequence[Market]) -> tuple[Market, ...]:
    """Markets that are none of these, with the rules of a usual one: with any other, a dozen."""
    return _more(markets, DOZEN - 1)


def a_page_more(markets: Sequence[Market]) -> tuple[Market, ...]:
    """As many of these as exchanges list on one page, where they list by pages."""
    return _more(markets, FIRST_PAGE)


def _more(markets: Sequence[Market], number: int) -> tuple[Market, ...]:
    names = {market.base for market in markets}
    coins = [coin for coin in _COINS if coin not in names]
    return tuple(replace(usual(markets)[-1], base=coin) for coin in coins[:number])


def easily_cut_wrong(dialect: type[Dialect]) -> tuple[Market, ...]:
    """A market whose joined symbol reads as that of another, too: SHIBUSD is no SHI-BUSD.

    None where nothing is quoted in dollars: a connector need not know quotes that its exchange does not have.
    """
    if not dialect.in_dollars or any(market.perpetual for market in dialect.markets):
        return ()
    base, quote = _EASILY_CUT_WRONG
    return (replace(usual(dialect.markets)[-1], base=base, quote=quote),)


def tiny(dialect: type[Dialect]) -> tuple[Market, ...]:
    """A market whose prices lie below a millionth, which many a library writes as 6.4E-7; on spot only."""
    usual_one = usual(dialect.markets)[-1]
    if usual_one.perpetual:
        return ()
    whole = Decimal(1)
    price, tick = _BELOW_A_MILLIONTH
    new = replace(
        usual_one, base=_CHEAPEST, tick_size=tick, lot_size=whole, min_amount=whole, reference_price=price
    )
    return (new,)


def having(dialect: type[Dialect], also: Sequence[Market]) -> type[Dialect]:
    """The dialect with those of `also` that it does not have."""
    new = tuple(market for market in also if market not in dialect.markets)
    if not new:
        return dialect
    more = {"markets": (*dialect.markets, *new), "__module__": dialect.__module__}
    return type(dialect.__name__, (dialect,), more)


def _moved(market: Market, chance: random.Random) -> Market:
    price = market.reference_price * Decimal(str(round(chance.uniform(_LOWEST, _HIGHEST), 6)))
    return replace(market, reference_price=floor_to(price, market.tick_size) or market.tick_size)


def owner(seed: int) -> str:
    """The account's name; exchanges derive its number from it."""
    return f"account-{_chance(seed, 'owner').randrange(10**8)}"


def first_number(seed: int) -> int:
    return _chance(seed, "numbers").randrange(*_FIRST_NUMBERS)


def trade_at_no_round_price(venue: Venue, market: Market) -> None:
    """Let others trade at a price that needs all of the market's decimals, unless the last one does.

    Exchanges drop zeros at a price's end, and some connectors read a market's step from how a price is
    written: whether that goes wrong must not hang on the seed.
    """
    last = venue.last_price(market)
    if last % (10 * market.tick_size) == 0:
        venue.trade_at(market, last + market.tick_size)


def trade_at_a_round_price(venue: Venue, market: Market) -> None:
    """Let others trade at a price that ends in a zero, which many exchanges leave out."""
    ten = 10 * market.tick_size
    venue.trade_at(market, floor_to(venue.last_price(market), ten) or ten)


def initial_balances(markets: Sequence[Market], seed: int = 0) -> dict[str, Decimal]:
    """Plenty of every asset, in amounts that differ so that a mix-up shows."""
    worth = {markets[0].quote: Decimal(1)}
    for market in markets:
        worth[market.base] = market.reference_price * worth.setdefault(market.quote, Decimal(1))
    return {
        asset: (_about(WEALTH, seed, asset) / value + number).quantize(Decimal("0.00000001"))
        for number, (asset, value) in enumerate(sorted(worth.items()), start=1)
    }


def _about(amount: Decimal, seed: int, name: str) -> Decimal:
    return amount * _chance(seed, name).randint(700_000, 1_400_000) / 1_000_000


def _chance(seed: int, what: str) -> random.Random:
    """Of one thing alone, so that none depends on the order in which others are drawn."""
    return random.Random(f"{seed} {what}")  # noqa: S311 - a repeatable scenario, not a secret
