"""What the connector says of its money beside what the venue's books say, at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from harness.driving.claims import Balance
from harness.scenarios.rig import Rig
from harness.venue.market import FeeIn

# Margin is a quotient, which exchanges round as they like; nothing on spot is.
MARGIN_ROUNDING = Decimal("0.000001")
PATIENT, IMPATIENT = 10.0, 2.0  # virtual seconds

AS_FLOATS = Decimal("1e-14")  # how exactly an exchange that tells numbers is heard, as a fraction


@dataclass(frozen=True)
class BalanceView:
    """One asset: claimed by the connector, and true.

    `rounding` is how far they may be apart, `available_within` how far what is available may be besides; `at`
    is when it was looked at, in virtual Unix seconds.
    """

    moment: str
    asset: str
    claimed: Balance | None
    total: Decimal
    available: Decimal
    rounding: Decimal = Decimal(0)
    available_within: Decimal = Decimal(0)
    at: float = 0.0

    @property
    def total_matches(self) -> bool:
        apart = abs((self.claimed.total if self.claimed else Decimal(0)) - self.total)
        return apart <= self.rounding + abs(self.total) * AS_FLOATS

    @property
    def available_matches(self) -> bool:
        apart = abs((self.claimed.available if self.claimed else Decimal(0)) - self.available)
        return apart <= self.rounding + self.available_within + abs(self.total) * AS_FLOATS


def views(rig: Rig, moment: str) -> list[BalanceView]:
    """Both assets of a spot market; of a perpetual the one that margin, profit and fees are paid in."""
    claims, now = rig.connector.balances(), rig.clock.now()
    if rig.market.perpetual:
        return [replace(_margin_view(rig, moment, claims.get(rig.market.settle_asset)), at=now)]
    truths = [rig.venue.balance(rig.account, asset) for asset in (rig.market.base, rig.market.quote)]
    # Where the fee comes on top of the cost, no exchange says whether an open order holds it as well.
    held = rig.market.highest_fee if rig.market.fee_in is FeeIn.QUOTE else Decimal(0)
    return [
        BalanceView(
            moment,
            truth.asset,
            claims.get(truth.asset),
            truth.total,
            truth.free,
            available_within=truth.locked * held,
            at=now,
        )
        for truth in truths
    ]


def asset_view(rig: Rig, moment: str, asset: str) -> BalanceView:
    """One asset of a spot account, whatever market it is of."""
    truth = rig.venue.balance(rig.account, asset)
    return BalanceView(moment, asset, rig.connector.balances().get(asset), truth.total, truth.free)


def _margin_view(rig: Rig, moment: str, claim: Balance | None) -> BalanceView:
    """An exchange of perpetuals may count open profit into the total (equity) or not (wallet)."""
    asset = rig.market.settle_asset
    margin = rig.venue.margin(rig.account, asset)
    totals = (margin.wallet, margin.wallet + margin.unrealised_pnl)
    total = min(totals, key=lambda each: abs(each - (claim.total if claim else margin.wallet)))
    return BalanceView(moment, asset, claim, total, margin.available, MARGIN_ROUNDING)


@dataclass(frozen=True)
class Settled:
    """The views once they agreed, or after a poll; whether they agree.

    `unpolled` are those before anybody asked for a poll: what streams told, and polls of the connector's own.
    """

    views: tuple[BalanceView, ...]
    agree: bool
    unpolled: tuple[BalanceView, ...]


def settled(rig: Rig, moment: str, patience: float) -> Settled:
    """Wait for `patience`, virtual seconds, and then for a poll."""

    def agree() -> bool:
        return all(view.total_matches and view.available_matches for view in views(rig, moment))

    at_once = rig.eventually(agree, patience)
    unpolled = tuple(views(rig, moment))
    if not at_once:
        rig.connector.tick()
        rig.eventually(agree, 2 * patience)
    found = unpolled if at_once else tuple(views(rig, moment))
    return Settled(found, all(view.total_matches and view.available_matches for view in found), unpolled)
