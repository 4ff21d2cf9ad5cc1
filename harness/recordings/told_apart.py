"""Whether a recording tells two numbers of one object apart, so that it says which is which. Pure.

That a value is a number says little: a description may have base and quote, or free and total, the wrong way
round. So what a number means is confirmed only where no other number of the same object, described or not,
could stand in its place: each is put into the place of the other, and must then break a rule that markets keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

Numbers = Mapping[str, Decimal]  # facts of one object, as `object.fact`
FEWEST = 1  # objects that must tell
NEAR = Decimal(2)  # how many times as high or low as the market a price may be
EXACT = Decimal("0.005")  # of a product: exchanges round

PRICES = frozenset(
    {
        "ticker.last", "ticker.open", "ticker.high", "ticker.low", "ticker.bid", "ticker.ask",
        "ticker.average", "level.price", "trade.price", "order.price", "order.average_price", "fill.price",
        "position.entry_price", "position.mark_price", "funding.mark_price", "funding.index_price",
    }
)  # fmt: skip
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
    ("trade.price", "trade.amount", "trade.quote_amount"), ("fill.price", "fill.amount", "fill.quote_amount"),
    ("order.average_price", "order.filled", "order.filled_quote"),
    ("ticker.average", "ticker.volume", "ticker.value"),
)  # fmt: skip


@dataclass(frozen=True)
class Object:
    """The numbers of one object: those that the description names, and others that stand beside them.

    `near` is what the market's prices are like, None where that is not known from elsewhere.
    """

    numbers: Numbers
    others: tuple[Decimal, ...] = ()
    near: Decimal | None = None


def broken(numbers: Numbers, others: Sequence[Decimal], near: Decimal | None) -> str | None:
    """Which rule of markets these numbers break, None: none."""
    for name in PRICES & numbers.keys():
        price = numbers[name]
        if near is not None and price != 0 and not near / NEAR <= price <= near * NEAR:
            return f"{name} {price:f} is far from the market's {near:f}"
    for low, high in _ORDERED:
        if low in numbers and high in numbers and numbers[low] > numbers[high]:
            return f"{low} {numbers[low]:f} is above {high} {numbers[high]:f}"
    for one, other, both in _SUMS:
        if {one, other, both} <= numbers.keys() and numbers[one] + numbers[other] != numbers[both]:
            return f"{one} and {other} are not {both}"
    return _wrong_product(numbers, others)


def _wrong_product(numbers: Numbers, others: Sequence[Decimal]) -> str | None:
    for price, amount, worth in _PRODUCTS:
        if price not in numbers or amount not in numbers:
            continue
        if worth in numbers and not _same(numbers[price] * numbers[amount], numbers[worth]):
            return f"{price} times {amount} is not {worth}"
        rate = numbers[price]
        if worth not in numbers and any(_same(rate * each, numbers[amount]) for each in others if each):
            return f"{amount} is another number times {price}: what it is worth, not how much"
    return None


def _same(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= EXACT * max(abs(one), abs(other)) and one != 0


@dataclass(frozen=True)
class Doubt:
    """What could as well be meant by a fact's place: another fact, or a number that is not described."""

    instead: str


def doubts(objects: Iterable[Object], fact: str) -> Doubt | None:
    """What else could stand for `fact` in all of these objects, None where each exchange breaks a rule."""
    seen = [each for each in objects if fact in each.numbers]
    rivals = sorted({name for each in seen for name in each.numbers} - {fact})
    for rival in rivals:
        both = [each for each in seen if rival in each.numbers]
        if not any(map(bool, (_exchanged(each, fact, rival) for each in both))):
            return Doubt(rival)
    if any(_others_fit(each, fact) for each in seen) and all(
        _others_fit(each, fact) for each in seen if _differs(each, fact)
    ):
        return Doubt("a number beside it that is not described")
    return None


def _exchanged(each: Object, fact: str, rival: str) -> str | None:
    """What breaks where the two change places; nothing where they are equal."""
    numbers = {**each.numbers, fact: each.numbers[rival], rival: each.numbers[fact]}
    if numbers[fact] == numbers[rival]:
        return None
    return broken(numbers, each.others, each.near)


def _differs(each: Object, fact: str) -> bool:
    return any(other != each.numbers[fact] for other in each.others)


def _others_fit(each: Object, fact: str) -> bool:
    """Whether one of the other numbers, another than its own, could stand in its place."""
    return any(True for _ in _fitting(each, fact))


def _fitting(each: Object, fact: str) -> Iterator[Decimal]:
    own = each.numbers[fact]
    for place, other in enumerate(each.others):
        if other == own:
            continue
        rest = [*each.others[:place], own, *each.others[place + 1 :]]
        if broken({**each.numbers, fact: other}, rest, each.near) is None:
            yield other
