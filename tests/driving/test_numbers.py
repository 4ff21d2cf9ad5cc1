"""Numbers made to hang or to break whoever reckons with them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from harness.driving.claims import Balance, EventView
from harness.driving.numbers import as_kept, reckoning, within_reason


@pytest.mark.parametrize(
    "said",
    [
        "sNaN",
        "NaN123",
        "1e999999999",
        "-1e-999999999",
        "0e999999999",
        "9" * 100_000,
        10**4000,
        "1e101",
        "1e-101",
    ],
    ids=lambda said: str(said)[:12],
)
def test_a_number_out_of_all_proportion_is_none(said: object) -> None:
    number = within_reason(said)
    assert number.is_nan()
    assert f"{number:f}" == "NaN"
    assert Balance.model_validate({"total": said, "available": 1}).total.is_nan()
    assert EventView(at=0, kind="x", data={"price": str(said)}).decimal("price") is not None


@pytest.mark.parametrize("said", ["1e56", "0.00000001", "0", 7, 1.5, "-Infinity", "1E-18"])
def test_an_ordinary_number_is_itself(said: str | float) -> None:
    assert within_reason(said) == Decimal(str(said))


@pytest.mark.parametrize("said", [None, True, "seven", [], {}, ""])
def test_what_is_no_number_stays_what_it_is(said: object) -> None:
    assert within_reason(said) is said


def test_an_event_with_impossible_times_can_still_be_read() -> None:
    for stamp in (10**4000, float("inf"), -5, True, "soon", None):
        event = EventView.model_validate({"at": 0, "kind": "x", "data": {"timestamp": stamp}})
        assert event.timestamp is None or isinstance(event.timestamp, float)


def test_reckoning_raises_nothing() -> None:
    nothing, endless = Decimal("NaN"), Decimal("Infinity")
    with reckoning():
        assert not nothing < 1
        assert not abs(nothing - 1) <= 1
        assert (endless % 2).is_nan()
        assert Decimal("1e99") % Decimal("1e-99") != 0


def test_a_number_is_kept_as_a_float_keeps_it() -> None:
    assert as_kept(Decimal("0.016710000000000003")) == as_kept(Decimal("0.01671"))
    assert as_kept(Decimal("4674057.87170202")) != as_kept(Decimal("4674057.87170302"))
