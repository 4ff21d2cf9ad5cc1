"""The part of a description that tells of WebSockets: logins, subscriptions and messages. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.documents.fields import KIT, READS, SENDS, Field
from harness.describing.documents.leaves import Path, changed, flatten, placed_at, written
from harness.describing.documents.placed import Placed, at_address, copied, put, spoken
from harness.describing.documents.templates import Kind
from harness.describing.documents.wordlists import WordLists
from harness.describing.fork_tests.answers import ABOUT, Answer
from harness.describing.gathered import Sources, derived_of
from harness.describing.replies.as_ordered import as_ordered
from harness.describing.replies.deriving import Derived
from harness.describing.replies.margins import with_margins
from harness.describing.replies.named_leaves import with_what_is_named
from harness.describing.signing.signing import login_signing
from harness.describing.source_code.read_replies import template
from harness.describing.source_code.states import word_for_fills
from harness.describing.streams import books
from harness.describing.streams.named_topics import NUMBER, alike, by_topic, naming_topics
from harness.describing.streams.read_messages import as_it_is_read, of_source
from harness.describing.streams.streams import Connection
from harness.describing.streams.subscriptions import PRIVATE, Subscription
from harness.venue.described.addresses import Address, leaves
from harness.venue.described.placeholders import ELSE, IF, THEN

_SHORTEST_NAME = 4  # of a topic


def stream_parts(
    linked: Sequence[Connection], sources: Sources, words: WordLists
) -> tuple[dict[str, JsonValue], list[Placed]]:
    told: dict[str, JsonValue] = {}
    placed: list[Placed] = []
    hosts = {each.host for each in linked}
    for number, each in enumerate(linked):
        name = "stream" if len(linked) == 1 else f"stream{number + 1}"
        channels: dict[str, JsonValue] = {}
        parts: list[Placed] = []
        subscribed = [one for one in each.subscriptions if one.operation]
        if each.by in ("token", "upgrade") and not any(one.private for one in subscribed):
            subscribed += [Subscription(one, None, private=True) for one in PRIVATE]
        subscribed = [_as_their_messages_say(one, subscribed, sources) for one in subscribed]
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
            parts.append(part)
        naming_topics(channels, parts)
        placed += parts
        told[name] = {
            **({"host": each.host} if len(hosts) > 1 else {}), **_connection(each, channels, sources)
        }  # fmt: skip
    return told, placed


def _as_their_messages_say(
    own: Subscription, subscribed: Sequence[Subscription], sources: Sources
) -> Subscription:
    """What its topic makes the account's fills are public trades where their message names the topic of
    orders, as KuCoin's `execution`. One of several topics of orders is that of fills where their message
    alone names it, as Hyperliquid's `user`. Prices come with the funding where tests show that alone, as
    Grvt's.
    """
    if (read := as_it_is_read(own, sources)) != own.operation:
        return replace(own, operation=read, private=True)
    if own.operation == "stream:orders" and _is_of_fills(own, subscribed, sources):
        return replace(own, operation="stream:fills")
    known = {each.operation for each in subscribed}
    if own.operation == "stream:ticker" and "stream:mark_price" not in known:
        ticker, funding = (_told_by(name, sources) for name in ("stream:ticker", "stream:mark_price"))
        if ticker is None and funding is not None:
            return replace(own, operation="stream:mark_price")
    orders = next((each for each in subscribed if each.operation == "stream:orders"), None)
    derived = _told_by("stream:fills", sources)
    if own.operation != "stream:fills" or orders is None or derived is None or own.topic == orders.topic:
        return own
    texts = [leaf.text for leaf in derived.fields if isinstance(leaf.text, str)]
    if _names_one(texts, own.topic) or not _names_one(texts, orders.topic):
        return own
    return replace(own, operation="stream:trades", private=False)


def _is_of_fills(own: Subscription, subscribed: Sequence[Subscription], sources: Sources) -> bool:
    """Whether fills have a topic of their own, and this is it."""
    told = {each: _told_by(f"stream:{each}", sources) for each in ("orders", "fills")}
    others = [each.operation for each in subscribed if each is not own]
    if "stream:orders" not in others or "stream:fills" in others or None in told.values():
        return False
    orders, fills = (
        {str(leaf.text) for leaf in each.fields} if each is not None else set() for each in told.values()
    )
    said = set(map(str, flatten(own.topic if isinstance(own.topic, dict) else {"": own.topic}).values()))
    return bool(said & fills) and not said & orders


def _names_one(texts: Sequence[str], topic: JsonValue) -> bool:
    """Whether one of these texts is the topic's name."""
    said = flatten(topic if isinstance(topic, dict) else {"": topic}).values()
    names = [each for each in said if isinstance(each, str) and len(each) > _SHORTEST_NAME]
    return any(text == name or alike(text, name) for text in texts for name in names)


def _together(subscribed: Sequence[Subscription], sources: Sources) -> Iterator[Subscription]:
    """Messages that the tests show and nobody subscribed to by that name: fills come with their orders, and
    all that is the account's where one topic is for it.
    """
    private = [each for each in subscribed if each.operation in PRIVATE and each.topic is not None]
    orders = next((each for each in private if each.operation == "stream:orders"), None)
    base, more = (orders, PRIVATE[:2]) if orders is not None else (private[0] if private else None, PRIVATE)
    if base is None or (orders is None and len(private) > 1):
        return
    told = {each.operation for each in subscribed}
    for operation in more:
        if operation not in told and all(_own_message(operation, other, sources) for other in told):
            told.add(operation)
            yield replace(base, operation=operation)


def _with_the_book(subscribed: Sequence[Subscription], sources: Sources) -> Iterator[Subscription]:
    """Public trades that the tests show, where nobody subscribes to any: they come with the book's topic."""
    book = next((each for each in subscribed if each.operation == "stream:book"), None)
    trade = sources.books.get("trade")
    if book is not None and trade is not None and any(KIT in leaf.by for leaf in trade.fields):
        yield replace(book, operation="stream:trades")


def _doubles(subscribed: Sequence[Subscription], sources: Sources) -> list[Subscription]:
    """Of several topics for one thing, those that the tests' message does not name, and where one names the
    account those that do not: it is told once.
    """
    silent: list[Subscription] = []
    for operation in PRIVATE:
        here = [each for each in subscribed if each.operation == operation and isinstance(each.topic, str)]
        derived = _told_by(operation, sources)
        texts = [each.text for each in derived.fields] if derived is not None else []
        named = [each for each in here if any(alike(text, each.topic) for text in texts)] or here
        own = [each for each in named if NUMBER in str(each.topic)]
        silent += [each for each in here if each not in (own or named)[:1]]
    return silent


def _shapes(operation: str, sources: Sources) -> set[frozenset[Path]]:
    """The leaves of each of the tests' messages about an operation; of those that the source reads, where
    the tests show none of an account's.
    """
    documents = [each.document for each in sources.answers if each.operation == operation and each.document]
    if documents or any(each.operation in PRIVATE for each in sources.answers):
        return {frozenset(flatten(each)) for each in documents}
    read = [each.reading.reads for each in sources.source.messages if each.operation == operation]
    return {frozenset(each.path for each in reads) for reads in read}


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
    derived = _told_by(subscription.operation, sources, subscription.topic)
    derived = as_ordered(with_what_is_named(derived) if derived else None, sources.ordered)
    if derived is not None and derived.operation == "stream:balances" and sources.kind == "perpetual":
        derived = with_margins(derived)
    if derived is not None and any(leaf.fact for leaf in derived.fields):  # tests may have an empty message
        fields = [by_topic(leaf, subscription.topic) for leaf in derived.fields]
        made = copied(derived.template)
        for leaf in fields:
            made = put(made, leaf.at, leaf.text)
        channel["tells"] = _with_words_for_fills(spoken(made, fields, words), fields, sources)
        part.fields += [replace(leaf, at=(*at, "tells", *leaf.at)) for leaf in fields]
    if subscription.operation == "stream:book":
        channel |= _book(sources, part, at)
    elif subscription.operation == "stream:ticker" and (reading := sources.source.told.get("ticker")):
        first = template(reading, "ticker")
        verbs = subscription.topic.items() if isinstance(subscription.topic, dict) else ()
        said = {name: verb for name, verb in verbs if isinstance(verb, str)}
        channel["first"] = {**said, **first} if isinstance(first, dict) else first
        part.fields += [
            Field((*at, "first", *each), text, "ticker.last", by=(READS,)) for each, text in leaves(first)
        ]
    return channel, part


def _with_words_for_fills(told: JsonValue, fields: Sequence[Field], sources: Sources) -> JsonValue:
    """A message that says by a word of its own that a fill is the reason for it, however much is left."""
    if not any(each.fact == "fill.trade_id" for each in fields):
        return told
    for each in fields:
        if word := word_for_fills(each, sources.source.states):
            told = put(told, each.at, {IF: "fill.trade_id", THEN: word, ELSE: at_address(told, each.at)})
    return told


def _book(sources: Sources, part: Placed, at: Address) -> dict[str, JsonValue]:
    """How a book is told: who asks a route for it besides hearing its changes is given none by the stream."""
    first = as_ordered(sources.books.get("snapshot"), sources.ordered)
    if _book_kind(sources) != "diff" or sources.source.whole_books:
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
            answer = template(sources.source.received[1], "")
            own = next((channel for channel in channels.values() if _answers(answer, channel)), None)
            if isinstance(own, dict):  # others hear something else first
                own.setdefault("first", answer)
            else:
                asked["answer"] = answer
        made["subscribe"] = asked
    if channels:
        made["channels"] = channels
    operations = {channel["operation"] for channel in channels.values() if isinstance(channel, dict)}
    if {"stream:orders", "stream:fills"} <= operations:
        made["fills_first"] = True  # as upstream's kit has it
    return made


def _answers(answer: JsonValue, channel: JsonValue) -> bool:
    """Whether an answer to a subscription names the one to this channel, and so none to any other."""
    topic = channel.get("topic") if isinstance(channel, dict) else None
    if not isinstance(answer, dict) or not isinstance(topic, dict):
        return False
    return any(isinstance(said, str) and topic.get(name) == said for name, said in answer.items())


def _login(each: Connection, sources: Sources) -> dict[str, JsonValue]:
    made: dict[str, JsonValue] = {"by": each.by}
    if each.login is not None:
        made["said"] = _with_one_signature(each, sources)
    if each.token:
        made["token"] = each.token
    if each.token.startswith("query") or each.by == "upgrade":
        made["needed"] = False
    if each.by in ("frame", "subscription") and each.frame is not None and not _by_token(each):
        made["signing"] = login_signing(sources.asked, sources.signatures, each.frame)
    if each.by == "frame" and sources.source.received:
        made["answer"] = template(sources.source.received[0], "")
    return made


def _by_token(each: Connection) -> bool:
    """Whether the message that logs in is not signed, but has a key that a route gave."""
    return "{login.token}" in flatten(each.login).values()


def _with_one_signature(each: Connection, sources: Sources) -> JsonValue:
    """The message that logs in; of several signatures the one that was reproduced is demanded."""
    signed = [path for path, leaf in flatten(each.login).items() if leaf == "{login.signature}"]
    places = {scheme.place for scheme in sources.signatures.schemes}
    proven = [path for path in signed if f"body {written(path)}" in places]
    others = [path for path in signed if path != proven[0]] if proven else []
    made = each.login
    for path in others:
        made = changed(made, path, "{any}")
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


def _told_by(operation: str, sources: Sources, topic: JsonValue = None) -> Derived | None:
    if operation in ("stream:book", "stream:trades"):
        return sources.books.get(_book_kind(sources) if operation == "stream:book" else "trade")
    answers = [each for each in sources.answers if each.operation == operation]
    if operation in PRIVATE:
        shown = _as_sent(_told_of_an_account(operation, answers, sources), sources)
        return shown or _as_sent(of_source(operation, topic, sources.source), sources)
    return derived_of(operation, _of_topic(answers, topic), sources)


def _of_topic(answers: Sequence[Answer], topic: JsonValue) -> list[Answer]:
    """Those that name the topic, else those of the kit's own members: tests may add messages of others."""
    texts = [[str(leaf) for leaf in flatten(each.document).values()] for each in answers]
    own = [each for each, said in zip(answers, texts, strict=True) if _names_one(said, topic)]
    return own or [each for each in answers if each.member in ABOUT]


def _as_sent(part: Derived | None, sources: Sources) -> Derived | None:
    """The whole message, of which the tests show what the connector's queue gets."""
    path = tuple(str(step) for step in sources.source.queued)
    known = part is not None and isinstance(part.template, dict) and path and path[0] in part.template
    if part is None or not path or known:
        return part
    whole = placed_at(path, part.template)
    return replace(
        part, template=whole, fields=tuple(replace(each, at=(*path, *each.at)) for each in part.fields)
    )


def _told_of_an_account(operation: str, answers: list[Answer], sources: Sources) -> Derived | None:
    if operation == "stream:orders" and _one_message(sources):
        # The message of the fill is that of its order, and says more of it.
        fills = [each for each in sources.answers if each.operation == "stream:fills"]
        answers = [each for each in answers if each.status != "filled"] + fills
    return derived_of(operation, answers, sources)
