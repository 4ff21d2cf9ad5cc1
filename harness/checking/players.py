"""The players of one screening: the fork's own, and those on which its failures are tried on others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

from harness.checking.attribution import Trial
from harness.checking.policy import Try
from harness.scenarios.player import Player
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Trace


class _Elsewhere:
    """A player with a thread of its own, opened when the first scenario is wanted."""

    def __init__(self, open_player: Callable[[], Player], name: str) -> None:
        self._open_player = open_player
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._opening: Future[Player] | None = None
        self._playing: dict[tuple[str, float], Future[Trace]] = {}

    def begin(self, scenario: Scenario[Any], pace: float) -> Future[Trace]:
        if self._opening is None:
            self._opening = self._thread.submit(self._open_player)
        opening, key = self._opening, (scenario.name, pace)
        if key not in self._playing:
            self._playing[key] = self._thread.submit(lambda: opening.result().trace(scenario, pace))
        return self._playing[key]

    def played(self) -> tuple[Trace, ...]:
        """Waits for what has begun."""
        if self._opening is None:
            return ()
        for playing in tuple(self._playing.values()):
            playing.result()
        return self._opening.result().played()

    def close(self) -> None:
        """What has begun is played to its end first; what has not is not played at all."""
        self._thread.shutdown(cancel_futures=True)
        if self._opening is not None and not self._opening.cancelled() and not self._opening.exception():
            self._opening.result().close()


class Players:
    """Those besides the `first` are opened when they are needed, and closed together."""

    def __init__(
        self,
        first: Player,
        others: Mapping[Trial, Callable[[], Player]],
        *,
        control: str | None = None,
        unconfirmed: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        self._first = first
        self._others = {trial: _Elsewhere(open_player, trial.value) for trial, open_player in others.items()}
        self._control = control
        self._unconfirmed = unconfirmed

    @property
    def unconfirmed(self) -> Mapping[str, tuple[str, ...]]:
        return self._unconfirmed

    @property
    def control(self) -> str | None:
        return self._control

    @property
    def redact(self) -> Callable[[str], str]:
        return self._first.redact

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        """What was seen in it there. Waits where it is being played."""
        if attempt.trial is not Trial.FIRST:
            return self._others[attempt.trial].begin(scenario, attempt.pace).result()
        return self._first.trace(scenario, attempt.pace)

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        for trial in (Trial.CONTROL, Trial.OTHER_SEED):
            if trial in self._others:
                self._others[trial].begin(scenario, attempt.pace)

    def played(self) -> tuple[Trace, ...]:
        """All of the fork's, with whatever seed; what was tried between the scenarios comes last."""
        forks = [each for trial, each in self._others.items() if trial is not Trial.CONTROL]
        return (*(trace for each in forks for trace in each.played()), *self._first.played())

    def close(self) -> None:
        for other in self._others.values():
            other.close()
        self._first.close()
