"""`harness judge` as a person types it, on traces made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app, main
from harness.errors import UserError
from harness.outcome import Status
from tests.screenings.kept import PAIR, Screened, listing


def judge(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["judge", *arguments])


@pytest.fixture
def screened(tmp_path: Path) -> Screened:
    """A candidate in a round's folder, whose connector lists no market and whose control lists it."""
    folder = tmp_path / "binance"
    folder.mkdir()
    made = Screened(folder)
    made.everywhere(listing())
    made.keep(listing("BTC-USDT"), trial="control", pace=6.0)
    return made


def test_what_changed_is_said_and_kept(screened: Screened) -> None:
    said = judge(str(screened.folder), "-k", PAIR)
    assert said.exit_code == 0
    assert "binance: 1 outcomes judged again, 1 changed" in said.stdout
    assert f"  {PAIR}: nothing → failed: " in said.stdout
    assert f"Publish it with: harness report {screened.folder.parent}" in said.stdout
    (found,) = screened.log.outcomes()
    assert (found.requirement, found.status) == (PAIR, Status.FAILED)


def test_the_same_again_changes_nothing(screened: Screened) -> None:
    judge(str(screened.folder), "-k", PAIR)
    written = screened.log.path.read_bytes()
    said = judge(str(screened.folder), "-k", PAIR)
    assert "binance: 1 outcomes judged again, none changed" in said.stdout
    assert screened.log.path.read_bytes() == written


def test_a_round_is_judged_candidate_by_candidate(screened: Screened) -> None:
    second = screened.folder.parent / "zeta"
    second.mkdir()
    Screened(second).everywhere(listing("BTC-USDT"))
    said = judge(str(screened.folder.parent), "-k", PAIR)
    lines = [line for line in said.stdout.splitlines() if not line.startswith(" ")]
    assert [line.partition(":")[0] for line in lines] == ["binance", "zeta", "Publish it with"]
    assert lines[-1] == f"Publish it with: harness report {screened.folder.parent}"


def test_a_candidate_that_never_ran_keeps_no_other_from_being_judged(screened: Screened) -> None:
    gone = screened.folder.parent / "alone"
    gone.mkdir()
    (gone / "outcomes.jsonl").write_text("")
    said = judge(str(screened.folder.parent), "-k", PAIR)
    assert said.exit_code == 0
    assert "alone: no trace is stored, left as it is" in said.stdout
    assert "binance: 1 outcomes judged again, 1 changed" in said.stdout


def test_checks_that_are_not_asked_for_are_left_alone(screened: Screened) -> None:
    said = judge(str(screened.folder), "-k", "no-such-requirement")
    assert "binance: 0 outcomes judged again, none changed" in said.stdout
    assert screened.log.outcomes() == ()


def test_a_folder_without_traces_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(judge(str(tmp_path)).exception, UserError)
    monkeypatch.setattr("sys.argv", ["harness", "judge", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
