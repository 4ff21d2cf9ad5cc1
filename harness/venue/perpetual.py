"""Linear perpetuals: margin instead of holds, positions instead of deliveries.

Profit and loss are realised against the clearing account, which thus holds what is still unrealised: its
balance is minus the sum of all positions' costs, always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from harness.venue.clearing import Charge
from harness.venue.engine import Match, Usable
from harness.venue.events import PositionChanged
from harness.venue.ledger import CLEARING, FEES, INSURANCE, Bucket, Reason, move
from harness.venue.margin import (
    RATIO,
    Need,
    account_margin,
    maintenance_margin,
    needs,
    notionals,
    position,
)
from harness.venue.market import Market, floor_to
from harness.venue.model import ZERO, NewOrder, PositionSide, Refusal, Side, Trade, VenueRefusal
from harness.venue.positions import Margin, Position, PositionMode
from harness.venue.postings import Postings
from harness.venue.state import AccountState, Holding, LiveOrder, MarketState

BUY, SELL = Side.BUY, Side.SELL


@dataclass(frozen=True)
class Change:
    """What a trade did to a position; `opened` is the notional of the part that made it larger."""

    account_state: AccountState
    holding: Holding
    realised_pnl: Decimal
    released_margin: Decimal
    opened: Decimal


class Perpetuals:
    """The clearing of perpetuals. Accounts whose wallet or position a trade changed are in `touched`."""

    def __init__(
        self, postings: Postings, market_states: Mapping[Market, MarketState], orders: Mapping[int, LiveOrder]
    ) -> None:
        self._postings = postings
        self._orders = orders
        self._market_states = market_states
        self.market_states = tuple(
            market_state for market_state in market_states.values() if market_state.perpetual
        )
        self._assets = frozenset(market_state.market.settle_asset for market_state in self.market_states)
        self.touched: dict[AccountState, None] = {}
        self._changes: list[Change] = []  # of the trade that is being settled

    def margin(self, account_state: AccountState, asset: str) -> Margin:
        return account_margin(account_state, asset, self.market_states, self._postings.ledger)

    def spendable(self, account_state: AccountState, asset: str) -> Decimal:
        """The free balance, less what positions and their orders need of it."""
        free = self._postings.ledger.free(account_state.name, asset)
        if asset not in self._assets or account_state.unlimited:
            return free
        return min(free, self.margin(account_state, asset).available)

    def position(self, account_state: AccountState, holding: Holding) -> Position:
        if account_state.unlimited:
            return position(account_state, holding, ZERO)
        margin = self.margin(account_state, holding.market_state.market.settle_asset)
        own = maintenance_margin(holding.market_state.market, holding.notional())
        elsewhere = margin.equity - holding.unrealised_pnl() - (margin.maintenance_margin - own)
        return position(account_state, holding, elsewhere)

    def reducible(self, account_state: AccountState, new: NewOrder) -> Decimal:
        """How much of its position a reducing order of that side can take, at least 0."""
        holding = account_state.holding(self._market_states[new.market], new.position_side)
        if holding is None:
            return ZERO
        return max(holding.size if new.side is SELL else -holding.size, ZERO)

    def admit(self, account_state: AccountState, new: NewOrder) -> Decimal | None:
        one_way = account_state.mode is PositionMode.ONE_WAY
        if not account_state.unlimited and one_way != (new.position_side is PositionSide.BOTH):
            raise VenueRefusal(
                Refusal.POSITION_SIDE_MISMATCH, f"{new.position_side.value} in {account_state.mode.value}"
            )
        if not new.reduces:
            if new.reduce_only or new.close_position:
                raise VenueRefusal(Refusal.REDUCE_ONLY_WOULD_INCREASE, f"to {new.side.value} opens this side")
            return new.amount
        left = self.reducible(account_state, new)
        if not left:
            code = Refusal.NO_POSITION if new.close_position else Refusal.REDUCE_ONLY_WOULD_INCREASE
            raise VenueRefusal(code, f"{account_state.name} has no position to {new.side.value} back")
        return left if new.amount is None else min(new.amount, left)

    def usable(self, new: NewOrder) -> Usable | None:  # noqa: ARG002 - as Clearing has it
        """Reduce-only makers trade what their position has left after those that trade before them."""
        reach: dict[tuple[AccountState, PositionSide], Decimal] = {}

        def usable(order_id: int, resting: Decimal) -> Decimal:
            maker = self._orders[order_id]
            key = (maker.account_state, maker.asked.position_side)
            left = reach.get(key)
            if left is None:
                left = self.reducible(maker.account_state, maker.asked)
            size = min(resting, left) if maker.asked.reduces else resting
            reach[key] = max(left - size, ZERO)
            return size

        return usable

    def hold(self, order: LiveOrder, matches: Sequence[Match]) -> None:
        """Nothing is locked: what open orders need is reckoned whenever somebody asks."""
        if order.asked.reduces or order.account_state.unlimited:
            return
        price, amount = order.price, order.amount
        if price is None:
            price = matches[-1].price if matches else order.market_state.mark_price()
            amount = sum((m.amount for m in matches if not m.prevented), ZERO)
        need = Need(order.asked.position_side, order.side, price * amount)
        self._check(order.account_state, order.market_state, need, None, matches)

    def check_amendment(self, order: LiveOrder, price: Decimal, remaining: Decimal) -> None:
        if not order.asked.reduces:
            need = Need(order.asked.position_side, order.side, price * remaining)
            self._check(order.account_state, order.market_state, need, order, ())

    def rehold(self, order: LiveOrder) -> None:
        """Nothing is locked."""

    def release(self, order: LiveOrder) -> None:
        """Nothing is locked."""

    def _check(
        self,
        account_state: AccountState,
        market_state: MarketState,
        need: Need,
        instead: LiveOrder | None,
        matches: Sequence[Match],
    ) -> None:
        """Whether the account can afford an order (`instead` of one of its own): margin, fee, first loss."""
        market, leverage, mark = (
            market_state.market,
            account_state.leverage(market_state.market),
            market_state.mark_price(),
        )
        _, before = notionals(account_state, market_state, needs(account_state, market_state))
        _, after = notionals(
            account_state, market_state, [*needs(account_state, market_state, instead), need]
        )
        if after <= before:
            return
        if market.tier(after).max_leverage < leverage:
            raise VenueRefusal(Refusal.LEVERAGE_TOO_HIGH, f"{leverage} for a position worth {after}")
        sign = 1 if need.side is BUY else -1
        loss = sum((sign * (m.price - mark) * m.amount for m in matches if not m.prevented), ZERO)
        fee = sum((m.price * m.amount for m in matches), ZERO) * market.highest_fee
        wanted = RATIO.divide(after - before, leverage) + max(loss, ZERO) + fee
        available = self.margin(account_state, market.settle_asset).available
        if wanted > available:
            raise VenueRefusal(
                Refusal.INSUFFICIENT_MARGIN, f"needs {wanted:f} {market.settle_asset}, has {available:f}"
            )

    def charge(self, order: LiveOrder, trade: Trade, *, maker: bool) -> Charge:
        market = order.market_state.market
        change = self.trade(
            order.account_state, order.market_state, order.asked.position_side, order.side, trade
        )
        self._changes.append(change)
        rate = market.maker_fee if maker else market.taker_fee
        fee = floor_to(trade.price * trade.amount * rate, market.quote_quantum)
        return Charge(fee, market.settle_asset, change.realised_pnl)

    def trade(
        self,
        account_state: AccountState,
        market_state: MarketState,
        which: PositionSide,
        side: Side,
        trade: Trade,
    ) -> Change:
        """Change the account's position; what that moves in the ledger is `settle_change`'s."""
        holding = account_state.holding(market_state, which)
        if holding is None:
            holding = Holding(market_state, which)
            account_state.holdings.setdefault(market_state, []).append(holding)
        signed = trade.amount if side is BUY else -trade.amount
        size, before = holding.size, abs(holding.size)
        closing = min(trade.amount, before) if size * signed < 0 else ZERO
        closed = closing.copy_sign(signed)
        freed = _share(holding.cost, closing, before, market_state.market)
        released = _share(holding.margin, closing, before, market_state.market)
        gained = -closed * trade.price - freed
        if closing == before:
            holding.realised_pnl, holding.opened_at = ZERO, trade.at
        holding.size = size + signed
        holding.cost += (signed - closed) * trade.price - freed
        holding.realised_pnl += gained
        holding.updated_at = trade.at
        return Change(account_state, holding, gained, released, abs(signed - closed) * trade.price)

    def settle(
        self, trade: Trade, maker: LiveOrder, taker: LiveOrder, charges: tuple[Charge, Charge]
    ) -> None:
        changes, self._changes = self._changes, []
        for order, change, charge in zip((maker, taker), changes, charges, strict=True):
            self.settle_change(change, charge.fee, FEES, Reason.FEE, order.order_id, trade.trade_id)

    def settle_change(
        self, change: Change, fee: Decimal, payee: str, reason: Reason, order_id: int | None, trade_id: int
    ) -> None:
        """The ledger's part of a change of position; the fee goes to `payee`."""
        account_state, holding, asset = (
            change.account_state,
            change.holding,
            change.holding.market_state.market.settle_asset,
        )
        self._move_margin(holding, account_state, -change.released_margin, trade_id)
        self.cover(account_state, asset, -change.realised_pnl, trade_id)
        self._postings.pay(
            asset, change.realised_pnl, CLEARING, account_state.name, Reason.REALISED_PNL, order_id, trade_id
        )
        self.cover(account_state, asset, fee, trade_id)
        self._postings.pay(asset, fee, account_state.name, payee, reason, order_id, trade_id)
        if account_state.isolated(holding.market_state.market):
            needed = _up(
                RATIO.divide(change.opened, account_state.leverage(holding.market_state.market)),
                holding.market_state.market,
            )
            free = self._postings.ledger.free(account_state.name, asset)
            self._move_margin(holding, account_state, min(needed, free), trade_id)
        self.touched[account_state] = None
        self.tell(
            account_state, holding, Reason.REALISED_PNL if change.realised_pnl else Reason.TRADE, trade_id
        )

    def _move_margin(
        self, holding: Holding, account_state: AccountState, amount: Decimal, trade_id: int | None
    ) -> None:
        """Into an isolated position, or with a negative amount out of it."""
        holding.margin += amount
        name, asset = account_state.name, holding.market_state.market.settle_asset
        entries = move(asset, amount, (name, Bucket.FREE), (name, Bucket.MARGIN))
        self._postings.post(entries, Reason.MARGIN, None, trade_id)

    def adjust_margin(self, account_state: AccountState, holding: Holding, amount: Decimal) -> None:
        """Into an isolated position, or out of it, by the account's wish."""
        self._move_margin(holding, account_state, amount, None)
        self.tell(account_state, holding, Reason.MARGIN, None)

    def cover(
        self, account_state: AccountState, asset: str, amount: Decimal, trade_id: int | None = None
    ) -> None:
        """See to it that the account can pay: profit of its open positions first, then the insurance."""
        short = amount - self._postings.ledger.free(account_state.name, asset)
        if amount <= 0 or short <= 0 or account_state.unlimited:
            return
        winning = [
            h
            for market_state in self.market_states
            for h in account_state.held(market_state)
            if h.unrealised_pnl() > 0
        ]
        for holding in sorted(winning, key=Holding.unrealised_pnl, reverse=True):
            market = holding.market_state.market
            if short <= 0 or market.settle_asset != asset or account_state.isolated(market):
                continue
            gained = holding.unrealised_pnl()
            holding.cost += gained
            holding.realised_pnl += gained
            short -= gained
            self._postings.pay(asset, gained, CLEARING, account_state.name, Reason.SETTLEMENT, None, trade_id)
            self.tell(account_state, holding, Reason.SETTLEMENT, trade_id)
        if short > 0:
            self._postings.pay(asset, short, INSURANCE, account_state.name, Reason.INSURANCE, None, trade_id)

    def tell(
        self, account_state: AccountState, holding: Holding, reason: Reason, trade_id: int | None
    ) -> None:
        """Say that a position changed; the venue's own need no telling."""
        if self._postings.listening and not account_state.unlimited:
            now = self._postings.clock.now()
            event = PositionChanged(self.position(account_state, holding), reason, trade_id, now)
            self._postings.events.append(event)


def _share(of: Decimal, part: Decimal, whole: Decimal, market: Market) -> Decimal:
    """`of × part / whole`, rounded as the exchange keeps money; the last part takes what is left."""
    if not part:
        return ZERO
    return of if part == whole else RATIO.quantize(RATIO.divide(of * part, whole), market.quote_quantum)


def _up(value: Decimal, market: Market) -> Decimal:
    return value.quantize(market.quote_quantum, ROUND_UP, RATIO)
