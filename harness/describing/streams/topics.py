"""The topics that a message subscribes to, and where they stand in it. Pure."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue

from harness.describing.documents.templates import embedded, time_form
from harness.describing.streams.subscriptions import OPERATIONS, subscription

VERBS = re.compile(r"subscri|\bsub\b|\breq\b|SetParams|SetSubscription", re.I)
_PLAIN_VERB = re.compile(r"sub(scribe)?$", re.I)
_VERB_KEYS = ("sub", "subscribe", "req")
_ONE_MARKET = re.compile(r"\{market\.symbol(\|[a-z]+)*\}")
NUMBERS = re.compile(r"^(id|req_?id|request_?id|nonce|cid|i)$", re.I)


def bare_verb(document: Mapping[str, JsonValue]) -> str | None:
    """The key of a message that says which subscription it is by its name and nothing else does."""
    rest = [name for name, value in document.items() if not NUMBERS.match(name) and not _is_time(value)]
    if len(rest) != 1 or not isinstance(document[rest[0]], str) or _PLAIN_VERB.match(str(document[rest[0]])):
        return None
    return rest[0] if VERBS.search(str(document[rest[0]])) else None


_Topic = tuple[str, JsonValue, dict[str, JsonValue]]
Topics = Iterable[_Topic]


def topics_named(document: dict[str, JsonValue], facts: Mapping[str, str]) -> Topics:
    """(path to the topics, a topic's template, what else is said) for each topic in a message."""
    if (under := _under_a_verb(document, facts)) is not None:
        return under
    said: dict[str, JsonValue] = {
        name: value for name, value in document.items() if isinstance(value, str) and VERBS.search(value)
    }
    if not said:
        return []
    rest = {
        name: value
        for name, value in document.items()
        if name not in said and not NUMBERS.match(name) and not _is_time(value)
    }
    lists = [name for name, value in rest.items() if _plain_list(value)]
    if len(rest) == 2 and len(lists) == 2:
        return list(_pairs(rest, facts, said))
    whole: dict[str, JsonValue] = {name: said[name] for name in said if _says_what(str(said[name]))}
    if len(rest) > 1 or whole or not rest:
        said |= dict.fromkeys(whole, "{any}")
        return [("", templated({**whole, **rest}, facts), said)] if rest else []
    ((name, value),) = rest.items()
    if isinstance(value, list) and value:
        return [(f"{name}[]", templated(each, facts), said) for each in value]
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        if isinstance(inner, str):
            return [(f"{name}.{key}", templated(inner, facts), said)]
        if _plain_list(inner) and isinstance(inner, list):
            return [(f"{name}.{key}[]", templated(each, facts), said) for each in inner]
    return [(name, templated(value, facts), said)]


def topics_alone(document: dict[str, JsonValue], facts: Mapping[str, str]) -> Topics:
    """What a message names that says nothing else, and no verb (`{"id": "1", "data": "BTC-USDT@trade"}`)."""
    rest = {name: value for name, value in document.items() if _tells(name, value)}
    for name, value in rest.items() if len(rest) == 1 else ():
        if (
            isinstance(value, str)
            and (topic := templated(value, facts))
            and subscription(topic, private=False).operation
        ):
            yield name, topic, {name: "{any}"}


def _topic_at(name: str, document: Mapping[str, JsonValue], facts: Mapping[str, str]) -> _Topic:
    """What stands at a key which is the verb (`{"sub": topic}`), or all where the market is beside it."""
    whole = templated({key: value for key, value in document.items() if _tells(key, value)}, facts)
    if names_the_market_beside(whole, name):
        return "", whole, {name: "{any}"}
    return name, templated(document[name], facts), {name: "{any}"}


def _under_a_verb(document: Mapping[str, JsonValue], facts: Mapping[str, str]) -> list[_Topic] | None:
    """What stands at a key which is the verb: the topic, or an object with one text, as Centrifugo has it
    (`{"subscribe": {"channel": topic, "flag": 1}}`). None where no key is one.
    """
    for name in _VERB_KEYS:
        value = document.get(name)
        if isinstance(value, str) and not VERBS.search(value):
            return [_topic_at(name, document, facts)]
        if isinstance(value, dict):
            texts = [key for key, each in value.items() if isinstance(each, str)]
            said: dict[str, JsonValue] = {name: "{any}"}
            return [(f"{name}.{key}", templated(value[key], facts), said) for key in texts if len(texts) == 1]
    return None


def _tells(key: str, value: JsonValue) -> bool:
    """Whether a part of a message tells what is subscribed to: no verb, number or time."""
    plain = isinstance(value, str) and _PLAIN_VERB.match(value) is not None
    return not (plain or NUMBERS.match(key) or _is_time(value))


def _says_what(verb: str) -> bool:
    """Whether a verb says what is subscribed to as well (`SubscribeTrades`)."""
    rest = VERBS.sub("", verb)
    return any(re.search(pattern, rest, re.I) for pattern, _ in OPERATIONS)


def _pairs(
    rest: Mapping[str, JsonValue], facts: Mapping[str, str], said: dict[str, JsonValue]
) -> Iterator[_Topic]:
    """Two lists: each of the one with each of the other."""
    (one, first), (other, second) = sorted(rest.items())
    if isinstance(first, list) and isinstance(second, list):
        for pair in itertools.product(first, second):
            yield f"{one}[] * {other}[]", [templated(each, facts) for each in pair], said


def _plain_list(value: JsonValue) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _is_time(value: JsonValue) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and bool(time_form(value))


def templated(value: JsonValue, facts: Mapping[str, str]) -> JsonValue:
    """What was said, with the facts that stand in it."""
    if isinstance(value, dict):
        return {key: templated(item, facts) for key, item in value.items() if not _is_time(item)}
    if isinstance(value, list):
        made = [templated(item, facts) for item in value]
        return {"each market": made[0]} if len(made) == 1 and _ONE_MARKET.fullmatch(str(made[0])) else made
    if isinstance(value, str):
        return embedded([(value, facts)]) or value
    if isinstance(value, int) and not isinstance(value, bool):
        numbers = (name for name, known in facts.items() if name.endswith(".number") and known == str(value))
        return next((f"{{{name}|number}}" for name in numbers), value)
    return value


def names_the_market_beside(topic: JsonValue, key: str) -> bool:
    beside = {name: item for name, item in topic.items() if name != key} if isinstance(topic, dict) else {}
    return "{market." in json.dumps(beside)
