"""All stories: a connector that misbehaves in one of them only has misbehaved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from checks.conformance.stories.errors import answer_with_errors, lose_a_reply, take_exchange_away
from checks.conformance.stories.market_data import list_markets, watch_market
from checks.conformance.stories.order_life import trade
from checks.conformance.stories.positions import hold_positions
from checks.conformance.stories.races import race
from checks.conformance.stories.refusals import show_wrong_certificate, use_wrong_secret
from checks.conformance.stories.restart import restart
from checks.conformance.stories.rounding import round_orders
from checks.conformance.stories.streams import break_streams, disturb_user_stream, send_junk
from harness.checking import Finding
from harness.driver import ConnectorError
from harness.errors import OurFailure
from harness.lab import Lab, Scene

if TYPE_CHECKING:
    from checks.conformance.conftest import Tell

QUIET: tuple[Callable[[Lab, float], Any], ...] = (watch_market, trade)
STORIES: tuple[Callable[[Lab, float], Any], ...] = (
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


def every_scene(tell: Tell, lab: Lab) -> Iterator[Scene]:
    """What was seen of the connector so far, at whatever pace, and then in each story not yet told.

    A connector that breaks off, or never gets ready, is judged by what it did until then; where that was in a
    quiet story the rest is undecided, and what it broke off with is raised in the end; so is a failure
    of ours.
    """
    seen = 0
    broken: Exception | None = None
    for story in (None, *STORIES):
        if story is not None:
            try:
                tell(story)
            except OurFailure as error:
                broken = broken or error
            except (Finding, ConnectorError) as error:
                broken = broken or (error if story in QUIET else None)
        yield from lab.scenes[seen:]
        seen = len(lab.scenes)
        yield lab.between  # the one that goes on
    if broken is not None:
        raise broken
