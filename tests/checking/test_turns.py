"""So many play at once as there are turns, whoever asks for them; who is gone keeps none."""

from __future__ import annotations

import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.checking import turns
from harness.checking.turns import Turns

PATIENCE = 10.0


def test_no_more_than_there_are_turns(tmp_path: Path) -> None:
    """As two screenings that know nothing of each other."""
    lock, now, most = threading.Lock(), [0], list[int]()
    rest = threading.Event()

    def play(number: int) -> None:
        with Turns(tmp_path, 2).one():
            with lock:
                now[0] += 1
                most.append(now[0])
            rest.wait(0.02)
            with lock:
                now[0] -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(play, range(6)))
    assert len(most) == 6
    assert max(most) <= 2


def test_as_many_as_there_are_turns(tmp_path: Path) -> None:
    together = threading.Barrier(2)

    def play(_: int) -> None:
        with Turns(tmp_path, 2).one():
            together.wait(PATIENCE)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(play, range(2)))


def test_who_waits_too_long_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.1)
    with Turns(tmp_path, 1).one(), Turns(tmp_path, 1).one():
        pass


def test_a_turn_ends_with_its_block(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Turns(tmp_path, 1).one():
        raise ZeroDivisionError
    with (tmp_path / "turn-0").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_neither_long_scenarios_nor_tests_keep_short_ones_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setattr(turns, "LONG_ONES", 1)
    monkeypatch.setattr(turns, "TESTS", 1)
    monkeypatch.setattr(turns, "SHORT_ONES", 1)
    monkeypatch.setattr(turns, "LOOK_EVERY", 60.0)
    with turns.to_play(long=True).one(), turns.to_test().one(), turns.to_play(long=False).one():
        pass
