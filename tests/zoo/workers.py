"""Specimens looked at side by side, in processes that keep the built framework from one to the next."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from harness import temporary
from tests.sandbox.fixtures import at_hand
from tests.zoo.keeping import Zoo

FOR_EVER = 10**6  # minutes

Task = TypeVar("Task")
Said = TypeVar("Said")


def each_as_it_ends(
    left: Sequence[Task], look: Callable[[Task, Path, str], Said], workers: int, minutes: float
) -> Iterator[tuple[Task, Said]]:
    """What was said of each task; none is begun after so many minutes.

    `look` gets the task, a folder that all share, and the harness's commit.
    """
    end = time.monotonic() + minutes * 60
    coming = iter(left)
    commit = commit_of_the_harness()
    with (
        temporary.folder("zoo") as folder,
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
    ):
        running: dict[Future[Said], Task] = {}

        def begin() -> None:
            if time.monotonic() < end and (task := next(coming, None)) is not None:
                running[pool.submit(look, task, folder, commit)] = task

        for _ in range(workers):
            begin()
        while running:
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for each in ended:
                yield running.pop(each), each.result()
                begin()


@cache
def zoo_of_this_process(folder: Path) -> Zoo:
    own = folder / str(os.getpid())
    folder.chmod(0o755)
    own.mkdir(mode=0o755)
    zoo = Zoo(at_hand(), own)
    atexit.register(zoo.close)  # the controls that its specimens share
    return zoo


def commit_of_the_harness() -> str:
    """Short; with `+` where files have changes of their own."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def kept_lines(file: Path) -> Iterator[dict[str, Any]]:
    """What was kept on each line; one that was cut off by the end of a run is left out."""
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def keep_lines(file: Path, said: Iterable[Mapping[str, object]]) -> None:
    """Add them to the file, on lines of their own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.writelines(f"{json.dumps(each)}\n" for each in said)
