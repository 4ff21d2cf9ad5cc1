"""The process ends with orders open, and another one takes over."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.driving.claims import OrderView
from harness.driving.rpc_client import ConnectorError, ConnectorGone, ConnectorTimeout
from harness.scenarios.played.moving import MovingStart, start_moving
from harness.scenarios.played.order_life import (
    WAIT,
    Life,
    completed,
    let_trade,
    rest,
    settle,
)
from harness.scenarios.rig import Rigs
from harness.scenarios.trace.view import View
from harness.venue.model import Side

# Virtual seconds: a connector that looks for fills by polling does so every ten to fifteen.
BY_POLLING = 60.0
ORDERS = "stream:orders"


@dataclass
class Restart(View):
    """The process ends with orders open, and another one takes over from the saved state.

    `raised` is the error with which the connector refused the state that it had saved itself. `starts` are
    both, while the market moved.
    """

    rig_number: int
    starts: list[MovingStart] = field(default_factory=list)
    before: list[Life] = field(default_factory=list)
    raised: str = ""
    tracked: dict[str, OrderView] = field(default_factory=dict)
    filled: Life | None = None
    cancelled: Life | None = None


def restart(rigs: Rigs, pace: float) -> Restart:
    with rigs.open(pace) as rig:
        run = Restart(rig.number)
        run.starts.append(start_moving(rig, late=False))
        first, second = rest(rig, Side.BUY), rest(rig, Side.SELL)
        run.before = [first, second]
        if first.placed is None or second.placed is None:
            return run
        state, heard = rig.connector.save_state(), rig.gateway.open_sockets(ORDERS)
        rig.restart()
        try:
            rig.connector.restore_state(state)
        except (ConnectorGone, ConnectorTimeout):
            raise
        except ConnectorError as error:
            run.raised = str(error)
            return run
        run.starts.append(start_moving(rig, late=True))
        run.tracked = rig.connector.orders()
        if heard:  # some are ready before they hear of their orders again
            rig.eventually(lambda: rig.gateway.open_sockets(ORDERS), WAIT)
        let_trade(rig, first)
        rig.connector.wait_event(completed(Side.BUY), first.order_id, BY_POLLING)
        if second.order_id in run.tracked:
            rig.connector.cancel(second.order_id, rig.pair)
            rig.connector.wait_event("OrderCancelled", second.order_id, WAIT)
        run.filled, run.cancelled = settle(rig, first), settle(rig, second)
        return run
