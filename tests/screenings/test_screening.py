"""One candidate and whole rounds, with real repositories. What needs no sandbox must not start one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DiskFull
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.forks.submission import Submission
from harness.outcome import Outcome, OutcomeLog, Status
from harness.reporting.publish import publish_round
from harness.rounds.reading import load_round
from harness.rounds.round import Candidate
from harness.screenings import scheduling
from harness.screenings.scheduling import screen_round
from harness.screenings.screening import Progress, Settings
from harness.screenings.store import read_screening
from tests.world import commit, upstream_and_fork, write_round


class Seen:
    """Progress and failures, kept."""

    def __init__(self) -> None:
        self.progress: list[Progress] = []
        self.failures: list[str] = []

    def watch(self, progress: Progress) -> None:
        self.progress.append(progress)

    def failed(self, candidate: Candidate, error: Exception) -> None:
        self.failures.append(f"{candidate.name}: {error}")


@pytest.fixture
def seen() -> Seen:
    return Seen()


def screen(folder: Path, forks: dict[str, str], upstream: Path, seen: Seen, *, again: bool = False) -> Path:
    file = write_round(folder, upstream, forks)
    settings = Settings(
        load_round(file), file, ObjectStore(folder / "store"), sandbox="bubblewrap", again=again
    )
    return publish_round(
        screen_round(settings, folder / "reports", jobs=2, watch=seen.watch, failed=seen.failed)
    )


def test_a_full_disk_stops_the_round_and_is_no_candidates_failure(
    tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        (tmp_path / "disk").write_text("much")

    (tmp_path / "disk").symlink_to("/dev/full")
    monkeypatch.setattr(scheduling, "screen", full)
    with pytest.raises(DiskFull, match="no space left") as told:
        screen(
            tmp_path,
            dict.fromkeys(("one", "two", "three", "four"), "https://example.org/a/b"),
            tmp_path,
            seen,
        )
    assert told.value.where
    assert not seen.failures
    assert not list((tmp_path / "reports").rglob("run.json"))


def test_a_skeleton_is_refused_without_a_sandbox(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    page = screen(tmp_path, {"hollow": fork.as_uri()}, upstream, seen)
    assert not seen.failures
    report = json.loads((page.parent / "hollow" / "report.json").read_text())
    assert report["verdict"] == "ineligible"
    by_id = {item["requirement"]: item for item in report["outcomes"]}
    assert by_id["connector-files-complete"]["status"] == "failed"
    assert by_id["unit-tests-present"]["status"] == "failed"
    assert by_id["limit-buy-and-sell"]["status"] == "undetermined"
    assert "connector-files-complete failed" in by_id["limit-buy-and-sell"]["summary"]
    assert report["submission"]["commit"]


def test_a_relative_reports_folder_is_the_callers(
    tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri()})
    settings = Settings(load_round(file), file, ObjectStore(tmp_path / "store"), sandbox="bubblewrap")
    monkeypatch.chdir(tmp_path)
    page = publish_round(
        screen_round(settings, Path("reports"), jobs=1, watch=seen.watch, failed=seen.failed)
    )
    assert not seen.failures
    report = json.loads((tmp_path / "reports" / "tiny" / "hollow" / "report.json").read_text())
    assert report["verdict"] == "ineligible"
    assert page.is_file()


def test_a_repository_that_does_not_answer_leaves_the_round_whole(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    forks = {"gone": "https://127.0.0.1:1/nobody/hummingbot", "hollow": fork.as_uri()}
    page = screen(tmp_path, forks, upstream, seen)
    overview = json.loads((page.parent / "round.json").read_text())
    verdicts = {item["name"]: (item["verdict"], item["reason"]) for item in overview["candidates"]}
    assert verdicts["gone"][0] == "undetermined"
    assert verdicts["gone"][1], "the reason is told"
    assert verdicts["hollow"][0] == "ineligible"


def test_a_fork_with_nothing_before_the_deadline_is_refused(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path, at="2026-10-02T00:00:00Z")
    page = screen(tmp_path, {"late": fork.as_uri()}, upstream, seen)
    report = json.loads((page.parent / "late" / "report.json").read_text())
    statuses = {item["requirement"]: item["status"] for item in report["outcomes"]}
    assert report["verdict"] == "ineligible"
    assert statuses["submitted-before-deadline"] == "failed"


def test_a_finished_candidate_is_kept_and_screened_anew_on_demand(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    forks = {"hollow": fork.as_uri()}
    page = screen(tmp_path, forks, upstream, seen)
    before = (page.parent / "hollow" / "outcomes.jsonl").read_bytes()
    screen(tmp_path, forks, upstream, seen)
    assert seen.progress[-1].step == "kept from an earlier run"
    assert (page.parent / "hollow" / "outcomes.jsonl").read_bytes() == before
    screen(tmp_path, forks, upstream, seen, again=True)
    assert seen.progress[-1].step == "done"


def test_a_run_that_was_cut_short_goes_on_where_it_stopped(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    forks = {"hollow": fork.as_uri()}
    page = screen(tmp_path, forks, upstream, seen)
    folder = page.parent / "hollow"
    lines = (folder / "outcomes.jsonl").read_text().splitlines(keepends=True)
    (folder / "outcomes.jsonl").write_text("".join(lines[:10]) + '{"requirement": "torn')
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**run, "finished_at": None}))
    seen.progress.clear()
    screen(tmp_path, forks, upstream, seen)
    totals = [item.total for item in seen.progress if item.total is not None]
    assert totals, "the checks went on"
    assert (folder / "outcomes.jsonl").read_text().startswith("".join(lines[:10]))
    candidate = load_round(tmp_path / "candidates.yml").candidate("hollow")
    done = read_screening(folder, candidate)
    assert {item.requirement for item in done.outcomes} == {
        json.loads(line)["requirement"] for line in lines[1:]
    }
    assert all(item.status is not Status.HARNESS_ERROR for item in done.outcomes)


def test_a_failure_of_ours_is_tried_again_and_nothing_else(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    forks = {"hollow": fork.as_uri()}
    page = screen(tmp_path, forks, upstream, seen)
    folder = page.parent / "hollow"
    broken = by_requirement(page, "hollow")["unit-tests-present"]
    ours = Outcome.model_validate({**stored(broken), "status": "harness_error", "summary": "It broke."})
    OutcomeLog(folder / "outcomes.jsonl").append([ours])
    seen.progress.clear()
    screen(tmp_path, forks, upstream, seen)
    assert [item.total for item in seen.progress if item.total is not None] == [1]
    assert by_requirement(page, "hollow")["unit-tests-present"]["status"] == "failed"
    screen(tmp_path, forks, upstream, seen)
    assert seen.progress[-1].step == "kept from an earlier run"


def test_whatever_breaks_on_one_candidate_ends_in_its_report_alone(
    tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    forks = {"odd": fork.as_uri(), "hollow": fork.as_uri()}

    def pinned(store: ObjectStore, candidate: Candidate, *rest: Any) -> Submission:
        if candidate.name == "odd":
            raise LookupError("\x1b[2J no such thing")
        return pin(store, candidate, *rest)

    monkeypatch.setattr("harness.screenings.screening.pin", pinned)
    page = screen(tmp_path, forks, upstream, seen)
    assert seen.failures == ["odd: \x1b[2J no such thing"]
    assert by_requirement(page, "hollow")["unit-tests-present"]["status"] == "failed"
    report = json.loads((page.parent / "odd" / "report.json").read_text())
    assert report["verdict"] == "undetermined"
    found = by_requirement(page, "odd")["unit-tests-present"]
    assert found["status"] == "harness_error"
    assert "LookupError: ␛[2J no such thing" in found["summary"]
    log = (page.parent / "odd" / "checks.log").read_text()
    assert "in pinned" in log, "the traceback is there"
    assert "\x1b" not in log
    monkeypatch.undo()
    screen(tmp_path, forks, upstream, seen)
    assert by_requirement(page, "odd")["unit-tests-present"]["status"] == "failed"


def test_checks_that_are_killed_are_our_failure_and_are_taken_up_again(
    tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    forks = {"hollow": fork.as_uri()}
    monkeypatch.setattr("harness.checking.process.MAX_SECONDS", 0.01)
    page = screen(tmp_path, forks, upstream, seen)
    assert seen.failures, "it was ended"
    found = by_requirement(page, "hollow")["unit-tests-present"]
    assert (found["status"], "took longer than 0.01 s" in found["summary"]) == ("harness_error", True)
    monkeypatch.undo()
    screen(tmp_path, forks, upstream, seen)
    assert by_requirement(page, "hollow")["unit-tests-present"]["status"] == "failed"


def test_what_was_found_outlives_days_on_which_the_repository_does_not_answer(
    tmp_path: Path, seen: Seen
) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    forks = {"hollow": fork.as_uri()}
    page = screen(tmp_path, forks, upstream, seen)
    before = (page.parent / "hollow" / "outcomes.jsonl").read_bytes()
    away = fork.rename(tmp_path / "away")
    for _ in range(2):
        screen(tmp_path, forks, upstream, seen)
        assert by_requirement(page, "hollow")["repository-reachable"]["status"] == "undetermined"
    away.rename(fork)
    seen.progress.clear()
    screen(tmp_path, forks, upstream, seen)
    assert (page.parent / "hollow" / "outcomes.jsonl").read_bytes() == before
    assert [item.total for item in seen.progress if item.total is not None] == [0]


def by_requirement(page: Path, candidate: str) -> dict[str, dict[str, Any]]:
    report = json.loads((page.parent / candidate / "report.json").read_text())
    return {item["requirement"]: item for item in report["outcomes"]}


def stored(finding: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in finding.items() if name in Outcome.model_fields}


def test_a_corrected_row_is_screened_again(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    page = screen(tmp_path, {"hollow": fork.as_uri()}, upstream, seen)
    assert by_requirement(page, "hollow")["point-of-contact-given"]["status"] == "passed"
    file = tmp_path / "candidates.yml"
    file.write_text(file.read_text().replace("contact: ann@example.com", "contact: null"))
    settings = Settings(load_round(file), file, ObjectStore(tmp_path / "store"), sandbox="bubblewrap")
    publish_round(screen_round(settings, tmp_path / "reports", jobs=1, watch=seen.watch, failed=seen.failed))
    assert by_requirement(page, "hollow")["point-of-contact-given"]["status"] == "failed"


def test_the_same_seed_sandbox_and_speed_decide_whether_outcomes_are_kept(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    page = screen(tmp_path, {"hollow": fork.as_uri()}, upstream, seen)
    header = OutcomeLog(page.parent / "hollow" / "outcomes.jsonl").header()
    assert {
        "row",
        "profile",
        "environment",
        "backend",
        "code",
        "python",
        "seed",
        "time_scale",
    } <= header.keys()
    file = tmp_path / "candidates.yml"
    settings = Settings(
        load_round(file), file, ObjectStore(tmp_path / "store"), sandbox="bubblewrap", scale=6.0
    )
    screen_round(settings, tmp_path / "reports", jobs=1, watch=seen.watch, failed=seen.failed)
    assert seen.progress[-1].step == "done"


def test_a_new_commit_starts_afresh(tmp_path: Path, seen: Seen) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    forks = {"hollow": fork.as_uri()}
    screen(tmp_path, forks, upstream, seen)
    newest = commit(fork, {"hummingbot/connector/exchange/hollow/more.py": "x = 1\n"}, "2026-09-12T00:00:00Z")
    page = screen(tmp_path, forks, upstream, seen)
    report = json.loads((page.parent / "hollow" / "report.json").read_text())
    assert report["submission"]["commit"] == newest
