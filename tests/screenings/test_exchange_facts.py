"""What a connector's code says of its exchange is read as text, in today's form and that of 2020."""

from __future__ import annotations

import pytest

from checks.static.source import Source
from harness.screenings.exchange_facts import facts_in, site

TODAY = """
from decimal import Decimal
from hummingbot.core.data_type.common import OrderType
EXAMPLE_PAIR = "ZRX-ETH"
DEFAULT_FEES = TradeFeeSchema(
    maker_percent_fee_decimal=Decimal("0.001"),
    taker_percent_fee_decimal=Decimal("0.0015"),
    buy_percent_fee_deducted_from_returns=True,
)
class Acme:
    def supported_order_types(self):
        return [OrderType.MARKET, OrderType.LIMIT]
"""


def test_todays_form() -> None:
    found = facts_in(Source("acme_utils.py", TODAY))
    assert (found.example_pair, found.order_types) == ("ZRX-ETH", ("LIMIT", "MARKET"))
    assert (found.maker_percent, found.taker_percent) == ("0.1", "0.15")


def test_the_form_of_2020_has_percentages() -> None:
    found = facts_in(Source("acme_utils.py", "DEFAULT_FEES = [0.1, 0.2]"))
    assert (found.maker_percent, found.taker_percent) == ("0.1", "0.2")


@pytest.mark.parametrize(
    "code",
    [
        "EXAMPLE_PAIR = pair()",
        "EXAMPLE_PAIR = '@everyone https://evil.example'",
        "DEFAULT_FEES = [fee, None]",
        "DEFAULT_FEES = TradeFeeSchema(Decimal('1e999'), maker_percent_fee_decimal=Decimal('1e999'))",
        "DEFAULT_FEES = [float('nan'), 'NaN']",
        "def f(: broken",
    ],
)
def test_what_cannot_be_read_is_not_said(code: str) -> None:
    assert not facts_in(Source("acme_utils.py", code)).model_dump(exclude_defaults=True)


@pytest.mark.parametrize("id_", [None, "no_such", "../oracle", "base/exchange"])
def test_no_site_without_an_exchange_of_ccxt(id_: str | None) -> None:
    assert site(id_) is None


@pytest.mark.parametrize("id_", ["binance", "binance@4.0.100"])
def test_the_site_is_ccxts(id_: str) -> None:
    assert site(id_) == "https://www.binance.com"
