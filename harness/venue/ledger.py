"""Double-entry bookkeeping in exact decimals. Its rows are the truth that checks compare with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Context, Decimal, Inexact, InvalidOperation, getcontext, setcontext
from enum import StrEnum
from typing import NamedTuple

from harness.venue.model import ZERO, Balance

# Sums and products of what the venue accepts fit in 100 digits; one that did not would raise, not round.
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])

OUTSIDE = "outside"  # where deposits come from
FEES = "fees"
TRADERS = "traders"  # everyone who is not an account of a test's
CLEARING = "clearing"  # the other side of realised profit and loss; holds what is still unrealised
INSURANCE = "insurance"  # gets liquidation fees, pays losses that an account cannot
LIQUIDATOR = "liquidator"  # takes over liquidated positions
OWN = frozenset({OUTSIDE, FEES, TRADERS, CLEARING, INSURANCE, LIQUIDATOR})  # names that no account may have
MAY_OWE = OWN - {
    TRADERS
}  # the exchange's own pockets may be below zero: rebates, losses, other people's gains


class Bucket(StrEnum):
    FREE = "free"
    LOCKED = "locked"  # what open spot orders need
    MARGIN = "margin"  # of isolated positions


FREE, LOCKED = Bucket.FREE, Bucket.LOCKED


class Reason(StrEnum):
    """Why a transaction was written."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    ORDER = "order"  # an order locked what it needs
    RELEASE = "release"  # and what it did not need came back
    TRADE = "trade"  # a spot trade with its fees
    REALISED_PNL = "realised_pnl"
    FEE = "fee"  # of a perpetual's trade
    FUNDING = "funding"
    LIQUIDATION = "liquidation"  # its fee
    INSURANCE = "insurance"  # a loss that the account could not pay
    SETTLEMENT = "settlement"  # profit taken from an open position to pay a loss
    MARGIN = "margin"  # to or from an isolated position


ORDER, RELEASE = Reason.ORDER, Reason.RELEASE


class LedgerRow(NamedTuple):
    """One asset of one account went up or down by `delta`."""

    at: float
    account: str
    bucket: Bucket
    asset: str
    delta: Decimal
    reason: Reason
    order_id: int | None
    trade_id: int | None
    transaction: int


# The account, the bucket, the asset and by how much it changes. Plain tuples: every order writes some.
Entry = tuple[str, Bucket, str, Decimal]
_Transaction = tuple[float, Reason, int | None, int | None, Sequence[Entry]]
_Hold = tuple[float, Reason, int, str, str, Decimal]  # … the order, the account, the asset, what it locks


class LedgerError(Exception):
    """A transaction that does not sum to zero, or would overdraw an account; nothing was written."""


@contextmanager
def exactly() -> Iterator[None]:
    """Reckon in `EXACT`."""
    before = getcontext()
    setcontext(EXACT)
    try:
        yield
    finally:
        setcontext(before)


def move(asset: str, amount: Decimal, source: tuple[str, Bucket], target: tuple[str, Bucket]) -> list[Entry]:
    """`amount` of an asset from one account's bucket to another; nothing when it is zero."""
    if not amount:
        return []
    return [(source[0], source[1], asset, -amount), (target[0], target[1], asset, amount)]


def _check_who_owes(changed: Mapping[tuple[str, Bucket, str], Decimal]) -> None:
    for (account, bucket, asset), value in changed.items():
        if value < 0 and account not in MAY_OWE:
            raise LedgerError(f"{account} would have {value} {asset} {bucket.value}")


def _spelled_out(written: _Transaction | _Hold) -> _Transaction:
    if len(written) == 5:
        return written
    at, reason, order_id, account, asset, amount = written
    return at, reason, order_id, None, move(asset, amount, (account, FREE), (account, LOCKED))


class Ledger:
    """Transactions, each a set of entries that sums to zero for every asset."""

    def __init__(self) -> None:
        self._transactions: list[_Transaction | _Hold] = []
        self._balances: dict[tuple[str, Bucket, str], Decimal] = {}
        self._rows: list[LedgerRow] = []  # of the first `_told` transactions: built when somebody asks
        self._rows_of: defaultdict[str, list[LedgerRow]] = defaultdict(list)
        self._told = 0

    def post(
        self,
        entries: Sequence[Entry],
        *,
        at: float,
        reason: Reason,
        order_id: int | None = None,
        trade_id: int | None = None,
    ) -> None:
        """Write one transaction whole, or raise `LedgerError` and write nothing. Reckons in `exactly()`."""
        balances = self._balances
        sums: dict[str, Decimal] = {}
        changed: dict[tuple[str, Bucket, str], Decimal] = {}
        for account, bucket, asset, delta in entries:
            key = (account, bucket, asset)
            before = changed.get(key)
            changed[key] = (balances.get(key, ZERO) if before is None else before) + delta
            sums[asset] = sums.get(asset, ZERO) + delta
        if any(sums.values()):
            raise LedgerError(f"the transaction creates {sums}")
        if min(changed.values(), default=ZERO) < 0:
            _check_who_owes(changed)
        balances.update(changed)
        self._transactions.append((at, reason, order_id, trade_id, entries))

    def hold(self, account: str, asset: str, amount: Decimal, *, at: float, order_id: int) -> None:
        """Lock `amount` of the free balance for an order, or below zero release some: a short `post`."""
        balances = self._balances
        source, target = (account, FREE, asset), (account, LOCKED, asset)
        free, locked = balances.get(source, ZERO) - amount, balances.get(target, ZERO) + amount
        if free < 0 or locked < 0:
            raise LedgerError(f"{account} would have {free} free and {locked} locked {asset}")
        balances[source], balances[target] = free, locked
        self._transactions.append((at, ORDER if amount > 0 else RELEASE, order_id, account, asset, amount))

    def rows(self, account: str | None = None) -> tuple[LedgerRow, ...]:
        """All rows, or an account's, oldest first."""
        self._tell()
        return tuple(self._rows if account is None else self._rows_of[account])

    def _tell(self) -> None:
        for number in range(self._told, len(self._transactions)):
            at, reason, order_id, trade_id, entries = _spelled_out(self._transactions[number])
            for account, bucket, asset, delta in entries:
                row = LedgerRow(at, account, bucket, asset, delta, reason, order_id, trade_id, number + 1)
                self._rows.append(row)
                self._rows_of[account].append(row)
        self._told = len(self._transactions)

    def free(self, account: str, asset: str) -> Decimal:
        return self._balances.get((account, FREE, asset), ZERO)

    def balance(self, account: str, asset: str) -> Balance:
        """Isolated margin counts as locked."""
        locked = self._balances.get((account, Bucket.LOCKED, asset), ZERO)
        margin = self._balances.get((account, Bucket.MARGIN, asset), ZERO)
        return Balance(asset, self.free(account, asset), locked + margin)

    def balances(self, account: str) -> tuple[Balance, ...]:
        """Of every asset the account ever held, by name."""
        assets = sorted({asset for name, _, asset in self._balances if name == account})
        return tuple(self.balance(account, asset) for asset in assets)

    def totals(self) -> dict[str, Decimal]:
        """The sum of each asset over everyone, from the rows alone; zero, always."""
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        with exactly():
            for row in self.rows():
                totals[row.asset] += row.delta
        return dict(totals)
