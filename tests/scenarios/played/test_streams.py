"""Which fills the events of a connector tell of."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import JsonValue

from harness.driving.claims import EventView
from harness.scenarios.played.streams import is_reported
from harness.venue.dialects import dialect
from harness.venue.model import Fill, Side

MARKET = dialect("loopring").markets[0]


def fill(number: int, amount: str) -> Fill:
    price, size = Decimal("0.0005"), Decimal(amount)
    return Fill(
        number, 1, "mine", "me", MARKET, Side.BUY, price, size, price * size, Decimal(0), "LRC", True, 0.0
    )


FIRST, SECOND = fill(7, "92.6"), fill(8, "92.6")
BOTH = [(FIRST, "T7"), (SECOND, "T8")]


def event(name: str, amount: JsonValue) -> EventView:
    return EventView(at=0.0, kind="OrderFilled", data={"exchange_trade_id": name, "amount": amount})


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([("T8", "92.6")], True),
        ([("T7", "92.6")], False),
        ([("T7", "92.6"), ("T7", "92.6")], False),
        ([("of the order", "92.6")], False),
        ([("of the order", "92.6"), ("of the order", "92.6")], True),
        ([("of the order", "185.2")], True),
        ([("T7", "92.6"), ("of the order", "92.60000000000001")], True),
        ([("of the order", "NaN"), ("of the order", None)], False),
        ([], False),
    ],
)
def test_a_fill_is_told_by_its_id_or_by_what_was_filled(
    events: list[tuple[str, JsonValue]], told: bool
) -> None:
    assert is_reported(SECOND, BOTH, [event(*each) for each in events]) is told
