"""Which connector serves as the control, and what the other trials of a failure say of it."""

from __future__ import annotations

import pytest

from harness.checking.attribution import Trial, control_for, judge_failure
from harness.outcome import Status

UPSTREAM = [
    "hummingbot/connector/exchange/kucoin/kucoin_exchange.py",
    "hummingbot/connector/exchange/okx/okx_exchange.py",
    "hummingbot/connector/exchange/elsewhere/elsewhere_exchange.py",
    "hummingbot/connector/derivative/bybit_perpetual/bybit_perpetual_derivative.py",
]


@pytest.mark.parametrize(
    ("kind", "exchange", "control"),
    [
        ("exchange", "okx", "okx"),
        ("exchange", "binance", "kucoin"),
        ("exchange", "elsewhere", "kucoin"),
        ("exchange", None, "kucoin"),
        ("derivative", "binance_perpetual", "bybit_perpetual"),
    ],
)
def test_the_control_is_of_the_same_exchange_where_it_can(
    kind: str, exchange: str | None, control: str
) -> None:
    assert control_for(UPSTREAM, "v2", kind, exchange) == control


def test_there_may_be_no_control() -> None:
    assert control_for(UPSTREAM[:3], "v2", "derivative", "binance_perpetual") is None


def test_a_trial_that_decided_nothing_excuses_nobody() -> None:
    tried = [(Trial.CONTROL, Status.UNDETERMINED), (Trial.OTHER_SEED, Status.HARNESS_ERROR)]
    judgement = judge_failure("okx", tried)
    assert (judgement.excuse, judgement.evidence) == ("", ())
