"""Traces that a screening left behind, as a source for checks: nothing is played."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.checking import Undetermined
from harness.checking.attribution import Trial
from harness.checking.policy import Try
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Header, Trace
from harness.scenarios.trace.store import header_of, kept_in, load


def prefix_for(connector: str, connectors: Sequence[str]) -> str:
    """What the names of this connector's traces begin with."""
    return connector if len(connectors) > 1 else ""


class KeptTraces:
    """Those of one connector in one folder, each read once. Raises TraceError for a file that is none."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        found = [(header_of(path), path) for path in kept_in(folder)]
        self._headers = [header for header, _ in found if header.prefix == prefix]
        self._paths = {_key(header): path for header, path in found if header.prefix == prefix}
        self._read: dict[Path, Trace] = {}

    def __bool__(self) -> bool:
        return bool(self._paths)

    @cached_property
    def control(self) -> str | None:
        """The merged connector that failures were tried on, None where it never came to that."""
        return next((each.connector for each in self._headers if each.trial == Trial.CONTROL), None)

    @cached_property
    def unconfirmed(self) -> dict[str, tuple[str, ...]]:
        """As it was when the scenarios were played."""
        return next((each.unconfirmed for each in self._headers if each.trial != Trial.CONTROL), {})

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        """Nothing: what was not played is not played now."""

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        """Raises Undetermined where the scenario was not played so."""
        path = self._paths.get((scenario.name, attempt.pace, attempt.trial.value))
        if path is None:
            words = scenario.name.replace("_", " ")
            raise Undetermined(
                f"Not decided: there is no trace of “{words}” at {attempt.pace:g}× speed "
                f"({attempt.trial.value}); screen it again."
            )
        return self._load(path)

    def played(self) -> tuple[Trace, ...]:
        """All of the fork's, with whatever seed."""
        forks = [path for key, path in self._paths.items() if key[2] != Trial.CONTROL]
        return tuple(self._load(path) for path in forks)

    def _load(self, path: Path) -> Trace:
        if path not in self._read:
            self._read[path] = load(path)
        return self._read[path]


def _key(header: Header) -> tuple[str, float, str]:
    return header.scenario, header.pace, header.trial
