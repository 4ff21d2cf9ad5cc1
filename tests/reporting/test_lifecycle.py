"""What is found of an experimental requirement is shown in every format and costs nothing in any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.checking.conclusions import outcomes_of
from harness.checking.policy import Ending, Policy
from harness.outcome import Lifecycle, Severity, Status
from harness.reporting.publish import publish_round
from harness.requirement import Catalogue
from tests.reporting.page import Page
from tests.reporting.parts import all_passed, catalogue, one_candidate, outcome

NEW = outcome("builds", Status.FAILED, "It does not build.").model_copy(
    update={"lifecycle": Lifecycle.EXPERIMENTAL}
)
OLD = outcome("cancel-one", Status.FAILED, "It does not cancel.").model_copy(
    update={"lifecycle": Lifecycle.DEPRECATED, "severity": Severity.MINOR}
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round whose candidate fails an experimental blocker and a deprecated lesser requirement."""
    folder = tmp_path_factory.mktemp("lifecycle")
    one_candidate(folder, "acme", all_passed(builds=NEW, cancel_one=OLD))
    publish_round(folder, catalogue=catalogue())
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_the_verdict_and_the_counts_leave_it_out(published: Path) -> None:
    (entry,) = read(published / "round.json")["candidates"]
    assert entry["verdict"] == "eligible"
    assert entry["blockers"] == []
    assert (entry["counts"]["blocker"], entry["counts"]["minor"], entry["counts"]["passed"]) == (0, 1, 22)
    assert entry["score"]["total"] == 23


def test_the_report_names_the_lifecycle(published: Path) -> None:
    found = {item["requirement"]: item for item in read(published / "acme" / "report.json")["outcomes"]}
    assert (found["builds"]["lifecycle"], found["builds"]["status"]) == ("experimental", "failed")
    assert found["cancel-one"]["lifecycle"] == "deprecated"
    assert found["unit-tests-present"]["lifecycle"] == "stable"


def test_the_page_shows_it_apart(published: Path) -> None:
    text = " ".join(" ".join(Page((published / "acme" / "index.html").read_text()).words).split())
    before, _, after = text.partition("new requirements, not counted yet")
    assert "It does not build." not in before
    assert "failed experimental: not counted" in after
    assert "It does not build." in after
    assert "deprecated: will be removed" in before


def test_the_markdown_shows_it_apart(published: Path) -> None:
    text = (published / "acme" / "report.md").read_text()
    before, _, after = text.partition("## Experimental: not counted (1)")
    assert "It does not build." not in before
    assert "`builds` · blocker · fails to trade · experimental: not counted · failed" in after
    assert "`cancel-one` · minor · fails to trade · deprecated: will be removed" in before


def test_sarif_has_it_as_a_note(published: Path) -> None:
    (run,) = read(published / "acme" / "report.sarif")["runs"]
    levels = {item["ruleId"]: item["level"] for item in run["results"]}
    assert levels["builds"] == "note"
    (rule,) = [item for item in run["tool"]["driver"]["rules"] if item["id"] == "builds"]
    assert rule["properties"]["lifecycle"] == "experimental"


def test_junit_does_not_fail_for_it(published: Path) -> None:
    root = ElementTree.parse(published / "acme" / "junit.xml").getroot()  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("24", "1", "1")
    (case,) = [each for each in root.iter("testcase") if each.get("name") == "builds"]
    (skipped,) = case
    assert skipped.get("message") == "experimental, failed: It does not build."


def test_one_that_nothing_spoke_to_is_not_held_against_the_candidate(tmp_path: Path) -> None:
    """What the report fills in takes the lifecycle from the catalogue, as checks do."""
    wanted = Catalogue(
        tuple(
            each.model_copy(update={"lifecycle": Lifecycle.EXPERIMENTAL}) if each.id == "builds" else each
            for each in catalogue()
        )
    )
    kept = [each for each in all_passed() if each.requirement != "builds"]
    one_candidate(tmp_path, "acme", kept)
    publish_round(tmp_path, catalogue=wanted)
    (entry,) = read(tmp_path / "round.json")["candidates"]
    assert (entry["verdict"], entry["counts"]["undecided"]) == ("eligible", 0)
    found = {item["requirement"]: item for item in read(tmp_path / "acme" / "report.json")["outcomes"]}
    assert (found["builds"]["lifecycle"], found["builds"]["status"]) == ("experimental", "undetermined")


def test_checks_write_the_lifecycle_of_the_requirement() -> None:
    demanded = catalogue()["builds"].model_copy(update={"lifecycle": Lifecycle.EXPERIMENTAL})
    (found,) = outcomes_of("checks/x.py::test_x", [demanded], Policy(pace=1), Ending(Status.FAILED, "No."), 0)
    assert not found.counts
