"""Totals that follow at once and what is available only with the next poll."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import JsonValue

from checks.conformance.test_balances import report_of
from checks.conformance.test_balances import test_a_wrong_key_is_noticed as notices_a_wrong_key
from checks.conformance.test_balances import test_what_is_available_follows_each_message as follows_each
from checks.conformance.test_balances import test_what_is_available_follows_with_the_total as follows
from harness.checking import Failed, Undetermined
from harness.driving.claims import Balance, EventView
from harness.gateway.entries import Frame
from harness.scenarios.played.balances import BalanceView
from harness.scenarios.played.order_life import Life, Trading
from harness.venue.market import SAMPLE_PERPETUALS
from harness.venue.model import Fill, Side
from tests.checks.conformance.seen import seen as with_frames

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
TOLD = '{"a":"USDT"}'


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


def heard(*moments: tuple[Figures, Figures, Figures], told: tuple[int, ...]) -> Trading:
    """The same, five seconds apart; a message told of the asset in the middle of those that are `told`."""
    run = trading(*moments)
    for views in (run.balances_unpolled, run.balances):
        views[:] = [replace(view, at=5.0 * (number + 1)) for number, view in enumerate(views)]
    frames = [
        Frame(
            5.0 * number + 3,
            "ws.example.com",
            1,
            "connector",
            "received",
            "stream:balances",
            TOLD,
            number=number,
        )
        for number in told
    ]
    return with_frames(run, "trading", *frames)


# A fill that it followed, and then an order that holds two.
FOLLOWED = ((8, 8), (8, 8), (8, 8))


def test_what_a_message_tells_and_a_poll_brings_is_found() -> None:
    held = ((8, 8), (8, 6), (8, 6))
    with pytest.raises(Failed, match="reported 8 until its next poll"):
        follows_each(heard(START, FOLLOWED, held, told=(1, 2)))


@pytest.mark.parametrize(
    ("moments", "told"),
    [
        pytest.param([START, FOLLOWED, ((8, 6), (8, 6), (8, 6))], (1, 2), id="as it was told"),
        pytest.param([START, FOLLOWED, ((8, 8), (8, 6), (8, 6))], (1,), id="nothing was told"),
        pytest.param(
            [START, ((9, 9), (8, 8), (8, 8)), ((8, 8), (8, 6), (8, 6))], (1, 2), id="who only polls"
        ),
    ],
)
def test_who_polls_or_follows_is_not_accused(
    moments: list[tuple[Figures, Figures, Figures]], told: tuple[int, ...]
) -> None:
    follows_each(heard(*moments, told=told))


def filled(trade_id: int, fee: str, price: str = "50000") -> Fill:
    return Fill(
        trade_id, 1, "x-1", "maker", SAMPLE_PERPETUALS[0], Side.BUY, Decimal(price), Decimal("0.01"),
        Decimal(500), Decimal(fee), "USDT", True, 1.0,
    )  # fmt: skip


def told(name: str, fee: str, price: str = "50000") -> EventView:
    flat: list[JsonValue] = [{"type": "TokenAmount", "token": "USDT", "amount": fee}]
    charged: JsonValue = {
        "type": "AddedToCostTradeFee",
        "percent": "0",
        "percent_token": "USDT",
        "flat_fees": flat,
    }
    data: dict[str, Any] = {"exchange_trade_id": name, "price": price, "amount": "0.01", "trade_fee": charged}
    return EventView(at=1.0, kind="OrderFilled", data=data)


def report(fill: Fill, name: str, *events: EventView) -> str | None:
    fills = (filled(1, "0.8"), filled(2, "-0.05"))
    life = Life(0, 1.0, "x-1", Side.BUY, "LIMIT", Decimal("0.02"), None, None, (), fills=fills, events=events)
    found = report_of(life, fill, name)
    return None if found is None else str(found.data["exchange_trade_id"])


def test_fills_that_traded_alike_are_told_apart_by_their_fees_where_ids_are_made_up() -> None:
    first, second = filled(1, "0.8"), filled(2, "-0.05")
    mine = (told("mine-2", "-0.05"), told("mine-1", "0.8"))
    for events in (mine, mine[::-1]):
        assert report(first, "1", *events) == "mine-1"
        assert report(second, "2", *events) == "mine-2"
    named = (told("2", "0.8"), told("1", "0.8"))
    assert (report(first, "1", *named), report(second, "2", *named)) == ("1", "2")
    assert report(filled(2, "-0.05"), "2", told("mine", "0.8")) == "mine", "the only one tells of it"
    assert report(first, "1", told("mine", "0.8", price="1")) is None


@pytest.mark.parametrize(
    ("ready", "verified", "raised"),
    [(True, True, Failed), (True, False, Undetermined), (False, False, Undetermined), (False, True, Failed)],
)
def test_who_is_let_in_with_a_wrong_secret_is_not_accused(
    ready: bool, verified: bool, raised: type[Exception]
) -> None:
    """As Grvt's session, which an API key alone opens: its secret signs orders, and nothing before them. Who
    is slow to get ready has nothing to say about a secret that nobody refused.
    """
    run = SimpleNamespace(ready=ready, verified=verified, requests=("one",), logs=())
    traces = SimpleNamespace(view=lambda _: run)
    with pytest.raises(raised):
        notices_a_wrong_key(trading(START), cast(Any, traces), lambda *_: None)
