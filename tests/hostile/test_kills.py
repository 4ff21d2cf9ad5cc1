"""A harness that is killed with -9 in the middle of a round.

Fifty times on bubblewrap, ten times on Docker, whose engine starts and removes more slowly; each after a time
drawn from a seed that a failure names (HARNESS_KILL_SEED repeats it). What is finished is kept, so the kills
wander through the whole round; a round that was finished is begun anew.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.prepare import prepare
from harness.outcome import Outcome
from harness.paths import cache_dir
from harness.sandbox.protocol import Backend
from tests.hostile.attack import attack
from tests.hostile.household import Household, household

KILLS = {"bubblewrap": 50, "docker": 10}
EARLIEST, LATEST = 0.5, 7.0  # seconds after the start
GONE = 30  # seconds; a machine that does other things too takes its time
FINISHED = 540


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Household]:
    with household(tmp_path / "temporary") as made:
        yield made


@pytest.fixture
def round_file() -> Path:
    """The demo's round, its upstream built already: what is killed is the screening."""
    return prepare(cache_dir())


@attack(
    "has its harness killed with -9 at fifty random moments of a round",
    meets="its processes end with it, the next start clears up, and no finished outcome is lost",
)
def test_nothing_survives_a_kill_and_nothing_is_lost(
    backend: Backend, home: Household, round_file: Path, tmp_path: Path
) -> None:
    seed = int(os.environ.get("HARNESS_KILL_SEED", secrets.randbits(32)))
    drawn = random.Random(seed)  # noqa: S311 - to be repeated, not to be kept secret
    screening = Screening(home, tmp_path, ("run", str(round_file), "--sandbox", backend.name))
    killed = 0
    while killed < KILLS[backend.name]:
        after = drawn.uniform(EARLIEST, LATEST)
        killed += screening.killed(after)
        assert home.left_running(GONE) == [], f"kill {killed}, after {after:.1f} s, seed {seed}"
        screening.lost_nothing(f"kill {killed}, after {after:.1f} s, seed {seed}")
    screening.to_the_end()
    assert home.left_behind(GONE) == [], f"after the last run, seed {seed}"


class Screening:
    """One round, run again and again; `stored` is every complete line that any candidate's log ever held."""

    def __init__(self, home: Household, folder: Path, arguments: tuple[str, ...]) -> None:
        self._home = home
        self._folder = folder
        self._arguments = arguments
        self._stored: dict[Path, str] = {}

    def killed(self, after: float) -> bool:
        """Run it for so many seconds; whether it had to be killed. A finished round is put away."""
        process = self._home.start(*self._arguments, folder=self._folder)
        try:
            code = process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True
        self._finished(code)
        shutil.rmtree(self._folder / "reports")
        self._stored.clear()
        return False

    def to_the_end(self) -> None:
        process = self._home.start(*self._arguments, folder=self._folder)
        self._finished(process.wait(FINISHED))
        self.lost_nothing("after the last run")

    def _finished(self, code: int) -> None:
        assert code == 0, (self._folder / "said").read_text()

    def lost_nothing(self, when: str) -> None:
        """Each log still begins with every complete line it ever had, and each of them can be read."""
        for path in sorted((self._folder / "reports").glob("*/*/outcomes.jsonl")):
            text = path.read_text(encoding="utf-8")
            whole = text[: text.rfind("\n") + 1]
            assert whole.startswith(self._stored.get(path, "")), f"{path.parent.name}: {when}"
            for line in whole.splitlines()[1:]:
                Outcome.model_validate_json(line)
            self._stored[path] = whole
        missing = [path for path in self._stored if not path.exists()]
        assert not missing, when
