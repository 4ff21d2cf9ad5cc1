"""Connections whose clients subscribe to topics: the part that does not differ from exchange to exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from harness.venue.dialects.messages import Close, Outgoing
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import (
    BalanceChanged,
    BookChanged,
    Event,
    FundingPaid,
    MarkPriceChanged,
    OrderChanged,
    PositionChanged,
    TradePrinted,
)
from harness.venue.market import Market
from harness.venue.model import Account
from harness.venue.session import Venue

Publisher = Callable[..., Iterable[Outgoing]]


@dataclass(frozen=True)
class Topic:
    """A subscription: a standard operation, for one market or all (None).

    `name` is what the exchange calls it and `detail` what else belongs to it (a depth, an interval …).
    """

    operation: str
    market: Market | None
    name: str
    detail: str = ""


class TopicSession(StreamSession):
    """Passes the venue's events to the method for their kind, once for each topic that they belong to.

    `account` is who has logged in, None on a public connection. A client that says nothing for `silence`
    virtual seconds is closed with `silence_close`.
    """

    silence: float | None = None
    silence_close = Close(1000, "")

    def __init__(self, venue: Venue, account: Account | None = None) -> None:
        self.venue = venue
        self.account = account
        self.heard_at = venue.clock.now()
        self._topics: dict[Topic, None] = {}

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        """The answer to a message of the client's."""
        raise NotImplementedError

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        return ()

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        return ()

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        """One of the account's orders changed, was filled or ended."""
        return ()

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        return ()

    def position_changed(self, topic: Topic, event: PositionChanged) -> Iterable[Outgoing]:
        return ()

    def funding_paid(self, topic: Topic, event: FundingPaid) -> Iterable[Outgoing]:
        """Funding was paid or received by the account; told to those who follow its positions."""
        return ()

    def mark_price_changed(self, topic: Topic, event: MarkPriceChanged) -> Iterable[Outgoing]:
        return ()

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        """Anything else that happened; called for every topic."""
        return ()

    def due(self, now: float) -> Iterable[Outgoing]:
        """What is to be said by virtual time `now`."""
        return ()

    def subscribe(self, topic: Topic) -> None:
        self._topics[topic] = None

    def unsubscribe(self, topic: Topic) -> None:
        self._topics.pop(topic, None)

    def topics(self, operation: str | None = None, market: Market | None = None) -> Iterator[Topic]:
        """Those of an operation (None: any) that cover a market (None: any)."""
        for topic in tuple(self._topics):
            covers = market is None or topic.market in (None, market)
            if covers and operation in (None, topic.operation):
                yield topic

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        self.heard_at = self.venue.clock.now()
        yield from self.said(message)

    def carries(self) -> frozenset[str]:
        return frozenset(topic.operation for topic in self._topics)

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        operation, market, owner, tell = self._concerns(event)
        if operation is not None and (owner is None or self._owns(owner)):
            for topic in self.topics(operation, market):
                yield from tell(topic, event)
        for topic in self.topics():
            yield from self.otherwise(topic, event)

    def _concerns(
        self, event: Event
    ) -> tuple[str | None, Market | None, str | None, Callable[..., Iterable[Outgoing]]]:
        """Which topics an event belongs to, of which market, whose it is (None: all's) and who tells it."""
        match event:
            case BookChanged():
                return "stream:book", event.market, None, self.book_changed
            case TradePrinted():
                return "stream:trades", event.trade.market, None, self.trade_printed
            case MarkPriceChanged():
                return "stream:mark_price", event.market, None, self.mark_price_changed
            case OrderChanged():
                return "stream:orders", event.order.market, event.order.account, self.order_changed
            case BalanceChanged():
                return "stream:balances", None, event.account, self.balance_changed
            case PositionChanged(position):
                return "stream:positions", position.market, position.account, self.position_changed
            case FundingPaid(payment):
                return "stream:positions", payment.market, payment.account, self.funding_paid
        return None, None, None, self.otherwise

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.silence is not None and now - self.heard_at > self.silence:
            yield self.silence_close
        else:
            yield from self.due(now)

    def _owns(self, account: str) -> bool:
        return self.account is not None and self.account.name == account
