"""Whom a command means, and at which commit: the screened, the frozen, or the newest in time."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UserError
from harness.forks.errors import Unreachable
from harness.forks.lockfile import freeze
from harness.forks.object_store import ObjectStore
from harness.forks.pin import pin
from harness.rounds.reading import load_round
from harness.screenings.chosen import choose_candidate
from harness.screenings.store import write_round, write_run
from tests.reporting.parts import run_info
from tests.world import commit, git, upstream_and_fork
from tests.world import write_round as round_file


class World:
    """A round of one fork that is screened at its first commit and has moved on since."""

    def __init__(self, folder: Path) -> None:
        upstream, self.fork = upstream_and_fork(folder)
        self.file = round_file(folder, upstream, {"hollow": "./fork", "gone": "https://127.0.0.1:1/x/y"})
        self.round = load_round(self.file)
        self.store = ObjectStore(folder / "store")
        self.reports = folder / "reports"
        self.first = git(self.fork, "rev-parse", "HEAD")

    def screen(self) -> Path:
        folder = self.reports / "tiny"
        write_round(folder, self.round)
        pinned = pin(self.store, self.round.candidate("hollow"), self.round)
        write_run(folder / "hollow", run_info(), pinned)
        write_run(folder / "gone", run_info(), None)
        return folder

    def move_on(self) -> str:
        text = (self.fork / "README.md").read_text() + "more\n"
        return commit(self.fork, {"README.md": text}, "2026-09-20T00:00:00Z")

    def choose(self, what: str | Path) -> tuple[str, Path | None]:
        chosen = choose_candidate(str(what), self.file, self.reports, self.store)
        return chosen.submission.commit, chosen.folder


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return World(tmp_path)


def test_what_was_screened_is_taken_by_name_and_by_folder(world: World) -> None:
    folder = world.screen() / "hollow"
    world.move_on()
    assert world.choose("hollow") == (world.first, folder)
    assert world.choose(folder) == (world.first, folder)
    world.fork.rename(world.fork.with_name("vanished"))
    assert world.choose(folder) == (world.first, folder)


def test_what_was_not_screened_is_taken_at_the_commit_that_the_round_pins(world: World) -> None:
    second = world.move_on()
    assert world.choose("hollow") == (second, None)
    freeze(world.file, world.round, world.store)
    world.move_on()
    assert world.choose("hollow") == (second, None)


def test_a_row_that_was_changed_is_another_fork(world: World) -> None:
    world.screen()
    second = world.move_on()
    git(world.fork, "branch", "other")
    world.file.write_text(
        world.file.read_text().replace("ref: master\n    connectors", "ref: other\n    connectors")
    )
    assert world.choose("hollow") == (second, None)


def test_a_folder_called_like_the_candidate_is_not_taken_for_its_reports(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.fork.parent)
    world.fork.with_name("hollow").mkdir()
    assert world.choose("hollow") == (world.first, None)


def test_whoever_cannot_be_meant_is_told(world: World) -> None:
    folder = world.screen()
    with pytest.raises(UserError, match="no candidate 'holow'"):
        world.choose("holow")
    with pytest.raises(UserError, match="no candidate was screened here"):
        world.choose(world.reports)
    with pytest.raises(UserError, match="a round's folder"):
        world.choose(folder)
    with pytest.raises(Unreachable):
        world.choose(folder / "gone")
