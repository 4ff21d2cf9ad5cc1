"""A market that is halted when the connector starts, beside those that it trades."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.driving.claims import Rule
from harness.scenarios.played import READY_SECONDS
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View


@dataclass
class HaltedMarket(View):
    """`halted` is the market's name; `waiting_for` are the parts that never became ready."""

    rig_number: int
    halted: str = ""
    ready: bool = False
    waiting_for: tuple[str, ...] = ()
    rules: dict[str, Rule] = field(default_factory=dict)


def start_beside_a_halted_market(rigs: Rigs, pace: float) -> HaltedMarket:
    with rigs.open(pace) as rig:
        run = HaltedMarket(rig.number, _halt_another(rig))
        rig.connector.start()
        status = rig.connector.wait_ready(READY_SECONDS)
        run.ready = status.ready
        run.waiting_for = tuple(name for name, done in status.parts.items() if not done)
        run.rules = rig.connector.rules()
        return run


def _halt_another(rig: Rig) -> str:
    """The last market that nobody watches here."""
    other = [market for market in rig.venue.markets if market != rig.market][-1]
    rig.venue.halt(other)
    return other.name
