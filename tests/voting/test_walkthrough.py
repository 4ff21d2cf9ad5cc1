"""A whole round, from an empty file to the next round's, with the commands as they are typed.

Three forks come in, one of them has a commit after the deadline, one gets a waiver, one is gone after the
freeze, and two tie. The forks are too small to be run: what a screening finds on the running connector is
written in by hand, everything else is the commands' own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from harness import cli
from harness.cli import forks, options, rounds
from harness.errors import HarnessError
from harness.outcome import OutcomeLog, Status
from harness.requirement import Catalogue
from harness.screenings import screening
from harness.screenings.round_file import read_round_file
from harness.screenings.store import OUTCOMES, RUN
from tests.voting.standin import Channel, channel
from tests.world import UPSTREAM, commit, git, own_cache

EMPTY = """\
# The round of October.
id: 2026-10
title: Connector vote of October 2026
release: v2.10.0
submissions_close: "2026-10-01T00:00:00Z"
voting: {{opens: 2026-10-05, closes: 2026-10-09, channel: "#governance"}}
upstream: {{git: "{upstream}", ref: master}}
maintainers: [A. Maintainer]
candidates: []
"""
WAIVER = """\
    waivers:
      - requirement: {requirement}
        reason: They are written and under review
        granted_by: A. Maintainer
        until: 2026-10-31
"""
WAIVED = "unit-tests-present"
TALLY = ("tally", "reports/2026-10", "--from", "votes.yml")
OPEN, LATE, CLOSED, VOTING, OVER = (
    datetime(2026, *day, tzinfo=UTC)
    for day in ((9, 20, 12), (10, 1, 12), (10, 2, 12), (10, 6, 12), (10, 11, 12))
)

Harness = Callable[..., str]


class Clock(datetime):
    """What the commands take for the time."""

    is_now = OPEN

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.is_now


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An upstream, three forks below the round's folder, and a round that nobody is in."""
    monkeypatch.setenv("HARNESS_CACHE", str(own_cache(tmp_path)))
    monkeypatch.setenv("HOME", str(tmp_path))
    for module in (rounds, forks, screening):
        monkeypatch.setattr(module, "datetime", Clock)
    folder = tmp_path / "round"
    upstream = folder / "upstream"
    upstream.mkdir(parents=True)
    git(upstream, "init", "-q", "--initial-branch=master")
    commit(upstream, UPSTREAM, "2026-09-01T00:00:00Z")
    for name in ("acme", "bolt", "coil"):
        git(folder, "clone", "-q", str(upstream), name)
        package = f"hummingbot/connector/exchange/{name}"
        added = {f"{package}/__init__.py": "", f"{package}/{name}_exchange.py": f'HOST = "api.{name}.com"\n'}
        commit(folder / name, added, "2026-09-10T00:00:00Z")
    (folder / "candidates.yml").write_text(EMPTY.format(upstream=upstream.as_uri()))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def harness() -> Harness:
    def run(*arguments: str, refused: str = "") -> str:
        """What a command says, at the time that `Clock` has; `refused` is in the error that it ends with."""
        with options.CONSOLE.capture() as said:
            ended = CliRunner().invoke(cli.app, arguments)
        if refused:
            assert isinstance(ended.exception, HarnessError), (ended.exception, said.get())
            assert refused in str(ended.exception)
        else:
            assert ended.exit_code == 0, (ended.exception, said.get())
        return said.get()

    return run


@pytest.fixture
def discord() -> Iterator[Channel]:
    with channel() as found:
        yield found


def at(moment: datetime) -> None:
    Clock.is_now = moment


def play(folder: Path, *, not_met: str = "") -> None:
    """Write in what a screening finds of a connector that meets everything, or all but one requirement."""
    log = OutcomeLog(folder / OUTCOMES)
    found = log.outcomes()
    known = {each.requirement for each in found}
    unseen = [item for item in Catalogue.load().for_profile("v2-spot") if item.id not in known]
    made = [
        found[0].model_copy(
            update={
                "requirement": item.id,
                "severity": item.severity,
                "lifecycle": item.lifecycle,
                "subject": item.subject,
            }
        )
        for item in unseen
    ]
    log.append(
        each.model_copy(update={"status": Status.PASSED, "summary": "Met.", "evidence": ()})
        if each.requirement != not_met
        else each.model_copy(update={"status": Status.FAILED, "summary": "Not met.", "evidence": ()})
        for each in (*found, *made)
    )


def verdicts(reports: Path) -> dict[str, str]:
    told = json.loads((reports / "round.json").read_text())["candidates"]
    return {each["name"]: each["verdict"] for each in told}


def submit_three(world: Path, harness: Harness) -> tuple[str, str]:
    """The commits of bolt and coil that count: bolt has a late one, coil was pushed in time."""
    file = world / "candidates.yml"
    at(OPEN)
    assert "submissions are open" in harness("status")
    for name in ("acme", "bolt", "coil"):
        assert f"- name: {name}" in harness("submit", f"./{name}", "--contact", f"{name} on Discord")
    assert file.read_text().startswith("# The round of October.\n")
    harness("freeze", refused="submissions are open until 2026-10-01")
    in_time = git(world / "bolt", "rev-parse", "HEAD")
    commit(world / "bolt", {"hummingbot/connector/exchange/bolt/late.py": ""}, "2026-10-01T09:00:00Z")
    pushed = commit(
        world / "coil", {"hummingbot/connector/exchange/coil/new.py": "X = 1\n"}, "2026-09-30T00:00:00Z"
    )
    return in_time, pushed


def freeze_and_screen(world: Path, harness: Harness, in_time: str, pushed: str) -> None:
    reports = world / "reports/2026-10"
    at(LATE)
    harness("submit", "./acme", "--name", "again", refused="submissions closed at 2026-10-01")
    assert "→ harness freeze candidates.yml" in harness("status")
    harness("freeze")
    (world / "coil").rename(world / "gone")
    assert "→ harness run candidates.yml" in harness("status")
    harness("run", "--sandbox", "bubblewrap")
    assert verdicts(reports) == dict.fromkeys(("acme", "bolt", "coil"), "ineligible")
    bolt = json.loads((reports / "bolt/report.json").read_text())["submission"]
    assert (bolt["commit"], bolt["commits_after_deadline"]) == (in_time, 1)
    coil = json.loads((reports / "coil/report.json").read_text())["submission"]
    assert (coil["missing"], coil["commit"]) == (None, pushed)


def screen_with_a_waiver(world: Path, harness: Harness) -> None:
    reports, file = world / "reports/2026-10", world / "candidates.yml"
    at(CLOSED)
    play(reports / "acme", not_met=WAIVED)
    play(reports / "bolt")
    play(reports / "coil", not_met="every-fill-reported-once")
    rows = file.read_text().replace("  - name: bolt", WAIVER.format(requirement=WAIVED) + "  - name: bolt")
    file.write_text(rows)
    ran = {name: (reports / name / RUN).read_bytes() for name in ("acme", "bolt", "coil")}
    said = harness("run", "--sandbox", "bubblewrap")
    assert "acme: May be voted on by waiver" in said, said
    assert {name: (reports / name / RUN).read_bytes() for name in ran} == ran, "nothing was screened anew"
    assert verdicts(reports) == {"acme": "eligible", "bolt": "eligible", "coil": "ineligible"}


def open_the_vote(world: Path, harness: Harness, discord: Channel) -> None:
    reports = world / "reports/2026-10"
    post = ("ballot", str(reports), "--discord-webhook", discord.address)
    harness(*post, refused="voting opens on 2026-10-05")

    at(VOTING)
    assert "→ harness ballot reports/2026-10" in harness("status")
    harness(*post)
    text, poll = discord.messages
    assert "By waiver" in text["content"]
    assert [each["poll_media"]["text"] for each in poll["poll"]["answers"]] == ["acme (by waiver)", "bolt"]
    said = harness("status")
    assert "wait for the votes" in said
    assert "→ harness try reports/2026-10/NAME" in said
    assert "→ harness image reports/2026-10/NAME" in said
    votes = world / "votes.yml"
    votes.write_text("acme: 7\nbolt: 7\ncoil: 2\n")
    harness(*TALLY, refused="voting is open until the end of 2026-10-09")


def count_and_go_on(world: Path, harness: Harness) -> None:
    reports = world / "reports/2026-10"
    at(OVER)
    assert "→ harness tally reports/2026-10 --from FILE" in harness("status")
    said = harness(*TALLY)
    assert "A tie between acme and bolt." in said
    assert "coil: 2, not counted" in said
    said = harness("status")
    assert "→ harness next reports/2026-10" in said
    assert "→ harness review reports/2026-10/bolt" in said
    assert "merges into upstream without conflicts" in harness("review", str(reports / "bolt"))
    assert "| The connector | 2 |" in (world / "review/bolt/README.md").read_text()
    harness("review", "coil")
    assert "The fork cannot be read any more" in (world / "review/coil/README.md").read_text()
    harness("image", "bolt", refused="it was never run")
    harness("try", "bolt", refused="there is no simulated exchange for bolt")

    following = ("next", str(reports), "--id", "2026-11", "--release", "v2.11.0")
    harness(*following, refused="acme and bolt tie")
    harness(*following, "--winner", "bolt")
    made = read_round_file(world / "candidates.next.yml")
    assert [row.name for row in made.candidates] == ["acme", "coil"]
    assert made.submissions_close == datetime(2026, 10, 29, tzinfo=UTC)
    assert made.candidates[0].waivers == (), "it ends before the next vote opens"
    assert "# 2026-10: may be voted on by waiver, 7 votes." in (world / "candidates.next.yml").read_text()
    assert yaml.safe_load((world / "candidates.next.yml").read_text())["title"] == (
        "Connector vote of November 2026"
    )


def test_a_whole_round(world: Path, harness: Harness, discord: Channel) -> None:
    in_time, pushed = submit_three(world, harness)
    freeze_and_screen(world, harness, in_time, pushed)
    screen_with_a_waiver(world, harness)
    open_the_vote(world, harness, discord)
    count_and_go_on(world, harness)
