"""Subscriptions to the channels of a described exchange, begun and ended topic by topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import JsonValue

from harness.venue.described.logging_in import LoggingIn
from harness.venue.described.model import Channel, Pattern
from harness.venue.described.refusing import Refuse
from harness.venue.described.said_topics import detail, each_market, parted, topics_at, with_topic
from harness.venue.described.speaking import Subscription
from harness.venue.described.templates import MISMATCH, found_at
from harness.venue.described.told_books import ToldBooks
from harness.venue.described.values import Fact
from harness.venue.dialects.messages import Outgoing
from harness.venue.dialects.topics import Topic
from harness.venue.market import Market
from harness.venue.model import Refusal, VenueRefusal
from harness.venue.operations.refusals import RequestError

_PRIVATE = frozenset(
    {"stream:orders", "stream:fills", "stream:balances", "stream:positions"}
)  # whatever a description says


# A channel that a topic names, by its name, with the markets and what else the topic says.
Chosen = tuple[str, Channel, list[Market | None], dict[str, Fact]]


class Subscribing(LoggingIn, ToldBooks):
    """A part of a session."""

    def _asked(
        self, pattern: Pattern, said: JsonValue, act: Callable[[JsonValue, JsonValue], Iterable[Outgoing]]
    ) -> Iterator[Outgoing]:
        """Each topic of a message in turn: the answer, then what a new subscriber is told.

        `act` refuses at once, and tells when it is gone through: messages are numbered as they are sent.
        """
        later: list[Iterable[Outgoing]] = []
        topics = topics_at(said, pattern.topics)
        for topic in parted(topics) if pattern.joined else topics:
            try:
                told = act(said, topic)
            except Refuse as refused:
                yield from self._refuse(refused.code, said, topic, detail=refused.detail)
                continue
            if pattern.answer is not None and (pattern.each_topic or not later):
                scope = self._scope(with_topic(said, topic))
                yield self._frame("stream:subscribe", pattern.answer, scope)
            if pattern.each_topic:
                yield from told
            later.append(told)
        if not pattern.each_topic:
            for each in later:
                yield from each

    def _begin(self, said: JsonValue, topic: JsonValue) -> Iterator[Outgoing]:
        """Raises Refuse."""
        chosen = self._channels_of(topic)
        known = self._connection.channels
        chosen += [
            (other, known[other], markets, found)
            for _, channel, markets, found in chosen
            for other in channel.brings
        ]
        for _, channel, _, _ in chosen:
            if self._hidden(channel):
                self._admit(said)
        return self._begun(chosen, topic)

    def _begun(self, chosen: Iterable[Chosen], topic: JsonValue) -> Iterator[Outgoing]:
        for name, channel, markets, found in chosen:
            for market in markets:
                own = Topic(channel.operation, market, name, detail(found))
                self._subscriptions[own] = Subscription(channel, found, topic)
                self.subscribe(own)
                yield from self._first(own)

    @staticmethod
    def _hidden(channel: Channel) -> bool:
        return channel.private or channel.operation in _PRIVATE

    def _end(self, _: JsonValue, topic: JsonValue) -> Iterator[Outgoing]:
        for name, channel, markets, found in self._channels_of(topic):
            for market in markets:
                own = Topic(channel.operation, market, name, detail(found))
                self.unsubscribe(own)
                self._books.pop(own, None)
                self._subscriptions.pop(own, None)
        return iter(())

    def _channels_of(self, topic: JsonValue) -> list[Chosen]:
        """The channel of a topic and the markets that it names; raises Refuse."""
        refusal = Refuse(RequestError.UNKNOWN_TOPIC.value)
        for name, channel, named in self._topics_known():
            template, each = each_market(named)
            try:
                if each is None:
                    found = self._exchange.matcher.match(template, topic)
                    market = self._market(channel, found)
                    return [(other, told, [market], found) for other, told in self._named_alike(name)]
                place, item = each
                self._exchange.matcher.match(template, topic)
                listed = found_at(topic, place)
                names = listed if isinstance(listed, list) else []
                markets = [self._market(channel, self._exchange.matcher.match(item, name)) for name in names]
                if not names:
                    raise VenueRefusal(Refusal.UNKNOWN_MARKET, "none is named")
                return [(name, channel, markets, {})]
            except VenueRefusal as error:
                refusal = Refuse(error.code.value, error.detail)
            except MISMATCH:
                continue
        raise refusal

    def _named_alike(self, name: str) -> Iterator[tuple[str, Channel]]:
        """The channel and what else is told under the same topic."""
        channels = self._connection.channels
        for other, channel in channels.items():
            if other == name or channel.topic == channels[name].topic:
                yield other, channel

    def _topics_known(self) -> Iterator[tuple[str, Channel, JsonValue]]:
        for name, channel in self._connection.channels.items():
            for template in (channel.topic, *channel.also):
                if template is not None:
                    yield name, channel, template

    def _market(self, channel: Channel, found: Mapping[str, Fact]) -> Market | None:
        if found.get("market.symbol") in channel.everything:
            return None
        return self._exchange.market_in(found)
