"""A waiver is told wherever a verdict is: who granted it, until when, what it sets aside, the score else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.outcome import Outcome, Status
from harness.reporting.publish import publish_round, report_of
from harness.requirement import Catalogue
from harness.screenings.store import read_screening
from tests.reporting.page import Page
from tests.reporting.parts import all_passed, catalogue, one_candidate, outcome

WAIVER = (
    '{{requirement: {}, reason: "its build is in review", granted_by: A. Maintainer, until: "2027-01-31"}}'
)
SAID = "It builds: not met, set aside by A. Maintainer until 31 Jan 2027"
FAILED = outcome("builds", Status.FAILED, "It does not build.")


@pytest.fixture(scope="module")
def waived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published round whose only candidate is eligible by one waiver, and has another it does not need."""
    folder = tmp_path_factory.mktemp("waived")
    waivers = f"[{WAIVER.format('builds')}, {WAIVER.format('cancel-one')}]"
    one_candidate(folder, "acme", all_passed(builds=FAILED), waivers=waivers)
    publish_round(folder, catalogue=catalogue())
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    "name", ["index.html", "report.md", "ballot.md", "acme/index.html", "acme/report.md", "acme/badge.svg"]
)
def test_no_format_says_that_every_blocker_is_met(waived: Path, name: str) -> None:
    path = waived / name
    text = (
        " ".join(" ".join(Page(path.read_text()).words).split())
        if name.endswith(".html")
        else path.read_text()
    )
    text = text.replace("\\", "")
    assert "by waiver" in text.lower()
    assert "1 blocking requirement set aside by A. Maintainer until 2027-01-31" in text
    assert "Every blocking requirement is met" not in text
    assert "score 94.7, 24 of 24" in text, "the score without the waiver"
    assert SAID in text or name.endswith("svg")


def test_the_machine_formats_name_what_was_set_aside(waived: Path) -> None:
    (entry,) = read(waived / "round.json")["candidates"]
    report = read(waived / "acme" / "report.json")
    (option,) = read(waived / "ballot.json")["options"]
    for told in (entry, report, option):
        (aside,) = told["set_aside"]
        assert aside["requirement"] == "builds"
        assert (aside["title"], aside["found"]) == ("It builds", "failed")
        assert (aside["granted_by"], aside["until"]) == ("A. Maintainer", "2027-01-31")
        assert told["without_waivers"]["value"] < told["score"]["value"]
    assert entry["verdict"] == "eligible"
    assert entry["reason"].startswith("By waiver: 1 blocking requirement set aside by A. Maintainer until")


def test_a_waiver_of_what_is_met_changes_nothing(waived: Path) -> None:
    found = {item["requirement"]: item for item in read(waived / "acme" / "report.json")["outcomes"]}
    assert (found["cancel-one"]["status"], found["cancel-one"]["waiver"]) == ("passed", None)
    assert (found["builds"]["status"], found["builds"]["found"]) == ("waived", "failed")


def test_sarif_has_the_finding_as_suppressed(waived: Path) -> None:
    (run,) = read(waived / "acme" / "report.sarif")["runs"]
    (result,) = run["results"]
    assert (result["ruleId"], result["kind"]) == ("builds", "fail")
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert "A. Maintainer until 2027-01-31" in suppression["justification"]


def test_junit_says_who_waived_it(waived: Path) -> None:
    text = (waived / "acme" / "junit.xml").read_text()
    assert "waived by A. Maintainer until 2027-01-31, not met without the waiver" in text


@pytest.mark.parametrize(
    ("others", "verdict"),
    [
        ({"cancel_one": outcome("cancel-one", Status.FAILED)}, "ineligible"),
        ({"cancel_one": outcome("cancel-one", Status.UNDETERMINED)}, "undetermined"),
        ({}, "eligible"),
    ],
)
def test_a_waiver_sets_aside_its_own_requirement_alone(
    others: dict[str, Outcome], verdict: str, tmp_path: Path
) -> None:
    waivers = f"[{WAIVER.format('builds')}]"
    round_ = one_candidate(tmp_path, "acme", all_passed(builds=FAILED, **others), waivers=waivers)
    screened = read_screening(tmp_path / "acme", round_.candidates[0])
    report = report_of(round_, screened, catalogue())
    assert (report.verdict, report.by_waiver) == (verdict, verdict == "eligible")


def test_a_lesser_requirement_that_is_waived_leaves_every_blocker_met(tmp_path: Path) -> None:
    missing = outcome("usage-page-present", Status.FAILED)
    waivers = f"[{WAIVER.format('usage-page-present')}]"
    round_ = one_candidate(tmp_path, "acme", all_passed(usage_page_present=missing), waivers=waivers)
    report = report_of(round_, read_screening(tmp_path / "acme", round_.candidates[0]), catalogue())
    assert (report.by_waiver, report.reason) == (False, "Every blocking requirement is met.")
    assert report.without_waivers is not None


def test_what_cannot_be_waived_stays_what_it_is(tmp_path: Path) -> None:
    known = catalogue()
    fixed = Catalogue(
        tuple(item.model_copy(update={"waivable": item.id != "builds"}) for item in known.requirements)
    )
    waivers = f"[{WAIVER.format('builds')}]"
    round_ = one_candidate(tmp_path, "acme", all_passed(builds=FAILED), waivers=waivers)
    screened = read_screening(tmp_path / "acme", round_.candidates[0])
    assert report_of(round_, screened, fixed).verdict == "ineligible"
    ended = replace(screened, run=screened.run and screened.run.model_copy(update={"started_at": LATER}))
    assert report_of(round_, ended, known).verdict == "ineligible", "the waiver has ended"


LATER = datetime.combine(date(2027, 2, 1), datetime.min.time(), UTC)


def test_requirements_that_guard_money_and_the_result_cannot_be_waived() -> None:
    fixed = {item.id for item in Catalogue.load() if not item.waivable}
    assert {"secrets-stay-inside", "no-fund-movement", "plays-fair-with-the-harness"} <= fixed
