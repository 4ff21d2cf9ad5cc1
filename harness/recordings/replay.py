"""An exchange that is described, with the market data of a recording: replies and messages as they were told.

Accounts, orders and the clock are simulated as ever, so that a connector gets ready without real keys; what
it does there decides nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from harness.errors import UserError
from harness.recordings.recording import Recording
from harness.recordings.tape import MARKET_DATA, BookPart, Message, PrintedTrade, Tape, tape_of
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.model import RouteDescription
from harness.venue.described.speaking import Opening
from harness.venue.described.streams import DescribedSession
from harness.venue.described.values import Fact
from harness.venue.dialects.messages import Frame, Outgoing, Reply
from harness.venue.dialects.routing import Call
from harness.venue.dialects.topics import Topic
from harness.venue.model import Level, Side
from harness.venue.session import Venue

if TYPE_CHECKING:
    from collections.abc import Callable

LEAD = 0.5  # virtual seconds before the first message


def replay_kind(kind: type[DescribedDialect], recording: Recording) -> type[Replaying]:
    """The dialect class of an exchange that tells what was recorded. Raises UserError where it cannot."""
    if recording.header.exchange != kind.name:
        raise UserError(
            f"it is a recording of {recording.header.exchange}, not of {kind.name}",
            where=recording.where,
            hint="record this exchange, or give the recording's exchange",
        )
    if any(each.packed == "protobuf" for each in kind.description.connections.values()):
        raise UserError(
            f"{kind.name} sends protocol buffers, which cannot be replayed",
            where=recording.where,
            hint="use the simulated exchange",
        )
    tape = tape_of(kind, recording)
    own = {
        "tape": tape, "markets": (tape.market,), "begins_at": tape.begins - LEAD, "replays": True,
        "ccxt_id": None, "__module__": __name__,
    }  # fmt: skip
    return type(f"Replayed_{kind.name}", (Replaying, kind), own)


@dataclass
class Playback:
    """One playing of a tape. Used from the gateway's thread and from the scenario's.

    It begins when a client first subscribes to the book, and anew with every later subscription.
    """

    tape: Tape
    now: Callable[[], float]
    told: list[Message] = field(default_factory=list)
    trades: list[PrintedTrade] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    _snapshot: BookPart | None = None
    _started: float | None = None
    _held: float | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def position(self) -> float:
        """Where the tape is, in the recording's Unix seconds."""
        with self._lock:
            if self._held is not None:
                return self._held
            if self._started is None:
                return self.tape.begins
            return self.tape.begins - LEAD + self.now() - self._started

    @property
    def over(self) -> bool:
        return self.position >= self.tape.ends

    def begin(self, *, anew: bool) -> None:
        with self._lock:
            if anew or self._started is None:
                self._started = self.now()
                self.told.clear()

    def hold(self) -> None:
        """Let no more messages come until `go_on`."""
        with self._lock:
            self._held = self.position

    def go_on(self) -> None:
        with self._lock:
            if self._held is not None:
                self._started = self.now() - (self._held - self.tape.begins + LEAD)
                self._held = None

    def due(self, since: float, until: float, place: tuple[str, str]) -> Sequence[Message]:
        """The messages of a channel after `since`, up to `until`."""
        return [each for each in self.tape.messages if each.place == place and since < each.at <= until]

    def tell(self, message: Message) -> None:
        """Remember what the client was told."""
        with self._lock:
            self.told.append(message)
            self.trades += message.trades

    def served(self, book: BookPart) -> None:
        with self._lock:
            self._snapshot = book

    def book(self, depth: int) -> tuple[list[Level], list[Level]]:
        """Best bids and asks as they follow from all that the client was told."""
        with self._lock:
            parts = [each.book for each in self.told if each.book is not None]
            base = self._snapshot
        whole = [place for place, part in enumerate(parts) if part.whole]
        if whole:
            base, parts = parts[whole[-1]], parts[whole[-1] + 1 :]
        found: dict[Side, dict[Decimal, Decimal]] = {Side.BUY: {}, Side.SELL: {}}
        later = [each for each in parts if base is None or each.after(base)]
        for part in ([base] if base is not None else []) + later:
            for side, levels in ((Side.BUY, part.bids), (Side.SELL, part.asks)):
                found[side] |= levels
        return _best(found[Side.BUY], depth, Side.BUY), _best(found[Side.SELL], depth, Side.SELL)


def _best(levels: Mapping[Decimal, Decimal], depth: int, side: Side) -> list[Level]:
    ordered = sorted(((p, a) for p, a in levels.items() if a), reverse=side is Side.BUY)
    return [Level(price, amount) for price, amount in ordered[:depth]]


class Replaying(DescribedDialect):
    """`playback` is what happens on its one market."""

    tape: ClassVar[Tape]

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.playback = Playback(self.tape, venue.clock.now)

    def session(self, opening: Opening) -> DescribedSession:
        return ReplayedSession(self, opening)

    def _serve(self, call: Call) -> Reply:
        described = self.description.routes[call.route.handler]
        simulated = super()._serve(call)  # refuses what the exchange would
        if described.operation not in MARKET_DATA or described.private:
            return simulated
        playback = self.playback
        answer = playback.tape.answer(call.route.handler, playback.tape.symbol, playback.position)
        if answer is None:
            playback.missing.append(call.route.handler)
            return self._retold(described, simulated) if described.operation == "order_book" else simulated
        if answer.book is not None:
            playback.served(answer.book)
        return Reply(answer.status, {"Content-Type": "application/json"}, answer.body)

    def _retold(self, described: RouteDescription, simulated: Reply) -> Reply:
        """The recorded book on a route that was not recorded, as the description has it there."""
        part = self.tape.snapshot(self.playback.position)
        if part is None:
            return simulated
        self.playback.served(part)
        numbers: dict[str, Fact] = {
            name: float(value) if name == "at" else int(value) for name, value in part.order.items()
        }
        bids, asks = _best(part.bids, len(part.bids), Side.BUY), _best(part.asks, len(part.asks), Side.SELL)
        market = self.venue_facts.market(self.tape.market)
        scope = self.venue_facts.book(numbers, bids, asks).within(market).within(self.venue_facts.now())
        return Reply(described.status, {}, self.filler.fill(described.reply, scope))


class ReplayedSession(DescribedSession):
    """Subscriptions are answered as described; channels of market data tell what was recorded."""

    def __init__(self, exchange: Replaying, opening: Opening) -> None:
        super().__init__(exchange, opening)
        self._replaying = exchange
        names = exchange.description.connections
        self._name = next(name for name, each in names.items() if each is self._connection)
        self._told_until: dict[Topic, float] = {}

    def _first(self, topic: Topic) -> Iterator[Outgoing]:
        if topic.operation not in MARKET_DATA:
            return super()._first(topic)
        self._told_until[topic] = 0.0
        self._replaying.playback.begin(anew=topic.operation == "stream:book")
        if not any(each.place == (self._name, topic.name) for each in self._replaying.tape.messages):
            self._replaying.playback.missing.append(f"{self._name} / {topic.name}")
        return iter(())

    def due(self, now: float) -> Iterable[Outgoing]:
        yield from self._ping(now)
        playback, live = self._replaying.playback, set(self.topics())
        until = playback.position
        found = [
            (message, topic)
            for topic, since in self._told_until.items()
            if topic in live
            for message in playback.due(since, until, (self._name, topic.name))
        ]
        for message, topic in sorted(found, key=lambda each: each[0].at):
            self._told_until[topic] = message.at
            playback.tell(message)
            yield self._packed(Frame(topic.operation, message.text))
