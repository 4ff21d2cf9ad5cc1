"""How often a check is run, on what, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from checks.conformance import test_market_data
from harness.checking import Failed, requirement
from harness.checking.plan import calm
from harness.checking.policy import Policy
from harness.checking.runner import policy_for, run
from harness.outcome import Status
from harness.scenarios.catalogue import CROWD, MARKET_DATA, OUTAGE, WATCHED
from harness.scenarios.played.crowd import Crowd
from harness.scenarios.trace.model import End, Ended, Trace
from tests.checking.sources import PACE, Source


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
