"""The ledger's own rules, and that no sequence of deeds at the venue makes or loses anything."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harness.venue.ledger import OUTSIDE, Bucket, Entry, Ledger, LedgerError, Reason, exactly, move
from harness.venue.market import SAMPLE_MARKETS, FeeIn
from harness.venue.model import NewOrder, OrderType, Side, TimeInForce, VenueRefusal
from harness.venue.session import Venue
from tests.venue.world import FUNDS, StillClock

FREE, LOCKED = Bucket.FREE, Bucket.LOCKED


def test_a_transaction_moves_what_it_says() -> None:
    ledger = Ledger()
    ledger.post(move("BTC", Decimal("1.5"), (OUTSIDE, FREE), ("a", FREE)), at=1, reason=Reason.DEPOSIT)
    hold = move("BTC", Decimal("0.5"), ("a", FREE), ("a", LOCKED))
    ledger.post(hold, at=2, reason=Reason.ORDER, order_id=9)
    balance = ledger.balance("a", "BTC")
    assert (balance.free, balance.locked, balance.total) == (Decimal(1), Decimal("0.5"), Decimal("1.5"))
    assert [(row.delta, row.bucket, row.order_id) for row in ledger.rows("a")] == [
        (Decimal("1.5"), FREE, None),
        (Decimal("-0.5"), FREE, 9),
        (Decimal("0.5"), LOCKED, 9),
    ]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([Entry("a", FREE, "BTC", Decimal(1))], id="out of nothing"),
        pytest.param(
            [Entry("a", FREE, "BTC", Decimal(-1)), Entry("b", FREE, "ETH", Decimal(1))], id="one into another"
        ),
        pytest.param(move("BTC", Decimal(3), ("a", FREE), ("b", FREE)), id="more than there is"),
    ],
)
def test_a_wrong_transaction_writes_nothing(entries: list[Entry]) -> None:
    ledger = Ledger()
    ledger.post(move("BTC", Decimal(2), (OUTSIDE, FREE), ("a", FREE)), at=1, reason=Reason.DEPOSIT)
    before = ledger.rows(), ledger.balances("a"), ledger.balances("b")
    with pytest.raises(LedgerError):
        ledger.post(entries, at=2, reason=Reason.TRADE)
    assert (ledger.rows(), ledger.balances("a"), ledger.balances("b")) == before


def test_amounts_of_very_different_size_are_kept_exactly() -> None:
    ledger = Ledger()
    with exactly():
        for amount in (Decimal(10**20), Decimal("0.00000001")):
            entries = move("SATS", amount, (OUTSIDE, FREE), ("a", FREE))
            ledger.post(entries, at=1, reason=Reason.DEPOSIT)
    assert ledger.balance("a", "SATS").free == Decimal("100000000000000000000.00000001")


class AnySequence(RuleBasedStateMachine):
    """Two accounts and the others trade, cancel, are filled and refused, in any order."""

    @initialize(seed=st.integers(0, 1000), fee_in=st.sampled_from(FeeIn))
    def open(self, seed: int, fee_in: FeeIn) -> None:
        self.clock = StillClock()
        markets = [replace(market, fee_in=fee_in) for market in SAMPLE_MARKETS]
        self.venue = Venue(markets, seed, self.clock)
        self.accounts = [self.venue.account(name, FUNDS) for name in ("a", "b")]
        for market in self.venue.markets:
            self.venue.seed_book(market, 5)

    @rule(
        who=st.integers(0, 1),
        market=st.integers(0, 3),
        side=st.sampled_from(Side),
        ticks=st.integers(-40, 40),
        lots=st.integers(0, 100_000),
        force=st.sampled_from(TimeInForce),
        post_only=st.booleans(),
    )
    def limit(
        self, who: int, market: int, side: Side, ticks: int, lots: int, force: TimeInForce, post_only: bool
    ) -> None:
        rules = self.venue.markets[market]
        price = self.venue.last_price(rules) + ticks * rules.tick_size
        order = NewOrder(
            rules, side, amount=lots * rules.lot_size, price=price, time_in_force=force, post_only=post_only
        )
        self._try(who, order)

    @rule(
        who=st.integers(0, 1),
        market=st.integers(0, 3),
        side=st.sampled_from(Side),
        amount=st.decimals("0.00000001", 5000, places=8),
        quote=st.booleans(),
    )
    def market_order(self, who: int, market: int, side: Side, amount: Decimal, quote: bool) -> None:
        rules = self.venue.markets[market]
        base, value = (None, amount) if quote else (amount // rules.lot_size * rules.lot_size, None)
        self._try(who, NewOrder(rules, side, OrderType.MARKET, amount=base, quote_amount=value))

    def _try(self, who: int, order: NewOrder) -> None:
        before = self.venue.ledger_rows()
        try:
            self.venue.place(self.accounts[who], order)
        except VenueRefusal:
            assert self.venue.ledger_rows() == before

    @rule(who=st.integers(0, 1), which=st.integers(0, 50))
    def cancel(self, who: int, which: int) -> None:
        orders = self.venue.open_orders(self.accounts[who])
        if orders:
            self.venue.cancel(self.accounts[who], orders[which % len(orders)].order_id)

    @rule(who=st.integers(0, 1), which=st.integers(0, 50), share=st.integers(1, 10))
    def fill(self, who: int, which: int, share: int) -> None:
        orders = self.venue.open_orders(self.accounts[who])
        if orders:
            order = orders[which % len(orders)]
            lots = max(int(order.remaining / order.market.lot_size) * share // 10, 1)
            self.venue.fill(order.order_id, lots * order.market.lot_size)

    @rule(steps=st.integers(1, 5))
    def others(self, steps: int) -> None:
        self.clock.time += 1
        self.venue.walk(steps)

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        assert not any(self.venue.ledger_totals().values())

    @invariant()
    def balances_are_the_sums_of_their_rows(self) -> None:
        for account in self.accounts:
            sums: defaultdict[tuple[str, Bucket], Decimal] = defaultdict(Decimal)
            for row in self.venue.ledger_rows(account):
                sums[row.asset, row.bucket] += row.delta
            for balance in self.venue.balances(account):
                free, locked = sums[balance.asset, FREE], sums[balance.asset, LOCKED]
                assert (balance.free, balance.locked) == (free, locked)
                assert balance.free >= 0

    @invariant()
    def what_is_locked_is_what_open_orders_need(self) -> None:
        for account in self.accounts:
            needs: defaultdict[str, Decimal] = defaultdict(Decimal)
            for order in self.venue.open_orders(account):
                buying = order.side is Side.BUY
                asset = order.market.quote if buying else order.market.base
                cost = order.market.buyer_pays(order.remaining * (order.price or 0))
                needs[asset] += cost if buying else order.market.seller_gives(order.remaining)
            assert {b.asset: b.locked for b in self.venue.balances(account) if b.locked} == dict(needs)

    @invariant()
    def no_book_is_crossed(self) -> None:
        for market in self.venue.markets:
            book = self.venue.book(market, 1)
            assert not book.bids or not book.asks or book.bids[0].price < book.asks[0].price


AnySequence.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnySequence = AnySequence.TestCase
