"""What the other traders do while a venue is served: they quote, trade and meet the account's best orders."""

from __future__ import annotations

import asyncio
import random

from harness.venue.market import Market, floor_to
from harness.venue.model import Account, Order, Side
from harness.venue.session import Venue

STEP = 0.5  # real seconds between two moves of a market
MEETS = 0.2  # how likely an order at the top of its side is met at a step


async def go_on(venue: Venue, account: Account, seed: int) -> None:
    """Move every market again and again, until cancelled."""
    chance = random.Random(seed)  # noqa: S311 - a market, not a secret
    while True:
        for market in venue.markets:
            venue.walk(1, market)
            meet(venue, account, market, chance)
        venue.tick()
        await asyncio.sleep(STEP)


def meet(venue: Venue, account: Account, market: Market, chance: random.Random) -> None:
    """Somebody may take a part of the account's orders that are at the top of the book."""
    with venue.lock:
        for order in venue.open_orders(account, market):
            if _is_best(venue, order) and chance.random() < MEETS:
                share = floor_to(order.remaining / chance.choice((1, 2, 4)), market.lot_size)
                venue.fill(order.order_id, share or order.remaining)


def _is_best(venue: Venue, order: Order) -> bool:
    book = venue.book(order.market, 1)
    side = book.bids if order.side is Side.BUY else book.asks
    return bool(side) and order.price == side[0].price
