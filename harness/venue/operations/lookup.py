"""Finding an account's order by whichever id the client gave."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.venue.model import Account, Order, Refusal, VenueRefusal
from harness.venue.session import Venue

NUMBER = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True)
class Named:
    """An order by the exchange's number, or by its client's own id for it."""

    order_id: int | None = None
    client_order_id: str | None = None

    def __bool__(self) -> bool:
        return self.order_id is not None or self.client_order_id is not None


def number_or_name(text: str) -> Named:
    """Where one field takes either: digits are the exchange's."""
    return Named(int(text)) if NUMBER.fullmatch(text) else Named(None, text)


def find(venue: Venue, account: Account, named: Named) -> Order:
    """The order as it is now; raises UNKNOWN_ORDER."""
    if not named:
        raise VenueRefusal(Refusal.UNKNOWN_ORDER, "no id was given")
    return venue.order(account, named.order_id, None if named.order_id is not None else named.client_order_id)


def cancel(venue: Venue, account: Account, named: Named) -> Order:
    """Cancel it; raises UNKNOWN_ORDER or ORDER_NOT_OPEN."""
    return venue.cancel(account, find(venue, account, named).order_id)
