"""What a failed check of an order's life shows of it."""

from __future__ import annotations

import pytest

from checks.conformance import test_order_life
from harness.checking import Failed
from harness.outcome import Basis, EvidenceKind
from tests.zoo.defects import DEFECTS
from tests.zoo.keeping import Zoo


def test_an_orders_history_is_told_in_its_order(zoo: Zoo) -> None:
    (defect,) = (each for each in DEFECTS if each.name == "cumulative-quantity-taken-for-the-last-fill")
    with zoo.bad(defect) as specimen, pytest.raises(Failed) as found:
        specimen.check(test_order_life.test_every_fill_once)
    told = [each for each in found.value.evidence if each.at is not None]
    times = [each.at for each in told if each.at is not None]
    assert len(times) == len(told)
    assert times == sorted(times)
    assert times[0] == 0.0
    assert told[0].text.startswith("The connector is asked for a limit buy order")
    kinds = [each.kind for each in told]
    assert kinds[1:3] == [EvidenceKind.WIRE, EvidenceKind.LEDGER], "sent, and accepted"
    assert {each.basis for each in told if each.kind is EvidenceKind.EVENT} == {Basis.CLAIMED}
    fills = [each for each in told if each.text.startswith("fill ")]
    assert len(fills) == 3
    assert sum(each.text.startswith("OrderFilled") for each in told) == 3
