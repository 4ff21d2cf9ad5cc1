"""A round published from what is stored: complete, stable, and with nothing but files."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import unicodedata
from pathlib import Path

import pytest

from harness.errors import OurFailure, UserError
from harness.outcome import Status
from harness.reporting.markup import JOINER
from harness.reporting.publish import publish_round
from harness.text import ESCAPED_CATEGORIES
from tests.reporting.parts import all_passed, catalogue, one_candidate, outcome, store, submission
from tests.reporting.sample import write_round

ROUND_FILES = {
    "index.html",
    "matrix.html",
    "round.csv",
    "report.md",
    "round.json",
    "ballot.md",
    "ballot.json",
}
CANDIDATE_FILES = {"index.html", "report.md", "report.json", "junit.xml", "report.sarif", "badge.svg"}
STORED = {"outcomes.jsonl", "run.json", "submission.json", "round.yml"}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def verdict(folder: Path, candidate: str) -> str:
    return str(json.loads((folder / candidate / "report.json").read_text())["verdict"])


def test_everything_is_written(published: Path) -> None:
    assert {path.name for path in published.iterdir() if path.is_file()} == ROUND_FILES | {"round.yml"}
    for folder in (path for path in published.iterdir() if path.is_dir()):
        assert {path.name for path in folder.iterdir()} - STORED == CANDIDATE_FILES


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_round(tmp_path / name) for name in ("first", "second"))
    for folder in (first, second):
        assert publish_round(folder, catalogue=catalogue()) == folder / "index.html"
    assert contents(first) == contents(second)


def test_publishing_again_changes_nothing_and_needs_only_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_round(tmp_path / "round")
    publish_round(folder, catalogue=catalogue())
    before = contents(folder)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("publishing starts no process and opens no socket")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(socket, "socket", refuse)
    publish_round(folder, catalogue=catalogue())
    assert contents(folder) == before


def test_nothing_invisible_is_written_anywhere(published: Path) -> None:
    for path in published.rglob("*"):
        if path.is_file() and path.name not in STORED:
            text = path.read_text(encoding="utf-8").replace(JOINER, "").replace("\n", "")
            hidden = {unicodedata.category(character) for character in text}
            assert not hidden & ESCAPED_CATEGORIES, path


def test_a_screening_that_was_cut_short_is_not_eligible(tmp_path: Path) -> None:
    one_candidate(tmp_path, "half", all_passed()[:8])
    (tmp_path / "half" / "run.json").unlink()
    publish_round(tmp_path, catalogue=catalogue())
    assert verdict(tmp_path, "half") == "undetermined"
    assert "The screening ended before" in (tmp_path / "half" / "report.md").read_text()


def test_a_part_of_the_checks_gives_no_verdict_score_badge_or_ballot(tmp_path: Path) -> None:
    round_ = one_candidate(tmp_path, "some", all_passed()[:8])
    publish_round(tmp_path, catalogue=catalogue())
    assert (tmp_path / "some" / "badge.svg").exists()
    assert (tmp_path / "ballot.md").exists()
    row = round_.candidate("some")
    store(tmp_path / "some", row, submission(row), all_passed()[:8], selected="orders <b>")
    publish_round(tmp_path, catalogue=catalogue())
    report = json.loads((tmp_path / "some" / "report.json").read_text())
    assert (report["verdict"], report["score"], report["set_aside"]) == (None, None, [])
    assert not list(tmp_path.rglob("badge.svg"))
    assert not list(tmp_path.rglob("ballot.*"))
    page = (tmp_path / "some" / "index.html").read_text()
    for text in (page, (tmp_path / "some" / "report.md").read_text()):
        assert "no verdict" in text.lower()
        assert not re.search(
            "may (not )?be voted on|could not be decided|of 100|score [0-9]", text, re.IGNORECASE
        )
    entry = json.loads((tmp_path / "round.json").read_text())["candidates"][0]
    assert (entry["verdict"], entry["score"]) == (None, None)
    assert '<section id="unscreened"' in (tmp_path / "index.html").read_text()


def test_a_candidate_without_any_file_is_not_screened_yet(tmp_path: Path) -> None:
    one_candidate(tmp_path, "new", [])
    for path in (tmp_path / "new").iterdir():
        path.unlink()
    publish_round(tmp_path, catalogue=catalogue())
    report = json.loads((tmp_path / "new" / "report.json").read_text())
    assert (report["verdict"], report["score"]) == (None, None)
    assert report["reason"] == "It has not been screened yet."
    assert report["submission"]["commit"] is None
    assert report["submission"]["missing"] == "It has not been screened yet."


def test_a_waiver_counts_until_its_last_day(tmp_path: Path) -> None:
    waiver = '[{{requirement: builds, reason: agreed, granted_by: A. Maintainer, until: "{}"}}]'
    broken = all_passed(builds=outcome("builds", Status.FAILED, "It does not build."))
    for day, expected in (("2026-11-16", "eligible"), ("2026-11-15", "ineligible")):
        folder = tmp_path / expected
        one_candidate(folder, "waived", broken, waivers=waiver.format(day))
        publish_round(folder, catalogue=catalogue())
        assert verdict(folder, "waived") == expected


def test_a_waived_report_keeps_the_score_without_it(published: Path) -> None:
    report = json.loads((published / "kucoin" / "report.json").read_text())
    assert report["score"]["value"] == 100
    assert report["without_waivers"]["value"] < 100
    waived = [item for item in report["outcomes"] if item["status"] == "waived"]
    assert [item["waiver"]["granted_by"] for item in waived] == ["A. Maintainer"]
    assert waived[0]["found"] == "failed"


def test_a_folder_without_a_round_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"round\.yml"):
        publish_round(tmp_path)


@pytest.mark.parametrize("name", ["run.json", "submission.json"])
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    one_candidate(tmp_path, "broken", all_passed())
    (tmp_path / "broken" / name).write_text("{")
    with pytest.raises(OurFailure, match=f"broken/{name}"):
        publish_round(tmp_path, catalogue=catalogue())
