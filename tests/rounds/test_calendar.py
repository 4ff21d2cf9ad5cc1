"""Where a round stands, at every time of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from harness.commands.run import freeze_round
from harness.commands.status import status_lines
from harness.errors import UserError
from harness.rounds.calendar import Done, Stage, standing
from harness.rounds.round import PypiUpstream, Round, Voting
from tests.world import upstream_and_fork, write_round

CLOSES = datetime(2026, 11, 15, 23, 59, 59, tzinfo=UTC)
ROUND = Round(
    id="2026-11",
    title="Vote",
    release="v2",
    submissions_close=CLOSES,
    voting=Voting(opens=date(2026, 11, 18), closes=date(2026, 12, 2), channel="#governance"),
    upstream=PypiUpstream(pypi="hummingbot", version="20260922"),
    candidates=(),
)
NOTHING = Done(frozen=False, screened=0, candidates=2, posted=0)
FROZEN = Done(frozen=True, screened=1, candidates=2, posted=0)
SCREENED = Done(frozen=True, screened=2, candidates=2, posted=0)
POSTED = Done(frozen=True, screened=2, candidates=2, posted=3)


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        (CLOSES, Stage.OPEN),
        (CLOSES + timedelta(seconds=1), Stage.CLOSED),
        (datetime(2026, 11, 17, 23, 59, 59, tzinfo=UTC), Stage.CLOSED),
        (datetime(2026, 11, 18, tzinfo=UTC), Stage.VOTING),
        (datetime(2026, 12, 2, 23, 59, 59, tzinfo=UTC), Stage.VOTING),
        (datetime(2026, 12, 3, tzinfo=UTC), Stage.ENDED),
    ],
)
def test_both_days_of_voting_count_and_the_deadline_itself(now: datetime, stage: Stage) -> None:
    assert standing(ROUND, now, NOTHING, "candidates.yml").stage is stage


@pytest.mark.parametrize(
    ("done", "command"),
    [
        (NOTHING, "harness freeze candidates.yml"),
        (FROZEN, "harness run candidates.yml"),
        (SCREENED, "harness ballot reports/2026-11 --dry-run"),
        (POSTED, ""),
    ],
)
@pytest.mark.parametrize("day", [16, 20])
def test_what_is_next_after_the_deadline_follows_from_what_is_there(
    day: int, done: Done, command: str
) -> None:
    now = datetime(2026, 11, day, 12, tzinfo=UTC)
    assert standing(ROUND, now, done, "candidates.yml").command == command


@pytest.mark.parametrize(
    ("done", "command"),
    [
        (NOTHING, "harness run rounds/old.yml"),
        (POSTED, "harness tally reports/2026-11 --from FILE"),
    ],
)
def test_votes_of_an_earlier_round_are_counted_once_it_was_screened(done: Done, command: str) -> None:
    assert standing(ROUND, datetime(2026, 12, 4, tzinfo=UTC), done, "rounds/old.yml").command == command


def test_what_voters_and_reviewers_can_do_meanwhile() -> None:
    during = standing(ROUND, datetime(2026, 11, 20, tzinfo=UTC), POSTED, "candidates.yml").also
    assert [command for _, command in during] == [
        "harness publish --site DIR --base-url URL",
        "harness try reports/2026-11/NAME",
        "harness image reports/2026-11/NAME",
    ]
    won = replace(POSTED, tallied=True, winners=("acme",))
    after = standing(ROUND, datetime(2026, 12, 4, tzinfo=UTC), won, "candidates.yml")
    assert after.stage is Stage.TALLIED
    assert after.also[1:] == (("write the review packet for acme", "harness review reports/2026-11/acme"),)


def test_commands_name_the_folder_of_reports_that_was_given() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    at = standing(ROUND, now, FROZEN, "candidates.yml", "../out")
    assert at.command == "harness run candidates.yml --reports ../out"
    assert [command for _, command in at.also] == [
        "harness publish --site DIR --base-url URL --reports ../out",
        "harness try ../out/2026-11/NAME",
        "harness image ../out/2026-11/NAME",
    ]


def test_nothing_is_published_before_anything_is_screened() -> None:
    now = datetime(2026, 11, 16, tzinfo=UTC)
    assert standing(ROUND, now, NOTHING, "candidates.yml").also == ()
    assert standing(ROUND, now, SCREENED, "candidates.yml").also[0][1].startswith("harness publish")


def test_status_tells_dates_and_the_next_command(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri()})
    said = "\n".join(status_lines(file, tmp_path / "reports", datetime(2026, 10, 2, tzinfo=UTC)))
    assert "Now: submissions are closed; 3 days left." in said
    assert "submissions close  2026-10-01 00:00 UTC" in said
    assert "screened           0 of 1" in said
    assert f"→ harness freeze {file}" in said


def test_freeze_is_refused_before_the_deadline(tmp_path: Path) -> None:
    upstream, fork = upstream_and_fork(tmp_path)
    file = write_round(tmp_path, upstream, {"hollow": fork.as_uri()})
    with pytest.raises(UserError, match="submissions are open until 2026-10-01 00:00 UTC") as told:
        freeze_round(file, Console(), datetime(2026, 10, 1, tzinfo=UTC))
    assert told.value.where == str(file)
    assert not (tmp_path / "candidates.lock.yml").exists()
