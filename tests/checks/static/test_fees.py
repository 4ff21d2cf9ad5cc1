"""Default fees are read in every form in which they stand, and are 0 only where nothing else is said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from checks.static.fees import DefaultFees, default_fees, in_words
from checks.static.source import Source

SCHEMA = "TradeFeeSchema(maker_percent_fee_decimal=Decimal('0.001'), taker_percent_fee_decimal=0.002)"


def read(code: str) -> DefaultFees | None:
    return default_fees(Source("acme_utils.py", code))


@pytest.mark.parametrize(
    "code",
    [
        f"DEFAULT_FEES = {SCHEMA}",
        f"DEFAULT_FEES = trade_fee.{SCHEMA}",
        f"DEFAULT_FEES: TradeFeeSchema = {SCHEMA}",
        f"DEFAULT_FEES = [9, 9]\nDEFAULT_FEES = {SCHEMA}",
        "DEFAULT_FEES = [0.1, Decimal('0.2')]",
    ],
)
def test_each_form_is_read_in_percent(code: str) -> None:
    found = read(code)
    assert found is not None
    assert (found.maker, found.taker) == (Decimal("0.1"), Decimal("0.2"))


def test_what_the_schema_is_not_given_is_0() -> None:
    assert read("DEFAULT_FEES = TradeFeeSchema(taker_percent_fee_decimal='0.3')") == DefaultFees(
        Decimal(0), Decimal(30), 1
    )


@pytest.mark.parametrize(
    "value",
    [
        "fees()",
        "TradeFeeSchema(**FEES)",
        "TradeFeeSchema('USDT', Decimal('0.1'))",
        "TradeFeeSchema(maker_percent_fee_decimal=FEE, taker_percent_fee_decimal=FEE)",
        "[FEE, FEE]",
        "FEES",
    ],
)
def test_what_is_no_number_is_not_taken_for_0(value: str) -> None:
    assert read(f"DEFAULT_FEES = {value}") == DefaultFees(None, None, 1)


def test_no_fees_are_none() -> None:
    assert read("FEES = [1, 2]\nDEFAULT_FEES: TradeFeeSchema") is None


def test_a_number_without_end_is_not_written_out() -> None:
    assert in_words(Decimal("10.0")) == "10"
    assert len(in_words(Decimal("1e999"))) < 20
