"""What a person decided counts, says who decided it, and overrules no program."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import Outcome, Severity, Status
from harness.reporting.publish import publish_round, report_of
from harness.requirement import Catalogue, Impact, Requirement, Source
from harness.rounds.reading import Known, RoundFileError, load_round
from harness.rounds.round import Review
from harness.screenings.header import row_of, stale
from harness.screenings.store import read_screening
from tests.reporting.page import Page
from tests.reporting.parts import all_passed, catalogue, one_candidate, outcome

ASKED = Requirement(
    id="logic-explained",
    title="Its logic is explained",
    severity=Severity.BLOCKER,
    impact=Impact.DEVELOPERS,
    subject="docs",
    profiles=("v2-spot",),
    sources=(Source(doc="checklist.md", at="today"),),
    why="Who mends it has to understand it.",
    fix="Write comments.",
    automated=False,
)
WITH_PEOPLE = Catalogue((*catalogue(), ASKED))
NOTE = "seen in acme_utils.py, <b>all</b> of it"


def review(requirement: str = ASKED.id, verdict: str = "passed", at: str = "2026-11-16") -> str:
    by = "A. Maintainer"
    return f'{{requirement: {requirement}, verdict: {verdict}, by: {by}, note: "{NOTE}", at: "{at}"}}'


def screened(folder: Path, *reviews: str, outcomes: list[Outcome] | None = None) -> Path:
    found = all_passed() if outcomes is None else outcomes
    one_candidate(folder, "acme", found, waivers=f"[]\n    reviewed: [{', '.join(reviews)}]")
    return folder


def published(folder: Path) -> Any:
    publish_round(folder, catalogue=WITH_PEOPLE)
    return json.loads((folder / "acme" / "report.json").read_text())


def finding(report: Any, requirement: str = ASKED.id) -> Any:
    return next(each for each in report["outcomes"] if each["requirement"] == requirement)


@pytest.mark.parametrize(
    ("verdict", "result"), [("passed", "eligible"), ("failed", "ineligible"), ("not_applicable", "eligible")]
)
def test_a_review_decides_and_says_who_did(tmp_path: Path, verdict: str, result: str) -> None:
    report = published(screened(tmp_path, review(verdict=verdict)))
    assert report["verdict"] == result
    told = finding(report)
    assert (told["status"], told["summary"]) == (verdict, NOTE)
    assert told["reviewed"] == {"by": "A. Maintainer", "at": "2026-11-16"}
    assert finding(report, "builds")["reviewed"] is None
    page = " ".join(" ".join(Page((tmp_path / "acme" / "index.html").read_text()).words).split())
    markdown = (tmp_path / "acme" / "report.md").read_text().replace("\\", "")
    for text in (page, markdown):
        assert text.count("reviewed by A. Maintainer, 16 Nov 2026") == 1
        assert "seen in acme_utils.py" in text
    assert "<b>all" not in (tmp_path / "acme" / "index.html").read_text()


def test_without_a_review_it_stays_open(tmp_path: Path) -> None:
    report = published(screened(tmp_path))
    assert report["verdict"] == "undetermined"
    assert "Needs a person" in finding(report)["summary"]
    assert finding(report)["reviewed"] is None


def test_a_review_of_an_older_commit_leaves_it_open(tmp_path: Path) -> None:
    told = finding(published(screened(tmp_path, review(at="2026-11-13"))))
    assert (told["status"], told["reviewed"]) == ("undetermined", None)
    assert told["summary"].startswith(
        "A. Maintainer reviewed it on 2026-11-13, before the commit of 2026-11-14"
    )
    assert finding(published(screened(tmp_path, review(at="2026-11-14"))))["status"] == "passed"


def test_a_review_overrules_no_program(tmp_path: Path) -> None:
    failed = outcome("builds", Status.FAILED, "It does not build.")
    report = published(screened(tmp_path, review("builds"), outcomes=all_passed(builds=failed)))
    assert (finding(report, "builds")["status"], finding(report, "builds")["reviewed"]) == ("failed", None)
    spoken = outcome("builds", Status.FAILED, "No.").model_copy(update={"requirement": ASKED.id})
    report = published(screened(tmp_path / "2", review(), outcomes=[*all_passed(), spoken]))
    assert (finding(report)["status"], finding(report)["reviewed"]) == ("failed", None)


def test_a_review_needs_no_new_screening_but_a_stale_row_takes_it_away(tmp_path: Path) -> None:
    folder = screened(tmp_path)
    round_ = load_round(folder / "round.yml")
    candidate = round_.candidate("acme")
    made = Review(
        requirement=ASKED.id, verdict="passed", by="A. Maintainer", note="seen", at=date(2026, 11, 16)
    )
    now = candidate.model_copy(update={"reviewed": (made,)})
    assert stale({"commit": "ab", "row": row_of(candidate)}, now, "ab") is None
    moved = now.model_copy(update={"ref": "other"})
    report = report_of(round_, read_screening(folder / "acme", moved), WITH_PEOPLE)
    assert {each.status for each in report.outcomes} == {Status.UNDETERMINED}


@pytest.mark.parametrize(
    ("reviews", "told"),
    [
        (
            [review().replace("A. Maintainer", "B. Nobody")],
            "'B. Nobody' is not among the round's maintainers",
        ),
        ([review("builds")], "'builds' is decided by a program; a review cannot overrule it"),
        ([review("logic-explaned")], "no requirement 'logic-explaned' — did you mean `logic-explained`?"),
        ([review(), review()], "logic-explained is already reviewed in this row"),
        ([review(verdict="good")], "'good' is not allowed"),
    ],
)
def test_a_mistaken_review_is_refused_with_its_line(tmp_path: Path, reviews: list[str], told: str) -> None:
    folder = screened(tmp_path / "good")
    text = (folder / "round.yml").read_text().replace("reviewed: []", f"reviewed: [{', '.join(reviews)}]")
    (tmp_path / "round.yml").write_text(text)
    with pytest.raises(RoundFileError) as refused:
        load_round(tmp_path / "round.yml", Known(WITH_PEOPLE.by_id, tuple, tuple))
    assert told in refused.value.message
    assert f"round.yml:{len(text.splitlines())}: " in refused.value.message
