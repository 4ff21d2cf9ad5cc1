"""Fees that are not as they were at first: a rebate for makers, another rate, none, a third asset.

The last order is told by no stream, so that a poll has to find its fees.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from harness.driving.numbers import as_kept
from harness.gateway.faults import DropMessage
from harness.scenarios.played import start
from harness.scenarios.played.balances import PATIENT, BalanceView, asset_view, settled, views
from harness.scenarios.played.order_life import (
    WAIT,
    Life,
    completed,
    created,
    let_trade,
    rest,
    resting_price,
    settle,
    size,
    submit,
)
from harness.scenarios.played.unheard import wait_for_polls
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.market import Market, floor_to
from harness.venue.model import Side

REBATE = Decimal("-0.00013")  # of the value traded; exchanges pay makers around a basis point
RAISED = Decimal("0.00187")
DISCOUNT = Decimal("0.25")
HEARD = 1.0  # virtual seconds for a message to arrive


class Charged(StrEnum):
    """How the fee of a fill was charged, as a sentence goes on with it."""

    REBATE = "a rebate"
    RAISED = "a rate that was raised meanwhile"
    NOTHING = "no fee at all"
    THIRD_ASSET = "a fee in a third asset"
    POLLED = "a fee that a poll had to find"


@dataclass(frozen=True)
class Paid:
    """One order that was filled meanwhile."""

    charged: Charged
    life: Life


@dataclass
class Fees(View):
    """`balances` are those of the end; of the third asset too, where there is one.

    `elsewhere` are those after money came into another account of the same user; none where the exchange
    does not tell of that. `whole` is an order for all that the account has, less the `expected` fee, a
    fraction of its value; None on perpetuals.
    """

    rig_number: int
    whole: Life | None = None
    expected: Decimal = Decimal(0)
    paid: list[Paid] = field(default_factory=list)
    balances: list[BalanceView] = field(default_factory=list)
    elsewhere: list[BalanceView] = field(default_factory=list)


def change_fees(rigs: Rigs, pace: float) -> Fees:
    """Every order is filled by another trader, so that the account is the maker."""
    with rigs.open(pace) as rig:
        run = Fees(rig.number)
        start(rig)
        if not rig.market.perpetual:
            _order_for_all(rig, run)
        rig.venue.change_rules(replace(rig.market, maker_fee=REBATE))
        run.paid += [Paid(Charged.REBATE, _filled(rig, side)) for side in Side]
        rig.venue.change_rules(replace(rig.market, maker_fee=RAISED))
        run.paid.append(Paid(Charged.RAISED, _filled(rig, Side.BUY)))
        rig.venue.change_rules(replace(rig.market, maker_fee=Decimal(0)))
        run.paid.append(Paid(Charged.NOTHING, _filled(rig, Side.SELL)))
        rig.venue.change_rules(replace(rig.market, maker_fee=RAISED))
        third = third_asset(rig.market, rigs.dialect.markets) if rigs.dialect.fees_in_other_assets else None
        if third is not None:
            rig.venue.pay_fees_with(rig.account, third, DISCOUNT)
            run.paid.append(Paid(Charged.THIRD_ASSET, _filled(rig, Side.SELL)))
        run.paid.append(Paid(Charged.POLLED, _filled_unheard(rig)))
        run.balances = list(settled(rig, "in the end", PATIENT).views)
        if third is not None:
            run.balances.append(_settled_view(rig, third))
        run.elsewhere = _deposited_elsewhere(rig)
        return run


def _order_for_all(rig: Rig, run: Fees) -> None:
    """As strategies reckon it: what the connector says is available, less the fee that it expects on top."""
    price, held = resting_price(rig, Side.BUY), rig.connector.balances().get(rig.market.quote)
    if held is None:
        return
    fee = rig.connector.fee(rig.pair, size(rig), price, is_maker=False)
    on_top = not fee.type.startswith("DeductedFromReturns")
    run.expected = as_kept(fee.percent) if on_top else Decimal(0)
    amount = floor_to(as_kept(held.available) / (price * (1 + run.expected)), rig.market.lot_size)
    life = run.whole = submit(rig, Side.BUY, amount, price)
    if life.placed is not None:
        rig.connector.wait_event(created(Side.BUY), life.order_id, WAIT)
        rig.connector.cancel(life.order_id)
        rig.connector.wait_event("OrderCancelled", life.order_id, WAIT)
    settle(rig, life)


def _deposited_elsewhere(rig: Rig) -> list[BalanceView]:
    asset = rig.market.settle_asset
    amount = floor_to(rig.venue.balance(rig.account, asset).total / 3, Decimal(1))
    if not rig.dialect.deposit_elsewhere(rig.account, asset, amount):
        return []
    rig.pause(HEARD)
    return views(rig, "after money came into another account of its user")


def third_asset(market: Market, markets: tuple[Market, ...]) -> str | None:
    """An asset that is traded for the same quote and is none of the market's; None on perpetuals."""
    if market.perpetual:
        return None
    others = (each.base for each in markets if each.quote == market.quote and each.base != market.base)
    return next(others, None)


def _settled_view(rig: Rig, asset: str) -> BalanceView:
    """As the next poll leaves it."""

    def right() -> bool:
        return asset_view(rig, "in the end", asset).total_matches

    if not rig.eventually(right, PATIENT):
        rig.connector.tick()
        rig.eventually(right, PATIENT)
    return asset_view(rig, "in the end", asset)


def _filled_unheard(rig: Rig) -> Life:
    """Filled in two while no private stream tells: as before, then at a rebate and in the market's asset.

    So the two fees of one order differ in their sign, and in their asset where a third one was used.
    """
    life = rest(rig, Side.BUY)
    if life.placed is not None:
        half = floor_to(life.placed.amount / 2, rig.market.lot_size)
        with rig.faults.during(DropMessage(), "stream:*"):
            let_trade(rig, life, half)
            rig.venue.pay_fees_with(rig.account, None)
            rig.venue.change_rules(replace(rig.market, maker_fee=REBATE))
            let_trade(rig, life)
            wait_for_polls(rig, (completed(Side.BUY), life.order_id))
    return settle(rig, life)


def _filled(rig: Rig, side: Side) -> Life:
    life = rest(rig, side)
    let_trade(rig, life)
    rig.connector.wait_event(completed(side), life.order_id, WAIT)
    return settle(rig, life)
