"""What a connector sends when it is told to act: read at the gateway, where its tests' replies answer it.

The connector runs in the sandbox as it always does. Whatever host it asks for answers here with what its own
tests mock, else with 404; every stream opens and says nothing. So what it sends is seen by us, not claimed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from harness import temporary
from harness.clock import ScaledClock
from harness.credentials.choosing import Attempt
from harness.credentials.shapes import Shape
from harness.describing.asking.acting import (
    Told,
    acts_of,
    frames_in,
    leverages_of,
    opening_and_closing,
    pause,
    said_in,
    told_mode,
    wait_for_rules,
)
from harness.describing.asking.canary_keys import keys, other_shapes
from harness.describing.asking.mocked_exchange import Listening
from harness.describing.documents.asked import Act, Asked, Opened
from harness.describing.documents.sentinels import Sentinels
from harness.describing.fork_tests.answers import Answer
from harness.describing.source_code.source import Source
from harness.describing.streams.books import Streamed
from harness.driving.claims import ConfigField
from harness.driving.connector import Connector
from harness.driving.driver import Driver
from harness.driving.rpc_client import ConnectorError
from harness.frameworks.runtime import Runtime
from harness.gateway.record import Record
from harness.gateway.thread import running_gateway
from harness.gateway.tls import Authority
from harness.sandbox.protocol import Backend
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue

SCALE = 20.0
MOST_SHAPES = 3  # of secrets with which it is told to act
POLL_SECONDS = 60.0  # virtual, until orders have been polled for


@dataclass(frozen=True)
class Asking:
    """A connector of a built tree, what it is told to place, and what answers it meanwhile.

    `book` is an order book as its tests have it and `streamed` one as its streams tell it, None where they
    show none: without one no market order is placed.
    """

    backend: Backend
    runtime: Runtime
    connector: str
    answers: Sequence[Answer]
    sentinels: Sentinels
    source: Source
    orders: Sequence[Told]
    book: JsonValue = None
    streamed: Streamed | None = None


def ask(asking: Asking) -> Asked:
    """Have the connector start, place and cancel orders of every kind, and poll. Raises SandboxFailure.

    Where it cannot sign with its keys, and says what shape it wants, it is asked anew with such keys.
    """
    stated: dict[str, Shape] = {}
    for _ in range(MOST_SHAPES):
        found = _once(asking, stated)
        acted = any(act.sent for act in found.acts if act.operation == "place_order")
        given = found.credentials, found.shapes
        wished = {} if acted else other_shapes(found.fields, asking.connector, *given, found.errors)
        if not wished.items() - stated.items():
            break
        stated |= wished
    return found


def _once(asking: Asking, stated: Mapping[str, Shape]) -> Asked:
    with temporary.folder("asking") as folder:
        folder.chmod(0o755)
        authority = Authority()
        clock = ScaledClock(SCALE)
        record = Record()
        venue = Venue(SAMPLE_MARKETS, 1, clock)
        books = asking.book, asking.streamed
        listening = Listening(venue, asking.answers, asking.source, asking.sentinels, *books)
        with (
            running_gateway(
                [listening],
                clock=clock,
                authority=authority,
                record=record,
                socket_path=folder / "gateway.sock",
            ),
            Driver(
                asking.backend,
                asking.runtime,
                asking.connector,
                clock=clock,
                gateway=folder / "gateway.sock",
                ca=authority.write_ca(folder / "ca.pem"),
            ) as driver,
        ):
            return _driven(driver, listening, record, clock, asking, stated)


def _driven(
    driver: Driver,
    listening: Listening,
    record: Record,
    clock: ScaledClock,
    asking: Asking,
    stated: Mapping[str, Shape],
) -> Asked:
    """With keys that it takes: those of `stated` shapes, and for the rest of shapes that its code accepts."""
    pair = asking.sentinels.pair
    try:
        fields = driver.warm().config
    except ConnectorError as error:
        return Asked({}, trouble=f"it cannot be imported: {error.gist}", constructed=False)
    choice = keys(fields, asking.connector, _constructs(driver, pair), asking.source.tests, stated)
    given = dict(choice.credentials)
    if choice.failure is not None:
        gist = choice.failure.strip().splitlines()[-1:]
        trouble = " ".join(["it cannot be constructed:", *gist])
        return Asked(given, fields, trouble=trouble, constructed=False)
    listening.keys = frozenset(value for value in given.values() if len(value) > 7)
    try:
        with driver.scenario([pair], given) as scenario:
            found = _asked(scenario, record, clock, asking, given, fields)
    except ConnectorError as error:
        trouble = f"it cannot be constructed: {error.gist}"
        found = Asked(given, fields, trouble=trouble, constructed=False)
    return replace(found, shapes=choice.shapes)


def _constructs(driver: Driver, pair: str) -> Attempt:
    def attempt(credentials: Mapping[str, str]) -> str | None:
        try:
            with driver.scenario([pair], dict(credentials)):
                return None
        except ConnectorError as error:
            return str(error)

    return attempt


def _asked(
    connector: Connector,
    record: Record,
    clock: ScaledClock,
    asking: Asking,
    given: Mapping[str, str],
    fields: tuple[ConfigField, ...],
) -> Asked:
    acts: list[Act] = []
    trouble, pair = "", asking.sentinels.pair
    try:
        connector.start()
        if wait_for_rules(connector, pair):
            acts += _acts(connector, record, clock, asking)
        else:
            trouble = f"it never learnt the trading rules of {pair}, so it was told no order"
        _ask_price(connector, pair)
        connector.tick(120.0)
        pause(clock, POLL_SECONDS)
    except ConnectorError as error:
        trouble = error.gist
    errors = _errors(connector)
    opened = (
        Opened(each.host, each.path, each.raw_query, each.port, each.headers) for each in record.sockets()
    )
    ports = {each.port for each in record.exchanges()} | {each.port for each in record.sockets()}
    return Asked(
        given,
        fields,
        tuple(map(said_in, record.exchanges())),
        tuple(frames_in(record)),
        tuple(dict.fromkeys(opened)),
        tuple(sorted(ports)) or (443,),
        acts=tuple(acts),
        lookups=tuple(dict.fromkeys(each.name for each in record.lookups())),
        errors=errors,
        trouble=trouble,
    )


def _acts(connector: Connector, record: Record, clock: ScaledClock, asking: Asking) -> Iterator[Act]:
    """Orders; on perpetuals leverages, and where positions have two modes orders in each of them."""
    placing = connector, record, clock, asking.sentinels
    perpetual = any(each.position for each in asking.orders)
    if perpetual and _has_both_modes(connector):
        yield told_mode(connector, record, clock, "one_way")  # the framework asks only for what is not set
        yield told_mode(connector, record, clock, "hedge")
        yield from acts_of(*placing, opening_and_closing(asking.orders), "hedge")
        yield told_mode(connector, record, clock, "one_way")
        yield from acts_of(*placing, asking.orders, "one_way")
    else:
        yield from acts_of(*placing, asking.orders)
    if perpetual:
        yield from leverages_of(connector, record, clock, asking.sentinels.pair)


def _has_both_modes(connector: Connector) -> bool:
    try:
        return {"ONEWAY", "HEDGE"} <= set(connector.position_modes())
    except ConnectorError:
        return False


def _errors(connector: Connector) -> tuple[str, ...]:
    try:
        failures = [str(event.data.get("error_message") or "") for event in connector.events("OrderFailure")]
        logged = [f"{line.message} {line.error}" for line in connector.logs() if line.level == "ERROR"]
    except ConnectorError:
        return ()
    return tuple(filter(None, dict.fromkeys([*failures, *logged])))


def _ask_price(connector: Connector, pair: str) -> None:
    with contextlib.suppress(ConnectorError):  # its book may be empty: that it was asked for is enough
        connector.prices(pair)
