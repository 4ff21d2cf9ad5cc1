"""Price first, then time; and that looking changes nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from harness.venue.engine import Book, Match
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.model import Level, Side

D = Decimal


@pytest.fixture
def book() -> Book:
    """Asks: 1 at 101 (order 1), 2 and 4 at 102 (orders 2, 4); bid: 5 at 99 (order 3)."""
    book = Book(SAMPLE_MARKETS[0])
    book.rest(2, Side.SELL, D(102), D(2))
    book.rest(1, Side.SELL, D(101), D(1))
    book.rest(3, Side.BUY, D(99), D(5))
    book.rest(4, Side.SELL, D(102), D(4))
    return book


def test_levels_are_sorted_and_summed(book: Book) -> None:
    book.rest(5, Side.BUY, D("99.5"), D(1))
    assert book.levels(Side.SELL) == (Level(D(101), D(1)), Level(D(102), D(6)))
    assert book.levels(Side.BUY) == (Level(D("99.5"), D(1)), Level(D(99), D(5)))
    assert book.levels(Side.BUY, 1) == (Level(D("99.5"), D(1)),)


def test_better_price_first_then_older_order(book: Book) -> None:
    assert book.plan(Side.BUY, amount=D("3.5")) == [
        Match(1, D(101), D(1)),
        Match(2, D(102), D(2)),
        Match(4, D(102), D("0.5")),
    ]


def test_a_limit_is_kept(book: Book) -> None:
    assert book.plan(Side.BUY, limit=D("101.99"), amount=D(9)) == [Match(1, D(101), D(1))]
    assert book.plan(Side.SELL, limit=D("99.01"), amount=D(9)) == []
    assert book.plan(Side.SELL, limit=D(99), amount=D(9)) == [Match(3, D(99), D(5))]


def test_a_quote_amount_buys_whole_lots_only(book: Book) -> None:
    matches = book.plan(Side.BUY, quote_amount=D("101.5"))
    assert matches == [Match(1, D(101), D(1)), Match(2, D(102), D("0.00490"))]
    assert sum(m.price * m.amount for m in matches) <= D("101.5")
    assert book.plan(Side.BUY, quote_amount=D("0.000001")) == []


def test_planning_changes_nothing_and_taking_does(book: Book) -> None:
    before = book.levels(Side.SELL)
    first, second = book.plan(Side.BUY, amount=D(2))
    assert book.levels(Side.SELL) == before
    for match in (first, second):
        book.reduce(match.maker_order_id, match.amount)
    assert book.levels(Side.SELL) == (Level(D(102), D(5)),)
    assert book.orders_at(Side.SELL, D(102)) == (2, 4)


def test_a_partly_taken_order_keeps_its_place(book: Book) -> None:
    book.reduce(1, D(1))
    book.reduce(2, D(1))
    assert book.plan(Side.BUY, amount=D(1)) == [Match(2, D(102), D(1))]


def test_what_is_ahead_of_an_order(book: Book) -> None:
    assert [match.maker_order_id for match in book.ahead_of(4)] == [1, 2]
    assert book.ahead_of(1) == ()
    book.remove(2)
    assert [match.maker_order_id for match in book.ahead_of(4)] == [1]
    with pytest.raises(KeyError):
        book.ahead_of(2)
