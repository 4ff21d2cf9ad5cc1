"""What a check of every trace is given, and what it meets after the last."""

from __future__ import annotations

import pytest

from harness.checking import traces
from harness.checking.traces import Traces
from harness.driving.rpc_client import ConnectorError
from harness.errors import OurFailure
from harness.scenarios.catalogue import HOUR, MARKET_DATA, OUTAGE, WATCHED
from harness.scenarios.played import NothingToPlay, NotReady
from harness.scenarios.trace.model import End, Ended
from tests.checking.sources import FIRST, Source, trace_of


def looked_into(source: Source) -> tuple[list[str], Exception | None]:
    """The scenarios of the traces that a check of every trace gets, and what it meets after the last."""
    found: list[str] = []
    try:
        found.extend(trace.header.scenario for trace in Traces(source, FIRST, lambda *_: None).every())
    except (NothingToPlay, NotReady, ConnectorError, OurFailure) as error:
        return found, error
    return found, None


def test_every_trace_is_of_all_scenarios_and_of_what_was_played_besides() -> None:
    hour = trace_of(HOUR.name, Ended(0.0, End.FINISHED))
    source = Source(others=(hour, trace_of("between_scenarios", Ended(0.0, End.FINISHED))))
    found, _ = looked_into(source)
    assert sorted(source.asked) == sorted(each.name for each in WATCHED)
    assert sorted(found) == sorted([*source.asked, HOUR.name, "between_scenarios"])


@pytest.mark.parametrize(
    ("ended", "kind"),
    [
        (Ended(0.0, End.NOT_READY, waiting_for=("balances",)), NotReady),
        (Ended(0.0, End.BROKE_OFF, "ValueError: no"), ConnectorError),
    ],
)
def test_one_that_breaks_off_undisturbed_is_looked_at_and_told_in_the_end(
    ended: Ended, kind: type[Exception]
) -> None:
    found, error = looked_into(Source({MARKET_DATA.name: ended}))
    assert len(found) == len(WATCHED)
    assert isinstance(error, kind)


@pytest.mark.parametrize(
    ("calmly", "kind"),
    [
        (Ended(0.0, End.BROKE_OFF, "ValueError: no"), ConnectorError),
        (Ended(0.0, End.NOT_READY), NotReady),
    ],
)
def test_one_that_was_not_ready_in_a_hurry_is_told_by_how_it_ended_calmly(
    calmly: Ended, kind: type[Exception]
) -> None:
    """On a busy machine five checks of every trace were undecided, for want of that one start."""
    never = {MARKET_DATA.name: Ended(0.0, End.NOT_READY)}
    found, error = looked_into(Source(never, calmly={MARKET_DATA.name: calmly}))
    assert set(found) == {each.name for each in WATCHED}
    assert isinstance(error, kind)


def test_one_that_breaks_off_in_trouble_is_only_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "QUIET", ())
    found, error = looked_into(Source({OUTAGE.name: Ended(0.0, End.BROKE_OFF, "ValueError: no")}))
    assert len(found) == len(WATCHED)
    assert error is None


def test_a_failure_of_ours_is_told_wherever_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "QUIET", ())
    found, error = looked_into(Source({OUTAGE.name: Ended(0.0, End.OURS, "Traceback")}))
    assert len(found) == len(WATCHED)
    assert isinstance(error, OurFailure)
