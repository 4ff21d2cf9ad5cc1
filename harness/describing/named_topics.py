"""Topics that messages of a stream name. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from harness.describing.fields import KIT, READS, Field
from harness.describing.placed import Placed, copied, put
from harness.describing.templates import Kind

TOPIC = "{said.topic}"


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
