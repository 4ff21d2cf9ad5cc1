"""What a person has to answer before a described exchange decides more, most decisive first. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from harness.describing.assembling import Assembled
from harness.describing.fields import Field
from harness.describing.placed import Placed
from harness.describing.read_replies import template
from harness.describing.reply_rows import ROWS
from harness.describing.streams import PRIVATE
from harness.describing.templates import Kind
from harness.describing.unasked_routes import OF_AN_ACCOUNT
from harness.venue.described.addresses import WEBSOCKET, Address, written
from harness.venue.described.facts import FACTS
from harness.venue.described.sources import confirms

# What an order's life cannot do without, in the order in which its lack is felt.
OPERATIONS = (
    "symbols", "order_book", "balances", "place_order", "cancel_order", "order_status", "order_trades",
    "stream:book", "stream:trades", "stream:orders",
)  # fmt: skip
# Facts that a reply must tell for checks to lean on; one of each group is enough.
FACTS_LEANED_ON: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "symbols": (("market.symbol",), ("market.tick_size", "market.tick_decimals"),
                ("market.lot_size", "market.lot_decimals")),
    "balances": (("balance.asset",), ("balance.free",), ("balance.total", "balance.locked")),
    "place_order": (("order.order_id", "order.client_order_id"),),
    "order_status": (("order.status",), ("order.filled", "order.remaining", "fill.amount")),
    "order_trades": (("fill.trade_id",), ("fill.price",), ("fill.amount",), ("fill.fee",)),
    "stream:orders": (("order.status",), ("order.order_id", "order.client_order_id")),
    "stream:fills": (("fill.trade_id",), ("fill.price",), ("fill.amount",)),
}  # fmt: skip


OPEN_FACT = "{object.fact}"
# Objects whose facts a leaf may be, and the names that leaves of them go by.
_THINGS: Mapping[str, str] = {
    "market": r"each market|symbols|instrument",
    "balance": "balance|wallet|account",
    "order": "order",
    "fill": "fill|trade",
    "book": r"book|depth",
}
# A signature as a description has it, to be put right: docs/descriptions.md has the words of its text.
_HMAC: Mapping[str, JsonValue] = {
    "scheme": "hmac", "text": "{time}{method}{path}{query}{body}", "digest": "sha256", "written": "hex",
}  # fmt: skip
_CARRIED: Mapping[str, JsonValue] = {"key": "header KEY", "signature": "header SIGN", "time": "header TIME"}
_METHODS = ("GET ", "POST ", "PUT ", "DELETE ", "PATCH ")
_SHOWN = 6  # values, or names of leaves, in one question


@dataclass(frozen=True)
class Question:
    """`text` is asked, `lines` are what to write into the review once it is answered. Lower ranks first."""

    rank: int
    text: str
    lines: tuple[str, ...]


def questions(made: Assembled) -> tuple[Question, ...]:
    """All of them, each once."""
    found = [*_unseen(made), *_missing(made), *_contradicted(made), *_signing(made), *_untold(made),
             *_unread(made), *_unnamed(made), *_unconfirmed(made)]  # fmt: skip
    return tuple(dict.fromkeys(sorted(found, key=lambda each: each.rank)))


def glossary(asked: Iterable[Question]) -> tuple[str, ...]:
    """The facts that the questions leave open, a line for each object that one of them is about."""
    text = " ".join(line for each in asked if OPEN_FACT in "".join(each.lines) for line in each.lines)
    if not text:
        return ()
    things = [thing for thing in _THINGS if re.search(_THINGS[thing], text, re.IGNORECASE)] or list(_THINGS)
    return tuple(f"{thing}: {', '.join(sorted(FACTS[thing]))}" for thing in things)


def line(at: Address | str, value: object = ...) -> str:
    """A line of the review, to be completed with a name and a page."""
    address = at if isinstance(at, str) else written(at)
    said = "" if value is ... else f", is: {json.dumps(value, ensure_ascii=False)}"
    today = datetime.now(UTC).date().isoformat()
    return (
        f"- {{at: {json.dumps(address, ensure_ascii=False)}{said}, by: YOUR NAME, date: {today}, page: URL}}"
    )


def route_line(
    name: str, operation: str = "…", *, private: bool = False, reply: JsonValue | None = None
) -> str:
    """A line that adds a route by its method and path, or a WebSocket by its host and path.

    `name` is `GET /v1/fills`, or `WebSocket ws.acme.com/private`.
    """
    kind, _, place = name.partition(" ")
    if kind == WEBSOCKET:
        host, _, path = place.partition("/")
        whole = {"host": host, **_connection(f"/{path}"), "channels": {}}
        return line(("connections", "stream"), whole)
    told = {"operation": operation, "private": private, "takes": {}, "reply": {} if reply is None else reply}
    return line(("routes", name), told)


def _connection(path: str) -> dict[str, JsonValue]:
    """A connection as most exchanges have it, to be put right."""
    return {"path": path, "subscribe": {"said": {"op": "subscribe"}, "topics": "args[]"}}


def _missing(made: Assembled) -> Iterator[Question]:
    status = [part for part in made.placed if part.operation == "order_status"]
    fills_in_status = any("fill.trade_id" in part.facts for part in status)
    for rank, operation in enumerate(OPERATIONS):
        if operation in made.operations or (operation == "order_trades" and fills_in_status):
            continue
        if operation.startswith("stream:"):
            yield _missing_channel(made, rank, operation)
        else:
            yield _missing_route(made, rank, operation)
    for part in made.placed:
        told = "tells" if part.operation.startswith("stream:") else "reply"
        if part.operation in OPERATIONS and not any(told in each.at for each in part.fields):
            text = f"What does {part.name} answer?"
            said: JsonValue = "…"
            if told == "tells":
                text = f"What do messages of {part.name} say?"
            elif part.operation == "symbols" and (read := made.sources.source.markets) is not None:
                text += " You see what the connector's source reads of it."
                said = _open(template(read, "symbols"))
            yield Question(OPERATIONS.index(part.operation), text, (line((*part.at, told), said),))


def _missing_route(made: Assembled, rank: int, operation: str) -> Question:
    """A route that nobody showed: as the connector's source has it, else one to be written whole."""
    private = operation in OF_AN_ACCOUNT
    named = made.sources.source.asks_for(operation)
    if named is None:
        return Question(
            rank,
            f"Which route is {operation.replace('_', ' ')}? Write its method and path in place of "
            "METHOD /path, its parameters under takes, and under reply what it answers.",
            (route_line("METHOD /path", operation, private=private),),
        )
    method, path = named
    name = f"{method or 'METHOD'} {_beginning(made)}/{path.strip('/')}"
    reading = made.sources.source.of(path)
    rows = ROWS.get(operation, "")
    reply = _open(template(reading, operation, rows)) if reading is not None else None
    reply = reply if isinstance(reply, dict | list) else {}
    return Question(
        rank,
        f"What is {operation.replace('_', ' ')} asked with, and what does it answer? The connector's source "
        f"asks for {name}: write its parameters under takes, and complete the reply, of which you see what "
        "the source reads.",
        (
            route_line(
                name, operation, private=private, reply=reply if isinstance(reply, dict | list) else {}
            ),
        ),
    )


def _open(made: JsonValue) -> JsonValue:
    """A reply whose leaves that nobody understands are to be written."""
    if isinstance(made, dict):
        return {key: _open(item) for key, item in made.items()}
    if isinstance(made, list):
        return [_open(item) for item in made]
    return OPEN_FACT if made == "" else made


def _beginning(made: Assembled) -> str:
    """What most routes that were seen have before the path that the source names (`/api/v2`)."""
    known = [*made.sources.source.asked, *made.sources.source.routes]
    seen = [part.name.partition(" ")[2] for part in made.placed if part.name.startswith(_METHODS)]
    found = Counter(
        path[: -len(end)].rstrip("/")
        for path in seen
        for end in {f"/{each.strip('/')}" for each in known}
        if len(end) > 1 and path.endswith(end)
    )
    return found.most_common(1)[0][0] if found else ""


def _missing_channel(made: Assembled, rank: int, operation: str) -> Question:
    """A channel that nobody showed, on a connection that is there, else on one that is not either."""
    name = operation.partition(":")[2]
    channel = {"operation": operation, "topic": "…", "private": operation in PRIVATE, "tells": {}}
    known = made.data.get("connections")
    text = f"How is {name} told on a stream? A topic is what the client subscribes with, tells the message."
    if not isinstance(known, dict) or not known:
        whole = {**_connection("/"), "channels": {name: channel}}
        return Question(rank, f"{text} No connection was seen.", (line(("connections", "stream"), whole),))
    fitting = [key for key, each in known.items() if _logs_in(each) == (operation in PRIVATE)] or list(known)
    return Question(rank, text, (line(("connections", fitting[0], "channels", name), channel),))


def _logs_in(connection: JsonValue) -> bool:
    return isinstance(connection, dict) and "login" in connection


def _contradicted(made: Assembled) -> Iterator[Question]:
    for each in _fields(made):
        if each.says:
            told = ", ".join(f"{source} takes it for {fact}" for source, fact in each.says.items())
            yield Question(20, f"{written(each.at)}: {told}. Which is it?", (line(each.at, each.text),))


def _unseen(made: Assembled) -> Iterator[Question]:
    """What is asked where the connector sent nothing about a market, or nothing that was signed."""
    if not made.sources.symbols:
        yield Question(
            0, "How does the exchange name a market?", (line(("symbol",), made.data.get("symbol")),)
        )
    routes = made.data.get("routes")
    told = routes.values() if isinstance(routes, dict) else ()
    if "signing" not in made.data and not any(isinstance(each, dict) and each["private"] for each in told):
        yield Question(
            25,
            "How is a request signed? None was seen that carries a key. `scheme: unverified` lets in whoever "
            "names one, and signs-requests stays undetermined then.",
            (line(("signing",), {**_HMAC, "carries": dict(_CARRIED)}),),
        )


def _signing(made: Assembled) -> Iterator[Question]:
    signing = made.data.get("signing")
    if isinstance(signing, dict) and signing.get("scheme") == "unverified":
        found = (
            f"A description has no words for what reproduces its signature, {signing['text']!r}."
            if signing.get("text")
            else "No text of the menu reproduces its signature."
        )
        carries = signing.get("carries")
        whole = {**_HMAC, "carries": {**_CARRIED, **(carries if isinstance(carries, dict) else {})}}
        yield Question(
            25,
            f"How is a request signed? {found} Until this is told whoever names a key is let in, and "
            "signs-requests stays undetermined.",
            (line(("signing",), whole),),
        )


def _untold(made: Assembled) -> Iterator[Question]:
    """Facts that no leaf of a reply tells, though checks lean on them."""
    for operation, groups in FACTS_LEANED_ON.items():
        parts = [part for part in made.placed if part.operation == operation and _told(part)]
        facts = frozenset(fact for part in parts for fact in part.facts)
        for group in groups:
            if parts and not facts & frozenset(group):
                told = "tells" if operation.startswith("stream:") else "reply"
                hint, place = _unexplained(parts[0], told)
                yield Question(
                    30,
                    f"Where does {parts[0].name} tell {' or '.join(group)}? {hint}",
                    (line((*place, "FIELD"), f"{{{group[0]}}}"),),
                )


def _unexplained(part: Placed, told: str) -> tuple[str, Address]:
    """The leaves of a reply that nobody explained, one of which it may be, and where they stand."""
    whole: Address = (*part.at, told)
    leaves = [each for each in part.fields if each.at[: len(whole)] == whole]
    open_ = [each for each in leaves if each.kind in (Kind.CONSTANT, Kind.UNKNOWN) and not each.fact]
    if not open_:
        place = leaves[0].at[:-1] if leaves else whole
        return "The tests show no leaf that could be it: write its name in place of FIELD.", place
    known = Counter(each.at[:-1] for each in leaves if each.fact)
    place = max((each.at[:-1] for each in open_), key=lambda at: known[at])
    names = [each.at[-1] for each in open_ if each.at[:-1] == place]
    more = " …" if len(names) > _SHOWN else ""
    listed = ", ".join(names[:_SHOWN])
    return f"Nobody explained {listed}{more}: write the one that it is in place of FIELD.", place


def _told(part: Placed) -> bool:
    return any("reply" in each.at or "tells" in each.at for each in part.fields)


def _unread(made: Assembled) -> Iterator[Question]:
    """Leaves that somebody reads as a word, of which the tests always have the same."""
    fields = list(_fields(made))
    lists: dict[str, dict[str, JsonValue]] = {}
    for each in filter(_always_one_word, fields):
        lists.setdefault(_list_for(each), {})[str(each.text)] = {each.fact.partition(".")[2]: "…"}
    for each in fields:
        if _always_one_word(each):
            thing, words = each.fact.partition(".")[0], _list_for(each)
            yield Question(
                40,
                f"{written(each.at)}: always {each.text!r} in the tests, read as {each.fact}. "
                "Which words are there, and what does each say?",
                (
                    line(("words", words), {"of": thing, "words": lists[words]}),
                    line(each.at, f"{{{thing}|{words}}}"),
                ),
            )
        elif each.kind is Kind.UNKNOWN:
            yield Question(
                45,
                f"{written(each.at)}: changes with the order{_seen(each)}. Which fact is it?",
                (line(each.at, OPEN_FACT),),
            )


def _always_one_word(each: Field) -> bool:
    return each.kind is Kind.CONSTANT and bool(each.fact) and not each.says


def _list_for(each: Field) -> str:
    """The name of a list of words, one for all leaves of a name that are read as the same."""
    name = re.sub(r"\W+", "_", each.at[-1]).strip("_").lower()
    return "_".join(dict.fromkeys((*each.fact.split("."), name, "words")))


def _seen(each: Field) -> str:
    return f" ({each.text!r} was one value)" if each.text not in ("", "{any}", None) else ""


def _unnamed(made: Assembled) -> Iterator[Question]:
    for route in made.unnamed:
        yield Question(
            50,
            f"What is {route.name} for? Nothing is answered there until an operation is named "
            "(docs/descriptions.md lists them).",
            (route_line(route.name, private=route.private),),
        )


def _unconfirmed(made: Assembled) -> Iterator[Question]:
    """Parts that only the fork vouches for: one line confirms each."""
    for part in made.placed:
        for told in ("reply", "tells"):
            leaves = [each for each in part.fields if told in each.at and each.fact]
            fork = [each for each in leaves if not any(confirms(source) for source in each.by)]
            if fork:
                yield Question(
                    60,
                    f"{part.name} / {told}: {len(fork)} of {len(leaves)} facts rest on the fork alone. "
                    "Are they right?",
                    (line((*part.at, told)),),
                )


def _fields(made: Assembled) -> Iterator[Field]:
    for part in made.placed:
        yield from part.fields
