"""A WebSocket connection to an exchange that is described."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import JsonValue

from harness.venue.described.model import Channel, Connection, Pattern
from harness.venue.described.packing import packed
from harness.venue.described.placeholders import repeats, texts
from harness.venue.described.signing import Given, text_of, with_claims
from harness.venue.described.templates import Missing, Scope, Unlike, found_at
from harness.venue.described.values import Fact, Unreadable
from harness.venue.dialects.book_feed import BookDiff, BookFeed
from harness.venue.dialects.checksums import interleaved
from harness.venue.dialects.messages import Close, Frame, Outgoing, Ping
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.events import (
    BalanceChanged,
    BookChanged,
    Event,
    FundingPaid,
    MarkPriceChanged,
    OrderChange,
    OrderChanged,
    PositionChanged,
    TradePrinted,
)  # fmt: skip
from harness.venue.market import Market
from harness.venue.model import Account, Fill, Level, Refusal, Side, VenueRefusal
from harness.venue.operations.books import BookCopy
from harness.venue.operations.refusals import RequestError

if TYPE_CHECKING:
    from harness.venue.described.dialect import DescribedDialect

_MISMATCH = (Missing, Unlike, Unreadable)
_PRIVATE = frozenset(
    {"stream:orders", "stream:fills", "stream:balances", "stream:positions"}
)  # whatever a description says


@dataclass
class _Book:
    """A subscription to a book: as it was told, and the number of its last message."""

    copy: BookCopy
    last: int
    contract: Decimal
    messages: int = 0


@dataclass(frozen=True)
class _Subscription:
    channel: Channel
    found: Mapping[str, Fact] = field(default_factory=dict)
    said: JsonValue = None


class DescribedSession(TopicSession):
    """Subscriptions, logins and pings as a `Connection` says. `expired` ends it."""

    def __init__(self, exchange: DescribedDialect, connection: Connection, account: Account | None) -> None:
        super().__init__(exchange.venue, account)
        self.silence = connection.silence
        self.expired = False
        self._exchange = exchange
        self._connection = connection
        self._feed = BookFeed()
        self._books: dict[Topic, _Book] = {}
        self._subscriptions: dict[Topic, _Subscription] = {}
        self._pinged_at = self.heard_at

    def opened(self) -> Iterable[Outgoing]:
        if self._connection.hello is not None:
            yield self._frame("stream:subscribe", self._connection.hello, self._scope(None))
        for name, channel in self._connection.channels.items():
            if channel.topic is None and (self.account is not None or not self._hidden(channel)):
                own = Topic(channel.operation, None, name)
                self._subscriptions[own] = _Subscription(channel)
                self.subscribe(own)
                yield from self._first(own)

    def operation_of(self, message: str | bytes) -> str:
        said = _heard(message)
        for pattern in self._connection.answers:
            if self._fits(pattern.said, said) is not None:
                return pattern.operation
        login = self._connection.login
        if login is not None and login.by == "frame" and self._fits(login.said, said) is not None:
            return "stream:login"
        return "stream:subscribe"

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        said, connection = _heard(message), self._connection
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
        for asked, action in ((connection.subscribe, self._begin), (connection.unsubscribe, self._end)):
            if asked is not None and self._fits(asked.said, said) is not None:
                yield from self._asked(asked, said, action)
                return
        yield from self._refuse(RequestError.UNKNOWN_MESSAGE.value, said)

    def _fits(self, template: JsonValue, said: JsonValue) -> dict[str, Fact] | None:
        try:
            return self._exchange.matcher.match(template, said)
        except _MISMATCH:
            return None

    def _logged_in(self, said: JsonValue, found: Mapping[str, Fact]) -> Iterator[Outgoing]:
        error = self._log_in(said, found)
        login = self._connection.login
        if error is not None:
            yield from self._refuse(error.value, said, operation="stream:login")
        elif login is not None and login.answer is not None:
            yield self._frame("stream:login", login.answer, self._scope(said))

    def _log_in(self, said: JsonValue, found: Mapping[str, Fact]) -> RequestError | None:
        """Whose the connection is from now on, or why not."""
        login = self._connection.login
        token = found.get("login.token")
        if token is not None:
            self.account = self._exchange.keys.account_of(str(token), self.heard_at) or self.account
            return None if self.account is not None else RequestError.UNKNOWN_KEY
        if login is None or login.signing is None:
            return RequestError.NOT_LOGGED_IN
        given = Given(
            **{
                name: _plain(found.get(f"login.{name}"))
                for name in ("key", "passphrase", "signature", "time", "window")
            }
        )
        given = self._exchange.with_phrase(with_claims(login.signing, given))
        values = {**vars(given), **{f"said.{key}": text for key, text in _texts_in(said)}}
        text = text_of(login.signing.text, values)
        verified = self._exchange.verified(login.signing, given, frozenset({text}), self.heard_at)
        if isinstance(verified, RequestError):
            return verified
        self.account = verified
        return None

    def _asked(
        self, pattern: Pattern, said: JsonValue, act: Callable[[JsonValue, JsonValue], Iterable[Outgoing]]
    ) -> Iterator[Outgoing]:
        """Each topic of a message in turn: the answer, then what a new subscriber is told."""
        later: list[list[Outgoing]] = []
        topics = _topics_at(said, pattern.topics)
        for topic in _parted(topics) if pattern.joined else topics:
            try:
                told = list(act(said, topic))
            except _Refuse as refused:
                yield from self._refuse(refused.code, said, topic, detail=refused.detail)
                continue
            if pattern.answer is not None and (pattern.each_topic or not later):
                scope = self._scope(_with_topic(said, topic))
                yield self._frame("stream:subscribe", pattern.answer, scope)
            if pattern.each_topic:
                yield from told
            later.append(told)
        if not pattern.each_topic:
            for each in later:
                yield from each

    def _begin(self, said: JsonValue, topic: JsonValue) -> Iterator[Outgoing]:
        chosen = self._channels_of(topic)
        known = self._connection.channels
        chosen += [
            (other, known[other], markets, found)
            for _, channel, markets, found in chosen
            for other in channel.brings
        ]
        for name, channel, markets, found in chosen:
            if self._hidden(channel):
                self._admit(said)
            for market in markets:
                own = Topic(channel.operation, market, name, _detail(found))
                self._subscriptions[own] = _Subscription(channel, found, topic)
                self.subscribe(own)
                yield from self._first(own)

    @staticmethod
    def _hidden(channel: Channel) -> bool:
        return channel.private or channel.operation in _PRIVATE

    def _admit(self, said: JsonValue) -> None:
        """Raises _Refuse where a private subscription is nobody's."""
        login = self._connection.login
        if login is not None and login.said is not None and login.by != "frame":
            found = self._fits(login.said, said)
            error = RequestError.NOT_LOGGED_IN if found is None else self._log_in(said, found)
            if error is not None:
                raise _Refuse(error.value)
        if self.account is None:
            raise _Refuse(RequestError.NOT_LOGGED_IN.value)

    def _end(self, _: JsonValue, topic: JsonValue) -> Iterator[Outgoing]:
        for name, channel, markets, found in self._channels_of(topic):
            for market in markets:
                own = Topic(channel.operation, market, name, _detail(found))
                self.unsubscribe(own)
                self._books.pop(own, None)
                self._subscriptions.pop(own, None)
        return iter(())

    def _channels_of(
        self, topic: JsonValue
    ) -> list[tuple[str, Channel, list[Market | None], dict[str, Fact]]]:
        """The channel of a topic and the markets that it names; raises _Refuse."""
        refusal = _Refuse(RequestError.UNKNOWN_TOPIC.value)
        for name, channel, named in self._topics_known():
            template, each = _each_market(named)
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
                refusal = _Refuse(error.code.value, error.detail)
            except _MISMATCH:
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

    def _refuse(
        self, code: str, said: JsonValue, topic: JsonValue = None, *, operation: str = "stream:subscribe",
        detail: str = "",
    ) -> Iterator[Outgoing]:  # fmt: skip
        template = self._connection.refused
        if template is not None:
            own, scope = self._connection.refusals, self._scope(_with_topic(said, topic))
            yield self._packed(
                Frame.of(operation, self._exchange.refusals.frame(code, template, scope, own, detail))
            )

    def _scope(self, said: JsonValue) -> Scope:
        scope = self._exchange.venue_facts.now()
        scope.said = said
        return (
            scope if self.account is None else scope.within(self._exchange.venue_facts.account(self.account))
        )

    def _frame(self, operation: str, template: JsonValue, scope: Scope) -> Frame:
        told = self._exchange.filler.fill(template, scope)
        frame = Frame(operation, told) if isinstance(told, str) else Frame.of(operation, told)
        return self._packed(frame)

    def _packed(self, frame: Frame) -> Frame:
        """As the exchange sends it."""
        if self._connection.packed == "gzip":
            return replace(frame, binary=gzip.compress(frame.text.encode()))
        return frame

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
            around = self._scope(_with_topic(None, subscription.said))
            if topic.market is not None:
                around = self._exchange.venue_facts.market(topic.market).within(around)
            inner = scope.within(Scope({"page": lambda: found}).within(around))
            frame = self._frame(topic.operation, template, inner)
            if self._connection.packed == "protobuf":
                told = json.loads(frame.text)
                packets = self._exchange.description.packets
                frame = replace(frame, binary=packed(told, self._connection.packet, packets))
            yield frame

    def _first(self, topic: Topic) -> Iterator[Outgoing]:
        channel = self._subscriptions[topic].channel
        if channel.book is not None and topic.market is not None:
            self._feed.drop(topic)
            copy = BookCopy(self.venue.book(topic.market))
            self._books[topic] = _Book(copy, copy.sequence, topic.market.contract_size)
            if channel.book.first == "whole":
                template = channel.tells if channel.first is None else channel.first
                yield from self._tell(
                    topic, self._whole(channel, self._books[topic], copy.sequence), template
                )
        elif channel.first is not None:
            yield from self._tell(topic, self._held(), channel.first)

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

    def _numbers(self, channel: Channel, book: _Book, first: int) -> dict[str, Fact]:
        """The book's sequence numbers, as the exchange counts."""
        rules = channel.book
        told: dict[str, Fact] = {"first": first, "last": book.copy.sequence, "previous": book.last}
        if rules is not None and rules.sequence == "message":
            told = {"first": book.messages, "last": book.messages, "previous": book.messages - 1}
        book.messages += 1
        book.last = book.copy.sequence
        told |= {"sequence": told["last"], "at": book.copy.at}
        if rules is not None and rules.checksum != "none":
            bids, asks = (
                [
                    Level(each.price, each.amount / book.contract)
                    for each in book.copy.best(side, rules.checksum_depth)
                ]
                for side in (Side.BUY, Side.SELL)
            )
            told["checksum"] = interleaved(bids, asks, rules.checksum_depth)
        return told

    def _whole(self, channel: Channel, book: _Book, first: int) -> Scope:
        depth = channel.book.depth if channel.book is not None else None
        bids, asks = (book.copy.best(side, depth) for side in (Side.BUY, Side.SELL))
        return self._exchange.venue_facts.book(self._numbers(channel, book, first), bids, asks)

    def _changes(self, channel: Channel, book: _Book, diff: BookDiff) -> Scope:
        bids, asks = (
            [Level(price, amount) for price, amount in diff.sides[side].items()]
            for side in (Side.BUY, Side.SELL)
        )
        return self._exchange.venue_facts.book(self._numbers(channel, book, diff.first), bids, asks)

    def _by_levels(self, topic: Topic, book: _Book, diff: BookDiff) -> Iterator[Outgoing]:
        """A message for each level that changed, each with a number of its own, the last with the book's."""
        changed = [
            (side, Level(price, amount))
            for side in (Side.BUY, Side.SELL)
            for price, amount in diff.sides[side].items()
        ]
        for index, (side, level) in enumerate(changed):
            number = book.copy.sequence - len(changed) + 1 + index
            facts: dict[str, Fact] = {"last": number, "sequence": number, "at": book.copy.at}
            told: dict[str, Fact] = {"price": level.price, "amount": level.amount, "side": side.value}
            one = self._exchange.venue_facts.book(facts, (), ())
            yield from self._tell(topic, Scope({"level": lambda told=told: told}).within(one))  # type: ignore[misc]
        book.last = book.copy.sequence

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        book, subscription = self._books.get(topic), self._subscriptions.get(topic)
        if book is not None and subscription is not None and book.copy.add(event):
            rules = subscription.channel.book
            self._feed.add(topic, 0.1 if rules is None else rules.every, event)
        return ()

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        told = super().venue_event(event)
        if not self._connection.fills_first:
            return told
        return sorted(told, key=lambda each: not isinstance(each, Frame) or each.operation != "stream:fills")

    def due(self, now: float) -> Iterable[Outgoing]:
        live = set(self.topics("stream:book"))
        for topic, diff in self._feed.due(now):
            if isinstance(topic, Topic) and topic in live:
                channel, book = self._subscriptions[topic].channel, self._books[topic]
                if channel.book is not None and channel.book.style == "whole":
                    yield from self._tell(topic, self._whole(channel, book, diff.first))
                elif channel.book is not None and channel.book.style == "levels":
                    yield from self._by_levels(topic, book, diff)
                else:
                    yield from self._tell(topic, self._changes(channel, book, diff))
        yield from self._ping(now)

    def _ping(self, now: float) -> Iterator[Outgoing]:
        ping = self._connection.server_ping
        if ping is not None and now - self._pinged_at >= ping.every:
            self._pinged_at = now
            if ping.say is None:
                yield Ping()
            else:
                yield self._frame("stream:ping", ping.say, self._scope(None))

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

    def _settled(self) -> dict[str, None]:
        """The assets that perpetuals are settled in, each once."""
        return dict.fromkeys(each.settle_asset for each in self.venue.markets if each.perpetual)

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

    def tick(self, now: float) -> Iterable[Outgoing]:
        if self.expired:
            yield Close(1000, "login expired")
        else:
            yield from super().tick(now)

    def closed(self) -> None:
        self._exchange.sessions.remove(self)


class _Refuse(Exception):  # noqa: N818 - an answer, not a failure of ours
    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def _heard(message: str | bytes) -> JsonValue:
    """A message as JSON, else as text."""
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    try:
        said: JsonValue = json.loads(text)
    except ValueError:
        return text
    return said


def _plain(value: Fact | JsonValue) -> str:
    return "" if value is None else str(value)


def _with_topic(said: JsonValue, topic: JsonValue) -> JsonValue:
    """What was said, with the topic at `said.topic`."""
    return {**(said if isinstance(said, dict) else {}), **({} if topic is None else {"topic": topic})}


def _topics_at(said: JsonValue, path: str) -> list[JsonValue]:
    """The topics of a message: at `args[]` each of a list, at `data.channel` the one, at `` the message.

    `channels[] * pairs[]`: each with each, as a list of the two. `channel | op`: the first of these places
    that holds something.
    """
    if " | " in path:
        return next((some for part in path.split(" | ") if (some := _said_topics(said, part))), [])
    if " * " in path:
        parts = [_topics_at(said, part) for part in path.split(" * ")]
        return [list(each) for each in itertools.product(*parts)]
    found = found_at(said, path.removesuffix("[]"))
    if path.endswith("[]"):
        return found if isinstance(found, list) else []
    return [found]


def _parted(topics: list[JsonValue]) -> list[JsonValue]:
    """Topics that name several things each by itself: of `book:A,B` `book:A` and `book:B`."""
    parted: list[JsonValue] = []
    for topic in topics:
        name, mark, listed = topic.partition(":") if isinstance(topic, str) else ("", "", "")
        parted += [f"{name}:{each}" for each in listed.split(",")] if mark else [topic]
    return parted


def _said_topics(said: JsonValue, path: str) -> list[JsonValue]:
    """Those topics of a message that are there."""
    return [topic for topic in _topics_at(said, path) if topic is not None]


def _each_market(template: JsonValue) -> tuple[JsonValue, tuple[str, JsonValue] | None]:
    """The topic without a list of markets in it, where that list stands, and how each is named there."""
    if isinstance(template, dict):
        for key, value in template.items():
            if isinstance(value, dict) and "each market" in value:
                rest = {other: item for other, item in template.items() if other != key}
                return rest, (key, value["each market"])
    return template, None


def _detail(found: Mapping[str, Fact]) -> str:
    named = ((name, value) for name, value in sorted(found.items()) if name[:5] in ("page.", "asset"))
    return ",".join(f"{name}={value}" for name, value in named)


def _texts_in(said: JsonValue, at: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every scalar of a message with its path."""
    items = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else None
    if items is None:
        yield ".".join(at), _plain(said)
        return
    for key, item in items:
        yield from _texts_in(item, (*at, str(key)))


def _tells(subscription: _Subscription | None, thing: str) -> bool:
    """Whether a channel's message tells of a thing."""
    return subscription is not None and any(
        f"{{{thing}." in text for text in texts(subscription.channel.tells)
    )


def _change_of(event: OrderChanged) -> str:
    """A fill that ends an order is told as its last change, whatever the order's time in force."""
    filled = event.change is OrderChange.FILL and not event.order.status.live
    return "filled" if filled else event.change.value
