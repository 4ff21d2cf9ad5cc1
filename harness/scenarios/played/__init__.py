"""What happens to a connector while it is watched. A scenario acts and writes down; the checks judge.

A scenario is a function of the rigs and a pace that returns its view. It raises `NotReady` when the connector
never got that far, and `NothingToPlay` when it is of no kind of connector.
"""

from __future__ import annotations

from harness.driving.rpc_client import ConnectorError
from harness.scenarios.rig import Rig

READY_SECONDS = 90.0  # virtual; healthy connectors take under ten


class NotReady(Exception):  # noqa: N818 - it is the connector's fault, and no failure
    """The connector never said that it is ready. `errors` are tracebacks that it logged until then."""

    def __init__(self, waiting_for: tuple[str, ...], errors: tuple[str, ...] = ()) -> None:
        super().__init__(f"never became ready ({', '.join(waiting_for) or 'its own reasons'})")
        self.waiting_for = waiting_for
        self.errors = errors


class NothingToPlay(Exception):  # noqa: N818 - a way for a scenario to end, not an error
    """The scenario is not for this kind of connector; the text says why."""


class NotRecorded(Exception):  # noqa: N818 - a way for a scenario to end, not an error
    """What is replayed does not hold what the connector reads; the text says what is missing."""


class BrokeOffError(ConnectorError):
    """The connector broke off in the middle of a scenario."""


def start(rig: Rig, patience: float = READY_SECONDS) -> float:
    """Start the connector and wait until it is ready; returns the virtual seconds that took."""
    rig.connector.start()
    return until_ready(rig, patience)


def until_ready(rig: Rig, patience: float = READY_SECONDS) -> float:
    """Wait until a connector that was started is ready; returns the virtual seconds that took."""
    ready = rig.connector.wait_ready(patience)
    if not ready.ready:
        raise NotReady(tuple(name for name, done in ready.parts.items() if not done))
    return ready.seconds
