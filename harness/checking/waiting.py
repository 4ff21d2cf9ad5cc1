"""Many checks wait for scenarios at the same time, and one of them at a time looks at what was seen.

The exchanges that we play run in the same interpreter: checks that reckon beside one another make them wait,
and with them the connectors that trade there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.checking.policy import Try
from harness.checking.traces import Source, Unconfirmed
from harness.scenarios.scenario import Scenario
from harness.scenarios.trace.model import Trace


class OneAtATime:
    """Whose turn it is to look; `source` gives a source that takes no turn while it is waited for."""

    def __init__(self) -> None:
        self._looking = threading.Lock()

    @contextmanager
    def looking(self) -> Iterator[None]:
        with self._looking:
            yield

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within `looking`: let others look meanwhile."""
        self._looking.release()
        try:
            yield
        finally:
            self._looking.acquire()

    def source(self, source: Source) -> Source:
        return _Waited(source, self)


class _Waited:
    def __init__(self, source: Source, turns: OneAtATime) -> None:
        self._source = source
        self._turns = turns

    @property
    def control(self) -> str | None:
        return self._source.control

    @property
    def unconfirmed(self) -> Unconfirmed:
        return self._source.unconfirmed

    def trace(self, scenario: Scenario[Any], attempt: Try) -> Trace:
        with self._turns.waiting():
            return self._source.trace(scenario, attempt)

    def begin_elsewhere(self, scenario: Scenario[Any], attempt: Try) -> None:
        self._source.begin_elsewhere(scenario, attempt)

    def played(self) -> tuple[Trace, ...]:
        with self._turns.waiting():
            return self._source.played()
