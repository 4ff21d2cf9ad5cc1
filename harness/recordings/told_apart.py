"""Whether a recording tells two numbers of one object apart, so that it says which is which. Pure.

That a value is a number says little: a description may have base and quote, or free and total, the wrong way
round. So what a number means is confirmed only where no other number of the same object, described or not,
could stand in its place: they change places, and must then break a rule that markets keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Numbers = Mapping[str, Decimal]  # facts of one object, as `object.fact`
NEAR = Decimal(2)  # how many times as high or low as the market a price may be
EXACT = Decimal("0.005")  # of a product: exchanges round
FEWEST = 10  # prices, or amounts, that show how fine a market is

PRICES = frozenset(
    {
        "ticker.last", "ticker.open", "ticker.high", "ticker.low", "ticker.bid", "ticker.ask",
        "ticker.average", "level.price", "trade.price", "order.price", "order.average_price", "fill.price",
        "position.entry_price", "position.mark_price", "funding.mark_price", "funding.index_price",
    }
)  # fmt: skip
AMOUNTS = frozenset({"level.amount", "trade.amount"})
# a ≤ b, wherever both are told
_ORDERED = (
    ("ticker.low", "ticker.last"), ("ticker.last", "ticker.high"), ("ticker.low", "ticker.open"),
    ("ticker.open", "ticker.high"), ("ticker.bid", "ticker.ask"), ("ticker.low", "ticker.average"),
    ("ticker.average", "ticker.high"), ("balance.free", "balance.total"), ("balance.locked", "balance.total"),
    ("order.filled", "order.amount"), ("order.remaining", "order.amount"),
)  # fmt: skip
# a + b = c
_SUMS = (
    ("balance.free", "balance.locked", "balance.total"),
    ("order.filled", "order.remaining", "order.amount"),
)
# a · b = c: a price, an amount, what that is worth
_PRODUCTS = (
    ("trade.price", "trade.amount", "trade.quote_amount"),
    ("fill.price", "fill.amount", "fill.quote_amount"),
    ("order.average_price", "order.filled", "order.filled_quote"),
)


@dataclass(frozen=True)
class Market:
    """What prices and amounts of a market are like, by what stands elsewhere in the recording."""

    prices: tuple[Decimal, ...] = ()
    amounts: tuple[Decimal, ...] = ()

    @property
    def usual(self) -> Decimal | None:
        return sorted(self.prices)[len(self.prices) // 2] if self.prices else None


@dataclass(frozen=True)
class Object:
    """The numbers of one object: those that the description names, and others that stand beside them."""

    numbers: Numbers
    others: tuple[Decimal, ...] = ()
    market: Market = field(default_factory=Market)


def broken(one: Object) -> str | None:
    """Which rule of markets these numbers break, None: none. The facts that it is about are named in it."""
    numbers, usual = one.numbers, one.market.usual
    for name in PRICES & numbers.keys():
        price = numbers[name]
        if usual is not None and price != 0 and not usual / NEAR <= price <= usual * NEAR:
            return f"{name} {price:f} is far from the market's {usual:f}"
    for low, high in _ORDERED:
        if low in numbers and high in numbers and numbers[low] > numbers[high]:
            return f"{low} {numbers[low]:f} is above {high} {numbers[high]:f}"
    for first, second, both in _SUMS:
        if {first, second, both} <= numbers.keys() and numbers[first] + numbers[second] != numbers[both]:
            return f"{first} and {second} are not {both}"
    return _wrong_product(numbers, one.others) or _wrong_volume(one) or _wrong_step(one)


def _wrong_product(numbers: Numbers, others: Sequence[Decimal]) -> str | None:
    for price, amount, worth in _PRODUCTS:
        if price not in numbers or amount not in numbers:
            continue
        rate = numbers[price]
        if worth in numbers:
            if numbers[worth] and not _same(rate * numbers[amount], numbers[worth], EXACT):
                return f"{price} times {amount} is not {worth}"
        elif any(_same(rate * each, numbers[amount], EXACT) for each in others):
            return f"{amount} is another number times {price}: what it is worth, not how much"
    return None


def _wrong_volume(one: Object) -> str | None:
    """Volume in base and in quote differ by about the price."""
    volume, value = (one.numbers.get(name) for name in ("ticker.volume", "ticker.value"))
    usual = one.market.usual
    if usual is None or not volume:
        return None
    if value and not _about(volume * usual, value):
        return "ticker.volume times the price is not ticker.value"
    if value is None and any(_about(each * usual, volume) for each in one.others if each > 0):
        return "ticker.volume is another number times the price: what was paid, not how much was traded"
    return None


def _wrong_step(one: Object) -> str | None:
    """Prices are multiples of the tick size and of nothing ten times as large; amounts of the lot size."""
    for names, seen in (
        (("market.tick_size", "market.tick_decimals"), one.market.prices),
        (("market.lot_size", "market.lot_decimals"), one.market.amounts),
    ):
        for name in names:
            if name in one.numbers and len(seen) >= FEWEST and not _steps(name, one.numbers[name], seen):
                return f"{name} {one.numbers[name]:f} is not that of the prices or amounts seen"
    return None


def _steps(name: str, value: Decimal, seen: Sequence[Decimal]) -> bool:
    if name.endswith("decimals"):
        if value != value.to_integral_value() or not -20 <= value <= 20:
            return False
        value = Decimal(1).scaleb(-int(value))
    if value <= 0:
        return False
    return all(not each % value for each in seen) and any(each % (10 * value) for each in seen)


def _about(one: Decimal, other: Decimal) -> bool:
    return other / NEAR <= one <= other * NEAR


def _same(one: Decimal, other: Decimal, within: Decimal) -> bool:
    return one != 0 and abs(one - other) <= within * max(abs(one), abs(other))


def doubt(objects: Iterable[Object], fact: str) -> str | None:
    """What else could stand for `fact` in all of these objects; None where no other number could."""
    seen = [each for each in objects if fact in each.numbers]
    for rival in sorted({name for each in seen for name in each.numbers} - {fact}):
        if not any(_exchange_breaks(each, fact, rival) for each in seen if rival in each.numbers):
            return rival
    if not any(_tested(each, fact) for each in seen):
        return "any number"
    strange = [each for each in seen if any(other != each.numbers[fact] for other in each.others)]
    if strange and all(_other_fits(each, fact) for each in strange):
        return "a number beside it that is not described"
    return None


def _tested(one: Object, fact: str) -> bool:
    """Whether a rule says something of this number, or another number stands beside it."""
    steps = {"market.tick_size", "market.tick_decimals", "market.lot_size", "market.lot_decimals"}
    seen = one.market.prices if "tick" in fact else one.market.amounts
    known = fact in PRICES and one.market.usual is not None
    return known or (fact in steps and len(seen) >= FEWEST) or len(one.numbers) > 1 or bool(one.others)


def _exchange_breaks(one: Object, fact: str, rival: str) -> bool:
    """Whether a rule is broken where the two change places; where they are equal none is."""
    if one.numbers[fact] == one.numbers[rival]:
        return False
    changed = {**one.numbers, fact: one.numbers[rival], rival: one.numbers[fact]}
    return broken(Object(changed, one.others, one.market)) is not None


def _other_fits(one: Object, fact: str) -> bool:
    """Whether one of the other numbers could stand in its place, and it in that one's."""
    own = one.numbers[fact]
    return any(
        broken(
            Object(
                {**one.numbers, fact: other},
                (*one.others[:place], own, *one.others[place + 1 :]),
                one.market,
            )
        )
        is None
        for place, other in enumerate(one.others)
        if other != own
    )
