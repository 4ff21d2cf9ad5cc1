"""How many order operations a second one core does: through the venue's public API, and on the bare book.

Run `python -m benchmarks.engine`. An operation is one call of a client; of four, two are orders that rest,
one an order that trades at once, one a cancel. The time is the process's own, so that a busy machine blurs
it less.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from harness.venue.engine import Book
from harness.venue.events import Event
from harness.venue.market import SAMPLE_MARKETS, SAMPLE_PERPETUALS, Market
from harness.venue.model import NewOrder, Side, TimeInForce
from harness.venue.session import Venue

AMOUNT = Decimal("0.01")
PRICES = [Decimal(64000) + Decimal("0.1") * n for n in range(50)]
SEED = 7
REPEATS = 60


class StillClock:
    def now(self) -> float:
        return 1_790_000_000.0


def through_the_venue(market: Market, listeners: int) -> Callable[[int], int]:
    """Two accounts: one rests two orders and cancels one, the other takes the other one."""
    venue = Venue([market], SEED, StillClock())
    for _ in range(listeners):
        venue.subscribe(_ignore)
    initial_balances = {market.base: Decimal(10**9), market.quote: Decimal(10**12)}
    maker, taker = venue.account("maker", initial_balances), venue.account("taker", initial_balances)

    resting = [NewOrder(market, side, amount=AMOUNT, price=price) for price in PRICES for side in Side]
    pairs = [(new, replace(new, side=new.side.other, time_in_force=TimeInForce.IOC)) for new in resting]

    def run(rounds: int) -> int:
        for number in range(rounds):
            rest, cross = pairs[number % len(pairs)]
            venue.place(maker, rest)
            venue.place(taker, cross)
            order = venue.place(maker, rest)
            venue.cancel(maker, order.order_id)
        return rounds * 4

    return run


def on_the_bare_book(market: Market) -> Callable[[int], int]:
    """The same mix without accounts, ledger and events."""
    book = Book(market)

    def run(rounds: int) -> int:
        for number in range(rounds):
            price = PRICES[number % len(PRICES)]
            side = Side.BUY if number % 2 else Side.SELL
            book.rest(2 * number, side, price, AMOUNT)
            for match in book.plan(side.other, limit=price, amount=AMOUNT):
                book.reduce(match.maker_order_id, match.amount)
            book.rest(2 * number + 1, side, price, AMOUNT)
            book.remove(2 * number + 1)
        return rounds * 4

    return run


def _ignore(event: Event) -> None:
    """A listener that does nothing: the events are built all the same."""


def rate(make: Callable[[], Callable[[int], int]], rounds: int) -> float:
    """Operations a second of the process's time: the best of many short repeats, each on a new venue."""
    best = 0.0
    for _ in range(REPEATS):
        run = make()
        run(rounds // 10)
        began = time.process_time()
        done = run(rounds)
        best = max(best, done / (time.process_time() - began))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="of four operations each, a repeat")
    parser.add_argument("--profile", action="store_true", help="show where the venue's time goes")
    args = parser.parse_args()
    if args.profile:
        run = through_the_venue(SAMPLE_MARKETS[0], 0)
        profile = cProfile.Profile()
        profile.runcall(run, 20 * args.rounds)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    table = Table("what", "operations a second")
    rows = [
        ("venue, spot", lambda: through_the_venue(SAMPLE_MARKETS[0], 0)),
        ("venue, spot, one listener", lambda: through_the_venue(SAMPLE_MARKETS[0], 1)),
        ("venue, perpetual", lambda: through_the_venue(SAMPLE_PERPETUALS[0], 0)),
        ("bare book", lambda: on_the_bare_book(SAMPLE_MARKETS[0])),
    ]
    for name, make in rows:
        table.add_row(name, f"{rate(make, args.rounds):,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
