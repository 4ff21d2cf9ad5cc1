"""How the end of a check becomes an outcome, in a real pytest run over a folder of tiny checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.checking import process
from harness.errors import DiskFull, UserError
from harness.outcome import Status
from tests.checking.tiny_checks import CHECKS, World


def test_each_end_is_an_outcome(world: World) -> None:
    said = world.run()
    statuses = {name: outcome.status for name, outcome in world.outcomes().items()}
    assert statuses == {
        "builds": Status.PASSED,
        "files-parse": Status.FAILED,
        "usage-page-present": Status.UNDETERMINED,
        "merges-cleanly": Status.NOT_APPLICABLE,
        "no-stray-files": Status.HARNESS_ERROR,
        "adds-a-connector": Status.UNDETERMINED,
        "naming-follows-convention": Status.PASSED,
    }, said


UNDECIDED_AT_SETUP = """
import pytest
from harness.checking import not_applicable, requirement

@pytest.fixture
def told():
    not_applicable("Nothing to merge.")

@pytest.fixture
def broken():
    raise KeyError("ours")

@requirement("builds")
def test_decided_by_a_fixture(told):
    pass

@requirement("files-parse")
def test_on_a_broken_fixture(broken):
    pass
"""


def test_only_a_fault_of_ours_is_an_error_in_the_log(world: World) -> None:
    said = world.run(UNDECIDED_AT_SETUP)
    assert "1 skipped, 1 error" in said
    statuses = {name: outcome.status for name, outcome in world.outcomes().items()}
    assert statuses == {"builds": Status.NOT_APPLICABLE, "files-parse": Status.HARNESS_ERROR}


FULL = """
from pathlib import Path
from harness.checking import requirement

@requirement("builds")
def test_before():
    pass

@requirement("files-parse")
def test_writes():
    try:
        Path("/dev/full").write_text("a trace")
    except OSError as error:
        raise RuntimeError("not kept") from error

@requirement("usage-page-present")
def test_after():
    pass
"""


def test_a_full_disk_ends_the_run_and_is_no_outcome(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run(FULL)
    monkeypatch.setattr(process, "CHECKS", world.checks)
    world.log.path.unlink()
    with pytest.raises(DiskFull, match="no space left") as told:
        process.run_checks(world.plan, None, world.folder / "checks.log", lambda _: None)
    assert told.value.where
    assert list(world.outcomes()) == ["builds"]


@pytest.mark.parametrize("select", ["no_such_check", "a and"])
def test_an_expression_that_chooses_no_check_is_a_users_mistake(
    select: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(FULL)
    monkeypatch.setattr(process, "CHECKS", world.checks)
    with pytest.raises(UserError, match=f"-k {select} matches no check"):
        process.run_checks(world.plan, select, world.folder / "checks.log", lambda _: None)


def test_the_checks_that_are_chosen_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run()
    world.log.path.unlink()
    monkeypatch.setattr(process, "CHECKS", world.checks)
    totals: list[int | None] = []
    process.run_checks(
        world.plan, "passes", world.folder / "checks.log", lambda said: totals.append(said.total)
    )
    assert [each for each in totals if each is not None] == [1]


def test_a_log_that_cannot_be_written_ends_the_run_when_the_checks_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nyes | head -c 300000\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))
    (tmp_path / "checks.log").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="no space left") as told:
        process.run_checks(tmp_path / "plan.json", None, tmp_path / "checks.log", lambda _: None)
    assert told.value.where == str(tmp_path)


def test_summaries_and_evidence_are_kept(world: World) -> None:
    world.run()
    found = world.outcomes()
    assert found["files-parse"].summary == "It does not parse."
    assert [item.text for item in found["files-parse"].evidence] == ["line 3"]
    assert [item.text for item in found["builds"].evidence] == ["seen"]
    assert "ValueError: theirs" in found["adds-a-connector"].summary
    assert "KeyError" in found["no-stray-files"].evidence[0].text


def test_a_finished_check_is_not_run_again(world: World) -> None:
    world.run()
    lines = world.log.path.read_text().splitlines()
    world.run()
    again = world.log.path.read_text().splitlines()[len(lines) :]
    assert [json.loads(line)["requirement"] for line in again] == ["no-stray-files"], "only our own failure"


ON_ITS_WORD = """
from harness.checking import claimed, requirement, seen_in_ledger
from harness.outcome import Basis, Evidence, EvidenceKind

@requirement("cancel-one")
def test_nothing_attached():
    pass

@requirement("limit-buy-and-sell", "stops-cleanly")
def test_claims_and_our_own_remarks(evidence):
    evidence(claimed(EvidenceKind.EVENT, "OrderFilled", kind=1, text=2))
    evidence(Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text="decided in a hurry"))

@requirement("every-fill-reported-once")
def test_confirmed_by_the_ledger(evidence):
    evidence(claimed(EvidenceKind.EVENT, "OrderFilled"), seen_in_ledger("a fill"))
"""


def test_no_blocker_passes_on_claims_alone(world: World) -> None:
    said = world.run(ON_ITS_WORD, "conformance/test_word.py")
    found = world.outcomes()
    assert {name: outcome.status for name, outcome in found.items()} == {
        "cancel-one": Status.UNDETERMINED,
        "limit-buy-and-sell": Status.UNDETERMINED,
        "stops-cleanly": Status.PASSED,  # a major one, and its evidence says that it is claimed
        "every-fill-reported-once": Status.PASSED,
    }, said
    assert "nothing seen from outside" in found["cancel-one"].summary


def test_checks_do_not_run_outside_a_screening(world: World) -> None:
    world.checks.joinpath("test_x.py").write_text(CHECKS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(world.checks), "-p", "harness.checking.pytest_plugin",
         "-c", os.devnull],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "harness check" in done.stderr
