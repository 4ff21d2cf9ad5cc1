"""What a check is given of the traces there are, and what the way it ends stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from checks.conformance import test_market_data
from harness.checking import Failed, NotApplicable, Undetermined, requirement, traces
from harness.checking.attribution import Trial
from harness.checking.endings import ending_of
from harness.checking.plan import calm
from harness.checking.policy import Policy, Try
from harness.checking.runner import policy_for, run
from harness.checking.traces import Traces
from harness.driving.driver import ConnectorError
from harness.errors import OurFailure
from harness.outcome import Status
from harness.scenarios.catalogue import CROWD, HOUR, MARKET_DATA, OUTAGE, WATCHED
from harness.scenarios.played import NothingToPlay, NotReady
from harness.scenarios.played.crowd import Crowd
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import End, Ended, Header, Trace
from harness.scenarios.trace.view import NotInTraceError

PACE = 12.0
FIRST = Try(Trial.FIRST, PACE)


def trace_of(name: str, ended: Ended) -> Trace:
    header = Header(scenario=name, connector="one", dialect="binance", seed=1, pace=PACE, trial="first")
    return Trace(header, (ended,))


class Source:
    """No scenario was for this connector, but those that `ends` names; `asked` is what was wanted."""

    control = None
    unconfirmed: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - a protocol's attribute

    def __init__(
        self,
        ends: dict[str, Ended] | None = None,
        others: tuple[Trace, ...] = (),
        *,
        calmly: dict[str, Ended] | None = None,
        lacks: tuple[str, ...] = (),
    ) -> None:
        self._ends = ends or {}
        self._calmly = {**self._ends, **(calmly or {})}
        self._others = others
        self._lacks = lacks
        self._tries: list[tuple[str, float]] = []

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self._tries]

    def paces(self, scenario: Scenario[Any]) -> list[float]:
        """The paces at which it was asked for."""
        return [pace for name, pace in self._tries if name == scenario.name]

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        if scenario.name in self._lacks:
            raise Undetermined("Not decided: there is no such trace.", ())
        self._tries.append((scenario.name, attempt.pace))
        return self._made(scenario.name, attempt.pace)

    def _made(self, name: str, pace: float = PACE) -> Trace:
        ends = self._ends if pace == PACE else self._calmly
        return trace_of(name, ends.get(name, Ended(0.0, End.NOT_APPLICABLE, "not for this kind")))

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        raise AssertionError("nothing is tried elsewhere")

    def played(self) -> tuple[Trace, ...]:
        return (*map(self._made, dict.fromkeys(self.asked)), *self._others)


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


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Failed("It is wrong.", ()), Status.FAILED, "It is wrong."),
        (NotApplicable("Not asked.", ()), Status.NOT_APPLICABLE, "Not asked."),
        (Undetermined("Who knows.", ()), Status.UNDETERMINED, "Who knows."),
        (NothingToPlay("no positions"), Status.NOT_APPLICABLE, "no positions"),
        (NotReady(("balances",), ("ValueError: x",)), Status.UNDETERMINED, "never became ready (balances)"),
        (NotInTraceError("the trace was cut"), Status.UNDETERMINED, "Not decided: the trace was cut."),
        (ConnectorError("Traceback\nValueError: theirs"), Status.UNDETERMINED, "ValueError: theirs"),
        (OurFailure("no sandbox"), Status.HARNESS_ERROR, "The harness failed in test_x: OurFailure"),
        (KeyError("ours"), Status.HARNESS_ERROR, "The harness failed in test_x: KeyError"),
    ],
)
def test_each_way_to_end_stands_for_an_outcome(error: Exception, status: Status, words: str) -> None:
    ending = ending_of(error, "test_x")
    assert ending.status is status
    assert words in ending.summary


def test_what_never_got_ready_is_shown_with_what_it_waited_for_and_logged() -> None:
    ending = ending_of(NotReady(("balances",), ("ValueError: x",)), "test_x")
    assert ending.evidence[0].text == "still waiting for: balances"
    assert "ValueError: x" in ending.evidence[1].text


@requirement("only-declared-hosts")
def looks_into_every_trace(every_trace: Iterator[Trace]) -> None:
    """A check that a failure of is believed at once."""
    for trace in every_trace:
        if trace.header.scenario == OUTAGE.name:
            raise Failed("It was there.", ())


@requirement("builds")
def takes_what_is_given(name: str) -> None:
    """A check that plays nothing."""
    assert name == "good", "a failure of ours"


@pytest.mark.parametrize(
    ("check", "repeats", "elsewhere"),
    [(looks_into_every_trace, False, False), (takes_what_is_given, True, False)],
)
def test_what_was_seen_once_in_a_trace_was_done(
    check: Callable[..., None], repeats: bool, elsewhere: bool
) -> None:
    policy = policy_for(check, PACE, "kucoin", of_the_running=True)
    assert (policy.repeats, policy.elsewhere) == (repeats, elsewhere)


def test_a_known_defect_of_a_merged_connector_is_not_held_against_a_change_of_it() -> None:
    """A change of one line was told of the trades' sides, which bybit has wrong in upstream."""
    check = test_market_data.test_the_takers_side_is_told
    for connector, control in (("bybit", "bybit"), ("bybit_eu", None)):
        policy = policy_for(check, PACE, "bybit", of_the_running=True, connector=connector)
        assert policy.control == control


def test_a_check_is_run_as_its_policy_says_and_names_the_files_it_rests_on() -> None:
    policy = policy_for(looks_into_every_trace, PACE, None, of_the_running=True)
    ending = run(looks_into_every_trace, policy, Source(), {})
    assert (ending.status, ending.summary) == (Status.FAILED, "It was there.")
    assert len(ending.traces) == len(WATCHED)
    assert f"{OUTAGE.name}-12-first.ndjson.zst" in ending.traces


def asks_for_the_crowd(crowd: Crowd) -> None:
    """A check of one scenario."""


@pytest.mark.parametrize(
    ("undisturbed", "paces"),
    [
        (Ended(0.0, End.FINISHED), [PACE, calm(PACE)]),
        (Ended(0.0, End.NOT_READY, waiting_for=("balances",)), [PACE]),
    ],
)
def test_one_that_is_ready_elsewhere_and_not_here_is_tried_calmly(
    undisturbed: Ended, paces: list[float]
) -> None:
    never = Ended(0.0, End.NOT_READY, waiting_for=("balances",))
    source = Source({MARKET_DATA.name: undisturbed, CROWD.name: never})
    ending = run(asks_for_the_crowd, Policy(PACE), source, {})
    assert source.paces(CROWD) == paces
    assert ending.status is Status.UNDETERMINED


def test_one_that_gets_ready_only_calmly_is_tried_calmly_in_other_scenarios_too() -> None:
    never = Ended(0.0, End.NOT_READY, waiting_for=("balances",))
    source = Source(
        {MARKET_DATA.name: never, CROWD.name: never}, calmly={MARKET_DATA.name: Ended(0.0, End.FINISHED)}
    )
    run(asks_for_the_crowd, Policy(PACE), source, {})
    assert source.paces(CROWD) == [PACE, calm(PACE)]


def test_without_a_trace_of_the_undisturbed_connector_nothing_is_tried_again() -> None:
    source = Source({CROWD.name: Ended(0.0, End.NOT_READY)}, lacks=(MARKET_DATA.name,))
    ending = run(asks_for_the_crowd, Policy(PACE), source, {})
    assert source.paces(CROWD) == [PACE]
    assert "never became ready" in ending.summary


def test_what_breaks_in_a_check_is_ours() -> None:
    policy = Policy(PACE, running=False)
    assert run(takes_what_is_given, policy, None, {"name": "good"}).status is Status.PASSED
    ending = run(takes_what_is_given, policy, None, {"name": "bad"})
    assert ending.status is Status.HARNESS_ERROR
    assert "a failure of ours" in ending.evidence[0].text
