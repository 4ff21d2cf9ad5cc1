"""The same seed, clock and script give the same venue."""

from __future__ import annotations

import random
from decimal import Decimal

from harness.venue.events import Event
from harness.venue.ledger import LedgerRow
from harness.venue.market import SAMPLE_MARKETS, SAMPLE_PERPETUALS
from harness.venue.model import NewOrder, Side, TimeInForce, VenueRefusal
from harness.venue.session import Venue
from tests.venue.world import FUNDS, StillClock


def history(seed: int) -> tuple[list[Event], tuple[LedgerRow, ...]]:
    """Everything that was told and written while a fixed script ran."""
    clock, script = StillClock(), random.Random(5)  # noqa: S311 - a script, not a secret
    venue = Venue((*SAMPLE_MARKETS, *SAMPLE_PERPETUALS), seed, clock)
    events: list[Event] = []
    venue.subscribe(events.append)
    accounts = [venue.account(name, FUNDS) for name in ("one", "two")]
    for market in venue.markets:
        venue.seed_book(market, 8)
    for _ in range(300):
        clock.time += script.choice((0.001, 0.25, 60.0, 3600.0))
        venue.walk(3)
        market, who = script.choice(venue.markets), script.choice(accounts)
        price = venue.last_price(market) + script.randint(-50, 50) * market.tick_size
        amount = market.min_amount * script.randint(1, 2000)
        gtd = script.random() < 0.2
        order = NewOrder(
            market, script.choice(tuple(Side)), amount=amount, price=price,
            time_in_force=TimeInForce.GTD if gtd else TimeInForce.GTC,
            expires_at=clock.time + 1.5 if gtd else None,
        )  # fmt: skip
        try:
            venue.place(who, order)
        except VenueRefusal:
            continue
        for open_order in venue.open_orders(who)[:-5]:
            venue.cancel(who, open_order.order_id)
        if market.perpetual:
            venue.set_mark(market, venue.mark_price(market) * Decimal(script.randint(90, 110)) / 100)
    return events, venue.ledger_rows()


def test_two_venues_with_one_seed_tell_and_write_the_same() -> None:
    first, second = history(11), history(11)
    assert first == second
    kinds = {type(event).__name__ for event in first[0]}
    assert kinds >= {
        "BookChanged", "TradePrinted", "OrderChanged", "BalanceChanged", "PositionChanged", "FundingPaid",
        "MarkPriceChanged",
    }  # fmt: skip
    assert history(12)[1] != first[1]
