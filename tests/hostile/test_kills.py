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
import time
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
# Seconds: after the start for one kill in three, after the first outcome that is new for the others.
STARTING, WORKING = 3.0, 3.0
GONE = 15  # seconds; a machine that does other things too takes its time
FINISHED = 1800
SCREENED = ("binance", "binance-defects", "skeleton")


@pytest.fixture
def home() -> Iterator[Household]:
    with household() as made:
        yield made


@pytest.fixture
def round_file() -> Path:
    """The demo's round, its upstream built already: what is killed is the screening."""
    return prepare(cache_dir())


@pytest.mark.full  # by default: test_lifetime.py and test_sweep.py, one kill each, and test_hostile_round.py
@attack(
    "has its harness killed with -9 at fifty random moments of a round",
    meets="its processes end with it, the next start clears up, and no finished outcome is lost",
)
def test_nothing_survives_a_kill_and_nothing_is_lost(
    backend: Backend, home: Household, round_file: Path, tmp_path: Path
) -> None:
    seed = int(os.environ.get("HARNESS_KILL_SEED", secrets.randbits(32)))
    drawn = random.Random(seed)  # noqa: S311 - to be repeated, not to be kept secret
    only = (word for name in SCREENED for word in ("--only", name))
    screening = Screening(home, tmp_path, ("run", str(round_file), "--sandbox", backend.name, *only))
    killed = 0
    while killed < KILLS[backend.name]:
        starting = drawn.random() < 1 / 3
        after = drawn.uniform(0, STARTING if starting else WORKING)
        killed += screening.killed(after, working=not starting)
        when = f"kill {killed}, {after:.1f} s after {'the start' if starting else 'an outcome'}, seed {seed}"
        assert home.left_running(GONE) == [], when
        screening.lost_nothing(when)
    assert screening.interrupted > killed / 4, "most kills came before there was anything to lose"
    screening.to_the_end()
    assert home.left_behind(GONE) == [], f"after the last run, seed {seed}"


class Screening:
    """One round, run again and again.

    `_stored` is every complete line that a candidate's log ever held; `interrupted` counts the kills that
    left temporary files, which is to say that there were jobs or checks.
    """

    def __init__(self, home: Household, folder: Path, arguments: tuple[str, ...]) -> None:
        self._home = home
        self._folder = folder
        self._arguments = arguments
        self._stored: dict[Path, str] = {}
        self.interrupted = 0

    def killed(self, after: float, *, working: bool) -> bool:
        """Run it for so many seconds, when `working` from its first new outcome on; whether it was killed.

        A round that was finished by then is put away.
        """
        before = self._size()
        process = self._home.start(*self._arguments, folder=self._folder)
        deadline = time.monotonic() + FINISHED
        while working and process.poll() is None and self._size() == before:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        try:
            code = process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.interrupted += any(self._home.temporary.iterdir())
            return True
        self._finished(code)
        shutil.rmtree(self._folder / "reports")
        self._stored.clear()
        return False

    def to_the_end(self) -> None:
        process = self._home.start(*self._arguments, folder=self._folder)
        self._finished(process.wait(FINISHED))
        self.lost_nothing("after the last run")

    def _size(self) -> int:
        """Of all outcomes stored by now."""
        return sum(path.stat().st_size for path in self._folder.glob("reports/*/*/outcomes.jsonl"))

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
