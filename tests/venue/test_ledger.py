"""The ledger's own rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from harness.venue.ledger import OUTSIDE, Bucket, Entry, Ledger, LedgerError, Reason, exactly, move

FREE, LOCKED = Bucket.FREE, Bucket.LOCKED


def test_a_transaction_moves_what_it_says() -> None:
    ledger = Ledger()
    ledger.post(move("BTC", Decimal("1.5"), (OUTSIDE, FREE), ("a", FREE)), at=1, reason=Reason.DEPOSIT)
    hold = move("BTC", Decimal("0.5"), ("a", FREE), ("a", LOCKED))
    ledger.post(hold, at=2, reason=Reason.ORDER, order_id=9)
    balance = ledger.balance("a", "BTC")
    assert (balance.free, balance.locked, balance.total) == (Decimal(1), Decimal("0.5"), Decimal("1.5"))
    assert [(row.delta, row.bucket, row.order_id) for row in ledger.rows("a")] == [
        (Decimal("1.5"), FREE, None),
        (Decimal("-0.5"), FREE, 9),
        (Decimal("0.5"), LOCKED, 9),
    ]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([("a", FREE, "BTC", Decimal(1))], id="out of nothing"),
        pytest.param(
            [("a", FREE, "BTC", Decimal(-1)), ("b", FREE, "ETH", Decimal(1))], id="one into another"
        ),
        pytest.param(move("BTC", Decimal(3), ("a", FREE), ("b", FREE)), id="more than there is"),
    ],
)
def test_a_wrong_transaction_writes_nothing(entries: list[Entry]) -> None:
    ledger = Ledger()
    ledger.post(move("BTC", Decimal(2), (OUTSIDE, FREE), ("a", FREE)), at=1, reason=Reason.DEPOSIT)
    before = ledger.rows(), ledger.balances("a"), ledger.balances("b")
    with pytest.raises(LedgerError):
        ledger.post(entries, at=2, reason=Reason.TRADE)
    assert (ledger.rows(), ledger.balances("a"), ledger.balances("b")) == before


def test_amounts_of_very_different_size_are_kept_exactly() -> None:
    ledger = Ledger()
    with exactly():
        for amount in (Decimal(10**20), Decimal("0.00000001")):
            entries = move("SATS", amount, (OUTSIDE, FREE), ("a", FREE))
            ledger.post(entries, at=1, reason=Reason.DEPOSIT)
    assert ledger.balance("a", "SATS").free == Decimal("100000000000000000000.00000001")
