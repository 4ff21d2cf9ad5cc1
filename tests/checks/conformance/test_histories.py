"""Which schedules are drawn, how one is shortened, and what breaks an invariant."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks.conformance.test_order_life import test_histories_end_as_the_ledger_has_them as end_alike
from harness.checking import Failed
from harness.driving.claims import EventView
from harness.scenarios.played import histories
from harness.scenarios.played.histories import Histories, History, Move, Schedule, Step, Trouble, schedules
from harness.scenarios.played.invariants import breaches, broken
from harness.scenarios.played.order_life import Life
from harness.venue.model import OrderStatus, Side

SEEDS = range(50)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_trouble_is_met_and_an_order_begins_by_being_placed(seed: int) -> None:
    drawn = schedules(seed)
    assert {step.trouble for schedule in drawn for step in schedule} >= set(Trouble)
    for schedule in drawn:
        for order in {step.order for step in schedule}:
            moves = [step.move for step in schedule if step.order == order]
            assert moves.index(Move.PLACE) == 0
            assert moves.count(Move.PLACE) == 1
        assert sum(step.trouble in (Trouble.UNSURE, Trouble.MISSING) for step in schedule) <= 1


def test_the_seed_decides() -> None:
    assert schedules(7) == schedules(7)
    assert len({schedules(seed) for seed in SEEDS}) == len(SEEDS)


NEEDED = (Step(1, Move.PLACE, None, 1.0), Step(1, Move.PART, Trouble.LOST, 1.0))
LONG: Schedule = (
    Step(0, Move.PLACE, Trouble.LATE, 1.0),
    Step(1, Move.PLACE, Trouble.SLOW, 1.0),
    Step(1, Move.PART, Trouble.LOST, 1.0),
    Step(0, Move.GONE, None, 1.0),
    Step(2, Move.PLACE, None, 1.0),
    Step(1, Move.FILL, Trouble.TWICE, 1.0),
)


def lived(monkeypatch: pytest.MonkeyPatch) -> list[Schedule]:
    """The schedules that are lived from now on; each breaks when order 1 is filled in part, unheard."""
    tried: list[Schedule] = []

    def live(rigs: object, pace: float, schedule: Schedule) -> History:
        tried.append(schedule)
        return History(0, schedule)

    monkeypatch.setattr(histories, "_live", live)
    monkeypatch.setattr(histories, "broken", lost)
    return tried


def lost(history: History) -> str | None:
    return "lost fills" if NEEDED[1] in history.schedule else None


def test_a_schedule_is_shortened_to_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = lived(monkeypatch)
    shortest = histories._Shortening("lost fills", 1).of(cast(Any, None), 12.0, LONG)
    assert shortest is not None
    assert shortest.schedule == NEEDED
    assert len(tried) <= histories.MOST_TRIES


def test_what_breaks_in_another_way_is_not_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    lived(monkeypatch)
    assert histories._Shortening("balances", None).of(cast(Any, None), 12.0, LONG) is None


def test_no_order_number_means_that_any_order_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    lived(monkeypatch)
    shortest = histories._Shortening("lost fills", None).of(cast(Any, None), 12.0, LONG)
    assert shortest is not None
    assert {step.order for step in shortest.schedule} == {1}


PRICE = Decimal(100)


def order(status: OrderStatus, name: str = "") -> Any:
    return SimpleNamespace(status=status, client_order_id=name)


def life(status: OrderStatus, *kinds: str, fills: int = 0, tracked: bool = False) -> Life:
    """A buy order that ended so, of which the connector told these events."""
    data: dict[str, Any] = {"price": "100", "amount": "1"}
    return Life(
        0, 0.0, "HBOT-1", Side.BUY, "LIMIT", Decimal(3), PRICE, order(OrderStatus.OPEN), (),
        final=order(status),
        fills=tuple(cast(Any, SimpleNamespace(price=PRICE, amount=Decimal(1))) for _ in range(fills)),
        events=tuple(EventView(at=1.0, kind=kind, data=data) for kind in kinds),
        tracked_after=tracked,
    )  # fmt: skip


def history(*lives: Life, orders: int | None = None, foreign: OrderStatus = OrderStatus.OPEN) -> History:
    made = History(0, LONG, dict(enumerate(lives)), foreign=order(foreign))
    count = len(lives) + 1 if orders is None else orders
    made.orders = tuple(order(OrderStatus.OPEN, str(number)) for number in range(count))
    return made


@pytest.mark.parametrize(
    "told",
    [
        life(OrderStatus.OPEN, "BuyOrderCreated", tracked=True),
        life(OrderStatus.PARTIALLY_FILLED, "OrderFilled", fills=1, tracked=True),
        life(OrderStatus.FILLED, "OrderFilled", "OrderFilled", "BuyOrderCompleted", fills=2),
        life(OrderStatus.CANCELED, "OrderFilled", "OrderCancelled", fills=1),
    ],
)
def test_what_agrees_with_the_ledger_breaks_nothing(told: Life) -> None:
    assert list(breaches(history(told))) == []


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (life(OrderStatus.OPEN), ["tracking"]),
        (life(OrderStatus.OPEN, "OrderFailure", tracked=True), ["end"]),
        (life(OrderStatus.FILLED, "OrderFilled", "OrderFailure", fills=1), ["end"]),
        (life(OrderStatus.FILLED, "OrderFilled", fills=1), ["end"]),
        (life(OrderStatus.CANCELED, "OrderCancelled", "OrderCancelled"), ["end"]),
        (life(OrderStatus.CANCELED, "OrderCancelled", tracked=True), ["tracking"]),
        (life(OrderStatus.FILLED, "BuyOrderCompleted", fills=1), ["lost fills"]),
        (life(OrderStatus.CANCELED, "OrderFilled", "OrderCancelled"), ["invented fills"]),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_named(told: Life, what: list[str]) -> None:
    good = life(OrderStatus.OPEN, tracked=True)
    found = list(breaches(history(good, told)))
    assert [breach.what for breach in found] == what
    assert {breach.order for breach in found} == {1}
    assert broken(history(good, told)) == what[0]


def test_orders_of_others_and_orders_that_nobody_wanted() -> None:
    good = life(OrderStatus.OPEN, tracked=True)
    assert broken(history(good, foreign=OrderStatus.CANCELED)) == "foreign"
    assert broken(history(good, orders=3)) == "unasked"


def test_client_order_ids_are_unique_and_requests_are_accepted() -> None:
    told = history(life(OrderStatus.OPEN, tracked=True))
    told.orders = (order(OrderStatus.OPEN, "a"), order(OrderStatus.OPEN, "a"))
    assert broken(told) == "client order ids"
    told = history(life(OrderStatus.OPEN, tracked=True))
    told.turned_away = tuple(cast(Any, SimpleNamespace(status=status)) for status in (429, 401, 429))
    (breach,) = breaches(told)
    assert breach.sentence.endswith("2 with 429, 1 with 401")


def test_what_breaks_without_a_step_is_told() -> None:
    shortest = History(0, (), foreign=order(OrderStatus.CANCELED))
    bad = history(life(OrderStatus.OPEN, tracked=True), foreign=OrderStatus.CANCELED)
    with pytest.raises(Failed, match="After no step of trading with faults, "):
        end_alike(Histories(0, [bad], shortest), lambda *_: None)
