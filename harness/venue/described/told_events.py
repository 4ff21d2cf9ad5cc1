"""What happens on the venue, as the channels of a described exchange tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from harness.venue.described.placeholders import repeats, texts
from harness.venue.described.speaking import Speaking, Subscription
from harness.venue.described.templates import Scope
from harness.venue.described.values import Fact
from harness.venue.dialects.messages import Outgoing
from harness.venue.dialects.topics import Topic
from harness.venue.events import (
    BalanceChanged,
    Event,
    FundingPaid,
    MarkPriceChanged,
    OrderChange,
    OrderChanged,
    PositionChanged,
    TradePrinted,
)
from harness.venue.model import Fill


class ToldEvents(Speaking):
    """A part of a session."""

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        one = self._exchange.venue_facts.trade(event.trade)
        return self._tell(topic, Scope(one.objects, {"trade": lambda: [one]}))

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        channel = self._subscriptions[topic].channel if topic in self._subscriptions else None
        kinds = {event.change.value, _change_of(event)}
        if self.account is None or channel is None or (channel.only and kinds.isdisjoint(channel.only)):
            return ()
        asset = self._subscriptions[topic].found.get("asset.name")
        if asset is not None and asset != self._exchange.venue_facts.asset(event.order.market.quote).lower():
            return ()
        one = self._exchange.venue_facts.order(self.account, event.order, event.fill)
        change: dict[str, Fact] = {"kind": _change_of(event), "at": event.at}
        return self._tell(
            topic, Scope({**one.objects, "change": lambda: change}, {**one.rows, "order": lambda: [one]})
        )

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        facts = self._exchange.venue_facts
        told = list(map(facts.balance, event.balances))
        change: dict[str, Fact] = {"kind": event.reason, "at": event.at}
        around: dict[str, Callable[[], Mapping[str, Fact]]] = {"change": lambda: change}
        account, subscription = self.account, self._subscriptions.get(topic)
        if account is None or subscription is None:
            return
        if subscription.channel.only and event.reason not in subscription.channel.only:
            return
        settled = self._settled()
        held = {b.asset: facts.margin(account, b.asset) for b in event.balances if b.asset in settled}
        tells = self._exchange.filler.laid_out(subscription.channel.tells)
        if repeats(tells, "balance") or repeats(tells, "margin"):
            rows = {"balance": lambda: told, "margin": lambda: list(held.values())}
            yield from self._tell(topic, Scope(around, rows))
            return
        for balance, one in zip(event.balances, told, strict=True):
            yield from self._tell(topic, Scope(around).within(one).within(held.get(balance.asset, Scope())))

    def position_changed(self, topic: Topic, event: PositionChanged) -> Iterable[Outgoing]:
        one = self._exchange.venue_facts.position(event.position)
        change: dict[str, Fact] = {"kind": event.reason, "at": event.at}
        told = Scope({**one.objects, "change": lambda: change}, {"position": lambda: [one]})
        return self._tell(topic, self._held().within(told) if self._tells_all(topic) else told)

    def _tells_all(self, topic: Topic) -> bool:
        subscription = self._subscriptions.get(topic)
        return subscription is not None and subscription.channel.whole

    def funding_paid(self, topic: Topic, event: FundingPaid) -> Iterable[Outgoing]:
        if not _tells(self._subscriptions.get(topic), "payment"):
            return ()
        one = self._exchange.venue_facts.payment(event.payment)
        return self._tell(topic, Scope(one.objects, {"payment": lambda: [one]}))

    def mark_price_changed(self, topic: Topic, event: MarkPriceChanged) -> Iterable[Outgoing]:
        one = self._exchange.venue_facts.market(event.market)
        return self._tell(topic, Scope(one.objects, {"funding": lambda: [one], "ticker": lambda: [one]}))

    def otherwise(self, topic: Topic, event: Event) -> Iterable[Outgoing]:
        match event:
            case OrderChanged(fill=Fill() as fill) if topic.operation == "stream:fills":
                if (
                    self.account is not None
                    and self._owns(fill.account)
                    and topic.market in (None, fill.market)
                ):
                    one = self._exchange.venue_facts.fill(self.account, fill)
                    yield from self._tell(topic, Scope(one.objects, {**one.rows, "fill": lambda: [one]}))
            case TradePrinted() if topic.operation == "stream:ticker":
                if topic.market in (None, event.trade.market):
                    one = self._exchange.venue_facts.market(event.trade.market)
                    yield from self._tell(topic, Scope(one.objects, {"ticker": lambda: [one]}))


def _tells(subscription: Subscription | None, thing: str) -> bool:
    """Whether a channel's message tells of a thing."""
    return subscription is not None and any(
        f"{{{thing}." in text for text in texts(subscription.channel.tells)
    )


def _change_of(event: OrderChanged) -> str:
    """A fill that ends an order is told as its last change, whatever the order's time in force."""
    filled = event.change is OrderChange.FILL and not event.order.status.live
    return "filled" if filled else event.change.value
