"""Requests that are messages of a WebSocket: what they say and how they are answered. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from harness.describing.documents.asked import Act
from harness.describing.documents.fields import KIT, Field
from harness.describing.documents.leaves import changed, flatten
from harness.describing.documents.placed import Placed, spoken
from harness.describing.documents.said import Said, Word
from harness.describing.documents.sentinels import SESSION
from harness.describing.documents.templates import Kind
from harness.describing.documents.wordlists import WordLists
from harness.describing.fork_tests.acknowledging import ID, best, least, refused
from harness.describing.fork_tests.refusals import with_holes
from harness.describing.gathered import Sources
from harness.describing.replies.market_units import decimals_told
from harness.describing.routes.apart import told_apart
from harness.describing.routes.route_labels import facts_in, of_act
from harness.describing.routes.route_parts import read_of
from harness.describing.routes.routes import Route, route_of, signed_parts
from harness.describing.source_code.source import Ack
from harness.describing.streams.socket_look_ups import LOOK_UPS, answered, look_ups
from harness.describing.streams.streams import Connection
from harness.venue.described.addresses import Address, bare

_OPERATIONS = ("place_order", "cancel_order")


@dataclass(frozen=True)
class SocketRequest:
    """A request over a WebSocket; the route's host and path are its socket's. `id`: the key of its id."""

    route: Route
    id: str


def socket_requests(sources: Sources, symbol: str) -> list[SocketRequest]:
    """What the connector said on a WebSocket when it was told to place and to cancel orders, and what it
    looked up there.

    Messages that nothing tells from others, or that carry no id, are none.
    """
    asked = sources.asked
    used = {operation: list(_used(asked.acts, operation, sources)) for operation in _OPERATIONS}
    facts = frozenset(value for act in asked.acts for value in act.facts.values())
    acted = {said: operation for operation, pairs in used.items() for said, _ in pairs}
    words = told_apart(list(acted), acted, sources.source, facts)
    common = {"market.number": SESSION["market.number"], **({"market.symbol": symbol} if symbol else {})}
    common |= decimals_told(sources.answers)
    parts = signed_parts(sources.signatures.schemes)
    found = []
    for operation, pairs in used.items():
        word = next((word for word, told in words.items() if told == operation), None)
        keys = [key for said, _ in pairs for key in said.fields if ID.match(key)]
        if word is None or not keys:
            continue
        examples = [(replace(said, word=word), {**common, **act.facts}) for said, act in pairs]
        made = route_of(operation, examples, parts, sources.signatures.schemes, asked.credentials)
        found.append(_request(made, word, keys[0]))
    for (operation, word), messages in look_ups(asked.frames, sources.source, acted).items():
        examples = [(replace(said, word=word), {**common, **facts_in(said, asked)}) for said in messages]
        made = route_of(operation, examples, parts, sources.signatures.schemes, asked.credentials)
        found.append(_request(made, word, next(key for key in messages[0].fields if ID.match(key))))
    return found


def _request(made: Route, word: Word, key: str) -> SocketRequest:
    own = (key, *(() if word.is_key else (word.parameter,)))
    return SocketRequest(_without(made, own), key)


def _used(acts: Sequence[Act], operation: str, sources: Sources) -> Iterator[tuple[Said, Act]]:
    for act in acts:
        if act.operation == operation:
            for said in of_act(replace(act, sent=act.frames), {}, sources.source):
                yield said, act


def _without(route: Route, keys: Sequence[str]) -> Route:
    """The route but for these of its parameters: they are the message's own."""
    takes = {name: value for name, value in route.takes.items() if bare(name) not in keys}
    return replace(
        route, takes=takes, fields=tuple(each for each in route.fields if bare(each.at[0]) not in keys)
    )


def with_requests(
    streams: dict[str, JsonValue],
    linked: Sequence[Connection],
    sources: Sources,
    words: WordLists,
    symbol: str,
) -> list[Placed]:
    """Put what is asked over WebSockets into the connections of a description; the parts that tell of it."""
    placed = []
    for each in socket_requests(sources, symbol):
        place = next(
            (n for n, one in enumerate(linked) if (one.host, one.path) == (each.route.host, each.route.path)),
            None,
        )
        connection = None if place is None else streams[list(streams)[place]]
        if place is None or not isinstance(connection, dict) or each.route.word is None:
            continue
        at: Address = ("connections", list(streams)[place], "requests", each.route.word.text)
        asks, part = _part(each, at, sources, words)
        known = connection.setdefault("requests", {})
        if isinstance(known, dict):
            known[each.route.word.text] = asks
        _answered(connection, sources.source.acks, each.id)
        placed.append(part)
    return placed


def _part(
    request: SocketRequest, at: Address, sources: Sources, words: WordLists
) -> tuple[dict[str, JsonValue], Placed]:
    route = request.route
    part = Placed(route.operation, at[-1], at)
    part.fields += [replace(each, at=(*at, "takes", *map(bare, each.at))) for each in route.fields]
    asks: dict[str, JsonValue] = {"operation": route.operation, "private": True}
    asks |= {"said": _nested(route.word)} if route.word is not None else {}
    asks["takes"] = spoken(route.takes, route.fields, words)
    acks = sources.source.acks
    read = read_of(route, [], sources) if route.operation in LOOK_UPS else None
    ack = best(acks, route.operation) if read is None else None
    if read is not None:
        told, way = answered(read.template, acks, route.operation, request.id)
        fields = [replace(each, at=(*way, *each.at)) for each in read.fields]
        asks["reply"] = spoken(told, fields, words)
        part.fields += [replace(each, at=(*at, "reply", *each.at)) for each in fields]
    elif ack is not None:
        asks["reply"] = template = _template(ack, request.id)
        for path, leaf in flatten(template).items():
            fact = "order.order_id" if path in ack.order_ids else ""
            kind = Kind.FACT if fact else Kind.CONSTANT
            part.fields.append(Field((*at, "reply", *map(str, path)), leaf, fact, kind, (KIT,)))
    return asks, part


def _nested(word: Word) -> JsonValue:
    """`a.b` as the message says it; a key whatever it holds, an item of a list after whatever else."""
    made: JsonValue = "{any}" if word.is_key else word.text
    for step in reversed(word.parameter.split(".")):
        made = [*["{any}"] * int(step), made] if step.isdigit() else {step: made}
    return made


def _template(ack: Ack, key: str) -> JsonValue:
    """What the exchange answers: the request's id is the client's own, an order's id is the order's."""
    made = ack.to(f"{{said.{key}}}")
    for path in ack.order_ids:
        made = changed(made, path, _order_id(flatten(ack.document)[path]))
    return made


def _order_id(leaf: object) -> str:
    return "{order.order_id|number}" if isinstance(leaf, int) else "{order.order_id}"


def _answered(connection: dict[str, JsonValue], acks: Sequence[Ack], key: str) -> None:
    """How subscriptions to the same connection are answered, and how it refuses: as the tests have acks."""
    subscribe, plain, wrong = connection.get("subscribe"), least(acks), refused(acks)
    if plain is not None and isinstance(subscribe, dict):
        subscribe.setdefault("answer", plain.to(f"{{said.{key}}}"))
    if wrong is not None and isinstance(wrong.document, dict):
        connection["refused"] = {**with_holes(wrong.document), wrong.id: f"{{said.{key}}}"}
