"""A connector trades while its page is read, and Ctrl-C ends it cleanly: a stand-in's, and a merged one's."""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import pytest

from harness.clock import ScaledClock, SkewedClock
from harness.driving.claims import Balance, BookView, EventView, LogLine, OrderView, Ready
from harness.driving.connector import Connector
from harness.driving.rpc_client import ConnectorError
from harness.gateway.canaries import Canaries
from harness.gateway.fault_plan import FaultPlan
from harness.gateway.record import Record
from harness.gateway.thread import GatewayThread
from harness.scenarios.rig import Rig
from harness.serving.trial import trade_and_show
from harness.venue.dialects.binance import Binance
from harness.venue.model import NewOrder, Side
from harness.venue.session import Venue
from tests.zoo.keeping import Zoo

PACE = 5.0
PATIENCE = 60  # seconds


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Ctrl-C ends a trial here too where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Voter(threading.Thread):
    """Loads the page again and again until it shows what is waited for, then presses Ctrl-C."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.address = self.page = ""

    def began(self, address: str) -> None:
        self.address = address
        self.start()

    def run(self) -> None:
        end = time.monotonic() + PATIENCE
        while not re.search(self.wanted, self.page) and time.monotonic() < end:
            with urllib.request.urlopen(self.address, timeout=10) as reply:  # noqa: S310
                self.page = reply.read().decode()
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)


class Straight:
    """A stand-in for a connector: it trades straight on the venue, and tells of it as it is."""

    def __init__(self, venue: Venue, *, breaks: bool = False, ready: bool = True) -> None:
        self.venue = venue
        self.account = venue.account(
            "you", {"BTC": Decimal(9), "USDT": Decimal(999_999)}, Binance.key_lengths
        )
        self.told: list[EventView] = []
        self.stopped = False
        self._breaks, self._ready = breaks, ready
        self._names = itertools.count(1)

    def start(self) -> None: ...

    def wait_ready(self, _timeout: float) -> Ready:
        return Ready(ready=self._ready, seconds=1.0, parts={"order_books_initialized": self._ready})

    def buy(self, *order: Any) -> str:
        return self._place(Side.BUY, *order)

    def sell(self, *order: Any) -> str:
        return self._place(Side.SELL, *order)

    def _place(self, side: Side, pair: str, amount: Decimal, price: Decimal, *_: Any) -> str:
        if self._breaks and self.told:
            raise ConnectorError("Traceback: no more")
        name = f"order-{next(self._names)}"
        market = self.venue.market(pair)
        self.venue.place(
            self.account, NewOrder(market, side, amount=amount, price=price, client_order_id=name)
        )
        kind = "BuyOrderCreated" if side is Side.BUY else "SellOrderCreated"
        self.told.append(EventView(at=0.0, kind=kind, data={"order_id": name}))
        return name

    def cancel(self, order_id: str) -> None:
        self.venue.cancel(self.account, client_order_id=order_id)

    def orders(self) -> dict[str, OrderView]:
        return {
            str(each.client_order_id): OrderView(
                order_id=each.client_order_id, exchange_order_id=str(each.order_id), pair=each.market.name,
                side=each.side.name, order_type="LIMIT", price=each.price, amount=each.amount,
                executed=each.filled, state="OPEN", created_at=Decimal(0),
            )
            for each in self.venue.open_orders(self.account)
        }  # fmt: skip

    def balances(self) -> dict[str, Balance]:
        held = self.venue.balances(self.account)
        return {each.asset: Balance(total=each.total, available=each.free) for each in held}

    def book(self, pair: str, depth: int) -> BookView:
        book = self.venue.book(self.venue.market(pair), depth)
        one = Decimal(1)
        return BookView(
            bids=book.bids, asks=book.asks, snapshot_uid=one, last_diff_uid=one, last_trade_price=one
        )

    def events(self, *_: str) -> tuple[EventView, ...]:
        return tuple(self.told)

    def logs(self) -> tuple[LogLine, ...]:
        return (LogLine(at=0.0, logger="x", level="WARNING", message="slow", error=""),)

    def stop(self) -> None:
        self.stopped = True


def rig_of(**traits: bool) -> tuple[Rig, Straight]:
    clock = ScaledClock(PACE)
    venue = Venue(Binance.markets, 1, clock)
    for market in Binance.markets:
        venue.seed_book(market, 30)
    straight = Straight(venue, **traits)
    connector = cast(Connector, straight)
    rig = Rig(
        clock, SkewedClock(clock), venue, Binance(venue), straight.account, Binance.markets[0],
        FaultPlan(now=clock.now), Record(Canaries()), cast(GatewayThread, None), connector,
        random.Random(1),  # noqa: S311 - a repeatable scenario
        0, lambda: connector, lambda: pytest.fail("nobody asks ccxt"),
    )  # fmt: skip
    return rig, straight


def test_it_quotes_both_sides_until_ctrl_c_and_leaves_nothing_open() -> None:
    rig, straight = rig_of()
    voter, over = Voter("<td>SellOrderCreated</td>"), time.monotonic() + 2 * PATIENCE
    ended = trade_and_show(rig, "acme", 0, 2 * PATIENCE, 1, voter.began)
    voter.join()
    assert time.monotonic() < over, "it ended by itself"
    assert ended.trouble == ""
    assert {each.side for each in rig.venue.orders(rig.account)} == {Side.BUY, Side.SELL}
    assert not rig.venue.open_orders(rig.account)
    assert straight.stopped
    assert "The connector: it is trading." in voter.page
    assert "<td>slow</td>" in voter.page
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(voter.address, timeout=10)  # noqa: S310


@pytest.mark.parametrize(
    ("traits", "words"),
    [({"breaks": True}, "The connector broke off: Traceback: no more"),
     ({"ready": False}, r"The connector never became ready \(order_books_initialized\)")],
)  # fmt: skip
def test_a_connector_that_ends_early_is_told_on_the_page_and_at_the_end(
    traits: dict[str, bool], words: str
) -> None:
    rig, _ = rig_of(**traits)
    voter = Voter(words)
    ended = trade_and_show(rig, "acme", 0, 2 * PATIENCE, 1, voter.began)
    voter.join()
    assert re.search(words, voter.page)
    assert re.search(words, ended.trouble)


def test_a_failure_of_ours_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, straight = rig_of()

    def broken(_pair: str, _depth: int) -> BookView:
        raise ZeroDivisionError

    monkeypatch.setattr(straight, "book", broken)
    with pytest.raises(ZeroDivisionError):
        trade_and_show(rig, "acme", 0, 2 * PATIENCE, 1, lambda _: None)


def test_it_ends_by_itself() -> None:
    rig, straight = rig_of()
    trade_and_show(rig, "acme", 0, 0.5, 1, lambda _: None)
    assert straight.stopped


@pytest.mark.parametrize("connector", ["binance", pytest.param("binance_perpetual", marks=pytest.mark.full)])
def test_a_merged_connector_trades_in_the_sandbox(zoo: Zoo, connector: str) -> None:
    voter = Voter(r"<td>(Buy|Sell)OrderCreated</td>")
    with zoo.good(connector) as specimen, specimen.rigs.open(PACE) as rig:
        ended = trade_and_show(rig, "acme", 0, 2 * PATIENCE, 1, voter.began)
        voter.join()
        assert ended.trouble == ""
        assert ended.orders.total() >= 2
        assert ended.reported == ended.fills
        assert not rig.venue.open_orders(rig.account), "it cancels what is open"
        assert not rig.gateway.open_sockets(), "the connector was stopped"
    assert '<meta http-equiv="refresh"' in voter.page
