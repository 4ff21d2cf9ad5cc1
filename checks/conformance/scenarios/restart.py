"""The process ends with orders open, and another one takes over."""

from __future__ import annotations

from dataclasses import dataclass, field

from checks.conformance.scenarios import start
from checks.conformance.scenarios.order_life import (
    WAIT,
    Life,
    completed,
    let_trade,
    rest,
    settle,
)
from harness.driving.claims import OrderView
from harness.scenarios.rig import Bench, Lab
from harness.venue.model import Side


@dataclass
class Restart:
    """The process ends with orders open, and another one takes over from the saved state."""

    bench: Bench
    before: list[Life] = field(default_factory=list)
    tracked: dict[str, OrderView] = field(default_factory=dict)
    filled: Life | None = None
    cancelled: Life | None = None


def restart(lab: Lab, pace: float) -> Restart:
    with lab.bench(pace) as bench:
        story = Restart(bench)
        start(bench)
        first, second = rest(bench, Side.BUY), rest(bench, Side.SELL)
        story.before = [first, second]
        if first.placed is None or second.placed is None:
            return story
        state = bench.connector.save_state()
        bench.restart()
        bench.connector.restore_state(state)
        start(bench)
        story.tracked = bench.connector.orders()
        let_trade(bench, first)
        bench.connector.wait_event(completed(Side.BUY), first.order_id, WAIT)
        if second.order_id in story.tracked:
            bench.connector.cancel(second.order_id, bench.pair)
            bench.connector.wait_event("OrderCancelled", second.order_id, WAIT)
        story.filled, story.cancelled = settle(bench, first), settle(bench, second)
        return story
