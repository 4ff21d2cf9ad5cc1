"""What reaches the exchange when a strategy asks for an order, or for its end."""

from __future__ import annotations

import re
from decimal import Decimal

from checks.conformance.timeline import arrived, timeline
from harness.checking import claimed, expect, not_applicable, requirement, seen_in_ledger, undetermined
from harness.outcome import EvidenceKind
from harness.scenarios.played.ends import Ends
from harness.scenarios.played.errors import Errors, LostReply
from harness.scenarios.played.order_life import Life, Trading
from harness.venue.model import Order, OrderStatus, OrderType, TimeInForce

# Where an exchange takes the quote amount, a connector has to reckon with the price of the last level: it
# then buys a little more than was asked for.
LEAST_FILLED, MOST_FILLED = Decimal("0.998"), Decimal("1.02")


def _arrived_as_asked(life: Life) -> None:
    order = arrived(life, f"A {life.name} order never reached the exchange's book.")
    asked = (life.side, life.amount, life.price)
    got = (order.side, order.amount, order.price)
    expect(
        asked == got,
        f"A {life.name} of {life.amount} at {life.price} arrived as {order.side.value} {order.amount} "
        f"at {order.price}.",
        *timeline(life),
    )


@requirement("limit-buy-and-sell")
def test_limit_orders_arrive_as_asked(trading: Trading) -> None:
    """Side, price and amount at the exchange are those that were asked for."""
    for life in (*trading.filled, *trading.cancelled):
        _arrived_as_asked(life)


@requirement("market-buy-and-sell")
def test_market_orders_fill(trading: Trading) -> None:
    """A market order, where the connector offers one, trades the amount asked for at once."""
    if "MARKET" not in trading.order_types:
        not_applicable("The connector declares no market orders.")
    for life in trading.market_orders:
        arrived(life, f"A {life.name} order never reached the exchange.")
        final = life.final
        expect(
            final is not None and _takes_only(final) and final.status is OrderStatus.FILLED
            and final.filled == life.amount and final.side is life.side,
            f"A {life.name} of {life.amount} ended as {final.side.value if final else '?'} "
            f"{final.filled if final else '?'}.",
            *timeline(life),
        )  # fmt: skip


@requirement("market-buy-and-sell")
def test_market_orders_take_several_levels(ends: Ends) -> None:
    """A market order that the best level cannot fill takes the next ones too."""
    if "MARKET" not in ends.order_types:
        not_applicable("The connector declares no market orders.")
    for life in ends.several_levels:
        what = f"A {life.name} of {life.amount} that several levels had to fill"
        arrived(life, f"{what} never reached the exchange.")
        final = life.final
        if final is None:
            continue
        share = final.filled / life.amount
        expect(
            _takes_only(final) and LEAST_FILLED <= share <= MOST_FILLED and final.side is life.side,
            f"{what} ended as {final.side.value} {final.filled}, {share:.2%} of it.",
            *timeline(life),
        )


def _takes_only(order: Order) -> bool:
    """A market order, or what stands for one where the exchange has none: a limit order that cannot rest."""
    return order.type is OrderType.MARKET or order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)


@requirement("limit-maker-as-declared")
def test_limit_maker_orders_are_post_only(trading: Trading) -> None:
    """A limit maker order, where the connector offers one, carries the exchange's post-only flag."""
    if "LIMIT_MAKER" not in trading.order_types:
        not_applicable("The connector declares no limit maker orders.")
    for life in trading.maker_orders:
        order = arrived(life, f"A {life.name} order never reached the exchange.")
        expect(
            order.post_only,
            "A limit maker order was sent as an ordinary limit order, which may take liquidity.",
            *timeline(life),
        )


@requirement("client-order-id-unique-and-valid")
def test_client_order_ids(trading: Trading) -> None:
    """Each order has an id of its own that the exchange accepts."""
    ids = [life.order_id for life in trading.lives()]
    expect(len(ids) == len(set(ids)), "Two orders got the same client order id.")
    for order_id in ids:
        expect(
            re.fullmatch(r"[\x21-\x7e]{1,128}", order_id),
            f"The client order id {order_id!r} contains characters that an exchange may reject.",
        )
    sent = [life.placed.client_order_id for life in trading.lives() if life.placed is not None]
    expect(len(sent) == len(set(sent)), "Two orders were sent with the same client order id.")


@requirement("order-placed-once")
def test_an_order_whose_reply_was_lost_is_not_placed_again(lost_reply: LostReply) -> None:
    """The exchange took an order and its answer was lost: there are no two orders where one was asked for."""
    orders = lost_reply.part.orders
    if not orders:
        undetermined("The order whose reply was to be lost never reached the exchange.")
    expect(
        len(orders) == 1,
        f"The reply to an order was lost, and the connector placed it {len(orders)} times.",
        *(
            seen_in_ledger(f"order {order.order_id} ({order.client_order_id}): {order.amount:f}")
            for order in orders[:3]
        ),
        *timeline(lost_reply.life),
    )


@requirement("cancel-one")
def test_cancel_ends_the_order(trading: Trading) -> None:
    """A cancelled order is gone at the exchange, and the strategy hears of it."""
    for life in trading.cancelled:
        if life.placed is None or life.final is None:
            undetermined("No order could be placed to be cancelled.")
        expect(
            life.final.status is OrderStatus.CANCELED,
            f"After a cancel the {life.name} order is still {life.final.status.value} at the exchange.",
            *timeline(life),
            *(trading.part.wire.evidence(item) for item in trading.part.wire.requests("cancel_order")[:2]),
        )
        expect(life.of("OrderCancelled"), "No OrderCancelled event followed a cancel.", *timeline(life))


@requirement("cancel-all-own-orders")
def test_cancel_all(trading: Trading) -> None:
    """Cancel all ends every order of its own, leaves others alone, and says truthfully what it did."""
    mine = {life.placed.order_id: life for life in trading.lives() if life.placed is not None}
    if not any(life.placed is not None for life in trading.cancel_all_lives):
        undetermined("No order could be placed to be cancelled.")
    open_ids = {order.order_id for order in trading.open_after_cancel_all}
    left = [mine[number].order_id for number in open_ids if number in mine]
    expect(
        not left,
        f"{len(left)} of its own orders are still open at the exchange after cancel all.",
        seen_in_ledger(f"still open: {', '.join(left)}"),
    )
    expect(
        trading.foreign is not None and trading.foreign.order_id in open_ids,
        "Cancel all also cancelled an order that somebody else had placed on the account.",
    )
    untrue = [result.order_id for result in trading.cancel_all if not result.success]
    expect(
        not untrue, f"Cancel all says that {len(untrue)} cancels failed, but those orders are no longer open."
    )


@requirement("cancel-confirmed-before-reported")
def test_a_refused_cancel_is_not_reported_as_done(errors: Errors) -> None:
    """While the exchange refuses a cancel, the order is open and the connector says so."""
    life = errors.refused_cancel
    if life is None or life.placed is None:
        undetermined("No order could be placed to have its cancel refused.")
    if not errors.open_while_refused:
        undetermined("The connector cancelled the order in another way than the one refused.")
    events = [claimed(EvidenceKind.EVENT, event.kind, **event.data) for event in life.events[:4]]
    expect(
        not errors.cancelled_while_refused,
        "The exchange refused to cancel an order, yet the connector reported it as cancelled.",
        *events,
    )
    expect(
        errors.tracked_while_refused,
        "After a refused cancel the connector no longer tracks the order, which is still open.",
        *events,
    )
