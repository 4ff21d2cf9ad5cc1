"""The rigs of one screening: the fork's own, and those on which its failures are tried on others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any, TypeVar

from checks.conformance.scenarios import Scenarios
from harness.checking.attribution import Trial
from harness.outcome import Evidence
from harness.scenarios.rig import Rigs

T = TypeVar("T")


class _Elsewhere:
    """Rigs with a thread of its own, opened when the first scenario is wanted."""

    def __init__(self, open_rigs: Callable[[], Rigs], name: str) -> None:
        self._open_rigs = open_rigs
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._stack = ExitStack()
        self._opening: Future[Scenarios] | None = None
        self._played: dict[tuple[Any, float], Future[Any]] = {}

    def begin(self, scenario: Callable[[Rigs, float], T], pace: float) -> Future[T]:
        if self._opening is None:
            self._opening = self._thread.submit(self._open)
        opening, key = self._opening, (scenario, pace)
        if key not in self._played:
            self._played[key] = self._thread.submit(lambda: opening.result().play(scenario, pace))
        return self._played[key]

    def _open(self) -> Scenarios:
        return Scenarios(self._stack.enter_context(closing(self._open_rigs())))

    def seen(self, scenario: Callable[[Rigs, float], T], pace: float) -> tuple[Evidence, ...]:
        """Of a scenario that was played to its end."""
        assert self._opening is not None
        return self._opening.result().seen(scenario, pace)

    def close(self) -> None:
        """What has begun is played to its end first; what has not is not played at all."""
        self._thread.shutdown(cancel_futures=True)
        self._stack.close()


class TrialRigs:
    """Those besides the `first` are opened when they are needed, and closed together."""

    def __init__(self, first: Rigs, others: Mapping[Trial, Callable[[], Rigs]]) -> None:
        self._first = Scenarios(first)
        self._others = {trial: _Elsewhere(open_rigs, trial.value) for trial, open_rigs in others.items()}

    def play(self, trial: Trial, scenario: Callable[[Rigs, float], T], pace: float) -> T:
        """What happened in it there. Waits where it is being played."""
        if trial is Trial.FIRST:
            return self._first.play(scenario, pace)
        return self._others[trial].begin(scenario, pace).result()

    def seen(self, trial: Trial, scenario: Callable[[Rigs, float], T], pace: float) -> tuple[Evidence, ...]:
        """What we saw ourselves there, in a scenario that was played to its end."""
        there = self._first if trial is Trial.FIRST else self._others[trial]
        return there.seen(scenario, pace)

    def begin_elsewhere(self, scenario: Callable[[Rigs, float], T], pace: float) -> None:
        """Let it be played on the others too, at the same time as on the fork."""
        for trial in (Trial.CONTROL, Trial.OTHER_SEED):
            if trial in self._others:
                self._others[trial].begin(scenario, pace)

    def close(self) -> None:
        for other in self._others.values():
            other.close()
