"""Orders that end as the exchange decides, against the venue's ledger."""

from __future__ import annotations

from collections.abc import Iterable

from checks.conformance.test_order_life import placed
from checks.conformance.timeline import timeline
from harness.checking import expect, not_applicable, requirement, undetermined
from harness.scenarios.played.ends import Ends
from harness.scenarios.played.invariants import misreported_fills
from harness.scenarios.played.order_life import Life, completed
from harness.scenarios.played.unheard import DeafStreams
from harness.venue.model import OrderEnd, OrderStatus

POLLS = ("order_status", "open_orders")
QUESTIONS = 6  # in vain, after which an order has to be given up; today's framework does at the fourth
# The framework has all three for an order that is over and was not filled whole.
UNFILLED = frozenset({"OrderCancelled", "OrderFailure", "OrderExpired"})


def told_as_it_was(life: Life, what: str) -> None:
    """Its fills as in the ledger, one end of the right kind, tracked no more. `what` begins a sentence."""
    if life.final is None:
        return
    lost, extra = misreported_fills(life)
    expect(
        not lost and not extra,
        f"{what}: {lost} of its {len(life.fills)} fills were not reported, {extra} were made up.",
        *timeline(life),
    )
    ends = [event.kind for event in life.terminal()]
    filled = life.final.status is OrderStatus.FILLED
    right = ends == [completed(life.side)] if filled else len(ends) == 1 and ends[0] in UNFILLED
    share = f"{life.final.filled:f} of {life.final.amount:f} filled"
    expect(right, f"{what} ended with {share}, reported as {', '.join(ends) or 'nothing'}.", *timeline(life))
    expect(not life.tracked_after, f"{what} is over, but still tracked as open.", *timeline(life))


def _ended_by(lives: Iterable[Life], *whys: OrderEnd) -> list[Life]:
    """Those that the exchange ended for that; undetermined when it was none."""
    found = [life for life in placed(lives) if life.final is not None and life.final.ended in whys]
    if not found:
        undetermined("No order ended this way.")
    return found


@requirement("ends-by-the-exchange-reported")
def test_a_market_order_larger_than_the_book(ends: Ends) -> None:
    """The book fills part of a market order, and the exchange cancels the rest."""
    if not ends.beyond_the_book:
        not_applicable("The connector offers no market orders.")
    for life in _ended_by(ends.beyond_the_book, OrderEnd.COULD_NOT_REST):
        told_as_it_was(life, f"A {life.name} order larger than the book")


@requirement("ends-by-the-exchange-reported")
def test_an_order_that_the_exchange_ends(ends: Ends) -> None:
    """The exchange removes two orders that nobody cancelled, one of them partly filled."""
    for life in _ended_by(ends.taken_off, OrderEnd.BY_EXCHANGE):
        told_as_it_was(life, f"A {life.name} order that the exchange ended")


@requirement("ends-by-the-exchange-reported")
def test_an_order_that_stays_unknown(deaf_streams: DeafStreams) -> None:
    """An order's end was missed, and the exchange answers polls and a cancel that it knows no such order.

    One that asks for its orders in its own rhythm, as in 2020, may not have come to it: what it was told by
    cancels alone decides nothing.
    """
    if deaf_streams.forgotten is None:
        undetermined("The scenario ended before an order was forgotten.")
    for life in placed([deaf_streams.forgotten]):
        wire = deaf_streams.part.wire
        polls, cancels = (
            [each for name in names for each in wire.requests(name) if each.at >= life.asked_at]
            for names in (POLLS, ("cancel_order",))
        )
        if not life.terminal() and (not polls or len(polls) + len(cancels) < QUESTIONS):
            undetermined(
                f"The connector asked for its orders {len(polls)} times, and cancelled {len(cancels)} times.",
                *timeline(life),
            )
        told_as_it_was(life, f"A {life.name} order that the exchange no longer knows")


@requirement("ends-by-the-exchange-reported")
def test_own_orders_that_meet(ends: Ends) -> None:
    """Two orders of the account would trade with each other, and the exchange ends one of them."""
    if not ends.own_met:
        not_applicable("The exchange lets an account's own orders trade with each other.")
    for life in _ended_by(ends.own_met, OrderEnd.SELF_TRADE):
        told_as_it_was(life, f"A {life.name} order that self-trade prevention ended")


@requirement("ends-by-the-exchange-reported")
def test_a_post_only_order_that_would_take(ends: Ends) -> None:
    """Refused or ended on arrival, the order has one end, no fill, and is no longer tracked.

    One that came at another price, as where a connector rounds by rules of its own, may rest.
    """
    if not ends.would_take:
        not_applicable("The connector offers no post-only orders.")
    sent = [life for life in ends.would_take if life.requests]
    if not sent:
        undetermined("No post-only order reached the exchange.")
    taking = [life for life in sent if life.final is None or not life.final.status.live]
    if not taking:
        undetermined("No post-only order came at a price at which it would have traded.")
    for life in taking:
        what = f"A post-only {life.side.value} order that would have traded at once"
        told_as_it_was(life, what)
        if life.final is None:
            ends_told = [event.kind for event in life.terminal()]
            right = len(ends_told) == 1 and ends_told[0] in UNFILLED
            said = ", ".join(ends_told) or "nothing"
            expect(right, f"{what} was refused, and reported as {said}.", *timeline(life))
            expect(not life.tracked_after, f"{what} was refused, and is still tracked.", *timeline(life))
