"""What recorded replies and messages say by a description, each with the market that it is about. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from harness.clock import ScaledClock
from harness.gateway.entries import Exchange, Frame, Socket
from harness.recordings.channels import Channels, Told
from harness.recordings.reading import Reader, Reading, Row
from harness.recordings.recording import Recording
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.said_topics import heard
from harness.venue.dialects.messages import Request
from harness.venue.session import Venue


@dataclass(frozen=True)
class Group:
    """One reply or message. `part` is its route, or its connection and channel; `symbol` the one market that
    it is about, as the exchange names it, None where there are several or none."""

    part: str
    operation: str
    private: bool
    symbol: str | None
    readings: Sequence[Reading]
    others: Sequence[Row]
    entry: Exchange | Frame
    told: Told | None = None

    @property
    def beside(self) -> Mapping[int, tuple[Decimal, ...]]:
        """The numbers that are not described, by row."""
        return {each.row: each.numbers for each in self.others}


class Groups:
    """Reads recordings by one description."""

    def __init__(self, kind: type[DescribedDialect]) -> None:
        self.spoken = kind(Venue(kind.markets, 1, ScaledClock()))
        self._description = kind.description
        self._reader = Reader(kind.description)

    def of(self, recording: Recording) -> Iterator[Group]:
        """Those in which the exchange refused nothing, in the order of their numbers."""
        sockets = {each.number: self.channels(each) for each in recording.wire.sockets(client=None)}
        for entry in recording.entries:
            if isinstance(entry, Exchange) and entry.status is not None:
                yield from self.reply(entry)
            elif isinstance(entry, Frame) and entry.direction == "received":
                name, channels = sockets.get(entry.socket_id, ("", Channels(None, None)))
                told = channels.told(heard(entry.text), ("connections", name))
                if told is not None and channels.reader is not None:
                    part, operation = f"{name} / {told.name}", told.channel.operation
                    yield Group(
                        part, operation, told.channel.private, told.symbol, told.readings,
                        tuple(channels.reader.others), entry, told,
                    )  # fmt: skip

    def reply(self, exchange: Exchange) -> Iterator[Group]:
        """What was sent, and what was answered."""
        request = request_of(exchange)
        found = self.spoken.match(request).rest
        if found is None:
            return
        name = found[0].handler
        route = self._description.routes[name]
        if exchange.status != route.status or route.reply is None:
            return
        said = {**self.spoken.parameters(route, request), **found[1]}
        sent = [] if route.takes is None else self._reader.read(route.takes, said, ("routes", name, "takes"))
        symbol = next((each.said["market.symbol"] for each in sent if "market.symbol" in each.said), None)
        readings = self._reader.read(route.reply, exchange.reply_json(), ("routes", name, "reply"))
        yield Group(
            name, route.operation, route.private, None if symbol is None else str(symbol), readings,
            tuple(self._reader.others), exchange,
        )  # fmt: skip

    def channels(self, socket: Socket) -> tuple[str, Channels]:
        """The connection that a WebSocket is one of."""
        for route in self.spoken.streams:
            connection = self._description.connections[route.handler]
            if route.match("GET", socket.path) is not None and connection.host in (None, socket.host):
                return route.handler, Channels(self._description, connection)
        return "", Channels(None, None)


def request_of(exchange: Exchange) -> Request:
    return Request(
        exchange.method, exchange.host, exchange.path, list(exchange.query), dict(exchange.headers),
        exchange.body, exchange.at, exchange.raw_query, exchange.client, exchange.port,
    )  # fmt: skip
