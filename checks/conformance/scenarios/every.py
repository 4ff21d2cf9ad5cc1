"""All scenarios: a connector that misbehaves in one of them only has misbehaved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from checks.conformance.scenarios.errors import answer_with_errors, lose_a_reply, take_exchange_away
from checks.conformance.scenarios.market_data import list_markets, watch_market
from checks.conformance.scenarios.order_life import trade
from checks.conformance.scenarios.positions import hold_positions
from checks.conformance.scenarios.races import race
from checks.conformance.scenarios.refusals import show_wrong_certificate, use_wrong_secret
from checks.conformance.scenarios.restart import restart
from checks.conformance.scenarios.rounding import round_orders
from checks.conformance.scenarios.streams import break_streams, disturb_user_stream, send_junk
from harness.checking import Finding
from harness.driving.driver import ConnectorError
from harness.errors import OurFailure
from harness.scenarios.rig import Recording, Rigs

if TYPE_CHECKING:
    from checks.conformance.conftest import Play

QUIET: tuple[Callable[[Rigs, float], Any], ...] = (watch_market, trade)
SCENARIOS: tuple[Callable[[Rigs, float], Any], ...] = (
    *QUIET,
    list_markets,
    round_orders,
    answer_with_errors,
    lose_a_reply,
    take_exchange_away,
    break_streams,
    disturb_user_stream,
    send_junk,
    restart,
    race,
    hold_positions,
    use_wrong_secret,
    show_wrong_certificate,
)


def every_recording(play: Play, rigs: Rigs) -> Iterator[Recording]:
    """What was seen of the connector so far, at whatever pace, and then in each scenario not yet played.

    A connector that breaks off, or never gets ready, is judged by what it did until then; where that was in a
    quiet scenario the rest is undecided, and what it broke off with is raised in the end; so is a failure
    of ours.
    """
    seen = 0
    broken: Exception | None = None
    for scenario in (None, *SCENARIOS):
        if scenario is not None:
            try:
                play(scenario)
            except OurFailure as error:
                broken = broken or error
            except (Finding, ConnectorError) as error:
                broken = broken or (error if scenario in QUIET else None)
        yield from rigs.recordings[seen:]
        seen = len(rigs.recordings)
        yield rigs.between  # the one that goes on
    if broken is not None:
        raise broken
