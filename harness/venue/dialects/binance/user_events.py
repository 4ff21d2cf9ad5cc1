"""Venue events as an account's user data stream tells them. Source: Binance's `user-data-stream.md`."""

from __future__ import annotations

from collections.abc import Iterator

from harness.venue.dialects.binance import messages
from harness.venue.dialects.wire import Json
from harness.venue.events import BalanceChanged, Event, OrderChanged
from harness.venue.model import Account

USER_OPERATIONS = frozenset({"stream:orders", "stream:balances"})


def user_frames(event: Event, account: Account) -> Iterator[tuple[str, Json]]:
    """(operation, event) of what concerns the account."""
    if isinstance(event, OrderChanged) and event.order.account == account.name:
        yield "stream:orders", messages.execution_report(event)
    if isinstance(event, BalanceChanged) and event.account == account.name:
        yield "stream:balances", messages.position(event.balances, event.at)
