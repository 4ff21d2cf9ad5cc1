"""From what is known of an exchange's parts to its description, as plain data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import JsonValue

from harness.describing import books
from harness.describing.answers import REFUSALS, Answer
from harness.describing.asked import Asked
from harness.describing.deriving import Derived, Reads, derive, nobody
from harness.describing.envelopes import enveloped
from harness.describing.fields import KIT, READS, SENDS, Field
from harness.describing.kit import Harvest
from harness.describing.leaves import Path, flatten
from harness.describing.read_replies import completed, template
from harness.describing.refusals import refusals
from harness.describing.reply_rows import ROWS
from harness.describing.routes import Route, routes
from harness.describing.sentinels import SETS, Sentinels, same_address
from harness.describing.signatures import Explanation
from harness.describing.signing import credentials_of, login_signing, signing_of
from harness.describing.source_reading import UNREAD, Source
from harness.describing.states import word_for_fills
from harness.describing.streams import PRIVATE, Connection, Subscription, connections
from harness.describing.templates import Kind, embedded
from harness.describing.wordlists import WordLists
from harness.venue.described.addresses import Address, bare, leaves, written
from harness.venue.described.placeholders import ELSE, IF, THEN, leaf

SYMBOL = "{market.symbol}"
_KEYS = re.compile(r"\{([a-z_]+\.[a-z_]+)[|}]")  # facts in a key: `each fill as {fill.trade_id}`
OF_AN_ACCOUNT = (
    "balances", "place_order", "cancel_order", "order_status", "open_orders", "order_trades", "positions",
)  # fmt: skip
# Operations whose mocked replies may be empty, where the tests are about something else.
COMPLETED = ("server_time", "user_stream_open", "stream_token")


@dataclass(frozen=True)
class Sources:
    """All that was gathered.

    `second` is ccxt's reading; `also_signed`: ccxt signs by the same scheme. `books`: the order book and the
    messages of books and trades, by `harness.describing.books.OPERATIONS`.
    """

    exchange: str
    kind: str
    harvest: Harvest
    answers: tuple[Answer, ...]
    asked: Asked
    signatures: Explanation
    ccxt: str | None = None
    second: Reads = nobody
    also_signed: bool = False
    books: Mapping[str, Derived] = field(default_factory=dict)
    source: Source = UNREAD
    sets: tuple[Sentinels, ...] = SETS

    @property
    def symbols(self) -> dict[str, str]:
        """The exchange's name of each set's pair; without a kit that of the first, as it was asked for."""
        told = {each.set: str(each.answers[0]) for each in self.harvest.of("exchange_trading_pair")}
        asked = symbol_in(self.asked, self.sets[0])
        return told or ({SETS[0].name: asked} if asked else {})


def symbol_in(asked: Asked, sentinels: Sentinels) -> str:
    """The pair as a request or a message names it, empty where none does."""
    pair = re.compile(rf"{sentinels.base}[-_/]?{sentinels.quote}", re.I)
    for said in (*asked.sent, *asked.frames):
        for text in (*said.values.values(), said.path):
            if found := pair.search(text):
                return found[0]
    return ""


@dataclass
class Placed:
    """A part of the description with its leaves, each at its whole address."""

    operation: str
    name: str
    at: Address
    fields: list[Field] = field(default_factory=list)
    by: str = SENDS

    @property
    def facts(self) -> frozenset[str]:
        """What its leaves hold, and its keys."""
        keys = {name for each in self.fields for step in each.at for name in _KEYS.findall(step)}
        return frozenset(each.fact for each in self.fields if each.fact) | keys


@dataclass(frozen=True)
class Assembled:
    """The description, and its parts for the table and the questions."""

    data: dict[str, JsonValue]
    placed: tuple[Placed, ...]
    connections: tuple[Connection, ...]
    unnamed: tuple[Route, ...]
    sources: Sources

    @property
    def operations(self) -> frozenset[str]:
        return frozenset(each.operation for each in self.placed)


def assemble(sources: Sources) -> Assembled:
    """Put everything together that has an operation; what has none is left for the questions."""
    words = WordLists()
    symbol = sources.symbols.get(SETS[0].name, "")
    signed = sources.signatures
    seen = routes(sources.asked, sources.answers, signed.schemes, symbol, sources.source, signed.unexplained)
    named = [each for each in seen if each.operation]
    named += _only_in_tests(sources, named)
    named.sort(key=lambda each: (_order(each.operation), each.name))
    known: dict[str, list[str]] = {"": [KIT]}
    placed: list[Placed] = []
    told: dict[str, Any] = {}
    signing = signing_of(sources.asked, sources.signatures)
    for route in named:
        told[route.name], part = _route(route, named, sources, words, signing)
        placed.append(part)
    linked = connections(sources.asked, sources.signatures.schemes, _market_facts(symbol, sources))
    streams, parts = _connections(linked, sources, words)
    placed += parts
    data: dict[str, Any] = {
        "exchange": sources.exchange,
        "kind": sources.kind,
        **({"ccxt": sources.ccxt} if sources.ccxt else {}),
        "hosts": _hosts(named, linked, sources.asked.ports),
        **(
            {"quote": sources.source.pair[1]}
            if sources.kind == "perpetual" and sources.source.pair[1]
            else {}
        ),
        "symbol": _symbol(sources),
        "credentials": credentials_of(sources.asked, sources.signatures),
    }
    if signing:
        data["signing"] = signing
        known["signing"] = [SENDS, *(["ccxt"] if sources.also_signed else [])]
    if words.lists:
        data["words"] = words.lists
        known["words"] = [KIT]
    data |= {"routes": told, "refusals": refusals(sources.answers)}
    if streams:
        data["connections"] = streams
    known |= {"hosts": [SENDS], "credentials": [SENDS]}
    known |= _known(placed)
    lying = {written(at[:end]) for at, _ in leaves(data) for end in range(len(at) + 1)}
    data["known"] = {at: by for at, by in known.items() if at in lying}
    data["contradictions"] = [
        {"at": written(each.at), "says": dict(each.says)}
        for part in placed
        for each in part.fields
        if each.says
    ]
    unnamed = tuple(sorted((each for each in seen if not each.operation), key=lambda each: each.name))
    return Assembled(data, tuple(placed), tuple(linked), unnamed, sources)


def _order(operation: str) -> int:
    """Where a route stands in the file: as an order's life goes."""
    usual = ("symbols", "server_time", "order_book", "ticker", "balances", "place_order", "order_status")
    return usual.index(operation) if operation in usual else len(usual)


def _market_facts(symbol: str, sources: Sources) -> dict[str, str]:
    first = sources.sets[0]
    known = {"market.symbol": symbol, "market.base": first.base, "market.quote": first.quote}
    return {name: value for name, value in known.items() if value}


def _symbol(sources: Sources) -> str:
    """The form of a symbol, told from its two names."""
    having = [
        (name, {"market.base": each.base, "market.quote": each.quote})
        for each in sources.sets
        if (name := sources.symbols.get(each.name))
    ]
    return (embedded(having) if having else None) or "{market.base}-{market.quote}"


def _hosts(
    named: Sequence[Route], linked: Sequence[Connection], ports: Sequence[int]
) -> dict[str, JsonValue]:
    rest = list(dict.fromkeys(each.host for each in named))
    stream = list(dict.fromkeys(each.host for each in linked))
    made: dict[str, JsonValue] = {"rest": list[JsonValue](rest)}
    if stream:
        made["stream"] = list[JsonValue](stream)
    return {**made, "ports": list[JsonValue](ports)} if list(ports) != [443] else made


def _only_in_tests(sources: Sources, named: Sequence[Route]) -> list[Route]:
    """Routes that the tests mock and the connector did not ask for when it was watched."""
    found: dict[str, Route] = {}
    have = {each.operation for each in named} | {each.name for each in named}
    market = _market_facts(sources.symbols.get(SETS[0].name, ""), sources)
    for each in sources.answers:
        other_set = each.sample.set != SETS[0].name
        if each.place is None or each.operation in have or each.member in REFUSALS or other_set:
            continue
        host, whole = each.place
        path, fields = _named_in(whole, {**market, "order.order_id": SETS[0].order_id})
        if each.operation == "ticker" and not fields:  # the tests name the pair in the query, or not at all
            fields = (Field(("symbol?",), SYMBOL, "market.symbol", by=(KIT,)),)
        if each.operation in ("order_status", "order_trades") and not fields:
            fields = _as_in_others(named)
        takes = {field.at[0]: field.text for field in fields}
        method = each.method or sources.source.verb(whole) or "GET"
        private = each.operation in OF_AN_ACCOUNT and any(route.private for route in named)
        where = _parameters(named, method, private=private)
        route = Route(each.operation, host, method, path, takes, where, private, fields, (each.asked,), KIT)
        if route.name not in have:
            found.setdefault(each.operation, route)
    return list(found.values())


def _parameters(named: Sequence[Route], method: str, *, private: bool) -> str:
    """Where the parameters of a request stand that was not seen: an account's as in those that were."""
    seen = (
        each.parameters
        for each in named
        if private and each.private and each.takes and (each.method == method or each.parameters == "payload")
    )
    return next(seen, "query" if method in ("GET", "DELETE") else "json")


def _as_in_others(named: Sequence[Route]) -> tuple[Field, ...]:
    """The order and the market, as other requests name them: how this one does was not seen."""
    wanted = ("order.order_id", "order.client_order_id", "market.symbol")
    found: dict[str, Field] = {}
    for operation in ("order_status", "order_trades", "cancel_order"):
        for route in named:
            fields = [each for each in route.fields if each.fact in wanted and len(each.at) == 1]
            for each in fields if route.operation == operation else ():
                at = f"{bare(each.at[0])}?"
                found.setdefault(at, replace(each, at=(at,), by=(KIT,)))
    return tuple(found.values())


def _named_in(path: str, facts: Mapping[str, str]) -> tuple[str, tuple[Field, ...]]:
    """A path of a test's with names for the facts in it, and these as parameters."""
    segments: list[str] = []
    fields: list[Field] = []
    for segment in path.split("/"):
        text = embedded([(segment, facts)])
        fact = next((name for name, value in facts.items() if segment == value), "")
        name = fact.rpartition(".")[2] or "symbol"
        segments.append(segment if text is None else f"{{{name}}}")
        if text is not None:
            fields.append(Field((name,), text, fact, by=(KIT,)))
    return "/".join(segments), tuple(fields)


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
    return [each for each in alike if not any(_answers_to(each, other) for other in others)]


def _answers_to(answer: Answer, route: Route) -> bool:
    """Whether it is mocked for this route: by address and method or, where a test names none, operation."""
    at = answer.place
    if at is None or not any(at[0] == host and same_address(path, at[1]) for host, _, path in route.places):
        return False
    return answer.method == route.method if answer.method else answer.operation == route.operation


def _route(
    route: Route,
    named: Sequence[Route],
    sources: Sources,
    words: WordLists,
    signing: Mapping[str, JsonValue],
) -> tuple[dict[str, JsonValue], Placed]:
    at: Address = ("routes", route.name)
    part = Placed(route.operation, route.name, at, by=route.by)
    takes = _spoken(route.takes, route.fields, words)
    part.fields += [replace(each, at=(*at, "takes", *map(bare, each.at))) for each in route.fields]
    told: dict[str, JsonValue] = {"operation": route.operation, "private": route.private}
    own = signing_of(sources.asked, sources.signatures, route.places) if route.private else {}
    if own and own != signing:  # a route that only the tests show was not seen signed
        told["signing"] = own
        part.fields.append(Field((*at, "signing"), "", "", Kind.TEXT, (SENDS,)))
    if route.means:
        told["means"] = dict(route.means)
        part.fields += [Field((*at, "means", fact), fact, fact, by=(SENDS,)) for fact in route.means]
    if route.fields:
        usual = "query" if route.method in ("GET", "DELETE") else "json"
        if route.parameters != usual:
            told["parameters"] = route.parameters
        told["takes"] = takes
    replies = _replies_of(route, named, sources)
    derived = _derived(route.operation, replies, sources)
    if route.operation == "order_book" and derived is None:
        derived = sources.books.get("order_book")
    if derived is not None and route.operation == "ticker":
        derived = _with_funding(derived, route, sources)
    read = _read_of(route, named, sources)
    if derived is None:
        derived = read
    elif read is not None and route.operation in COMPLETED:
        whole = completed(derived.template, read.template)
        more = [each for each in read.fields if isinstance(whole, dict) and each.at[0] not in _keys(derived)]
        derived = replace(derived, template=whole, fields=(*derived.fields, *more))
    if derived is not None:
        told["reply"] = _spoken(derived.template, derived.fields, words)
        part.fields += [replace(each, at=(*at, "reply", *each.at)) for each in derived.fields]
    return told, part


def _with_funding(derived: Derived, route: Route, sources: Sources) -> Derived:
    """A ticker with what the tests show of funding in the same reply, where it says nothing of its own."""
    told = [
        each
        for each in sources.answers
        if each.operation == "funding_rate"
        and each.place is not None
        and any(each.place[0] == host and same_address(path, each.place[1]) for host, _, path in route.places)
    ]
    also = _derived("ticker", told, sources)
    known = {each.at: each for each in also.fields} if also is not None else {}
    fields = tuple(
        known[each.at]
        if each.at in known and not each.fact and known[each.at].fact.startswith("funding.")
        else each
        for each in derived.fields
    )
    made = _copy(derived.template)
    for each in fields:
        made = _put(made, each.at, each.text)
    return replace(derived, template=made, fields=fields)


def _keys(derived: Derived) -> frozenset[str]:
    return frozenset(derived.template) if isinstance(derived.template, dict) else frozenset()


def _read_of(route: Route, named: Sequence[Route], sources: Sources) -> Derived | None:
    """What the connector's source reads of a reply that no test shows."""
    reading = sources.source.of(route.path)
    if reading is None:
        return None
    good = [each.document for each in sources.answers if each.place and each.member not in REFUSALS]
    made = enveloped(template(reading, route.operation, ROWS.get(route.operation, "")), good)
    fields = [_read_field(at, text, named, sources.source) for at, text in leaves(made)]
    return Derived(route.operation, made, tuple(fields))


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


def _spoken(template: Any, fields: Iterable[Field], words: WordLists) -> JsonValue:
    """The template with each word said through its list."""
    made: JsonValue = _copy(template)
    for each in fields:
        text = words.text_of(each)
        if text is not None:
            made = _put(made, each.at, text)
    return made


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _put(document: Any, at: Sequence[str], text: JsonValue) -> JsonValue:
    if not at:
        return text
    place = document
    for step in at[:-1]:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        place[int(at[-1])] = text
    else:
        place[at[-1]] = text
    made: JsonValue = document
    return made


def _connections(
    linked: Sequence[Connection], sources: Sources, words: WordLists
) -> tuple[dict[str, JsonValue], list[Placed]]:
    told: dict[str, JsonValue] = {}
    placed: list[Placed] = []
    hosts = {each.host for each in linked}
    for number, each in enumerate(linked):
        name = "stream" if len(linked) == 1 else f"stream{number + 1}"
        channels: dict[str, JsonValue] = {}
        subscribed = [one for one in each.subscriptions if one.operation]
        if each.by in ("token", "upgrade") and not any(one.private for one in subscribed):
            subscribed += [Subscription(one, None, private=True) for one in PRIVATE]
        subscribed += list(_together(subscribed, sources))
        if not any(one.operation == "stream:trades" for other in linked for one in other.subscriptions):
            subscribed += list(_with_the_book(subscribed, sources))
        silent = _doubles(subscribed, sources)
        for subscription in subscribed:
            key = _unique(subscription.operation.partition(":")[2], channels)
            at: Address = ("connections", name, "channels", key)
            channel, part = _channel(subscription, at, key, sources, words)
            if subscription.topic is None and "tells" not in channel:
                continue
            if subscription in silent:
                channel.pop("tells", None)
                part.fields = [each for each in part.fields if "tells" not in each.at]
            channels[key] = channel
            placed.append(part)
        told[name] = {
            **({"host": each.host} if len(hosts) > 1 else {}), **_connection(each, channels, sources)
        }  # fmt: skip
    return told, placed


def _together(subscribed: Sequence[Subscription], sources: Sources) -> Iterator[Subscription]:
    """Fills that the tests show as a message of their own, though nobody subscribed to them by that name."""
    operations = {each.operation for each in subscribed}
    orders = next((each for each in subscribed if each.operation == "stream:orders"), None)
    if orders is None or orders.topic is None or "stream:fills" in operations:
        return
    if _own_message("stream:fills", "stream:orders", sources):
        yield replace(orders, operation="stream:fills")


def _with_the_book(subscribed: Sequence[Subscription], sources: Sources) -> Iterator[Subscription]:
    """Public trades that the tests show, where nobody subscribes to any: they come with the book's topic."""
    book = next((each for each in subscribed if each.operation == "stream:book"), None)
    if book is not None and "trade" in sources.books:
        yield replace(book, operation="stream:trades")


def _doubles(subscribed: Sequence[Subscription], sources: Sources) -> list[Subscription]:
    """Of several topics for one thing, those that the tests' message does not name: it is told once."""
    silent: list[Subscription] = []
    for operation in PRIVATE:
        here = [each for each in subscribed if each.operation == operation and isinstance(each.topic, str)]
        derived = _told_by(operation, sources)
        texts = [each.text for each in derived.fields] if derived is not None else []
        named = [each for each in here if any(_alike(text, each.topic) for text in texts)]
        silent += [each for each in here if each not in (named or here)[:1]]
    return silent


def _alike(text: JsonValue, topic: JsonValue) -> bool:
    """Whether a text of a message is its topic's name, but for what the tests do not know of it."""
    if not isinstance(text, str) or not isinstance(topic, str) or SYMBOL not in topic:
        return False
    before = topic.partition(SYMBOL)[0]
    return len(before) > 1 and text.startswith(f"{before}{SYMBOL}")


def _by_topic(leaf: Field, topic: JsonValue) -> Field:
    """A leaf that names the topic says it as the client did."""
    if leaf.text != topic and _alike(leaf.text, topic):
        return replace(leaf, text="{said.topic}", fact="", kind=Kind.TEXT)
    return leaf


def _shapes(operation: str, sources: Sources) -> set[frozenset[Path]]:
    """The leaves of each of the tests' messages about an operation."""
    documents = [each.document for each in sources.answers if each.operation == operation and each.document]
    return {frozenset(flatten(each)) for each in documents}


def _own_message(one: str, other: str, sources: Sources) -> bool:
    """Whether the tests' messages of `one` are others than those of `other`."""
    shapes = _shapes(one, sources)
    return bool(shapes) and shapes.isdisjoint(_shapes(other, sources))


def _one_message(sources: Sources) -> bool:
    """Whether a fill comes in a message like its order's."""
    fills = _shapes("stream:fills", sources)
    return bool(fills) and fills <= _shapes("stream:orders", sources)


def _channel(
    subscription: Subscription, at: Address, key: str, sources: Sources, words: WordLists
) -> tuple[dict[str, JsonValue], Placed]:
    part = Placed(subscription.operation, key, at)
    channel: dict[str, JsonValue] = {"operation": subscription.operation, "topic": subscription.topic}
    if subscription.private:
        channel["private"] = True
    part.fields.append(Field((*at, "topic"), str(subscription.topic), "", Kind.TEXT, (SENDS,)))
    derived = _told_by(subscription.operation, sources)
    if derived is not None and any(leaf.fact for leaf in derived.fields):  # tests may have an empty message
        fields = [_by_topic(leaf, subscription.topic) for leaf in derived.fields]
        made = _copy(derived.template)
        for leaf in fields:
            made = _put(made, leaf.at, leaf.text)
        channel["tells"] = _with_words_for_fills(_spoken(made, fields, words), fields, sources)
        part.fields += [replace(leaf, at=(*at, "tells", *leaf.at)) for leaf in fields]
    if subscription.operation == "stream:book":
        channel |= _book(sources, part, at)
    return channel, part


def _with_words_for_fills(told: JsonValue, fields: Sequence[Field], sources: Sources) -> JsonValue:
    """A message that says by a word of its own that a fill is the reason for it, however much is left."""
    if not any(each.fact == "fill.trade_id" for each in fields):
        return told
    for each in fields:
        if word := word_for_fills(each, sources.source.states):
            told = _put(told, each.at, {IF: "fill.trade_id", THEN: word, ELSE: _at(told, each.at)})
    return told


def _at(document: Any, at: Sequence[str]) -> JsonValue:
    place = document
    for step in at:
        place = place[int(step)] if isinstance(place, list) else place[step]
    found: JsonValue = place
    return found


def _book(sources: Sources, part: Placed, at: Address) -> dict[str, JsonValue]:
    """How a book is told: who asks a route for it besides hearing its changes is given none by the stream."""
    first = sources.books.get("snapshot")
    if _book_kind(sources) != "diff":
        return {"book": {"style": "whole"}}
    if first is None:
        return {"book": {"style": "changes", "first": "nothing"}}
    part.fields += [replace(leaf, at=(*at, "first", *leaf.at)) for leaf in first.fields]
    return {"book": {"style": "changes"}, "first": first.template}


def _connection(each: Connection, channels: dict[str, JsonValue], sources: Sources) -> dict[str, JsonValue]:
    made: dict[str, JsonValue] = {"path": each.path}
    if each.by:
        made["login"] = _login(each, sources)
    if each.subscriptions:
        asked: dict[str, JsonValue] = {"said": dict(each.said), "topics": each.topics}
        if each.by == "frame" and len(sources.source.received) > 1:  # the login's answer comes first
            asked["answer"] = template(sources.source.received[1], "")
        made["subscribe"] = asked
    if channels:
        made["channels"] = channels
    operations = {channel["operation"] for channel in channels.values() if isinstance(channel, dict)}
    if {"stream:orders", "stream:fills"} <= operations:
        made["fills_first"] = True  # as upstream's kit has it
    return made


def _login(each: Connection, sources: Sources) -> dict[str, JsonValue]:
    made: dict[str, JsonValue] = {"by": each.by}
    if each.login is not None:
        made["said"] = each.login
    if each.token:
        made["token"] = each.token
    if each.token.startswith("query") or each.by == "upgrade":
        made["needed"] = False
    if each.by in ("frame", "subscription") and each.frame is not None:
        made["signing"] = login_signing(sources.asked, sources.signatures, each.frame)
    if each.by == "frame" and sources.source.received:
        made["answer"] = template(sources.source.received[0], "")
    return made


def _unique(name: str, taken: Mapping[str, object]) -> str:
    number = 2
    made = name
    while made in taken:
        made, number = f"{name}{number}", number + 1
    return made


def _book_kind(sources: Sources) -> str:
    """What the stream tells: changes, or the whole book where the tests' change says less."""
    known = {
        kind: books.levels(sources.books[kind]) for kind in ("diff", "snapshot") if kind in sources.books
    }
    return max(known, key=lambda kind: known[kind], default="diff")


def _told_by(operation: str, sources: Sources) -> Derived | None:
    if operation in ("stream:book", "stream:trades"):
        return sources.books.get(_book_kind(sources) if operation == "stream:book" else "trade")
    answers = [each for each in sources.answers if each.operation == operation]
    if operation == "stream:orders" and _one_message(sources):
        # The message of the fill is that of its order, and says more of it.
        fills = [each for each in sources.answers if each.operation == "stream:fills"]
        answers = [each for each in answers if each.status != "filled"] + fills
    return _derived(operation, answers, sources)


def _derived(operation: str, answers: Sequence[Answer], sources: Sources) -> Derived | None:
    readings, states = sources.harvest.readings, sources.source.states
    return derive(operation, answers, readings, sources.symbols, sources.second, states)


def _known(placed: Sequence[Placed]) -> dict[str, list[str]]:
    """Each part's usual source at its own address, and the leaves that have others."""
    known: dict[str, list[str]] = {}
    for part in placed:
        known[written(part.at)] = [part.by]
        for inner in ("takes", "means", "signing", "reply", "topic", "tells", "first"):
            leaves = [each for each in part.fields if each.at[: len(part.at) + 1] == (*part.at, inner)]
            if not leaves:
                continue
            usual = Counter(each.by for each in leaves).most_common(1)[0][0]
            known[written((*part.at, inner))] = list(usual)
            known |= {written(each.at): list(each.by) for each in leaves if each.by != usual}
    return known
