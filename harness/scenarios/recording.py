"""What a trace keeps of one exchange when it closes: the wire, the books, faults, claims and what leaked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

from harness.driving.connector import Connector
from harness.driving.rpc_client import ConnectorError
from harness.gateway.canaries import Canaries, Sighting
from harness.gateway.fault_plan import FaultPlan
from harness.gateway.record import Record
from harness.scenarios.trace.model import (
    Asked,
    Entry,
    FaultBegan,
    FaultEnded,
    Filled,
    Happened,
    Leaked,
    Logged,
    LoggedSecret,
    Ordered,
    Overflowed,
    Posted,
    Sampled,
)
from harness.venue.dialects.base import Dialect
from harness.venue.model import Account
from harness.venue.session import Venue

MOST_SIGHTINGS = 60  # a secret's name
MOST_LOGGED = 20


def wire_of(
    record: Record, canaries: Canaries, guarded: Collection[str], dialect: Dialect | type[Dialect]
) -> Iterator[Entry]:
    """Everything that passed, what of it says a secret, and how much was too much to be kept."""
    entries = record.entries()
    yield from entries
    yield from leaks_in(record, canaries, guarded, dialect)
    if record.overflow:
        yield Overflowed(entries[-1].at if entries else 0.0, record.overflow)


def leaks_in(
    record: Record, canaries: Canaries, guarded: Collection[str], dialect: Dialect | type[Dialect]
) -> Iterator[Leaked]:
    """Where guarded secrets were seen on their way out; where the exchange demands them, once a place."""
    seen: dict[str, int] = {}
    demanded: set[tuple[str, str, str]] = set()
    for each in record.find_secrets(guarded):
        wanted = _demanded(each, dialect)
        key = (each.secret, each.place.lower(), each.host)
        if wanted and key in demanded:
            continue
        if wanted:
            demanded.add(key)
        elif seen.setdefault(each.secret, 0) >= MOST_SIGHTINGS:
            continue
        else:
            seen[each.secret] += 1
        yield Leaked(
            each.at, each.secret, each.place, each.spelling, canaries.redact(each.host),
            canaries.redact(each.excerpt), wanted,
        )  # fmt: skip


def _demanded(sighting: Sighting, dialect: Dialect | type[Dialect]) -> bool:
    """Whether it is where the exchange itself wants this secret."""
    hosts = (*dialect.rest_hosts, *dialect.stream_hosts)
    places = {place.lower() for place in dialect.secrets_sent.get(sighting.secret, ())}
    return sighting.host in hosts and sighting.place.lower() in places


def faults_of(plan: FaultPlan, now: float) -> Iterator[Entry]:
    for began, ended, rule in plan.history():
        yield FaultBegan(began, str(rule.fault), rule.operation)
        yield FaultEnded(now if ended is None else ended, str(rule.fault), rule.operation, rule.applied)


def books_of(venue: Venue, account: Account, dialect: Dialect) -> Iterator[Entry]:
    """The account's orders as they are in the end, its fills, and its rows of the ledger."""
    for order in venue.orders(account):
        yield Ordered(order.updated_at, order)
    for fill in venue.fills(account):
        yield Filled(fill.at, fill, str(dialect.trade_id(fill)))
    for row in venue.ledger_rows(account):
        yield Posted(row.at, row)


def claims_of(
    connectors: Iterable[Connector], canaries: Canaries, guarded: Collection[str]
) -> Iterator[Entry]:
    """What was asked of the connector's processes, one after another, and what these told."""
    told = 0
    for connector in connectors:
        for question in connector.asked:
            yield Asked(question.at, question.command, question.arguments)
        events, logs = connector.heard()
        for event in events:
            yield Happened(event.at, event)
        for line in logs:
            yield Logged(line.at, line)
            text = f"{line.message}\n{line.error}"
            if told < MOST_LOGGED and (found := canaries.find(text, guarded)) is not None:
                told += 1
                clean = canaries.redact(text)[:600]
                yield LoggedSecret(line.at, found.needle.name, line.logger, line.level, clean)
        for usage in connector.usages:
            yield Sampled(usage.at, usage)


def listen_once_more(connectors: Iterable[Connector]) -> None:
    """Hear the last connector's events, log and state before its process is ended."""
    for connector in tuple(connectors)[-1:]:
        with suppress(ConnectorError):
            connector.events()
            connector.logs()
            connector.usage()
