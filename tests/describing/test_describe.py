"""What a derivation takes from a connector's text before anything is asked."""

from __future__ import annotations

import pytest

from harness.describing.describe import quote_written


@pytest.mark.parametrize(
    ("text", "quote", "told"),
    [
        ('CURRENCY = "USDC"', "USDC", "USDC"),
        ("CURRENCY = 'USD'", "USD", "USD"),
        ('CURRENCY = "USDC"', "USDT", ""),
        ('EXAMPLE = "USDT"', "USDT", ""),  # markets are quoted in it anyway
        ("# all in USDC", "USDC", ""),
        ('FEES_IN = "BNB"', "BNB", ""),
        ("", "", ""),
    ],
)
def test_a_spot_connector_may_trade_in_one_dollar_alone(text: str, quote: str, told: str) -> None:
    assert quote_written(["", text], quote) == told
