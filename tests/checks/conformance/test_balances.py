"""Totals that follow at once and what is available only with the next poll."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest

from checks.conformance.test_balances import test_what_is_available_follows_with_the_total as follows
from harness.checking import Failed
from harness.driving.claims import Balance
from harness.scenarios.played.balances import BalanceView
from harness.scenarios.played.order_life import Trading

Figures = tuple[int, int]  # in all and available


def seen(moment: str, claimed: Figures, true: Figures) -> BalanceView:
    claim = Balance(total=cast(Any, Decimal(claimed[0])), available=cast(Any, Decimal(claimed[1])))
    return BalanceView(moment, "USDT", claim, Decimal(true[0]), Decimal(true[1]))


def trading(*moments: tuple[Figures, Figures, Figures]) -> Trading:
    """Of each moment: what was claimed before a poll, what after it, and what is true."""
    run = Trading(0)
    for number, (unpolled, polled, true) in enumerate(moments):
        run.balances_unpolled.append(seen(str(number), unpolled, true))
        run.balances.append(seen(str(number), polled, true))
    return run


START = ((9, 9), (9, 9), (9, 9))


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(((8, 9), (8, 7), (8, 7)), id="as it was"),
        pytest.param(((8, 8), (8, 7), (8, 7)), id="the total in its place"),
    ],
)
def test_what_is_available_only_after_a_poll_is_found(then: tuple[Figures, Figures, Figures]) -> None:
    with pytest.raises(Failed, match="was right before any poll"):
        follows(trading(START, then))


@pytest.mark.parametrize(
    "then",
    [
        pytest.param([((8, 7), (8, 7), (8, 7))], id="both at once"),
        pytest.param([((9, 9), (8, 7), (8, 7))], id="neither at once"),
        pytest.param([((9, 9), (8, 7), (8, 7)), ((8, 7), (8, 5), (8, 5))], id="the total by an earlier poll"),
        pytest.param([((8, 9), (8, 9), (8, 7))], id="wrong after a poll too, which is told elsewhere"),
    ],
)
def test_who_polls_or_is_told_both_is_not_accused(then: list[tuple[Figures, Figures, Figures]]) -> None:
    follows(trading(START, *then))
