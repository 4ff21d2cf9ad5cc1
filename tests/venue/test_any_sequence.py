"""No sequence of deeds on spot markets makes or loses a unit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harness.venue.market import SAMPLE_MARKETS, FeeIn, SelfTrade
from harness.venue.model import NewOrder, OrderType, Side, TimeInForce, VenueRefusal
from harness.venue.session import Venue
from tests.venue.books import check_books, check_ledger, check_locks
from tests.venue.world import FUNDS, StillClock

D = Decimal
FEES = (("0.001", "0.001"), ("-0.0002", "0.0007"), ("0", "0"), ("0.00075", "-0.0001"))


class AnySequence(RuleBasedStateMachine):
    """Two accounts and the others trade, cancel, amend, are filled, expire and are refused, in any order."""

    @initialize(seed=st.integers(0, 1000), fees=st.sampled_from(FEES), fee_in=st.sampled_from(FeeIn))
    def open(self, seed: int, fees: tuple[str, str], fee_in: FeeIn) -> None:
        self.clock = StillClock()
        maker, taker = map(D, fees)
        markets = [
            replace(market, fee_in=fee_in, maker_fee=maker, taker_fee=taker) for market in SAMPLE_MARKETS
        ]
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
        fee_in=st.sampled_from((None, *FeeIn)),
        rule=st.sampled_from((None, *SelfTrade)),
    )
    def limit(
        self,
        who: int,
        market: int,
        side: Side,
        ticks: int,
        lots: int,
        force: TimeInForce,
        post_only: bool,
        fee_in: FeeIn | None,
        rule: SelfTrade | None,
    ) -> None:
        rules = self.venue.markets[market]
        price = self.venue.last_price(rules) + ticks * rules.tick_size
        expires_at = self.clock.time + 2.5 if force is TimeInForce.GTD else None
        order = NewOrder(
            rules, side, amount=lots * rules.lot_size, price=price, time_in_force=force, post_only=post_only,
            expires_at=expires_at, fee_in=fee_in, self_trade=rule,
        )  # fmt: skip
        self._try(who, order)

    @rule(
        who=st.integers(0, 1),
        market=st.integers(0, 3),
        side=st.sampled_from(Side),
        amount=st.decimals("0.00000001", 5000, places=8),
        quote=st.booleans(),
        rule=st.sampled_from(SelfTrade),
    )
    def market_order(
        self, who: int, market: int, side: Side, amount: Decimal, quote: bool, rule: SelfTrade
    ) -> None:
        rules = self.venue.markets[market]
        base, value = (None, amount) if quote else (amount // rules.lot_size * rules.lot_size, None)
        order = NewOrder(rules, side, OrderType.MARKET, amount=base, quote_amount=value, self_trade=rule)
        self._try(who, order)

    def _try(self, who: int, order: NewOrder) -> None:
        before = self.venue.ledger_rows(), self.venue.book(order.market)
        try:
            self.venue.place(self.accounts[who], order)
        except VenueRefusal:
            assert (self.venue.ledger_rows(), self.venue.book(order.market)) == before

    @rule(who=st.integers(0, 1), which=st.integers(0, 50))
    def cancel(self, who: int, which: int) -> None:
        orders = self.venue.open_orders(self.accounts[who])
        if orders:
            self.venue.cancel(self.accounts[who], orders[which % len(orders)].order_id)

    @rule(
        who=st.integers(0, 1),
        which=st.integers(0, 50),
        ticks=st.integers(-30, 30),
        share=st.integers(0, 20),
    )
    def amend(self, who: int, which: int, ticks: int, share: int) -> None:
        orders = self.venue.open_orders(self.accounts[who])
        if not orders:
            return
        order = orders[which % len(orders)]
        lots = int(order.amount / order.market.lot_size) * share // 10
        price = (order.price or D(0)) + ticks * order.market.tick_size
        account = self.accounts[who]
        before = self.venue.ledger_rows(), self.venue.book(order.market), self.venue.orders(account)
        try:
            changed = self.venue.amend(
                self.accounts[who], order.order_id, price=price, amount=lots * order.market.lot_size
            )
        except VenueRefusal:
            after = self.venue.ledger_rows(), self.venue.book(order.market), self.venue.orders(account)
            assert after == before
        else:
            assert (changed.price, changed.order_id) == (price, order.order_id)

    @rule(who=st.integers(0, 1), which=st.integers(0, 50), share=st.integers(1, 10))
    def fill(self, who: int, which: int, share: int) -> None:
        orders = self.venue.open_orders(self.accounts[who])
        if orders:
            order = orders[which % len(orders)]
            lots = max(int(order.remaining / order.market.lot_size) * share // 10, 1)
            self.venue.fill(order.order_id, lots * order.market.lot_size)

    @rule(who=st.integers(0, 1), asset=st.sampled_from((None, "ETH", "BTC", "USDT", "DOGE")))
    def choose_fee_asset(self, who: int, asset: str | None) -> None:
        self.venue.pay_fees_with(self.accounts[who], asset)

    @rule(who=st.integers(0, 1), amount=st.decimals(0, 150_000, places=4))
    def withdraw_and_deposit(self, who: int, amount: Decimal) -> None:
        free = self.venue.balance(self.accounts[who], "USDT").free
        try:
            self.venue.withdraw(self.accounts[who], "USDT", amount)
        except VenueRefusal:
            assert free < amount
        else:
            assert self.venue.balance(self.accounts[who], "USDT").free == free - amount >= 0
            self.venue.deposit(self.accounts[who], "USDT", amount)

    @rule(steps=st.integers(1, 5))
    def others(self, steps: int) -> None:
        self.clock.time += 1
        self.venue.walk(steps)

    @invariant()
    def the_ledger_is_sound(self) -> None:
        check_ledger(self.venue)

    @invariant()
    def what_is_locked_is_what_open_orders_need(self) -> None:
        check_locks(self.venue, self.accounts)

    @invariant()
    def books_are_the_open_orders(self) -> None:
        check_books(self.venue)


AnySequence.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnySequence = AnySequence.TestCase
