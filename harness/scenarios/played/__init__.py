"""What happens to a connector while it is watched. A scenario acts and writes down; the checks judge.

A scenario is a function of the rigs and a pace that returns its view. It raises `NotReady` when the connector
never got that far.
"""

from __future__ import annotations

from harness.checking import Undetermined, claimed, raised
from harness.driving.driver import ConnectorError
from harness.outcome import EvidenceKind
from harness.scenarios.rig import Rig

READY_SECONDS = 90.0  # virtual; healthy connectors take under ten


class NotReady(Undetermined):
    """The connector never said that it is ready, so what depends on it was not tried."""

    def __init__(self, waiting_for: tuple[str, ...], errors: tuple[str, ...] = ()) -> None:
        """`errors` are tracebacks that it logged until then."""
        parts = ", ".join(waiting_for) or "its own reasons"
        said = claimed(EvidenceKind.NOTE, f"still waiting for: {parts}")
        super().__init__(
            f"Not tried, because the connector never became ready ({parts}).", (said, *map(raised, errors))
        )
        self.waiting_for = waiting_for


class BrokeOffError(ConnectorError):
    """The connector broke off in the middle of a scenario."""


def start(rig: Rig) -> float:
    """Start the connector and wait until it is ready; returns the virtual seconds that took."""
    rig.connector.start()
    ready = rig.connector.wait_ready(READY_SECONDS)
    if not ready.ready:
        raise NotReady(tuple(name for name, done in ready.parts.items() if not done))
    return ready.seconds
