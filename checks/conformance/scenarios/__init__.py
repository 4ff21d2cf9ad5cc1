"""What happens to a connector while it is watched. A story acts and writes down; the checks judge.

Each story runs once per screening (and once more, calmly, if a check that rests on it failed), and the checks
of one subject share it. A story raises `NotReady` when the connector never got that far.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from checks.conformance.scenarios.observed import observed
from harness.checking import Undetermined, claimed
from harness.driving.driver import ConnectorError
from harness.driving.numbers import trusting
from harness.errors import OurFailure
from harness.outcome import Evidence, EvidenceKind
from harness.scenarios.rig import Bench, Lab

T = TypeVar("T")

READY_SECONDS = 90.0  # virtual; healthy connectors take under ten


class NotReady(Undetermined):
    """The connector never said that it is ready, so what depends on it was not tried.

    `bench` has what was seen of it until then.
    """

    def __init__(self, bench: Bench, waiting_for: tuple[str, ...]) -> None:
        parts = ", ".join(waiting_for) or "its own reasons"
        said = claimed(EvidenceKind.NOTE, f"still waiting for: {parts}")
        super().__init__(f"Not tried, because the connector never became ready ({parts}).", (said,))
        self.bench = bench
        self.waiting_for = waiting_for


class BrokeOffError(ConnectorError):
    """The connector broke off in the middle of a story. `bench` has what was seen of it until then."""

    def __init__(self, error: ConnectorError, bench: Bench) -> None:
        super().__init__(str(error))
        self.bench = bench


def start(bench: Bench) -> float:
    """Start the connector and wait until it is ready; returns the virtual seconds that took."""
    bench.connector.start()
    ready = bench.connector.wait_ready(READY_SECONDS)
    if not ready.ready:
        raise NotReady(bench, tuple(name for name, done in ready.parts.items() if not done))
    return ready.seconds


class Stories:
    """Runs each story once at each pace and remembers how it went, or why it broke off."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._told: dict[tuple[Any, float], Any] = {}
        self._seen: dict[tuple[Any, float], tuple[Evidence, ...]] = {}

    def tell(self, story: Callable[[Lab, float], T], pace: float) -> T:
        """What happened in it. Raises OurFailure where anything of ours broke, whatever came of it."""
        key = (story, pace)
        if key not in self._told:
            self._lab.telling = story.__name__.replace("_", " ")
            seen = len(self._lab.scenes)
            try:
                with trusting():
                    self._told[key] = story(self._lab, pace)
            except ConnectorError as error:
                bench = self._lab.latest
                self._told[key] = error if bench is None else BrokeOffError(error, bench)
            except Exception as error:
                self._told[key] = error
            if ours := [trouble for scene in self._lab.scenes[seen:] for trouble in scene.record.troubles()]:
                self._told[key] = OurFailure(
                    f"the exchange that we play broke: {ours[0].detail}", where=ours[0].where
                )
        told = self._told[key]
        if isinstance(told, Exception):
            raise told
        result: T = told
        return result

    def seen(self, story: Callable[[Lab, float], T], pace: float) -> tuple[Evidence, ...]:
        """What we saw ourselves in a story that was told to its end."""
        key = (story, pace)
        if key not in self._seen:
            self._seen[key] = observed(self._told[key].bench)
        return self._seen[key]
