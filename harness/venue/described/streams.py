"""A WebSocket connection to an exchange that is described."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from harness.venue.described.requesting import Requesting
from harness.venue.described.said_topics import heard
from harness.venue.described.speaking import Opening, Subscription
from harness.venue.described.subscribing import Subscribing
from harness.venue.described.told_events import ToldEvents
from harness.venue.dialects.messages import Close, Frame, Outgoing, Ping
from harness.venue.dialects.topics import Topic
from harness.venue.events import Event
from harness.venue.operations.refusals import RequestError

if TYPE_CHECKING:
    from harness.venue.described.dialect import DescribedDialect


class DescribedSession(Subscribing, Requesting, ToldEvents):
    """Subscriptions, logins and pings as a `Connection` says. `expired` ends it."""

    def __init__(self, exchange: DescribedDialect, opening: Opening) -> None:
        super().__init__(exchange, opening)
        self.silence = opening.connection.silence
        self.expired = False
        self._pinged_at = self.heard_at

    def opened(self) -> Iterable[Outgoing]:
        if self._connection.hello is not None:
            yield self._frame("stream:subscribe", self._connection.hello, self._scope(None))
        for name, channel in self._connection.channels.items():
            if channel.topic is None and (self.account is not None or not self._hidden(channel)):
                own = Topic(channel.operation, None, name)
                self._subscriptions[own] = Subscription(channel)
                self.subscribe(own)
                yield from self._first(own)

    def operation_of(self, message: str | bytes) -> str:
        said = heard(message)
        for pattern in self._connection.answers:
            if self._fits(pattern.said, said) is not None:
                return pattern.operation
        login = self._connection.login
        if login is not None and login.by == "frame" and self._fits(login.said, said) is not None:
            return "stream:login"
        asked = self._request_of(said)
        return "stream:subscribe" if asked is None else asked[1].operation

    def weight_of(self, message: str | bytes) -> int:
        asked = self._request_of(heard(message))
        return 0 if asked is None else asked[1].weight

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        said, connection = heard(message), self._connection
        for pattern in connection.answers:
            if self._fits(pattern.said, said) is not None:
                if pattern.answer is not None:
                    yield self._frame(pattern.operation, pattern.answer, self._scope(said))
                return
        login = connection.login
        if login is not None and login.by == "frame":
            found = self._fits(login.said, said)
            if found is not None:
                yield from self._logged_in(said, found)
                return
        wanted = self._request_of(said)
        if wanted is not None:
            yield from self._requested(*wanted, said)
            return
        for asked, action in ((connection.subscribe, self._begin), (connection.unsubscribe, self._end)):
            if asked is not None and self._fits(asked.said, said) is not None:
                yield from self._asked(asked, said, action)
                return
        yield from self._refuse(RequestError.UNKNOWN_MESSAGE.value, said)

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        told = super().venue_event(event)
        if not self._connection.fills_first:
            return told
        return sorted(told, key=lambda each: not isinstance(each, Frame) or each.operation != "stream:fills")

    def due(self, now: float) -> Iterable[Outgoing]:
        yield from self._books_due(now)
        yield from self._ping(now)

    def _ping(self, now: float) -> Iterator[Outgoing]:
        ping = self._connection.server_ping
        if ping is not None and now - self._pinged_at >= ping.every:
            self._pinged_at = now
            if ping.say is None:
                yield Ping()
            else:
                yield self._frame("stream:ping", ping.say, self._scope(None))

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.expired:
            yield Close(1000, "login expired")
        else:
            yield from super().tick(now)

    def closed(self) -> None:
        self._exchange.sessions.remove(self)
