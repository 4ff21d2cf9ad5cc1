"""What was seen of the connector while nothing was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from checks.conformance.scenarios import BrokeOffError, NotReady
from checks.conformance.scenarios.market_data import MarketData, watch_market
from checks.conformance.scenarios.order_life import Trading, trade
from harness.scenarios.rig import Bench, Lab

if TYPE_CHECKING:
    from checks.conformance.conftest import Tell


def quiet_benches(tell: Tell) -> Iterator[Bench]:
    """What was seen of it in quiet times.

    One that never got ready, or broke off, is judged by what it did until then; the rest is undecided.
    """
    stories: tuple[Callable[[Lab, float], MarketData | Trading], ...] = (watch_market, trade)
    for story in stories:
        try:
            yield tell(story).bench
        except (NotReady, BrokeOffError) as error:
            yield error.bench
            raise
