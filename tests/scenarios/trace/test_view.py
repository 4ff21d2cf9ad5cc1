"""What a scenario noted, as checks get it: read from its trace, and frozen."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from decimal import Decimal

import pytest

from harness.gateway.entries import Exchange, Frame
from harness.scenarios.played.order_life import Life
from harness.scenarios.played.restart import Restart
from harness.scenarios.trace.model import Began, End, Ended, Trace
from harness.scenarios.trace.view import NotInTraceError, View, noted, view_of
from harness.venue.model import Side
from tests.scenarios.trace.sample import ENTRIES, HEADER, MARKET


def life() -> Life:
    return Life(0, 1.0, "x-1", Side.BUY, "LIMIT", Decimal("0.02"), Decimal(49000), None, ())


def read() -> Restart:
    """Filled in step by step, as a scenario does, and read back."""
    run = Restart(0)
    run.before = [life()]
    run.filled = life()
    run.filled.tracked_after = True
    return view_of(
        Trace(HEADER, (Began(0.0, 0, "BTC-USDT", MARKET), noted(run, 1.0), Ended(2.0, End.FINISHED))), Restart
    )


def test_it_comes_back_equal_and_knows_its_exchange() -> None:
    view = read()
    assert view.filled is not None
    assert view.filled.tracked_after
    assert list(view.before) == [life()]
    assert (view.part.began.market, view.before[0].part) == (MARKET, view.part)


@pytest.mark.parametrize("of", [lambda view: view, lambda view: view.filled, lambda view: view.before[0]])
def test_a_check_cannot_change_what_it_judges(of: object) -> None:
    assert callable(of)
    view: View = of(read())
    with pytest.raises(FrozenInstanceError, match="it is read from a trace"):
        setattr(view, "rig_number", 7)  # noqa: B010 - mypy would see it
    with pytest.raises(FrozenInstanceError, match="it is read from a trace"):
        delattr(view, "rig_number")
    assert getattr(view, "rig_number") == 0  # noqa: B009


def test_requests_of_either_kind_are_found_again() -> None:
    """As they stand in the trace; their numbers alone are noted."""
    requests = Trace(HEADER, ENTRIES).wire.requests("place_order")
    assert [type(each) for each in requests] == [Exchange, Frame]
    note = noted(replace(life(), requests=requests), 1.0)
    assert isinstance(note.facts, dict)
    assert note.facts["requests"] == [each.number for each in requests]
    assert view_of(Trace(HEADER, (*ENTRIES[:-1], note, ENTRIES[-1])), Life).requests == requests


def test_notes_that_are_not_there_are_named() -> None:
    with pytest.raises(NotInTraceError, match="has no notes of the kind Restart"):
        view_of(Trace(HEADER, ()), Restart)
    with pytest.raises(LookupError, match="Restart was not read from a trace"):
        Restart(0).part  # noqa: B018


def test_lists_and_dicts_of_a_view_cannot_change() -> None:
    view = read()
    with pytest.raises(AttributeError):
        view.before.append(life())
    with pytest.raises(TypeError):
        view.tracked["x-1"] = None  # type: ignore[assignment]
