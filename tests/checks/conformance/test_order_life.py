"""What late messages may do to an order that polls have told the end of: nothing, and lose no fill."""

from __future__ import annotations

import pytest

from checks.conformance import test_order_life as checks
from harness.checking import Failed, NotApplicable, Undetermined
from harness.driving.claims import EventView
from harness.scenarios.catalogue import DEAF_STREAMS, RACES
from harness.scenarios.played.order_life import Life
from harness.scenarios.played.races import Races
from harness.scenarios.played.unheard import DeafStreams
from tests.checks.conformance.seen import seen
from tests.scenarios.trace.sample import FILL, ORDER

WHOLE, HALF = str(2 * FILL.amount), str(FILL.amount)
COMPLETED = EventView(at=6.0, kind="BuyOrderCompleted", data={"order_id": "x-1"})


def filled(amount: str) -> EventView:
    return EventView(at=5.0, kind="OrderFilled", data={"order_id": "x-1", "amount": amount})


def races(*events: EventView, tracked: bool = False, ended_first: bool = True) -> Races:
    """An order that was filled in two halves."""
    life = Life(
        0, 1.0, "x-1", ORDER.side, "LIMIT", ORDER.amount, ORDER.price, ORDER, (),
        fills=(FILL, FILL._replace(trade_id=4)), events=events, tracked_after=tracked,
    )  # fmt: skip
    return seen(Races(0, overtaken=life, ended_first=ended_first), RACES.name)


@pytest.mark.parametrize("told", [(filled(HALF), filled(HALF)), (filled(WHOLE),)])
def test_fills_that_a_poll_found_may_be_told_as_one(told: tuple[EventView, ...]) -> None:
    checks.test_late_messages_leave_an_order_ended(races(*told, COMPLETED))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (races(filled(WHOLE), COMPLETED, COMPLETED), "ended again"),
        (races(filled(HALF), COMPLETED), "0.01 instead of 0.02 was reported"),
        (races(filled(WHOLE), filled(HALF), COMPLETED), "0.03 instead of 0.02 was reported"),
        (races(filled(WHOLE), COMPLETED, tracked=True), "is tracked as open"),
    ],
)
def test_what_late_messages_must_not_do(seen: Races, words: str) -> None:
    with pytest.raises(Failed, match=words):
        checks.test_late_messages_leave_an_order_ended(seen)


def test_messages_that_came_before_the_end_say_nothing() -> None:
    with pytest.raises(Undetermined, match="No poll reported"):
        checks.test_late_messages_leave_an_order_ended(races(filled(WHOLE), COMPLETED, ended_first=False))


def told(*heard: bool, joined: bool = True) -> DeafStreams:
    """An order of which one fill was told alone and two in one message, if `joined`."""
    life = Life(0, 1.0, "x-1", ORDER.side, "LIMIT", ORDER.amount, ORDER.price, ORDER, ())
    return seen(DeafStreams(0, together=life, joined=joined, heard=list(heard)), DEAF_STREAMS.name)


def test_fills_that_are_reported_however_they_are_told_pass() -> None:
    checks.test_fills_told_in_one_message(told(True, True, True))


@pytest.mark.parametrize(("heard", "count"), [((True, True, False), 1), ((True, False, False), 0)])
def test_fills_that_are_lost_in_company_are_found(heard: tuple[bool, ...], count: int) -> None:
    with pytest.raises(Failed, match=f"in one message; {count} of them were reported before a poll"):
        checks.test_fills_told_in_one_message(told(*heard))


def test_who_reports_fills_after_polls_only_is_not_accused() -> None:
    with pytest.raises(Undetermined):
        checks.test_fills_told_in_one_message(told(False, False, False))


def test_an_exchange_that_tells_of_each_fill_alone_asks_for_nothing() -> None:
    with pytest.raises(NotApplicable):
        checks.test_fills_told_in_one_message(told(True, False, False, joined=False))
