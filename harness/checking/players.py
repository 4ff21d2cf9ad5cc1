"""The players of one screening: the fork's own, and those on which its failures are tried on others.

Most of a scenario is waiting, so several are played at the same time: each in a sandbox of its own, with an
exchange of its own and the same seed. What is seen in one depends on no other.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from harness.checking.attribution import Trial
from harness.checking.policy import Try
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Trace


class Player(Protocol):
    """Plays scenarios in one sandbox, each once at each pace: here (`Player`) or apart (`PlayerApart`)."""

    def trace(self, scenario: Scenario[Any], pace: float) -> Trace: ...

    def played(self) -> tuple[Trace, ...]: ...

    @property
    def redact(self) -> Callable[[str], str]: ...

    def close(self) -> None: ...


class Part(NamedTuple):
    """For what there are players: whom a check is tried on, and whether it is scenarios that take long."""

    trial: Trial
    long: bool = False


Turn = Callable[[], AbstractContextManager[object]]
# How many sandboxes a candidate has at most. Long scenarios wait for no other: they decide how long it takes.
SANDBOXES: Mapping[Part, int] = MappingProxyType(
    {
        Part(Trial.FIRST): 2,
        Part(Trial.CONTROL): 1,
        Part(Trial.OTHER_SEED): 1,
        Part(Trial.AGAIN): 1,
        **{Part(trial, long=True): 1 for trial in Trial},
    }
)
_OTHERS_FIRST = (Trial.OTHER_SEED, Trial.AGAIN, Trial.FIRST)  # of a fork's own


class _Company:
    """Players who all play the same connector in the same way, each opened when it is wanted.

    Every scenario is played once at each pace, by whoever is free, in the order in which they were asked for.
    """

    def __init__(self, open_player: Callable[[int], Player], name: str, players: int, turn: Turn) -> None:
        self._open_player = open_player
        self._turn = turn
        self._threads = ThreadPoolExecutor(players, thread_name_prefix=name)
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._players: list[Player] = []
        self._free: list[Player] = []
        self._broken: Exception | None = None
        self._playing: dict[tuple[str, float], Future[Trace]] = {}

    def take_in(self, player: Player) -> None:
        """One that is open already."""
        self._players.append(player)
        self._free.append(player)
        next(self._numbers)

    def begin(self, scenario: Scenario[Any], pace: float) -> Future[Trace]:
        key = (scenario.name, pace)
        with self._lock:
            if key not in self._playing:
                self._playing[key] = self._threads.submit(self._play, scenario, pace)
            return self._playing[key]

    def _play(self, scenario: Scenario[Any], pace: float) -> Trace:
        with self._turn():
            player = self._free_player()
            try:
                return player.trace(scenario, pace)
            finally:
                self._free.append(player)

    def _free_player(self) -> Player:
        try:
            return self._free.pop()
        except IndexError:
            return self._opened()

    def _opened(self) -> Player:
        if self._broken is not None:
            raise self._broken
        try:
            player = self._open_player(next(self._numbers))
        except Exception as error:
            self._broken = error
            raise
        self._players.append(player)
        return player

    @property
    def players(self) -> tuple[Player, ...]:
        """Those that were opened."""
        return tuple(self._players)

    def played(self) -> tuple[Trace, ...]:
        """Waits for what has begun."""
        for playing in tuple(self._playing.values()):
            playing.result()
        return tuple(trace for player in self.players for trace in player.played())

    def close(self) -> None:
        """What has begun is played to its end first; what has not is not played at all."""
        self._threads.shutdown(cancel_futures=True)
        for player in self.players:
            player.close()


class Players:
    """Those besides the `first` are opened when they are needed, and closed together.

    `open_player` is told for what, and how many there were of the kind before. `sandboxes` are how many there
    may be at most; what is not named in it cannot be tried, and where none is kept for long scenarios, these
    are played with the others. Nothing is played but in a `turn` of its part.
    """

    def __init__(
        self,
        first: Player,
        open_player: Callable[[Part, int], Player],
        sandboxes: Mapping[Part, int] = SANDBOXES,
        *,
        turn: Callable[[Part], Turn] = lambda _part: nullcontext,
        control: str | None = None,
        unconfirmed: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        def company(part: Part) -> _Company:
            name = f"{part.trial}, long" if part.long else part.trial.value
            return _Company(partial(open_player, part), name, sandboxes[part], turn(part))

        self._companies = {part: company(part) for part in sandboxes}
        self._companies[Part(Trial.FIRST)].take_in(first)
        self._control = control
        self._unconfirmed = unconfirmed

    @property
    def unconfirmed(self) -> Mapping[str, tuple[str, ...]]:
        return self._unconfirmed

    @property
    def control(self) -> str | None:
        return self._control

    def redact(self, text: str) -> str:
        for company in self._companies.values():
            for player in company.players:
                text = player.redact(text)
        return text

    def begin(self, scenario: Scenario[Any], attempt: Try) -> Future[Trace]:
        apart = Part(attempt.trial, scenario.long)
        part = apart if apart in self._companies else Part(attempt.trial)
        return self._companies[part].begin(scenario, attempt.pace)

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        """What was seen in it there. Waits where it is being played."""
        return self.begin(scenario, attempt).result()

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        for trial in (Trial.CONTROL, Trial.OTHER_SEED):
            if Part(trial) in self._companies:
                self.begin(scenario, replace(attempt, trial=trial))

    def played(self) -> tuple[Trace, ...]:
        """All of the fork's, with whatever seed; what was tried between the scenarios comes last."""
        parts = [Part(trial, long) for trial in _OTHERS_FIRST for long in (True, False)]
        forks = [self._companies[part] for part in parts if part in self._companies]
        return tuple(trace for company in forks for trace in company.played())

    def close(self) -> None:
        """Those of the fork's own sandboxes last."""
        for part in sorted(self._companies, key=lambda each: each.trial is Trial.FIRST):
            self._companies[part].close()
