"""What every part of a described exchange's session speaks with: templates, scopes and frames."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from pydantic import JsonValue

from harness.venue.described.model import Channel, Connection, RefusalWords
from harness.venue.described.packing import packed
from harness.venue.described.said_topics import with_topic
from harness.venue.described.templates import MISMATCH, Scope
from harness.venue.described.values import Fact
from harness.venue.dialects.messages import Frame, Outgoing, Request
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.model import Account

if TYPE_CHECKING:
    from harness.venue.described.dialect import DescribedDialect


@dataclass(frozen=True)
class Opening:
    """How a connection was opened: which of those described, by which request, and by whom if it tells."""

    connection: Connection
    request: Request
    account: Account | None


@dataclass(frozen=True)
class Subscription:
    channel: Channel
    found: Mapping[str, Fact] = field(default_factory=dict)
    said: JsonValue = None


class Speaking(TopicSession):
    """A part of a session: what a connection's templates are filled with, and how a message is sent."""

    def __init__(self, exchange: DescribedDialect, opening: Opening) -> None:
        super().__init__(exchange.venue, opening.account)
        self._exchange = exchange
        self._connection = opening.connection
        self._opening = opening
        self._numbers_said = count()
        self._subscriptions: dict[Topic, Subscription] = {}

    def _fits(self, template: JsonValue, said: JsonValue) -> dict[str, Fact] | None:
        try:
            return self._exchange.matcher.match(template, said)
        except MISMATCH:
            return None

    def _scope(self, said: JsonValue) -> Scope:
        scope = self._exchange.venue_facts.now()
        scope.said = said
        return (
            scope if self.account is None else scope.within(self._exchange.venue_facts.account(self.account))
        )

    def _frame(self, operation: str, template: JsonValue, scope: Scope) -> Frame:
        told = self._exchange.filler.fill(template, Scope({"message": self._numbered}).within(scope))
        frame = Frame(operation, told) if isinstance(told, str) else Frame.of(operation, told)
        return self._packed(frame)

    def _numbered(self) -> dict[str, Fact]:
        """The messages of this connection that say their number, counted from 0."""
        return {"number": next(self._numbers_said)}

    def _packed(self, frame: Frame) -> Frame:
        """As the exchange sends it."""
        if self._connection.packed == "gzip":
            return replace(frame, binary=gzip.compress(frame.text.encode()))
        return frame

    def _refuse(
        self, code: str, said: JsonValue, topic: JsonValue = None, *, operation: str = "stream:subscribe",
        detail: str = "", own: Mapping[str, RefusalWords] | None = None,
    ) -> Iterator[Outgoing]:  # fmt: skip
        template = self._connection.refused
        if template is not None:
            own = {**self._connection.refusals, **(own or {})}
            scope = self._scope(with_topic(said, topic))
            status, told = self._exchange.refusals.frame(code, template, scope, own, detail)
            yield self._packed(replace(Frame.of(operation, told), status=status))

    def _tell(self, topic: Topic, scope: Scope, template: JsonValue = None) -> Iterator[Outgoing]:
        """A channel's message; nothing where it has none."""
        subscription = self._subscriptions.get(topic)
        if subscription is None:
            return
        template = subscription.channel.tells if template is None else template
        if template is not None:
            found = {
                name.partition(".")[2]: value
                for name, value in subscription.found.items()
                if name[:5] == "page."
            }
            around = self._scope(with_topic(None, subscription.said))
            if topic.market is not None:
                around = self._exchange.venue_facts.market(topic.market).within(around)
            inner = scope.within(Scope({"page": lambda: found}).within(around))
            frame = self._frame(topic.operation, template, inner)
            if self._connection.packed == "protobuf":
                told = json.loads(frame.text)
                packets = self._exchange.description.packets
                frame = replace(frame, binary=packed(told, self._connection.packet, packets))
            yield frame

    def _held(self) -> Scope:
        """What the account has now."""
        account, facts = self.account, self._exchange.venue_facts
        if account is None:
            return Scope()
        return Scope(
            {},
            {
                "balance": lambda: map(facts.balance, self.venue.balances(account)),
                "margin": lambda: [facts.margin(account, asset) for asset in self._settled()],
                "position": lambda: map(facts.position, self.venue.positions(account)),
                "order": lambda: [facts.order(account, each) for each in self.venue.open_orders(account)],
            },
        )

    def _everywhere(self) -> Scope:
        """What every market has now."""

        def markets() -> Iterator[Scope]:
            return map(self._exchange.venue_facts.market, self.venue.markets)

        return Scope({}, {"funding": markets, "ticker": markets})

    def _settled(self) -> dict[str, None]:
        """The assets that perpetuals are settled in, each once."""
        return dict.fromkeys(each.settle_asset for each in self.venue.markets if each.perpetual)
