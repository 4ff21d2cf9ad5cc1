"""A player in a process of its own: its traces come back and are kept here, and it ends with us."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.frameworks.runtime import Runtime
from harness.gateway.canaries import Canaries
from harness.gateway.record import Record
from harness.scenarios.apart import PlayerApart, Recipe
from harness.scenarios.played.order_life import Trading
from harness.scenarios.rig import Rigs
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import End, Header
from harness.scenarios.trace.store import unpacked

ABOUT = Header(scenario="", connector="one", dialect="binance", seed=1, pace=12.0, trial="first")


@dataclass(frozen=True)
class Nothing(Recipe):
    """Of rigs that do nothing but write down in which process they were opened and closed."""

    place: Path

    def rigs(self) -> Rigs:
        def note(what: str) -> None:
            with self.place.open("a") as file:
                file.write(f"{what} {os.getpid()}\n")

        note("opened")
        rigs = SimpleNamespace(
            seen=[], between=Record(), canaries=Canaries(), guarded=frozenset(), dialect=None,
            begin=lambda: None, close=lambda: note("closed"), news_of_the_driver=lambda at: (),
        )  # fmt: skip
        return cast(Rigs, rigs)


def nothing(rigs: Rigs, pace: float) -> None:
    return None


def breaks(rigs: Rigs, pace: float) -> None:
    raise KeyError("ours")


def scenario(play: Any) -> Scenario[Any]:
    return Scenario("hour", play, Trading, long=True)


class World:
    def __init__(self, folder: Path) -> None:
        self.place = folder / "notes"
        self.kept: list[str] = []
        recipe = Nothing("auto", Runtime("v2", "python", ()), "binance", "one", 1, {}, self.place)
        self.player = PlayerApart(recipe, ABOUT, self.keep, "long")

    def keep(self, header: Header, contents: bytes) -> None:
        assert unpacked(contents).header == header
        self.kept.append(f"{header.scenario} at {header.pace:g}")

    def notes(self) -> list[list[str]]:
        return [line.split() for line in self.place.read_text().splitlines()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_is_played_there_is_kept_here(world: World) -> None:
    for pace in (12.0, 12.0, 6.0):
        assert world.player.trace(scenario(nothing), pace).header.pace == pace
    broken = world.player.trace(scenario(breaks), 12.0).end
    assert broken is not None
    assert (broken.how, "KeyError" in broken.why) == (End.OURS, True)
    assert [each.header.scenario for each in world.player.played()][-1] == "between_scenarios_long"
    world.player.close()
    assert world.kept == [
        "nothing at 12", "nothing at 6", "breaks at 12", "between_scenarios_long at 0",
        "between_scenarios_long at 0",
    ]  # fmt: skip
    (opened, there), (closed, same) = world.notes()
    assert (opened, closed) == ("opened", "closed")
    assert there == same != str(os.getpid())


ORPHAN = """
import sys, os
from pathlib import Path
from tests.scenarios.test_apart import World, nothing, scenario

if __name__ == "__main__":
    world = World(Path(sys.argv[1]))
    world.player.trace(scenario(nothing), 12.0)
    os._exit(9)
"""


def test_it_ends_when_we_are_gone(tmp_path: Path) -> None:
    program = tmp_path / "orphan.py"
    program.write_text(ORPHAN)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert done.returncode == 9
    pid = int((tmp_path / "notes").read_text().split()[1])
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")
