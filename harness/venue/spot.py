"""Spot markets: holds, fees and settlement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal

from harness.venue.clearing import Charge
from harness.venue.engine import Match, Usable
from harness.venue.ledger import FEES, FREE, LOCKED, Entry, Reason, move
from harness.venue.market import FeeIn, Market, floor_to
from harness.venue.model import ZERO, NewOrder, Refusal, Side, Trade, VenueRefusal
from harness.venue.postings import Postings
from harness.venue.state import AccountState, LiveOrder, MarketState

FEE_QUANTUM = Decimal("0.00000001")  # of a third asset's
RATIO = Context(prec=60)
# Looking up a member of an enum takes longer than most of what is done with it.
BUY, SELL = Side.BUY, Side.SELL
IN_RECEIVED, IN_QUOTE, IN_BASE = FeeIn.RECEIVED, FeeIn.QUOTE, FeeIn.BASE


class Spot:
    """The clearing of spot markets. An order's whole need is locked while it is open."""

    def __init__(
        self,
        postings: Postings,
        market_states: Mapping[Market, MarketState],
        spendable: Callable[[AccountState, str], Decimal],
    ) -> None:
        self._postings = postings
        self._spendable = spendable  # an account's free balance, less what its positions need
        self._prices = {
            (m.base, m.quote): market_state
            for m, market_state in market_states.items()
            if not market_state.perpetual
        }

    def admit(self, account_state: AccountState, new: NewOrder) -> Decimal | None:  # noqa: ARG002 - as Clearing has it
        return new.amount

    def usable(self, new: NewOrder) -> Usable | None:  # noqa: ARG002 - as Clearing has it
        return None

    def hold(self, order: LiveOrder, matches: Sequence[Match]) -> None:
        asset, need = _pays_with(order), self._first_need(order, matches)
        self._check(order.account_state, asset, need)
        order.held = need
        if need:
            self._postings.hold(order.account_state.name, asset, need, order.order_id)

    def _check(self, account_state: AccountState, asset: str, need: Decimal) -> None:
        free = self._spendable(account_state, asset)
        if free < need:
            raise VenueRefusal(Refusal.INSUFFICIENT_BALANCE, f"needs {need} {asset}, has {free}")

    def _first_need(self, order: LiveOrder, matches: Sequence[Match]) -> Decimal:
        market = order.market_state.market
        if order.price is not None or order.side is SELL:
            return _need(order, order.price, order.amount)
        if order.asked.quote_amount is not None:
            return market.buyer_pays(order.asked.quote_amount, order.fee_in)
        return market.buyer_pays(
            sum((m.price * m.amount for m in matches if not m.prevented), ZERO), order.fee_in
        )

    def check_amendment(self, order: LiveOrder, price: Decimal, remaining: Decimal) -> None:
        need = _need(order, price, remaining)
        if need > order.held:
            self._check(order.account_state, _pays_with(order), need - order.held)

    def rehold(self, order: LiveOrder) -> None:
        need = _need(order, order.price, order.remaining)
        more, order.held = need - order.held, need
        if more:
            self._postings.hold(order.account_state.name, _pays_with(order), more, order.order_id)

    def charge(self, order: LiveOrder, trade: Trade, *, maker: bool) -> Charge:
        market = order.market_state.market
        rate = market.maker_fee if maker else market.taker_fee
        if order.account_state.fee_asset is not None and rate > 0:
            fee = self._third_asset_fee(order, trade, rate)
            if fee is not None:
                return Charge(fee, order.account_state.fee_asset, ZERO)
        if _fee_in_base(order):
            return Charge(floor_to(trade.amount * rate, market.base_quantum), market.base, ZERO)
        value = trade.price * trade.amount
        return Charge(floor_to(value * rate, market.quote_quantum), market.quote, ZERO)

    def _third_asset_fee(self, order: LiveOrder, trade: Trade, rate: Decimal) -> Decimal | None:
        """What the fee is in the account's fee asset at its last price; None where that has no price or
        the account too little of it."""
        account_state, asset, quote = (
            order.account_state,
            order.account_state.fee_asset,
            order.market_state.market.quote,
        )
        market_state = self._prices.get((asset or "", quote))
        if asset is None or (market_state is None and asset != quote):
            return None
        price = Decimal(1) if market_state is None else market_state.last_price()
        worth = trade.price * trade.amount * rate * (1 - account_state.fee_discount)
        fee = floor_to(RATIO.divide(worth, price), FEE_QUANTUM)
        return fee if self._spendable(account_state, asset) >= fee else None

    def settle(
        self, trade: Trade, maker: LiveOrder, taker: LiveOrder, charges: tuple[Charge, Charge]
    ) -> None:
        """One transaction: quote to the seller, base to the buyer, fees out of both; frees what was saved."""
        market, value = trade.market, trade.price * trade.amount
        maker_charge, taker_charge = charges
        if taker.side is BUY:
            buyer, bought, seller, sold = taker, taker_charge, maker, maker_charge
        else:
            buyer, bought, seller, sold = maker, maker_charge, taker, taker_charge
        entries: list[Entry] = [
            (buyer.account_state.name, LOCKED, market.quote, -value),
            (seller.account_state.name, FREE, market.quote, value),
            (seller.account_state.name, LOCKED, market.base, -trade.amount),
            (buyer.account_state.name, FREE, market.base, trade.amount),
        ]
        for order, charge, given in ((buyer, bought, value), (seller, sold, trade.amount)):
            order.held -= given
            if charge.fee:
                _charge(order, charge, entries)
            if order.price is not None:  # what only a market order needed is given back when it ends
                needed = _need(order, order.price, order.remaining)
                if needed != order.held:
                    name, saved = order.account_state.name, order.held - needed
                    entries += move(_pays_with(order), saved, (name, LOCKED), (name, FREE))
                    order.held = needed
        self._postings.post(entries, Reason.TRADE, None, trade.trade_id)

    def release(self, order: LiveOrder) -> None:
        if order.held:
            held, order.held = order.held, ZERO
            self._postings.hold(order.account_state.name, _pays_with(order), -held, order.order_id)


def _charge(order: LiveOrder, charge: Charge, entries: list[Entry]) -> None:
    """The fee comes out of what the order got or the free balance; one on top was locked for it."""
    bucket = FREE
    if charge.fee > 0 and charge.fee_asset == _pays_with(order) and _on_top(order):
        bucket = LOCKED
        order.held -= charge.fee
    entries.append((order.account_state.name, bucket, charge.fee_asset, -charge.fee))
    entries.append((FEES, FREE, charge.fee_asset, charge.fee))


def _pays_with(order: LiveOrder) -> str:
    market = order.market_state.market
    return market.quote if order.side is BUY else market.base


def _need(order: LiveOrder, price: Decimal | None, amount: Decimal) -> Decimal:
    """What an order of so much must have locked; a sale needs no price."""
    market = order.market_state.market
    if order.side is SELL:
        return amount if order.fee_in is not IN_BASE else market.seller_gives(amount, order.fee_in)
    cost = amount * (price or ZERO)
    return cost if order.fee_in is not IN_QUOTE else market.buyer_pays(cost, order.fee_in)


def _on_top(order: LiveOrder) -> bool:
    return order.fee_in is (IN_QUOTE if order.side is BUY else IN_BASE)


def _fee_in_base(order: LiveOrder) -> bool:
    if order.fee_in is IN_RECEIVED:
        return order.side is BUY
    return order.fee_in is IN_BASE
