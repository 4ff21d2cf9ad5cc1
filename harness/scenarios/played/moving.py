"""A start while the market moves: changes of the book on both sides of the snapshot that is asked for."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal

from harness.gateway.faults import Delay, HoldUntil
from harness.gateway.meanwhile import Meanwhile
from harness.scenarios.played import until_ready
from harness.scenarios.played.market_data import books_differ
from harness.scenarios.rig import Rig
from harness.venue.model import Side

BOOK, SNAPSHOT = "stream:book", "order_book"
PATIENCE = 20.0  # virtual seconds for its stream to be open
SOON = 1.5  # virtual seconds, in which what is told at intervals has been told
LEVEL = 2  # from the top; every exchange tells so many
FOLLOW = 10.0  # virtual seconds for its order book


@dataclass(frozen=True)
class MovingStart:
    """One level changed right before the exchange answered with its book, another right after.

    Exchanges tell both in one message, where they tell changes at intervals; it came before the answer if
    `late`. `moved` is whether the connector listened already and asked; `difference` says how its book
    differed in the end.
    """

    late: bool
    moved: bool
    difference: str | None

    @property
    def how(self) -> str:
        """As a sentence goes on with it."""
        came = "before" if self.late else "after"
        return f"while its snapshot was made and whose messages came {came} it"


def start_moving(rig: Rig, *, late: bool) -> MovingStart:
    """Start the connector so; `late`: the answer with the book comes after the message about both changes."""
    listening, moved = threading.Event(), threading.Event()

    def change(side: Side, times: Decimal) -> None:
        book = rig.venue.book(rig.market)
        level = (book.bids if side is Side.BUY else book.asks)[LEVEL]
        rig.venue.set_level(rig.market, side, level.price, level.amount * times)

    def before() -> None:
        if listening.is_set():
            change(Side.BUY, Decimal(2))

    def after() -> None:
        if listening.is_set():
            change(Side.SELL, Decimal(3))
            moved.set()

    with ExitStack() as meanwhile:
        for fault in (HoldUntil(listening.is_set, PATIENCE), Meanwhile(before, after)):
            meanwhile.callback(rig.faults.add(fault, SNAPSHOT, on="request").remove)
        if late:
            meanwhile.callback(rig.faults.add(Delay(SOON, when="reply"), SNAPSHOT, on="request").remove)
        else:
            meanwhile.enter_context(rig.faults.during(Delay(SOON), BOOK))
        rig.connector.start()
        if rig.eventually(lambda: rig.gateway.open_sockets(BOOK), PATIENCE):
            listening.set()
        until_ready(rig)
        difference = books_differ(rig, [rig.market], FOLLOW)
    return MovingStart(late, moved.is_set(), difference)
