"""Topics that messages of a stream name. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from harness.describing.documents.fields import KIT, READS, Field
from harness.describing.documents.placed import Placed, copied, put
from harness.describing.documents.said import TOPIC
from harness.describing.documents.templates import Kind
from harness.describing.routes.unasked_routes import SYMBOL

NUMBER = "{account.number}"
_PAIR = re.compile(r"\{market\.base\}[-/_]?\{market\.quote\}")
_ANY_PAIR = re.compile(r"[A-Z0-9]{2,10}[-/_]?[A-Z]{2,10}")


def naming_topics(channels: Mapping[str, JsonValue], parts: Sequence[Placed]) -> None:
    """Where a message of the tests' names its topic, all messages of the connection do: tests may leave it
    out of some. What the source reads alone may stand in one kind of messages.
    """
    places = {
        each.at[len(part.at) + 1 :]
        for part in parts
        for each in part.fields
        if "tells" in each.at and each.by != (READS,) and each.text in (TOPIC, _topic_of(channels, part))
    }
    for part in parts:
        channel = channels[part.at[-1]]
        if not isinstance(channel, dict) or channel.get("topic") is None:
            continue
        for place in places:
            tells = channel.get("tells")
            if _lacks(tells, place):
                channel["tells"] = put(copied(tells), place, TOPIC)
                part.fields.append(Field((*part.at, "tells", *place), TOPIC, "", Kind.TEXT, (KIT,)))


def _lacks(tells: JsonValue, place: Sequence[str]) -> bool:
    """Whether a message has what a leaf there would stand in, and not the leaf."""
    for step in place[:-1]:
        tells = tells.get(step) if isinstance(tells, dict) else None
    return isinstance(tells, dict) and bool(place) and place[-1] not in tells


def _topic_of(channels: Mapping[str, JsonValue], part: Placed) -> JsonValue:
    channel = channels[part.at[-1]]
    topic = channel.get("topic") if isinstance(channel, dict) else None
    return topic if isinstance(topic, str) else TOPIC


def alike(text: JsonValue, topic: JsonValue) -> bool:
    """Whether a text of a message is its topic's name, but for what the tests do not know of it."""
    if not isinstance(text, str) or not isinstance(topic, str):
        return False
    if NUMBER in topic:  # tests have a number of their own
        parts = map(re.escape, topic.split(NUMBER))
        return re.fullmatch(r"[\w{}.]+".join(parts), text) is not None
    text, topic = (_PAIR.sub(SYMBOL, each) for each in (text, topic))
    if SYMBOL not in topic:
        return False
    before, _, after = topic.partition(SYMBOL)
    if len(before) < 2:  # it begins with the pair
        pair = text.removesuffix(after)
        return len(after) > 1 and text != pair and _ANY_PAIR.fullmatch(pair) is not None
    if not text.startswith(before):
        return False
    rest = text.removeprefix(before)  # tests may name another pair than the kit's
    pair = rest.removesuffix(after)
    return rest.startswith(SYMBOL) or (pair + after == rest and _ANY_PAIR.fullmatch(pair) is not None)


def by_topic(leaf: Field, topic: JsonValue) -> Field:
    """A leaf that names the topic says it as the client did."""
    if leaf.text != topic and alike(leaf.text, topic):
        return replace(leaf, text=TOPIC, fact="", kind=Kind.TEXT)
    return leaf
