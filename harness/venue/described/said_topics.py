"""What a client's message says: its texts, its topics and the markets that a topic lists. Pure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue

from harness.venue.described.templates import found_at, unpacked
from harness.venue.described.values import Fact


def heard(message: str | bytes) -> JsonValue:
    """A message as JSON, else as text."""
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    try:
        said: JsonValue = json.loads(text)
    except ValueError:
        return text
    return said


def plain(value: Fact | JsonValue) -> str:
    return "" if value is None else str(value)


def with_topic(said: JsonValue, topic: JsonValue) -> JsonValue:
    """What was said, with the topic at `said.topic`."""
    return {**(said if isinstance(said, dict) else {}), **({} if topic is None else {"topic": topic})}


def topics_at(said: JsonValue, path: str) -> list[JsonValue]:
    """The topics of a message: at `args[]` each of a list, at `data.channel` the one, at `` the message.

    `channels[] * pairs[]`: each with each, as a list of the two. `channel | op`: the first of these places
    that holds something.
    """
    if " | " in path:
        return next((some for part in path.split(" | ") if (some := _said_topics(said, part))), [])
    if " * " in path:
        parts = [topics_at(said, part) for part in path.split(" * ")]
        return [list(each) for each in itertools.product(*parts)]
    found = found_at(said, path.removesuffix("[]"))
    if path.endswith("[]"):
        return found if isinstance(found, list) else []
    return [found]


def parted(topics: list[JsonValue]) -> list[JsonValue]:
    """Topics that name several things each by itself: of `book:A,B` `book:A` and `book:B`."""
    parted: list[JsonValue] = []
    for topic in topics:
        name, mark, listed = topic.partition(":") if isinstance(topic, str) else ("", "", "")
        parted += [f"{name}:{each}" for each in listed.split(",")] if mark else [topic]
    return parted


def _said_topics(said: JsonValue, path: str) -> list[JsonValue]:
    """Those topics of a message that are there."""
    return [topic for topic in topics_at(said, path) if topic is not None]


def each_market(template: JsonValue) -> tuple[JsonValue, tuple[str, JsonValue] | None]:
    """The topic without a list of markets in it, where that list stands, and how each is named there."""
    items: Iterable[tuple[str | int, JsonValue]] = ()
    if isinstance(template, dict | list):
        items = template.items() if isinstance(template, dict) else enumerate(template)
    for key, value in items:
        if isinstance(value, dict) and "each market" in value:
            return _with(template, key, None), (str(key), value["each market"])
        rest, found = each_market(value)
        if found is not None:
            place, item = found
            return _with(template, key, rest), (f"{key}.{place}", item)
    return template, None


def _with(template: JsonValue, key: str | int, item: JsonValue) -> JsonValue:
    """The same with something else at a key; of an object nothing stands there where that is None."""
    if isinstance(template, dict):
        return {name: item if name == key else each for name, each in template.items() if name != key or item}
    listed = template if isinstance(template, list) else []
    return [item if at == key else each for at, each in enumerate(listed)]


def detail(found: Mapping[str, Fact]) -> str:
    named = ((name, value) for name, value in sorted(found.items()) if name[:5] in ("page.", "asset"))
    return ",".join(f"{name}={value}" for name, value in named)


def texts_in(said: JsonValue, at: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every scalar of a message with its path, and those within the JSON of a text."""
    items = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else None
    if items is None:
        yield ".".join(at), plain(said)
        held = unpacked(said)
        if isinstance(held, dict | list):
            yield from texts_in(held, at)
        return
    for key, item in items:
        yield from texts_in(item, (*at, str(key)))
