"""How much is done at the same time on this machine, over all screenings of one user.

Scenarios mostly wait, so many are played at once; with too many, or with tests beside them that take all
processors, connectors are late. A turn is a lock on a file: whoever is killed gives it back.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from harness.paths import cache_dir

PROCESSORS = os.cpu_count() or 1
# Long scenarios use less of a processor than short ones, and would keep these from being played at all.
LONG_ONES, SHORT_ONES = 3 * PROCESSORS, 2 * PROCESSORS
TESTS = PROCESSORS  # runs of unit tests; each keeps a processor busy
LOOK_EVERY = 0.05  # real seconds
PATIENCE = 600.0  # real seconds after which one goes on without a turn: better late than never


def to_play(*, long: bool) -> Turns:
    """A turn for each scenario."""
    name, number = ("long", LONG_ONES) if long else ("short", SHORT_ONES)
    return Turns(cache_dir() / "turns" / name, number)


def to_test() -> Turns:
    """A turn for each run of unit tests."""
    return Turns(cache_dir() / "turns" / "tests", TESTS)


class Turns:
    """`number` files in `folder`, made on demand. Thread-safe."""

    def __init__(self, folder: Path, number: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._number = number

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a turn, first come first served, and keep it for as long as the block lasts."""
        with ExitStack() as stack:
            if (turn := self._wait()) is not None:
                stack.enter_context(turn)
            yield

    def _wait(self) -> IO[str] | None:
        """The file that is locked now; None when that took too long."""
        deadline = time.monotonic() + PATIENCE
        with (self._folder / "queue").open("w") as queue:
            fcntl.flock(queue, fcntl.LOCK_EX)
            while time.monotonic() < deadline:
                for number in range(self._number):
                    if (turn := _locked(self._folder / f"turn-{number}")) is not None:
                        return turn
                time.sleep(LOOK_EVERY)
        return None


def _locked(path: Path) -> IO[str] | None:
    turn = path.open("w")
    with suppress(BlockingIOError):
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return turn
    turn.close()
    return None
