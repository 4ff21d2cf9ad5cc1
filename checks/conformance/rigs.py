"""The laboratories of one screening: the fork's own, and those in which its failures are tried on others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any, TypeVar

from checks.conformance.scenarios import Stories
from harness.checking.attribution import Trial
from harness.outcome import Evidence
from harness.scenarios.rig import Lab

T = TypeVar("T")


class _Elsewhere:
    """A laboratory with a thread of its own, opened when its first story is wanted."""

    def __init__(self, open_lab: Callable[[], Lab], name: str) -> None:
        self._open_lab = open_lab
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._stack = ExitStack()
        self._opening: Future[Stories] | None = None
        self._told: dict[tuple[Any, float], Future[Any]] = {}

    def begin(self, story: Callable[[Lab, float], T], pace: float) -> Future[T]:
        if self._opening is None:
            self._opening = self._thread.submit(self._open)
        opening, key = self._opening, (story, pace)
        if key not in self._told:
            self._told[key] = self._thread.submit(lambda: opening.result().tell(story, pace))
        return self._told[key]

    def _open(self) -> Stories:
        return Stories(self._stack.enter_context(closing(self._open_lab())))

    def seen(self, story: Callable[[Lab, float], T], pace: float) -> tuple[Evidence, ...]:
        """Of a story that was told to its end."""
        assert self._opening is not None
        return self._opening.result().seen(story, pace)

    def close(self) -> None:
        """What has begun is told to its end first; what has not is not told at all."""
        self._thread.shutdown(cancel_futures=True)
        self._stack.close()


class Labs:
    """Those besides the `first` are opened when they are needed, and closed together."""

    def __init__(self, first: Lab, others: Mapping[Trial, Callable[[], Lab]]) -> None:
        self._first = Stories(first)
        self._others = {trial: _Elsewhere(open_lab, trial.value) for trial, open_lab in others.items()}

    def tell(self, trial: Trial, story: Callable[[Lab, float], T], pace: float) -> T:
        """What happened in it there. Waits where it is being told."""
        if trial is Trial.FIRST:
            return self._first.tell(story, pace)
        return self._others[trial].begin(story, pace).result()

    def seen(self, trial: Trial, story: Callable[[Lab, float], T], pace: float) -> tuple[Evidence, ...]:
        """What we saw ourselves there, in a story that was told to its end."""
        there = self._first if trial is Trial.FIRST else self._others[trial]
        return there.seen(story, pace)

    def begin_elsewhere(self, story: Callable[[Lab, float], T], pace: float) -> None:
        """Let it be told on the others too, beside the fork: these tell it at the same time."""
        for trial in (Trial.CONTROL, Trial.OTHER_SEED):
            if trial in self._others:
                self._others[trial].begin(story, pace)

    def close(self) -> None:
        for other in self._others.values():
            other.close()
