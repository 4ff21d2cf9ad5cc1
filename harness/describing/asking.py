"""What a connector sends when it is told to act: read at the gateway, where its tests' replies answer it.

The connector runs in the sandbox as it always does. Whatever host it asks for answers here with what its own
tests mock, else with 404; every stream opens and says nothing. So what it sends is seen by us, not claimed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal
from typing import Literal, NamedTuple

from pydantic import JsonValue

from harness import temporary
from harness.clock import ScaledClock
from harness.credentials.choosing import Attempt
from harness.credentials.shapes import Shape
from harness.describing.answers import Answer, named_so, place_of
from harness.describing.canary_keys import keys, other_shapes
from harness.describing.envelopes import enveloped
from harness.describing.leaves import parsed
from harness.describing.read_replies import filled, template
from harness.describing.reply_rows import ROWS
from harness.describing.said import Said
from harness.describing.sentinels import SESSION, SETS, Sentinels, same_address, usual
from harness.describing.source_reading import UNREAD, Source
from harness.driving.claims import ConfigField
from harness.driving.driver import Connector, ConnectorError, Driver
from harness.frameworks.runtime import Runtime
from harness.gateway.entries import Exchange
from harness.gateway.record import Record
from harness.gateway.thread import running_gateway
from harness.gateway.tls import Authority
from harness.sandbox.protocol import Backend
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Frame, Outgoing, Reply, Request
from harness.venue.dialects.routing import Match
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue

SCALE = 20.0
_REFUSED = 400  # and above
MOST_SHAPES = 3  # of secrets with which it is told to act
START_SECONDS = 15.0  # real, at most, until rules and balances have been asked for
ACT_SECONDS = 4.0  # virtual, at least, until an order or a cancel has been sent
SENT_SECONDS = 3.0  # real, at most: on a busy machine a connector is slow to act
POLL_SECONDS = 60.0  # virtual, until orders have been polled for
Position = Literal["OPEN", "CLOSE"]
ORDERS = tuple((side, kind) for kind in ("LIMIT", "LIMIT_MAKER", "MARKET") for side in ("buy", "sell"))


@dataclass(frozen=True)
class Act:
    """Something that the connector was told, and what left it then.

    `facts` are those of the order that it was about, as the connector says it will send them.
    """

    operation: str
    facts: Mapping[str, str]
    sent: tuple[Said, ...]


@dataclass(frozen=True)
class Opened:
    """A WebSocket as the connector opened it."""

    host: str
    path: str
    query: str = ""
    port: int = 443
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Asked:
    """All that the connector sent, when it started, acted and polled. `trouble` is why it stopped early.

    `fields` are its configuration's names of secrets, `credentials` the canary values given for them, of
    those `shapes`. `errors` are those that it logged, or that its orders failed with.
    """

    credentials: Mapping[str, str]
    fields: tuple[ConfigField, ...] = ()
    sent: tuple[Said, ...] = ()
    frames: tuple[Said, ...] = ()
    sockets: tuple[Opened, ...] = ()
    ports: tuple[int, ...] = (443,)
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    lookups: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    trouble: str = ""


class Listening(Dialect):
    """Any exchange: answers with what tests mock, and writes down all that is asked."""

    name = "listening"
    markets = SAMPLE_MARKETS

    def __init__(
        self,
        venue: Venue,
        answers: Iterable[Answer],
        source: Source = UNREAD,
        sentinels: Sentinels = SETS[0],
        book: JsonValue = None,
    ) -> None:
        super().__init__(venue)
        self.source = source
        self._book = book
        self._values = {**SESSION, **usual(sentinels), "order.status": _word_for("open", source)}
        self.keys: frozenset[str] = frozenset()
        answers = list(answers)
        self._documents = [each.document for each in answers if each.place and each.code < _REFUSED]
        self._asked_for_time = -1
        self._answers = [
            (place, each) for each in answers if (place := place_of(each.url)) and each.code < _REFUSED
        ]

    def serves(self, host: str, port: int) -> bool:  # noqa: ARG002 - any
        return True

    def reply_to(self, request: Request, match: Match) -> Reply:  # noqa: ARG002 - any
        if self._book is not None and self._operation(request) == "order_book":
            return Reply(200, {}, self._book)
        found, whole = self._answer(request)
        read = self.source.of(request.path)
        if found is not None and (whole or read is None):
            return Reply(found.code, {"Content-Type": "application/json"}, found.text.encode())
        if read is not None and request.method != "DELETE":
            operation = self._operation(request)
            rows = "balance" if operation == "balances" else ""
            made = enveloped(template(read, operation, rows, ROWS.get(operation, "")), self._documents)
            return Reply(200, {}, filled(made, self._values, self.venue.clock.now()))
        return self._time() if "time" in request.path.lower() else Reply(404, {}, {})

    def _operation(self, request: Request) -> str:
        return self.source.operation(request.path, request.method) or named_so(request.path)

    def _time(self) -> Reply:
        """The time in one of the usual shapes, another one whenever it is asked for: none may be mocked."""
        now = int(self.venue.clock.now() * 1000)
        shapes: list[JsonValue] = [
            {"serverTime": now, "timestamp": now, "time": now, "data": {"serverTime": now, "timestamp": now}},
            now,
            {"code": 0, "data": now, "result": {"serverTime": now, "timeSecond": now // 1000}},
            [now],
        ]
        self._asked_for_time += 1
        return Reply(200, {}, shapes[self._asked_for_time % len(shapes)])

    def _answer(self, request: Request) -> tuple[Answer | None, bool]:
        """The reply to this method and path: the whole path first (True), else the longest beginning of it.

        A list of symbols may be cut short in tests, the trading rules of the same route are whole.
        """
        fitting = [
            (same_address(request.path, path), len(path), "all_symbols" not in each.member, each)
            for (host, path), each in self._answers
            if host == request.host
            and each.method in ("", request.method)
            and (same_address(request.path, path) or (path.endswith("/") and request.path.startswith(path)))
        ]
        if not fitting:
            return None, False
        whole, _, _, found = max(fitting, key=lambda each: each[:3])
        return found, whole

    def upgrade(self, request: Request, match: Match) -> StreamSession | Reply:  # noqa: ARG002 - any
        return _Answering(self)


class _Answering(StreamSession):
    """Answers a message that carries a key with what the connector's source hopes for, else says nothing."""

    def __init__(self, exchange: Listening) -> None:
        self._exchange = exchange
        self._answered = 0

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
        hoped = self._exchange.source.received
        if not hoped or not (self._answered or any(key in text for key in self._exchange.keys)):
            return
        answer = template(hoped[min(self._answered, len(hoped) - 1)], "")
        self._answered += 1
        said = parsed(text)
        yield Frame.of(
            "stream:login", filled(echoed(answer, said), SESSION, self._exchange.venue.clock.now())
        )


def _word_for(status: str, source: Source) -> str:
    """The connector's first word for a state, the state's own name where its table has none."""
    return next((word for word, state in source.states.items() if state == status), status)


def echoed(made: JsonValue, said: JsonValue) -> JsonValue:
    """An answer with the message's own id in it."""
    if isinstance(made, dict):
        return {key: echoed(item, said) for key, item in made.items()}
    return said.get("id") if made == "{said.id}" and isinstance(said, dict) else made


@dataclass(frozen=True)
class Asking:
    """A connector of a built tree, what it is told to place, and what answers it meanwhile.

    `book` is an order book as its tests have it, None where they show none: without one no market order is
    placed.
    """

    backend: Backend
    runtime: Runtime
    connector: str
    answers: Sequence[Answer]
    sentinels: Sentinels
    source: Source
    orders: Sequence[Told]
    book: JsonValue = None


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
    sentinels, source = asking.sentinels, asking.source
    with temporary.folder("asking") as folder:
        folder.chmod(0o755)
        authority = Authority()
        clock = ScaledClock(SCALE)
        record = Record()
        listening = Listening(Venue(SAMPLE_MARKETS, 1, clock), asking.answers, source, sentinels, asking.book)
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
            try:
                fields = driver.warm().config
            except ConnectorError as error:
                return Asked({}, trouble=f"it cannot be imported: {error.gist}")
            choice = keys(fields, asking.connector, _constructs(driver, sentinels.pair), source.tests, stated)
            given = dict(choice.credentials)
            if choice.failure is not None:
                gist = choice.failure.strip().splitlines()[-1:]
                return Asked(given, fields, trouble=" ".join(["it cannot be constructed:", *gist]))
            listening.keys = frozenset(value for value in given.values() if len(value) > 7)
            try:
                with driver.scenario([sentinels.pair], given) as scenario:
                    found = _asked(scenario, record, clock, asking, given, fields)
            except ConnectorError as error:
                found = Asked(given, fields, trouble=f"it cannot be constructed: {error.gist}")
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
        if _wait_for_rules(connector, pair):
            acts += _act(connector, record, clock, asking.sentinels, asking.orders)
        else:
            trouble = f"it never learnt the trading rules of {pair}, so it was told no order"
        _ask_price(connector, pair)
        connector.tick(120.0)
        _pause(clock, POLL_SECONDS)
    except ConnectorError as error:
        trouble = error.gist
    errors = _errors(connector)
    sockets = {each.number: each for each in record.sockets()}
    return Asked(
        given,
        fields,
        tuple(map(_said, record.exchanges())),
        tuple(
            Said(
                frame.host,
                sockets[frame.socket_id].path if frame.socket_id in sockets else "",
                query=sockets[frame.socket_id].raw_query if frame.socket_id in sockets else "",
                body=frame.text,
            )
            for frame in record.frames(direction="sent")
            if frame.opcode in ("text", "binary")
        ),
        tuple(
            dict.fromkeys(
                Opened(each.host, each.path, each.raw_query, each.port, each.headers)
                for each in record.sockets()
            )
        ),
        tuple(sorted({each.port for each in record.exchanges()} | {each.port for each in record.sockets()}))
        or (443,),
        acts=tuple(acts),
        lookups=tuple(dict.fromkeys(each.name for each in record.lookups())),
        errors=errors,
        trouble=trouble,
    )


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


class Told(NamedTuple):
    """An order that the connector is told to place; `position` is what a perpetual's does to its position."""

    side: str
    kind: str
    position: Position | None = None


def orders_to_place(*, perpetual: bool) -> tuple[Told, ...]:
    """An order of every type on each side; on perpetuals they open positions, and one a side closes one."""
    if not perpetual:
        return tuple(Told(*each) for each in ORDERS)
    closing = (Told("buy", "LIMIT", "CLOSE"), Told("sell", "LIMIT", "CLOSE"))
    return (*(Told(*each, "OPEN") for each in ORDERS), *closing)


def _act(
    connector: Connector, record: Record, clock: ScaledClock, sentinels: Sentinels, told: Sequence[Told]
) -> Iterator[Act]:
    """Place each of these orders whose type it offers, and cancel it; one more stays, to be looked up."""
    offered = connector.order_types()
    for number, (side, kind, position) in enumerate((*told, *told[:1])):
        if kind not in offered:
            continue
        # Another price and amount each time: two orders must not be taken for one.
        wanted = Decimal(sentinels.price) + number, _enough(connector, sentinels) + number
        price, amount = connector.quantize(sentinels.pair, *wanted)
        before = record.mark()
        place = connector.buy if side == "buy" else connector.sell
        try:  # a market order may need a book, which nobody tells it here
            name = place(sentinels.pair, wanted[1], None if kind == "MARKET" else wanted[0], kind, position)
        except ConnectorError:
            continue
        _until_sent(record, before, clock)
        facts = {
            "order.client_order_id": name,
            "order.side": side,
            "order.type": {"LIMIT": "limit", "LIMIT_MAKER": "limit_maker", "MARKET": "market"}[kind],
            "order.post_only": str(kind == "LIMIT_MAKER").lower(),
            "order.amount": str(amount),
            "market.base": sentinels.base,
            "market.quote": sentinels.quote,
        }
        facts |= {} if kind == "MARKET" else {"order.price": str(price)}
        facts |= {} if position is None else {"order.reduce_only": str(position == "CLOSE").lower()}
        yield Act("place_order", facts, _since(record, before))
        known, before = {**facts, "order.order_id": sentinels.order_id}, record.mark()
        if number == len(told):
            yield Act("order_status", known, ())
            return
        connector.cancel(name, sentinels.pair)
        _until_sent(record, before, clock)
        yield Act("cancel_order", known, _since(record, before))


def _until_sent(record: Record, mark: int, clock: ScaledClock) -> None:
    """Return when something but a question has been sent since then, or will not be any more."""
    record.wait_for(lambda: any(each.method != "GET" for each in record.exchanges(since=mark)), SENT_SECONDS)
    _pause(clock, ACT_SECONDS)


def _enough(connector: Connector, sentinels: Sentinels) -> Decimal:
    """The sentinel's amount, or more where the pair's rules ask for more."""
    least = connector.rules()[sentinels.pair].min_order_size
    amount = Decimal(sentinels.amount)
    return amount if least.is_nan() or least <= amount else amount + least.to_integral_value(ROUND_CEILING)


def _since(record: Record, mark: int) -> tuple[Said, ...]:
    return tuple(map(_said, record.exchanges(since=mark)))


def _said(exchange: Exchange) -> Said:
    return Said(
        exchange.host, exchange.path, exchange.method, exchange.raw_query, exchange.headers, exchange.text
    )


def _wait_for_rules(connector: Connector, pair: str) -> bool:
    """Return when it knows the rules of the pair, or will not any more; whether it does."""
    end = time.monotonic() + START_SECONDS
    while pair not in connector.rules() and time.monotonic() < end:
        time.sleep(0.2)
    time.sleep(0.5)  # what else it asks for when it starts
    return pair in connector.rules()


def _pause(clock: ScaledClock, virtual: float) -> None:
    time.sleep(clock.real_seconds(virtual))
