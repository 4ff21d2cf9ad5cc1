"""What is held against a connector whose order the exchange does not know any more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from checks.conformance import test_order_life_ends as checks
from harness.checking import Failed, Undetermined
from harness.gateway.entries import Exchange
from harness.scenarios.catalogue import DEAF_STREAMS, ENDS
from harness.scenarios.played.ends import Ends
from harness.scenarios.played.order_life import Life
from harness.scenarios.played.unheard import DeafStreams
from harness.venue.model import OrderStatus
from tests.checks.conformance.seen import seen
from tests.scenarios.trace.sample import ORDER

CANCELS = ("cancel_order",) * checks.QUESTIONS


def unheard(*operations: str) -> DeafStreams:
    """An order was cancelled unheard; that is what was asked of it afterwards, and nothing was reported."""
    asked = [
        Exchange(3.0 + n, "api.example.com", 443, True, "connector", name, "GET", "/", status=404, number=n)
        for n, name in enumerate(operations)
    ]
    final = ORDER._replace(status=OrderStatus.CANCELED)
    life = Life(0, 1.0, "x-1", ORDER.side, "LIMIT", ORDER.amount, ORDER.price, ORDER, (), final=final)
    return seen(DeafStreams(0, forgotten=life), DEAF_STREAMS.name, *asked)


def test_an_order_that_stays_unknown_has_to_be_given_up() -> None:
    with pytest.raises(Failed, match="no longer knows"):
        checks.test_an_order_that_stays_unknown(unheard("order_status", *CANCELS))


def test_cancels_alone_say_nothing_of_one_that_polls_in_its_own_rhythm() -> None:
    """The first vote's Beaxy gives an order up that its list lacks; it asks for the list once in a while."""
    with pytest.raises(Undetermined, match="asked for its orders 0 times"):
        checks.test_an_order_that_stays_unknown(unheard(*CANCELS))


@pytest.mark.parametrize(
    ("status", "raised"), [(OrderStatus.OPEN, Undetermined), (OrderStatus.EXPIRED, Failed)]
)
def test_a_post_only_order_that_rests_did_not_end(status: OrderStatus, raised: type[Exception]) -> None:
    """As Derive's, whose prices have four figures; one that ended has to be reported."""
    asked = Exchange(2.0, "api.example.com", 443, True, "connector", "place_order", "POST", "/", number=0)
    final = ORDER._replace(status=status, filled=Decimal(0))
    life = Life(
        0, 1.0, "x-1", ORDER.side, "LIMIT_MAKER", ORDER.amount, ORDER.price, ORDER, (asked,), final=final
    )
    with pytest.raises(raised):
        checks.test_a_post_only_order_that_would_take(seen(Ends(0, would_take=[life]), ENDS.name, asked))
