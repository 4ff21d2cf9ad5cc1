"""What a kind of market must be able to do for the order manager: hold, charge and settle."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from harness.venue.engine import Match, Usable
from harness.venue.model import NewOrder, Trade
from harness.venue.state import AccountState, LiveOrder


class Charge(NamedTuple):
    """What one side of a trade pays (negative: a rebate), and gained on its position."""

    fee: Decimal
    fee_asset: str
    realised_pnl: Decimal


class Clearing(Protocol):
    """Spot or perpetual."""

    def admit(self, account_state: AccountState, new: NewOrder) -> Decimal | None:
        """The most base that the order may trade, None for no bound; raises `VenueRefusal`."""

    def usable(self, new: NewOrder) -> Usable | None:
        """How much of each resting order this one may take; None: all of it."""

    def hold(self, order: LiveOrder, matches: Sequence[Match]) -> None:
        """Set aside what an accepted order needs; raises `VenueRefusal` and then nothing has changed."""

    def check_amendment(self, order: LiveOrder, price: Decimal, remaining: Decimal) -> None:
        """Raise `VenueRefusal` when the account cannot afford the order as it would be."""

    def rehold(self, order: LiveOrder) -> None:
        """Set aside what a resting order needs now, no more and no less."""

    def charge(self, order: LiveOrder, trade: Trade, *, maker: bool) -> Charge:
        """What the trade costs this side of it, maker's side first."""

    def settle(
        self, trade: Trade, maker: LiveOrder, taker: LiveOrder, charges: tuple[Charge, Charge]
    ) -> None:
        """Move what the trade moves; `charges` are the maker's and the taker's."""

    def release(self, order: LiveOrder) -> None:
        """The order is done: give back what is left of its hold."""
