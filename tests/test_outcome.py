from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue, ValidationError

from harness.outcome import Basis, Evidence, EvidenceKind, Outcome, OutcomeLog, Severity, Status

HEADER: dict[str, JsonValue] = {"commit": "a" * 40, "catalogue": "1"}


def outcome(requirement: str = "builds", status: Status = Status.PASSED) -> Outcome:
    return Outcome(
        requirement=requirement,
        status=status,
        severity=Severity.BLOCKER,
        subject="build",
        summary="It builds.",
        evidence=(Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text="ok"),),
        check="checks/x.py::test_x",
    )


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    log = OutcomeLog(tmp_path / "outcomes.jsonl")
    assert not log.begin(HEADER)
    log.append([outcome("builds"), outcome("files-parse", Status.FAILED)])
    assert log.header() == HEADER
    assert log.outcomes() == (outcome("builds"), outcome("files-parse", Status.FAILED))


@pytest.mark.parametrize("torn", ['{"requirement": "fi', "\x00\x00", '{"half":'])
def test_a_line_torn_by_a_kill_costs_only_itself(tmp_path: Path, torn: str) -> None:
    log = OutcomeLog(tmp_path / "outcomes.jsonl")
    log.begin(HEADER)
    log.append([outcome("builds")])
    with log.path.open("a") as stream:
        stream.write(torn)
    assert log.begin(HEADER), "the same screening resumes"
    log.append([outcome("files-parse")])
    assert [item.requirement for item in log.outcomes()] == ["builds", "files-parse"]


def test_another_commit_starts_afresh_and_keeps_the_old_log(tmp_path: Path) -> None:
    log = OutcomeLog(tmp_path / "outcomes.jsonl")
    log.begin(HEADER)
    log.append([outcome()])
    assert not log.begin({**HEADER, "commit": "b" * 40})
    assert log.outcomes() == ()
    assert "builds" in (tmp_path / "outcomes.jsonl.old").read_text()


def test_a_second_run_of_a_check_replaces_its_first(tmp_path: Path) -> None:
    log = OutcomeLog(tmp_path / "outcomes.jsonl")
    log.begin(HEADER)
    log.append([outcome(status=Status.HARNESS_ERROR)])
    log.append([outcome(status=Status.PASSED)])
    assert [item.status for item in log.outcomes()] == [Status.PASSED]


def test_statuses_are_a_closed_set() -> None:
    with pytest.raises(ValidationError):
        Outcome.model_validate({**outcome().model_dump(), "status": "fine"})


def test_text_from_a_fork_is_cut_to_a_bounded_length() -> None:
    long = Evidence(basis=Basis.CLAIMED, kind=EvidenceKind.LOG, text="x" * 1_000_000)
    assert len(long.text) < 5000
    assert long.text.endswith("…")


@pytest.mark.parametrize(
    ("at", "when"),
    [(0.4204, "+0.42 s"), (-1.0, "-1.00 s"), (None, None), (float("inf"), None), (float("nan"), None)],
)
def test_a_time_is_told_where_there_is_one(at: float | None, when: str | None) -> None:
    assert Evidence(basis=Basis.CLAIMED, kind=EvidenceKind.EVENT, text="x", at=at).when == when


def test_a_series_is_finite_and_short() -> None:
    numbers = (1.23456, float("inf"), float("nan"), *range(500))
    series = Evidence(basis=Basis.CLAIMED, kind=EvidenceKind.MEASUREMENT, text="x", series=numbers).series
    assert series[:4] == (1.235, 0.0, 0.0, 0.0)
    assert len(series) == 200
