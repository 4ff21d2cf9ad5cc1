"""What the order manager writes to the ledger, and the list of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from harness.venue.events import BalanceChanged, Event
from harness.venue.ledger import OWN, Bucket, Entry, Ledger, Reason, move
from harness.venue.model import Clock


class Postings:
    """Posts to the ledger and gathers `events`, while somebody is `listening`, until they are told."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ledger = Ledger()
        self.events: list[Event] = []
        self.listening = False

    def post(
        self,
        entries: Sequence[Entry],
        reason: Reason,
        order_id: int | None = None,
        trade_id: int | None = None,
    ) -> None:
        """Write a ledger transaction and tell each account that it moved; the venue's own need no telling."""
        if not entries:
            return
        now = self.clock.now()
        self.ledger.post(entries, at=now, reason=reason, order_id=order_id, trade_id=trade_id)
        if self.listening:
            moved: dict[str, set[str]] = {}
            for account, _, asset, _ in entries:
                moved.setdefault(account, set()).add(asset)
            for account, assets in moved.items():
                self._tell(account, sorted(assets), reason, order_id, trade_id)

    def hold(self, account: str, asset: str, amount: Decimal, order_id: int) -> None:
        """Lock for an order what it needs, or below zero release what it does not."""
        self.ledger.hold(account, asset, amount, at=self.clock.now(), order_id=order_id)
        if self.listening:
            self._tell(account, [asset], Reason.ORDER if amount > 0 else Reason.RELEASE, order_id, None)

    def _tell(
        self, account: str, assets: list[str], reason: Reason, order_id: int | None, trade_id: int | None
    ) -> None:
        if account not in OWN:
            balances = tuple(self.ledger.balance(account, asset) for asset in assets)
            now = self.clock.now()
            self.events.append(BalanceChanged(account, balances, reason, order_id, trade_id, now))

    def pay(
        self,
        asset: str,
        amount: Decimal,
        payer: str,
        payee: str,
        reason: Reason,
        order_id: int | None = None,
        trade_id: int | None = None,
    ) -> None:
        """From one's free balance to the other's; a negative amount goes the other way."""
        entries = move(asset, amount, (payer, Bucket.FREE), (payee, Bucket.FREE))
        self.post(entries, reason, order_id, trade_id)
