"""A player in a process of its own, for scenarios whose time runs fast.

At ninety times the wall's pace a tenth of a second is nine to a connector: nothing that another thread of an
interpreter does may keep its exchange waiting so long.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import Any

from harness.credentials.stated import Stated
from harness.frameworks.runtime import Runtime
from harness.sandbox.choosing import Choice, choose
from harness.scenarios.player import Keep, Player
from harness.scenarios.rig import Rigs
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Header, Trace
from harness.scenarios.trace.store import unpacked
from harness.venue.described import described_dialect
from harness.venue.dialects import dialect


@dataclass(frozen=True)
class Recipe:
    """What rigs are made of, as another process can be told. `exchange` is a dialect's name or the file of a
    description."""

    sandbox: Choice
    runtime: Runtime
    exchange: str | Path
    connector: str
    seed: int
    stated: Mapping[str, Stated]

    def rigs(self) -> Rigs:
        spoken = (
            described_dialect(self.exchange) if isinstance(self.exchange, Path) else dialect(self.exchange)
        )
        return Rigs(choose(self.sandbox), self.runtime, spoken, self.connector, self.seed, dict(self.stated))


class PlayerApart:
    """As `Player`. Its process begins with the first scenario, and ends with ours, however that ends."""

    def __init__(self, recipe: Recipe, about: Header, keep: Keep, among: str = "") -> None:
        self._keep = keep
        self._traces: dict[tuple[str, float], Trace] = {}
        self._process = ProcessPoolExecutor(
            1, get_context("spawn"), initializer=_begin, initargs=(recipe, about, among)
        )

    def redact(self, text: str) -> str:
        """Its traces hold no secret, and nothing else comes from there."""
        return text

    def trace(self, scenario: Scenario[Any], pace: float) -> Trace:
        key = (scenario.name, pace)
        if key not in self._traces:
            self._traces[key] = self._kept(self._process.submit(_play, scenario, pace).result())
        return self._traces[key]

    def played(self) -> tuple[Trace, ...]:
        return (*self._traces.values(), self._kept(self._process.submit(_look_between).result()))

    def close(self) -> None:
        try:
            self._kept(self._process.submit(_close).result())
        finally:
            self._process.shutdown()

    def _kept(self, contents: bytes) -> Trace:
        trace = unpacked(contents)
        self._keep(trace.header, contents)
        return trace


class _There:
    """Its player, opened when a scenario is to be played."""

    def __init__(self, recipe: Recipe, about: Header, among: str) -> None:
        self._recipe, self._about, self._among = recipe, about, among
        self._kept = b""
        self._player: Player | None = None

    @property
    def player(self) -> Player:
        if self._player is None:
            self._player = Player(self._recipe.rigs(), self._about, self._keep, self._among)
        return self._player

    def _keep(self, _header: Header, contents: bytes) -> None:
        self._kept = contents

    def taken(self) -> bytes:
        """The trace that was kept last."""
        return self._kept


_there: list[_There] = []


def _begin(recipe: Recipe, about: Header, among: str) -> None:
    # Many kernels share processors out by session: in the round's it would wait for all that this one does.
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _there.append(_There(recipe, about, among))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _play(scenario: Scenario[Any], pace: float) -> bytes:
    _there[0].player.trace(scenario, pace)
    return _there[0].taken()


def _look_between() -> bytes:
    _there[0].player.played()
    return _there[0].taken()


def _close() -> bytes:
    _there[0].player.close()
    return _there[0].taken()
