"""Double-entry bookkeeping in exact decimals. Its rows are the truth that checks compare with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from enum import StrEnum

from harness.venue.model import ZERO, Balance

# Sums and products of what the venue accepts fit in 100 digits; one that did not would raise, not round.
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])

OUTSIDE = "outside"  # where deposits come from; the only account that may be below zero
FEES = "fees"
TRADERS = "traders"  # everyone who is not an account of a test's
OWN = frozenset({OUTSIDE, FEES, TRADERS})  # names that no account may have


class Bucket(StrEnum):
    FREE = "free"
    LOCKED = "locked"


@dataclass(frozen=True)
class LedgerRow:
    """One asset of one account went up or down by `delta`."""

    at: float
    account: str
    bucket: Bucket
    asset: str
    delta: Decimal
    reason: str
    order_id: int | None
    trade_id: int | None
    transaction: int


@dataclass(frozen=True)
class Entry:
    account: str
    bucket: Bucket
    asset: str
    delta: Decimal


class LedgerError(Exception):
    """A transaction that does not sum to zero, or would overdraw an account; nothing was written."""


def move(asset: str, amount: Decimal, source: tuple[str, Bucket], target: tuple[str, Bucket]) -> list[Entry]:
    """`amount` of an asset from one account's bucket to another; nothing when it is zero."""
    if not amount:
        return []
    return [Entry(*source, asset, -amount), Entry(*target, asset, amount)]


class Ledger:
    """Transactions, each a set of entries that sums to zero for every asset."""

    def __init__(self) -> None:
        self._rows: list[LedgerRow] = []
        self._balances: defaultdict[tuple[str, Bucket, str], Decimal] = defaultdict(Decimal)
        self._transactions = 0

    def post(
        self,
        entries: Iterable[Entry],
        *,
        at: float,
        reason: str,
        order_id: int | None = None,
        trade_id: int | None = None,
    ) -> tuple[LedgerRow, ...]:
        """Write one transaction whole, or raise `LedgerError` and write nothing."""
        entries = tuple(entries)
        with localcontext(EXACT):
            changed = self._result(entries)
            self._balances.update(changed)
        self._transactions += 1
        number = self._transactions
        rows = tuple(
            LedgerRow(at, e.account, e.bucket, e.asset, e.delta, reason, order_id, trade_id, number)
            for e in entries
        )
        self._rows += rows
        return rows

    def _result(self, entries: tuple[Entry, ...]) -> dict[tuple[str, Bucket, str], Decimal]:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        changed: dict[tuple[str, Bucket, str], Decimal] = {}
        for entry in entries:
            key = (entry.account, entry.bucket, entry.asset)
            sums[entry.asset] += entry.delta
            changed[key] = changed.get(key, self._balances.get(key, ZERO)) + entry.delta
        for asset, total in sums.items():
            if total:
                raise LedgerError(f"the transaction creates {total} {asset}")
        for (account, bucket, asset), value in changed.items():
            if value < 0 and account != OUTSIDE:
                raise LedgerError(f"{account} would have {value} {asset} {bucket.value}")
        return changed

    def rows(self, account: str | None = None) -> tuple[LedgerRow, ...]:
        """All rows, or an account's, oldest first."""
        return tuple(row for row in self._rows if account is None or row.account == account)

    def balance(self, account: str, asset: str) -> Balance:
        free = self._balances.get((account, Bucket.FREE, asset), ZERO)
        return Balance(asset, free, self._balances.get((account, Bucket.LOCKED, asset), ZERO))

    def balances(self, account: str) -> tuple[Balance, ...]:
        """Of every asset the account ever held, by name."""
        assets = sorted({asset for name, _, asset in self._balances if name == account})
        return tuple(self.balance(account, asset) for asset in assets)

    def totals(self) -> dict[str, Decimal]:
        """The sum of each asset over everyone, from the rows alone; zero, always."""
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        with localcontext(EXACT):
            for row in self._rows:
                totals[row.asset] += row.delta
        return dict(totals)
