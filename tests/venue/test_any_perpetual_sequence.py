"""No sequence of deeds on perpetuals makes or loses a unit, and longs always equal shorts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harness.venue.market import SAMPLE_MARKETS, SAMPLE_PERPETUALS, MarginTier, Market, SelfTrade
from harness.venue.model import NewOrder, OrderType, PositionSide, Side, TimeInForce, VenueRefusal
from harness.venue.positions import MarginMode, PositionMode
from harness.venue.session import Venue
from tests.venue.books import check_books, check_ledger, check_locks, check_positions
from tests.venue.world import StillClock

D = Decimal
TIERS = (
    MarginTier(D(0), D("0.005"), D(100)),
    MarginTier(D(10_000), D("0.01"), D(50)),
    MarginTier(D(50_000), D("0.05"), D(10)),
)
MARKETS = (
    replace(SAMPLE_PERPETUALS[0], margin_tiers=TIERS, maker_fee=D("-0.0001")),
    replace(SAMPLE_PERPETUALS[1], maintenance_margin=D("0.02"), liquidation_fee=D("0.03")),
    replace(SAMPLE_PERPETUALS[2], settle="USDC"),
    SAMPLE_MARKETS[0],
)
PERPETUALS = MARKETS[:3]
pick_who = st.integers(0, 2)
pick_market = st.sampled_from(PERPETUALS)


class AnyPerpetualSequence(RuleBasedStateMachine):
    """Three accounts and the others trade with leverage while prices jump and funding is paid."""

    @initialize(seed=st.integers(0, 1000), money=st.sampled_from(("50", "2000", "100000")))
    def open(self, seed: int, money: str) -> None:
        self.clock = StillClock()
        self.venue = Venue(MARKETS, seed, self.clock)
        initial_balances = {"USDT": D(money), "USDC": D(money), "BTC": D(1)}
        self.accounts = [self.venue.account(name, initial_balances) for name in ("a", "b", "c")]
        for market in MARKETS:
            self.venue.seed_book(market, 5)
        for number, account in enumerate(self.accounts[:2]):
            self.venue.set_leverage(account, PERPETUALS[1 - number], D(50))
            for market, share in ((PERPETUALS[number], 3), (PERPETUALS[1 - number], 20)):
                value = int(money) * share // 2
                side = Side.BUY if seed >> number & 1 else Side.SELL
                amount = self._amount(market, value)
                self._try(number, NewOrder(market, side, OrderType.MARKET, amount=amount))
                price = market.reference_price * (D("0.97") if side is Side.BUY else D("1.03"))
                self._try(number, NewOrder(market, side, amount=amount, price=price))

    @rule(
        who=pick_who,
        market=st.sampled_from(MARKETS),
        side=st.sampled_from(Side),
        ticks=st.integers(-400, 400),
        value=st.integers(5, 3_000),
        force=st.sampled_from(TimeInForce),
        reduce_only=st.booleans(),
        which=st.sampled_from(PositionSide),
        rule=st.sampled_from(SelfTrade),
    )
    def limit(
        self,
        who: int,
        market: Market,
        side: Side,
        ticks: int,
        value: int,
        force: TimeInForce,
        reduce_only: bool,
        which: PositionSide,
        rule: SelfTrade,
    ) -> None:
        price = max(self.venue.last_price(market) + ticks * market.tick_size, market.tick_size)
        order = NewOrder(
            market, side, amount=self._amount(market, value), price=price, time_in_force=force,
            expires_at=self.clock.time + 2.5 if force is TimeInForce.GTD else None,
            reduce_only=reduce_only and market.perpetual, self_trade=rule,
            position_side=self._which(who, which, market),
        )  # fmt: skip
        self._try(who, order)

    @rule(
        who=pick_who,
        market=pick_market,
        side=st.sampled_from(Side),
        value=st.integers(5, 20_000),
        what=st.sampled_from(("open", "reduce", "close", "quote")),
        which=st.sampled_from(PositionSide),
    )
    def market_order(
        self, who: int, market: Market, side: Side, value: int, what: str, which: PositionSide
    ) -> None:
        amount = self._amount(market, value) if what in ("open", "reduce") else None
        order = NewOrder(
            market, side, OrderType.MARKET, amount=amount, reduce_only=what == "reduce",
            close_position=what == "close", quote_amount=D(value) if what == "quote" else None,
            time_in_force=TimeInForce.IOC, position_side=self._which(who, which, market),
        )  # fmt: skip
        self._try(who, order)

    def _amount(self, market: Market, value: int) -> Decimal:
        lots = int(D(value) / self.venue.last_price(market) / market.lot_size)
        return max(lots, 1) * market.lot_size

    def _which(self, who: int, which: PositionSide, market: Market) -> PositionSide:
        """Mostly a side that fits the account's mode."""
        if not market.perpetual:
            return PositionSide.BOTH
        if self.venue.position_mode(self.accounts[who]) is PositionMode.ONE_WAY:
            return PositionSide.BOTH
        return which

    def _try(self, who: int, order: NewOrder) -> None:
        before = self._everything(order)
        try:
            placed = self.venue.place(self.accounts[who], order)
        except VenueRefusal:
            assert self._everything(order) == before
        else:
            if order.reduce_only or order.close_position:
                fills = self.venue.fills(self.accounts[who], order_id=placed.order_id)
                assert placed.filled == sum(fill.amount for fill in fills) <= placed.amount

    def _everything(self, order: NewOrder) -> tuple[object, ...]:
        positions = tuple(self.venue.positions(account) for account in self.accounts)
        return self.venue.ledger_rows(), self.venue.book(order.market), positions

    @rule(who=pick_who, which=st.integers(0, 50))
    def cancel(self, who: int, which: int) -> None:
        orders = self.venue.open_orders(self.accounts[who])
        if orders:
            self.venue.cancel(self.accounts[who], orders[which % len(orders)].order_id)

    @rule(who=pick_who, which=st.integers(0, 50), ticks=st.integers(-300, 300), share=st.integers(1, 20))
    def amend(self, who: int, which: int, ticks: int, share: int) -> None:
        orders = self.venue.open_orders(self.accounts[who])
        if not orders:
            return
        order = orders[which % len(orders)]
        amount = int(order.amount / order.market.lot_size) * share // 10 * order.market.lot_size
        price = (order.price or D(0)) + ticks * order.market.tick_size
        before = self.venue.ledger_rows(), self.venue.orders(self.accounts[who])
        try:
            self.venue.amend(self.accounts[who], order.order_id, price=price, amount=amount)
        except VenueRefusal:
            assert (self.venue.ledger_rows(), self.venue.orders(self.accounts[who])) == before

    @rule(who=pick_who, which=st.integers(0, 50))
    def fill(self, who: int, which: int) -> None:
        orders = self.venue.open_orders(self.accounts[who])
        if orders:
            self.venue.fill(orders[which % len(orders)].order_id)

    @rule(who=pick_who, market=pick_market, leverage=st.sampled_from((1, 2, 10, 50, 100, 126)))
    def choose_leverage(self, who: int, market: Market, leverage: int) -> None:
        try:
            self.venue.set_leverage(self.accounts[who], market, D(leverage))
        except VenueRefusal:
            return
        assert self.venue.leverage(self.accounts[who], market) == leverage

    @rule(who=pick_who, market=pick_market, mode=st.sampled_from(MarginMode), hedge=st.booleans())
    def choose_modes(self, who: int, market: Market, mode: MarginMode, hedge: bool) -> None:
        wanted = PositionMode.HEDGE if hedge else PositionMode.ONE_WAY
        for choose in (
            partial(self.venue.set_position_mode, self.accounts[who], wanted),
            partial(self.venue.set_margin_mode, self.accounts[who], market, mode),
        ):
            try:
                choose()
            except VenueRefusal:
                assert self.venue.positions(self.accounts[who]) or self.venue.open_orders(self.accounts[who])

    @rule(who=pick_who, which=st.integers(0, 5), amount=st.integers(-500, 500))
    def adjust_margin(self, who: int, which: int, amount: int) -> None:
        positions = self.venue.positions(self.accounts[who])
        if not positions:
            return
        position = positions[which % len(positions)]
        before = self.venue.ledger_rows()
        try:
            self.venue.adjust_margin(self.accounts[who], position.market, D(amount), position.side)
        except VenueRefusal:
            assert self.venue.ledger_rows() == before

    @rule(who=pick_who, asset=st.sampled_from(("USDT", "USDC")), share=st.integers(0, 4))
    def withdraw(self, who: int, asset: str, share: int) -> None:
        before = self.venue.margin(self.accounts[who], asset).available
        amount = (before * share / 3).quantize(D("0.01"))
        try:
            self.venue.withdraw(self.accounts[who], asset, amount)
        except VenueRefusal:
            return
        assert amount <= before

    @rule(market=pick_market, percent=st.one_of(st.integers(-4, 4), st.integers(-60, 120)))
    def jump(self, market: Market, percent: int) -> None:
        mark = self.venue.mark_price(market) * (100 + percent) / 100
        steps = max(int(mark / market.tick_size), 1)
        self.venue.set_mark(market, steps * market.tick_size)

    @rule(market=pick_market, rate=st.integers(-75, 75))
    def fund(self, market: Market, rate: int) -> None:
        self.venue.set_funding_rate(market, D(rate) / 10_000)
        self.venue.pay_funding(market)

    @rule(steps=st.integers(1, 5), hours=st.sampled_from((0, 0, 0, 9)))
    def others(self, steps: int, hours: int) -> None:
        self.clock.time += 1 + hours * 3600
        self.venue.walk(steps)

    @invariant()
    def the_ledger_is_sound(self) -> None:
        check_ledger(self.venue)

    @invariant()
    def longs_and_shorts_cancel_out(self) -> None:
        check_positions(self.venue)

    @invariant()
    def what_is_locked_is_what_orders_and_isolated_positions_have(self) -> None:
        check_locks(self.venue, self.accounts)

    @invariant()
    def books_are_the_open_orders(self) -> None:
        check_books(self.venue)

    @invariant()
    def no_reduce_only_order_could_open_a_position(self) -> None:
        for account in self.accounts:
            for order in self.venue.open_orders(account):
                if order.reduce_only:
                    size = self.venue.position(account, order.market, order.position_side).size
                    assert order.remaining <= (size if order.side is Side.SELL else -size)

    @invariant()
    def nobody_is_left_with_a_position_that_he_cannot_bear(self) -> None:
        for account in self.accounts:
            for asset in ("USDT", "USDC"):
                margin = self.venue.margin(account, asset)
                assert margin.equity >= margin.maintenance_margin or not margin.maintenance_margin
                assert margin.available >= 0
            for position in self.venue.positions(account):
                if position.margin_mode is MarginMode.ISOLATED:
                    backing = position.isolated_margin + position.unrealised_pnl
                    assert backing >= position.maintenance_margin


AnyPerpetualSequence.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyPerpetualSequence = AnyPerpetualSequence.TestCase
