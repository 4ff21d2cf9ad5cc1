"""What was seen of the connector while nothing was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from checks.conformance.scenarios import BrokeOffError, NotReady
from checks.conformance.scenarios.market_data import MarketData, watch_market
from checks.conformance.scenarios.order_life import Trading, trade
from harness.scenarios.rig import Rig, Rigs

if TYPE_CHECKING:
    from checks.conformance.conftest import Play


def quiet_rigs(play: Play) -> Iterator[Rig]:
    """What was seen of it in quiet times.

    One that never got ready, or broke off, is judged by what it did until then; the rest is undecided.
    """
    scenarios: tuple[Callable[[Rigs, float], MarketData | Trading], ...] = (watch_market, trade)
    for scenario in scenarios:
        try:
            yield play(scenario).rig
        except (NotReady, BrokeOffError) as error:
            yield error.rig
            raise
