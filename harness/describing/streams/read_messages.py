"""Messages of an account's stream that no test shows, made of what the connector's source reads. Pure."""

from __future__ import annotations

import re

from pydantic import JsonValue

from harness.describing.documents.fields import READS, Field
from harness.describing.documents.leaves import flatten, name_of
from harness.describing.documents.placed import copied, put
from harness.describing.documents.reply_rows import ROWS
from harness.describing.documents.said import TOPIC
from harness.describing.documents.templates import Kind
from harness.describing.gathered import Sources
from harness.describing.replies.deriving import Derived
from harness.describing.source_code.read_replies import template
from harness.describing.source_code.source import Message, Source
from harness.describing.streams.subscriptions import PRIVATE, Subscription
from harness.venue.described.addresses import leaves
from harness.venue.described.placeholders import ELSE, IF, THEN, leaf

_OF_TOPICS = re.compile(r"topic|channel|ch$|stream|table", re.I)  # keys under which messages have theirs
_FIGURES = ("fill.price", "fill.amount", "fill.quote_amount", "fill.fee")


def of_source(operation: str, topic: JsonValue, source: Source) -> Derived | None:
    """The message that tells this, of several the one that is known by the topic; None where none does."""
    told = [each for each in source.messages if each.operation == operation]
    message = max(told, key=lambda each: _known_by(each, topic), default=None)
    if message is None:
        return None
    row = ROWS.get(operation, "")
    made: JsonValue = copied(template(message.reading, operation, row, row))
    fields = [_field(at, text, message, topic, source) for at, text in leaves(made)]
    words = _of_fills(message)
    for each in fields:
        if words.get(each.at[-1]) == each.text:
            made = put(made, each.at, {IF: "fill.trade_id", THEN: each.text, ELSE: ""})
    fields = [each for each in fields if words.get(each.at[-1]) != each.text]
    for key in sorted(source.demanded):
        if isinstance(made, dict) and key not in made and not source.queued and _OF_TOPICS.match(key):
            made = put(made, (key,), TOPIC)
            fields.append(Field((key,), TOPIC, "", Kind.TEXT, (READS,)))
    return Derived(operation, made, tuple(fields))


def as_it_is_read(own: Subscription, sources: Sources) -> str:
    """The operation of a topic by the message that is known by it, where no test shows an account's."""
    shown = any(each.operation in PRIVATE for each in sources.answers)
    told = () if shown or not own.private else sources.source.messages
    best = max(told, key=lambda each: _known_by(each, own.topic), default=None)
    return best.operation if best is not None and _known_by(best, own.topic) else own.operation


def _known_by(message: Message, topic: JsonValue) -> int:
    """How many letters of a topic's name a message is known by."""
    said = [str(each) for each in flatten(topic if isinstance(topic, dict) else {"": topic}).values()]
    words = [str(each) for each in message.chosen.values() if isinstance(each, str)]
    return max((len(word) for word in words for each in said if each.startswith(word)), default=0)


def _of_fills(message: Message) -> dict[str, JsonValue]:
    """By its name, what a message about an order says where a fill is the reason for it."""
    reads = message.reading.reads
    if message.operation != "stream:orders" or not any(each.fact == "fill.trade_id" for each in reads):
        return {}
    return {
        name_of(each.path): each.wanted
        for each in reads
        if each.wanted is not None and not each.fact and each.path not in message.chosen
    }


def _field(at: tuple[str, ...], text: JsonValue, message: Message, topic: JsonValue, source: Source) -> Field:
    holes = leaf(text).holes if isinstance(text, str) else ()
    fact = holes[0].name if holes else ""
    if fact == "order.status":
        words = {word: (state,) for word, state in source.states.items()}
        return Field(at, text, fact, Kind.WORDS if words else Kind.FACT, (READS,), words=words)
    if fact in _FIGURES and message.operation == "stream:orders":  # nothing was filled yet
        return Field(at, _or_nothing(text), fact, Kind.FACT, (READS,))
    chosen = any(str(value) == text for value in message.chosen.values())
    if chosen and isinstance(topic, str) and text != topic and topic.startswith(str(text)):
        return Field(at, TOPIC, "", Kind.TEXT, (READS,))
    return Field(at, text, fact, Kind.FACT if fact else Kind.CONSTANT, (READS,))


def _or_nothing(text: JsonValue) -> str:
    return f"{str(text)[:-1]}|or 0}}"
