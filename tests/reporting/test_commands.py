"""The commands on a candidate's page choose what the round chose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.reporting.commands import check_again, for_candidate
from harness.reporting.model import CandidateReport
from harness.rounds.upstream import DEFAULT, in_one_word


@pytest.fixture
def report(published: Path) -> CandidateReport:
    return CandidateReport.model_validate_json((published / "binance-hurried" / "report.json").read_text())


@pytest.mark.parametrize(
    ("upstream", "added", "options"),
    [
        (in_one_word(DEFAULT), ("exchange/binance_hurried",), ""),
        ("pypi:hummingbot==20260922", ("exchange/a",), " --upstream pypi:hummingbot==20260922"),
        ("/srv/a folder@main", ("exchange/a",), " --upstream '/srv/a folder@main'"),
        (None, ("exchange/a", "derivative/b"), " --connector binance_hurried"),
        (None, (), " --connector binance_hurried"),
    ],
)
def test_a_check_names_what_would_be_chosen_otherwise(
    report: CandidateReport, upstream: str | None, added: tuple[str, ...], options: str
) -> None:
    submission = report.submission.model_copy(update={"added": added})
    changed: dict[str, Any] = {"upstream": upstream, "submission": submission}
    there = report.model_copy(update=changed)
    (finding, *_) = (each for each in there.outcomes if each.requirement == "every-fill-reported-once")
    assert check_again(there) == f"harness check .{options} --seed 1"
    assert check_again(there, finding) == (
        f"harness check .{options} -k test_every_fill_reported_once --seed 1"
    )
    assert check_again(there) in [command for _, command in for_candidate(there)]


def test_what_no_check_found_cannot_be_checked_again(report: CandidateReport) -> None:
    by_hand = report.outcomes[0].model_copy(update={"check": "harness.reporting"})
    assert check_again(report, by_hand) is None
