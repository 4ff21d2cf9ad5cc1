"""Changes and ends orders, and tells of them and of their books while somebody listens."""

from __future__ import annotations

from decimal import Decimal

from harness.venue.events import BookChanged, OrderChange, OrderChanged
from harness.venue.model import Clock, Fill, OrderEnd, OrderStatus, Refusal, Side, VenueRefusal
from harness.venue.postings import Postings
from harness.venue.state import LiveOrder, MarketState


class OrderLife:
    """What happens to an order is appended to the events of `postings`."""

    def __init__(self, clock: Clock, postings: Postings) -> None:
        self.clock = clock
        self.postings = postings

    def check_open(self, order: LiveOrder) -> None:
        if not order.resting:
            raise VenueRefusal(Refusal.ORDER_NOT_OPEN, f"order {order.order_id} is {order.status.value}")

    def cancel(
        self, order: LiveOrder, request_id: str | None = None, why: OrderEnd = OrderEnd.ASKED
    ) -> LiveOrder:
        """Take an open order off the book and free what it held."""
        self.check_open(order)
        if order.order_id in order.market_state.book:
            order.market_state.book.remove(order.order_id)
            self.book_changed(order.market_state, order.side, order.price)
        self.end(order, why, request_id)
        return order

    def amended(self, order: LiveOrder, request_id: str | None = None) -> None:
        order.changed(self.clock.now())
        self.tell(order, OrderChange.AMENDED, None, request_id)
        if order.price is not None:
            order.market_state.clearing.rehold(order)

    def end(self, order: LiveOrder, why: OrderEnd, request_id: str | None = None) -> None:
        asked = why is OrderEnd.ASKED
        order.status = OrderStatus.CANCELED if asked else OrderStatus.EXPIRED
        order.ended = why
        order.changed(self.clock.now())
        change = OrderChange.CANCELED if asked else OrderChange.EXPIRED
        self.tell(order, change, None, request_id)
        self.forget(order)

    def forget(self, order: LiveOrder) -> None:
        """The order is done: free what is left of its hold."""
        del order.account_state.open[order.order_id]
        order.market_state.clearing.release(order)

    def tell(
        self, order: LiveOrder, change: OrderChange, fill: Fill | None = None, request_id: str | None = None
    ) -> None:
        if self.postings.listening:
            event = OrderChanged(order.view(), change, fill, order.updated_at, request_id)
            self.postings.events.append(event)

    def book_changed(self, market_state: MarketState, side: Side, price: Decimal | None) -> None:
        market_state.sequence += 1
        if self.postings.listening and price is not None:
            amount = market_state.book.amount_at(side, price)
            event = BookChanged(
                market_state.market, side, price, amount, market_state.sequence, self.clock.now()
            )
            self.postings.events.append(event)
