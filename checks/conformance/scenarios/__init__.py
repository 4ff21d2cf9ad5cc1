"""What happens to a connector while it is watched. A scenario acts and writes down; the checks judge.

Each scenario is played once a screening (and once more, calmly, if a check that rests on it failed), and the
checks of one subject share it. A scenario raises `NotReady` when the connector never got that far.
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
from harness.scenarios.rig import Rig, Rigs

T = TypeVar("T")

READY_SECONDS = 90.0  # virtual; healthy connectors take under ten


class NotReady(Undetermined):
    """The connector never said that it is ready, so what depends on it was not tried.

    `rig` has what was seen of it until then.
    """

    def __init__(self, rig: Rig, waiting_for: tuple[str, ...]) -> None:
        parts = ", ".join(waiting_for) or "its own reasons"
        said = claimed(EvidenceKind.NOTE, f"still waiting for: {parts}")
        super().__init__(f"Not tried, because the connector never became ready ({parts}).", (said,))
        self.rig = rig
        self.waiting_for = waiting_for


class BrokeOffError(ConnectorError):
    """The connector broke off in the middle of a scenario. `rig` has what was seen of it until then."""

    def __init__(self, error: ConnectorError, rig: Rig) -> None:
        super().__init__(str(error))
        self.rig = rig


def start(rig: Rig) -> float:
    """Start the connector and wait until it is ready; returns the virtual seconds that took."""
    rig.connector.start()
    ready = rig.connector.wait_ready(READY_SECONDS)
    if not ready.ready:
        raise NotReady(rig, tuple(name for name, done in ready.parts.items() if not done))
    return ready.seconds


class Scenarios:
    """Runs each scenario once at each pace and remembers how it went, or why it broke off."""

    def __init__(self, rigs: Rigs) -> None:
        self._rigs = rigs
        self._played: dict[tuple[Any, float], Any] = {}
        self._seen: dict[tuple[Any, float], tuple[Evidence, ...]] = {}

    def play(self, scenario: Callable[[Rigs, float], T], pace: float) -> T:
        """What happened in it. Raises OurFailure where anything of ours broke, whatever came of it."""
        key = (scenario, pace)
        if key not in self._played:
            self._rigs.playing = scenario.__name__.replace("_", " ")
            seen = len(self._rigs.recordings)
            try:
                with trusting():
                    self._played[key] = scenario(self._rigs, pace)
            except ConnectorError as error:
                rig = self._rigs.latest
                self._played[key] = error if rig is None else BrokeOffError(error, rig)
            except Exception as error:
                self._played[key] = error
            if ours := [
                trouble
                for recording in self._rigs.recordings[seen:]
                for trouble in recording.record.troubles()
            ]:
                self._played[key] = OurFailure(
                    f"the exchange that we play broke: {ours[0].detail}", where=ours[0].where
                )
        played = self._played[key]
        if isinstance(played, Exception):
            raise played
        result: T = played
        return result

    def seen(self, scenario: Callable[[Rigs, float], T], pace: float) -> tuple[Evidence, ...]:
        """What we saw ourselves in a scenario that was played to its end."""
        key = (scenario, pace)
        if key not in self._seen:
            self._seen[key] = observed(self._played[key].rig)
        return self._seen[key]
