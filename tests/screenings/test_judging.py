"""Traces that were kept are judged again with today's checks, without a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checking import Failed
from harness.checking.kept import KeptTraces
from harness.errors import UserError
from harness.outcome import Status
from harness.scenarios.catalogue import WRONG_CERTIFICATE
from harness.scenarios.trace.model import End, Ended
from harness.screenings import judging
from harness.screenings.judging import checks_of_traces, judge, screenings_in
from tests.screenings.kept import PAIR, Screened, listing


@pytest.fixture
def screened(tmp_path: Path) -> Screened:
    return Screened(tmp_path)


def test_traces_are_judged_and_the_same_again_changes_no_byte(screened: Screened) -> None:
    screened.keep(listing("BTC-USDT"))
    judged = judge(screened.folder, PAIR)
    assert [each.after.status for each in judged.changes] == [Status.UNDETERMINED], "only its own word"
    written = screened.log.path.read_bytes()
    again = judge(screened.folder, PAIR)
    assert (again.judged, again.changes) == (1, ())
    assert screened.log.path.read_bytes() == written


def test_a_check_that_changed_says_what_changed(screened: Screened, monkeypatch: pytest.MonkeyPatch) -> None:
    screened.everywhere(listing("BTC-USDT"))
    judge(screened.folder, PAIR)
    from checks.conformance import test_market_data

    def strict(listing: object) -> None:
        raise Failed("No pair is good enough.")

    strict.__module__ = test_market_data.__name__
    strict.pytestmark = test_market_data.test_every_market_is_listed.pytestmark  # type: ignore[attr-defined]
    monkeypatch.setattr(test_market_data, "test_every_market_is_listed", strict)
    (change,) = judge(screened.folder, PAIR).changes
    assert change.before is not None
    assert "in other words: The merged binance connector fails this check" in judging.in_words(change)
    assert "No pair is good enough." in screened.log.outcomes()[0].summary


def test_a_failure_counts_when_its_calm_try_failed_too(screened: Screened) -> None:
    screened.everywhere(listing())
    screened.keep(listing("BTC-USDT"), trial="control", pace=6.0)
    judge(screened.folder, PAIR)
    (found,) = screened.log.outcomes()
    assert found.status is Status.FAILED
    assert found.traces == ("list_markets-6-first.ndjson.zst",)
    assert "does not list 1 of the 1 markets" in found.summary


def test_a_failure_that_was_never_tried_calmly_decides_nothing(screened: Screened) -> None:
    screened.keep(listing())
    judge(screened.folder, PAIR)
    (found,) = screened.log.outcomes()
    assert found.status is Status.UNDETERMINED
    assert "no trace of “list markets” at 6× speed" in found.summary


def test_every_scenario_is_read_and_a_broken_file_is_named(screened: Screened) -> None:
    path = screened.keep([Ended(0.0, End.BROKE_OFF, "ValueError: theirs")], WRONG_CERTIFICATE.name)
    judge(screened.folder, "tls-verified")
    assert "ValueError: theirs" in screened.log.outcomes()[0].summary
    path.write_bytes(b"nonsense")
    with pytest.raises(Exception, match="is not a trace"):
        KeptTraces(path.parent)


def test_what_needs_a_sandbox_is_left_alone() -> None:
    names = {place.partition("::")[2] for place, _ in checks_of_traces()}
    assert "test_created_once" in names
    assert "test_secrets_never_leave" in names
    assert names.isdisjoint({"test_it_builds", "test_unit_tests_pass", "test_unit_tests_reach_for_nobody"})


def test_a_folder_without_traces_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no screening is stored here"):
        screenings_in(tmp_path)
    Screened(tmp_path)
    assert screenings_in(tmp_path) == (tmp_path,)
    with pytest.raises(UserError, match="no trace of this candidate is stored"):
        judge(tmp_path)
