"""The part of a description that tells of one route: what it takes and what it replies. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.ccxt_reading.second_opinion import with_second_opinion
from harness.describing.documents.fields import KIT, READS, SENDS, Field
from harness.describing.documents.placed import Placed, copied, put, spoken
from harness.describing.documents.reply_rows import ROWS
from harness.describing.documents.sentinels import same_address
from harness.describing.documents.templates import Kind
from harness.describing.documents.wordlists import WordLists
from harness.describing.fork_tests.answers import REFUSALS, Answer
from harness.describing.fork_tests.envelopes import enveloped
from harness.describing.gathered import Sources, derived_of
from harness.describing.replies.as_ordered import as_ordered
from harness.describing.replies.deriving import Derived
from harness.describing.replies.level_names import derived_with_names, names_of_levels
from harness.describing.replies.margins import of_the_account, with_margins
from harness.describing.replies.named_leaves import with_what_is_named
from harness.describing.replies.some_states import some_states
from harness.describing.routes.routes import Route
from harness.describing.signing.signing import signing_of
from harness.describing.source_code.read_replies import at_host, completed, template, whole_of
from harness.describing.source_code.source import ROW, Reading, Source
from harness.venue.described.addresses import Address, bare, leaves
from harness.venue.described.placeholders import leaf

_EACH_FILL, _EACH_POSITION = "each fill", "each position"
_PRICES = ("ticker.last", "funding.mark_price", "funding.index_price")
# Operations whose mocked replies may be empty, where the tests are about something else.
COMPLETED = ("server_time", "user_stream_open", "stream_token")


def _replies_of(route: Route, named: Sequence[Route], sources: Sources) -> list[Answer]:
    """The mocked replies of a route: those of its address, else those of its operation that have no other."""
    good = [each for each in sources.answers if each.member not in REFUSALS]
    here = [each for each in good if _answers_to(each, route)]
    if here:
        return here
    alike = [each for each in good if each.operation == route.operation]
    if route.means:
        return alike
    others = [each for each in named if each is not route]
    return [each for each in alike if not any(_belongs_to(each, other) for other in others)]


def _belongs_to(answer: Answer, other: Route) -> bool:
    """Whether it is mocked for the other route, or where a test names no method for its address."""
    alone = answer.place is not None and not answer.method and not answer.shared and other.word is None
    return _answers_to(answer, other) or (alone and _at_address(other, answer.place or ("", "")))


def _at_address(route: Route, at: tuple[str, str]) -> bool:
    return any(at[0] == host and same_address(path, at[1]) for host, _, path, _ in route.places)


def _answers_to(answer: Answer, route: Route) -> bool:
    """Whether it is mocked for this route: by address and method or, where a test names none, operation."""
    at = answer.place
    if at is None or not _at_address(route, at):
        return False
    if route.word is not None or answer.shared:
        return (answer.method, answer.word) == (route.method, route.word)
    return answer.method == route.method if answer.method else answer.operation == route.operation


def route_part(
    route: Route,
    named: Sequence[Route],
    sources: Sources,
    words: WordLists,
    signing: Mapping[str, JsonValue],
) -> tuple[dict[str, JsonValue], Placed]:
    at: Address = ("routes", route.name)
    part = Placed(route.operation, route.name, at, by=route.by)
    takes = spoken(route.takes, route.fields, words)
    part.fields += [replace(each, at=(*at, "takes", *map(bare, each.at))) for each in route.fields]
    told: dict[str, JsonValue] = {"operation": route.operation, "private": route.private}
    if route.when:
        told["when"] = route.when
    own = _own_signing(route, sources, signing)
    if own and own != signing:  # a route that only the tests show was not seen signed
        told["signing"] = own
        part.fields.append(Field((*at, "signing"), "", "", Kind.TEXT, (SENDS,)))
    told |= _headers(route, sources.source, part)
    if route.means:
        told["means"] = dict(route.means)
        part.fields += [Field((*at, "means", fact), fact, fact, by=(SENDS,)) for fact in route.means]
    if route.fields:
        usual = "query" if route.method in ("GET", "DELETE") else "json"
        if route.parameters != usual:
            told["parameters"] = route.parameters
        told["takes"] = takes
    replies = _replies_of(route, named, sources)
    some = some_states(replies)
    derived = _reply(route, replies if some is None else some.replies, named, sources)
    if some is not None and derived is not None:
        told |= {"rows": {"of": some.of}, "unknown": "empty"}
        part.fields.append(Field((*at, "rows", "of"), some.of, "order.status", Kind.TEXT, (KIT,)))
        derived = some.of_these_alone(derived)
    if derived is not None:
        told["reply"] = spoken(derived.template, derived.fields, words)
        part.fields += [replace(each, at=(*at, "reply", *each.at)) for each in derived.fields]
    return told, part


def _own_signing(route: Route, sources: Sources, signing: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """How requests to a private route were signed; unverified where they carry no key, though others do."""
    if not route.private:
        return {}
    own = signing_of(sources.asked, sources.signatures, route.places)
    seen = [each for each in sources.asked.sent if each.at in route.places]
    keys = sources.asked.credentials.values()
    bare = not any(key in value for said in seen for value in said.values.values() for key in keys)
    return {"scheme": "unverified"} if signing and seen and not own and bare else own


def _read(route: Route, source: Source) -> Reading | None:
    """What the connector's source reads of what the route answers; a word in its path has one of several."""
    if route.word is not None:
        return source.of_word(route.path, route.word, route.operation)
    paths = (route.path, *(path for _, _, path, _ in route.places))
    return next((found for path in paths if (found := source.of(path, route.operation)) is not None), None)


def _reply(
    route: Route, replies: Sequence[Answer], named: Sequence[Route], sources: Sources
) -> Derived | None:
    """What the route answers, by the tests, else by what the connector's source reads of it."""
    replies = _as_read(replies, _read(route, sources.source))
    derived = derived_of(route.operation, replies, sources)
    if route.operation == "order_book" and derived is None:
        derived = _whole_book(sources.books.get("order_book"), route, sources.source)
        derived = with_second_opinion(derived, sources) if derived is not None else None
    if derived is not None and route.operation in ("ticker", "symbols"):
        derived = _with_prices(derived, route, sources)
    read = read_of(route, named, sources)
    if derived is None:
        derived = read
    elif read is not None and _to_complete(route, derived, read):
        derived = read if _of_something_else(route, derived, read) else _completed(derived, read)
    if derived is not None:
        derived = with_what_is_named(derived, _names_read(route, sources))
    derived = as_ordered(derived, sources.ordered)
    if derived is None:
        return None
    if route.operation == "balances" and sources.kind == "perpetual":
        return with_margins(of_the_account(derived, _read(route, sources.source)))
    return derived


def _as_read(replies: Sequence[Answer], read: Reading | None) -> Sequence[Answer]:
    """Those that are a list, or an object, as the connector's source reads them."""
    steps = {each.path[0] for each in read.reads if each.path} if read is not None else set()
    wanted = (
        list if steps == {ROW} else dict if steps and all(isinstance(step, str) for step in steps) else None
    )
    fitting = [each for each in replies if wanted is not None and isinstance(each.document, wanted)]
    return fitting or replies


def _completed(derived: Derived, read: Derived) -> Derived:
    """A reply of the tests' with what the source reads of it and they leave out."""
    whole = completed(derived.template, read.template)
    known, there = ({at for at, _ in leaves(each)} for each in (derived.template, whole))
    more = [each for each in read.fields if each.at in there - known]
    return replace(derived, template=whole, fields=(*derived.fields, *more))


def _of_something_else(route: Route, told: Derived, read: Derived) -> bool:
    """Whether the tests' reply has an object where the source reads the time: any reply shows a network."""
    known = {at for at, _ in leaves(told.template)}
    times = [each.at for each in read.fields if each.fact == "now.at"]
    return route.operation == "server_time" and any(
        at not in known and any(each[: len(at)] == at for each in known) for at in times
    )


def _whole_book(book: Derived | None, route: Route, source: Source) -> Derived | None:
    """An order book as the route answers it: tests may show the part of it that the connector takes."""
    if book is None:
        return None
    read = _read(route, source)
    book = derived_with_names(book, names_of_levels(read))
    whole, path = whole_of(read, book.template)
    fields = tuple(replace(each, at=(*map(str, path), *each.at)) for each in book.fields)
    return replace(book, template=whole, fields=fields)


def _headers(route: Route, source: Source, part: Placed) -> dict[str, JsonValue]:
    """What a reply that opens a session says in its headers; `part` gets them as well."""
    read = _read(route, source)
    told = read.headers if read is not None and route.operation == "stream_token" else ()
    part.fields += [Field((*part.at, "headers", name), text, "", Kind.TEXT, (READS,)) for name, text in told]
    return {"headers": dict(told)} if told else {}


def _with_prices(derived: Derived, route: Route, sources: Sources) -> Derived:
    """A ticker, or a list of markets, with what the tests show of prices and funding in the same reply, where
    it says nothing of its own.
    """
    also = ("funding_rate",) if route.operation == "ticker" else ("ticker", "funding_rate")
    known: dict[Address, Field] = {}
    for operation in also:
        told = [
            each
            for each in sources.answers
            if each.operation == operation and each.place is not None and _at_address(route, each.place)
        ]
        alike = derived_of(route.operation, told, sources)
        known = {**{each.at: each for each in alike.fields if _of_prices(each)}, **known} if alike else known
    fields = tuple(
        _as_listed(known[each.at], each, route) if each.at in known and not each.fact else each
        for each in derived.fields
    )
    made = copied(derived.template)
    for each in fields:
        made = put(made, each.at, each.text)
    return replace(derived, template=made, fields=fields)


def _names_read(route: Route, sources: Sources) -> set[object]:
    """The names of the leaves that the connector's source reads of the route's reply."""
    markets = sources.source.markets if route.operation == "symbols" else None
    readings = (_read(route, sources.source), markets)
    return {each.path[-1] for one in readings if one is not None for each in one.reads if each.path}


def _of_prices(leaf: Field) -> bool:
    return leaf.fact.startswith(("funding.", "ticker."))


def _as_listed(price: Field, listed: Field, route: Route) -> Field:
    """A price; beside a market's rules as a text with all its decimals, by which connectors know its tick."""
    if route.operation != "symbols" or price.fact not in _PRICES or not isinstance(listed.text, str):
        return price
    return replace(price, text=f"{{{price.fact}|tick_fixed}}")


def _to_complete(route: Route, told: Derived, read: Derived) -> bool:
    """Whether a reply of the tests' is completed with what the source reads of it."""
    rows = [_rows_of_fills(each.template) for each in (told, read)]
    alike = route.operation == "order_trades" and rows[0] == rows[1] != ()
    return route.operation in COMPLETED or alike or _lacks_its_fills(route, told, read)


def _rows_of_fills(made: JsonValue) -> Address:
    """Where a reply's fills stand, empty where it has none."""
    rows = (at[: at.index(_EACH_FILL) + 1] for at, _ in leaves(made) if _EACH_FILL in at)
    return next(rows, ())


def _lacks_its_fills(route: Route, told: Derived, read: Derived) -> bool:
    """Whether the tests answer with something else where the source goes through fills."""
    rows = [any(_EACH_FILL in each.at for each in derived.fields) for derived in (told, read)]
    return route.operation == "order_trades" and rows == [False, True]


def read_of(route: Route, named: Sequence[Route], sources: Sources) -> Derived | None:
    """What the connector's source reads of a reply that no test shows."""
    reading = _read(route, sources.source)
    if reading is None:
        return None
    good = [each.document for each in sources.answers if each.place and each.member not in REFUSALS]
    whole = template(reading, route.operation, ROWS.get(route.operation, ""))
    made = enveloped(at_host(whole, route.host), good)
    fields = [_read_field(at, text, named, sources.source) for at, text in leaves(made)]
    read = with_second_opinion(Derived(route.operation, made, tuple(fields)), sources)
    return _with_streamed_rows(read, sources) if route.operation == "positions" else read


def _with_streamed_rows(read: Derived, sources: Sources) -> Derived:
    """A reply about positions with the rows that a stream's message has where the source reads something of
    the reply: tests may show the message alone.
    """
    told = [each for each in sources.answers if each.operation == "stream:positions"]
    streamed = derived_of("stream:positions", told, sources)
    if streamed is None or not isinstance(streamed.template, dict) or not isinstance(read.template, dict):
        return read
    rows = {
        key: part
        for key, part in streamed.template.items()
        if key in read.template and isinstance(part, dict) and _EACH_POSITION in part
    }
    fields = [each for each in read.fields if each.at[:1] and each.at[0] not in rows]
    fields += [each for each in streamed.fields if each.at[0] in rows]
    return replace(read, template={**read.template, **rows}, fields=tuple(fields))


def _read_field(at: Address, text: JsonValue, named: Sequence[Route], source: Source) -> Field:
    """A leaf of a reply that is known from the source alone; a state by the connector's table of words.

    A side is said in the words that the connector places orders with.
    """
    fact = _fact_in(text)
    words: dict[str, tuple[str, ...]] = {}
    if fact == "order.status":
        words = {word: (state,) for word, state in source.states.items()}
    elif fact.endswith(".side"):
        placed = (each for route in named if route.operation == "place_order" for each in route.fields)
        words = dict(next((each.words for each in placed if each.fact == "order.side"), {}))
    kind = Kind.WORDS if words else Kind.FACT if fact else Kind.CONSTANT
    return Field(at, text, fact, kind, (READS,), words=words)


def _fact_in(text: JsonValue) -> str:
    holes = leaf(text).holes if isinstance(text, str) else ()
    return holes[0].name if holes else ""
