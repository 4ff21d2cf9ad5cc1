"""Which connector serves as the control, and what the other trials of a failure say of it."""

from __future__ import annotations

import pytest

from harness.checking.attribution import Trial, control_for, control_in, judge_failure, same_finding
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


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ((UPSTREAM, UPSTREAM), ("okx", 0)),
        ((UPSTREAM[:1], UPSTREAM), ("okx", 1)),
        ((UPSTREAM[:1], UPSTREAM[:1]), ("kucoin", 0)),
        (([], UPSTREAM[:1]), ("kucoin", 1)),
        (([], []), None),
    ],
)
def test_a_fork_is_compared_with_what_it_was_cut_from(
    trees: tuple[list[str], list[str]], found: tuple[str, int] | None
) -> None:
    """A change of a merged connector was once blamed for what upstream mended after it was made."""
    assert control_in(trees, "v2", "exchange", "okx") == found


def test_the_control_of_2020_is_of_the_same_exchange_or_none() -> None:
    paths = [f"hummingbot/market/{name}/{name}_market.pyx" for name in ("kraken", "kucoin")]
    assert control_for(paths, "v0", "market", "kucoin_2020") == "kucoin"
    assert control_for(paths, "v0", "market", "loopring") is None
    assert control_for(paths, "v0", "market", "kraken") is None


def test_a_trial_that_decided_nothing_excuses_nobody() -> None:
    tried = [(Trial.CONTROL, Status.UNDETERMINED, ""), (Trial.OTHER_SEED, Status.HARNESS_ERROR, "")]
    judgement = judge_failure("okx", "It was announced twice.", tried)
    assert (judgement.excuse, judgement.evidence) == ("", ())


def test_a_control_that_fails_for_another_reason_excuses_nobody() -> None:
    """A price rounded to nearest was once excused because the control's order had been refused."""
    rounded = "A limit buy order was sent with 0.0001240 BTC instead of 0.0001230."
    refused = "An ordinary limit buy order of 5 BTC was refused."
    judgement = judge_failure("okx", rounded, [(Trial.CONTROL, Status.FAILED, refused)])
    assert judgement.excuse == ""
    assert judgement.evidence[-1].text == f"The merged okx connector failed for another reason: {refused}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("A fill cost 0.1 BTC; it said -2E-7 USDT.", "A fill cost 3 ETH; it said 12 USDT.", True),
        ("BuyOrderCompleted came twice in BTC-USDT.", "SellOrderCompleted came twice in ETH-USDT.", True),
        ("After one step, 2.5 of USDC is free.", "After 6 steps, 3 of USDC is free.", True),
        ("After one step, 2.5 of USDC is free.", "After 6 fills, 3 of USDC is free.", False),
        ("An order was forgotten.", "An order was announced twice.", False),
    ],
)
def test_findings_are_the_same_whatever_the_numbers(one: str, other: str, same: bool) -> None:
    assert same_finding(one, other) is same
