"""Whatever a shipped description makes its venue say, a recording of that contradicts none of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from harness.clock import ScaledClock
from harness.gateway.entries import Entry, Exchange, Frame, Socket
from harness.recordings.confirming import confirm, lines_of
from harness.recordings.recording import End, Header, Recording
from harness.recordings.tape import MARKET_DATA
from harness.venue.described import shipped_dialects
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.speaking import Opening, Subscription
from harness.venue.described.streams import DescribedSession
from harness.venue.dialects.messages import Frame as Sent
from harness.venue.dialects.messages import Request
from harness.venue.dialects.topics import Topic
from harness.venue.events import Event
from harness.venue.session import Venue

SHIPPED = shipped_dialects()


def replies(exchange: DescribedDialect) -> Iterator[Entry]:
    """What each public route of market data answers about the first market."""
    market = exchange.venue_facts.market(exchange.markets[0])
    for number, (name, route) in enumerate(exchange.description.routes.items()):
        if route.operation not in MARKET_DATA or route.private:
            continue
        method, path, *_ = name.split(" ")
        said: Any = exchange.filler.fill(route.takes, market) if route.takes is not None else {}
        for key, value in {**route.when, **said}.items():
            path = path.replace(f"{{{key}}}", str(value))
        rest = {key: value for key, value in {**route.when, **said}.items() if f"{{{key}}}" not in name}
        usual = "query" if method in ("GET", "DELETE") else "json"
        as_json = (route.parameters or usual) == "json"
        body = json.dumps(rest).encode() if as_json else b""
        query = [] if as_json else [(key, str(value)) for key, value in rest.items() if value is not None]
        host, now = exchange.rest_hosts[0], exchange.venue.clock.now()
        answer = exchange.handle(Request(method, host, path, query, {}, body, now))
        raw = "&".join(f"{key}={value}" for key, value in query)
        yield Exchange(
            now, host, 443, True, "oracle", route.operation, method, path, raw, body=body,
            status=answer.status, reply=answer.content(), replied_at=now, number=number,
        )  # fmt: skip


def hear(session: DescribedSession, told: list[Any], event: Event) -> None:
    told += session.venue_event(event)


def messages(exchange: DescribedDialect) -> Iterator[Entry]:
    """What each public channel tells of the first market while it moves."""
    market, number = exchange.markets[0], 1000
    for connection in exchange.description.connections.values():
        if connection.packed == "protobuf":
            continue
        host = connection.host or exchange.stream_hosts[0]
        request = Request("GET", host, connection.path, at=exchange.venue.clock.now())
        session = exchange.session(Opening(connection, request, None))
        told: list[Any] = []
        off = exchange.venue.subscribe(partial(hear, session, told))
        for name, channel in connection.channels.items():
            if channel.operation in MARKET_DATA and channel.topic is not None and not channel.private:
                topic = Topic(channel.operation, market, name)
                session._subscriptions[topic] = Subscription(channel)
                session.subscribe(topic)
                told += session._first(topic)
        exchange.venue.walk(30, market)
        told += session.tick(exchange.venue.clock.now() + 60)
        off()
        yield Socket(0.0, host, 443, True, "oracle", "stream:subscribe", connection.path, number=number)
        for place, each in enumerate(sent for sent in told if isinstance(sent, Sent)):
            now = exchange.venue.clock.now()
            yield Frame(
                now, host, number, "oracle", "received", each.operation, each.text, number=number + 1 + place
            )
        number += 10_000


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_nothing_that_it_says_itself_contradicts_it(name: str) -> None:
    kind, clock = SHIPPED[name], ScaledClock()
    venue = Venue(kind.markets, 1, clock)
    for market in kind.markets:
        venue.seed_book(market, 30)
        venue.walk(20, market)
    exchange = kind(venue)
    entries = [*replies(exchange), *messages(exchange)]
    header = Header(
        exchange=name,
        hosts=kind.rest_hosts,
        began=clock.now() - 60,
        pairs=(kind.markets[0].name,),
        clients=(),
    )
    found = confirm(kind, Recording(header, tuple(entries), (), End(end="stopped", at=clock.now())))
    assert list(lines_of(found)) == []
    assert found.confirmed
