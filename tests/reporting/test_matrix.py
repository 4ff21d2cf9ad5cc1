"""Requirements × candidates: every outcome stands there once, and leads to what was found."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from harness.outcome import Status
from harness.reporting.publish import BEFORE, publish_round
from tests.reporting.page import Page
from tests.reporting.parts import (
    REQUIREMENTS,
    all_passed,
    catalogue,
    one_candidate,
    outcome,
    run_info,
    store,
    submission,
)


def test_a_cell_for_each_outcome_and_a_link_for_each_finding(published: Path) -> None:
    page = Page((published / "matrix.html").read_text(encoding="utf-8"))
    cells = [attributes["class"] for tag, attributes in page.elements if tag == "td"]
    reports = [json.loads(path.read_text()) for path in published.glob("*/report.json")]
    statuses = [item["status"] for report in reports for item in report["outcomes"]]
    assert sorted(each or "" for each in cells) == sorted(statuses)
    assert len(cells) == len(reports) * len(REQUIREMENTS)
    for address in page.attribute("href"):
        file, _, fragment = address.partition("#")
        assert (published / file).exists(), address
        if not fragment:
            continue
        ids = Page((published / (file or "matrix.html")).read_text(encoding="utf-8")).attribute("id")
        assert fragment in ids, address


def test_failed_blockers_come_first_and_what_all_meet_is_folded(tmp_path: Path) -> None:
    failed = outcome("secrets-stay-inside", Status.FAILED, "A key is sent.")
    lesser = outcome("merges-cleanly", Status.FAILED, "It conflicts.")
    one_candidate(tmp_path, "acme", all_passed(secrets_stay_inside=failed, merges_cleanly=lesser))
    publish_round(tmp_path, catalogue=catalogue())
    text = (tmp_path / "matrix.html").read_text()
    folds = text.split("<details ")[1:]
    assert "Security" in folds[0]
    assert [fold.split("<summary>")[1].split(" <")[0] for fold in folds if " open>" in fold[:80]] == [
        "Security",
        "Submission",
    ]
    rows = folds[0].split("<tr class=")[1:]
    assert ["blocks the vote" in row for row in rows] == [True, True, False]


def test_the_table_has_every_outcome_and_no_formula(tmp_path: Path) -> None:
    failed = outcome("builds", Status.FAILED, "=HYPERLINK(1)")
    one_candidate(tmp_path, "acme", all_passed(builds=failed))
    publish_round(tmp_path, catalogue=catalogue())
    with (tmp_path / "round.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["requirement"]: row for row in csv.DictReader(file)}
    assert len(rows) == len(REQUIREMENTS)
    assert (rows["builds"]["status"], rows["builds"]["impact"]) == ("failed", "trading")
    assert rows["builds"]["summary"] == "'=HYPERLINK(1)"


def test_what_changed_since_the_run_before_is_told_and_stays(tmp_path: Path) -> None:
    round_ = one_candidate(tmp_path, "acme", all_passed())
    row = round_.candidate("acme")
    publish_round(tmp_path, catalogue=catalogue())
    assert not (tmp_path / "acme" / BEFORE).exists()
    again = run_info().started_at.replace(hour=20)
    broken = all_passed(builds=outcome("builds", Status.FAILED, "It does not build."))
    (tmp_path / "acme" / "outcomes.jsonl").unlink()
    store(tmp_path / "acme", row, submission(row), broken, started_at=again)
    for _ in range(2):
        publish_round(tmp_path, catalogue=catalogue())
        for name in ("matrix.html", "acme/index.html"):
            words = " ".join(Page((tmp_path / name).read_text()).words)
            assert "What changed since the run before" in words
            assert "builds (blocks the vote): passed → failed: It does not build." in words
