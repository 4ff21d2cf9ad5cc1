"""From the messages that left a connector on WebSockets to what can be subscribed to there, and how. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from harness.describing.asking import Asked
from harness.describing.leaves import flatten, parsed
from harness.describing.said import Said
from harness.describing.signatures import Scheme
from harness.describing.templates import embedded

_OPERATIONS = (
    (r"my_?trade|usertrade|execution|fill|deals.*private|private.*deals|private.*trade", "stream:fills"),
    (r"order_?book|depth|level2|book", "stream:book"),
    (r"position", "stream:positions"),
    (r"balance|account|wallet|capital|asset", "stream:balances"),
    (r"order", "stream:orders"),
    (r"mark|funding|index", "stream:mark_price"),
    (r"ticker", "stream:ticker"),
    (r"trade|deal|match", "stream:trades"),
)
_PRIVATE = ("stream:orders", "stream:fills", "stream:balances", "stream:positions")
_VERBS = re.compile(r"subscri|\bsub\b|\breq\b", re.I)


@dataclass(frozen=True)
class Subscription:
    """A topic that the connector subscribed to. `topic` is its template, empty `operation`: unknown what."""

    operation: str
    topic: JsonValue
    private: bool


@dataclass(frozen=True)
class Connection:
    """A WebSocket path and how topics are subscribed to on it.

    `said` is what all subscriptions have in common, `topics` the path to the topic in them. `login` is the
    place of a signature in a message of its own, with that message.
    """

    host: str
    path: str
    said: Mapping[str, JsonValue]
    topics: str
    subscriptions: tuple[Subscription, ...]
    login: JsonValue = None


def connections(asked: Asked, schemes: Sequence[Scheme], facts: Mapping[str, str]) -> list[Connection]:
    """What was said on each WebSocket. `facts` are the market's."""
    signed = [scheme.place.removeprefix("body ") for scheme in schemes if scheme.place.startswith("body ")]
    found = []
    for place in asked.sockets:
        host, slash, path = place.partition("/")
        frames = [each for each in asked.frames if each.host == host and each.path == f"{slash}{path}"]
        found.append(_connection(host, f"{slash}{path}" or "/", frames, signed, facts, asked.credentials))
    return found


def _connection(
    host: str,
    path: str,
    frames: Sequence[Said],
    signed: Sequence[str],
    facts: Mapping[str, str],
    credentials: Mapping[str, str],
) -> Connection:
    login: JsonValue = None
    said: dict[str, JsonValue] = {}
    topics = ""
    subscriptions: dict[str, Subscription] = {}
    for frame in frames:
        document = parsed(frame.body)
        if not isinstance(document, dict):
            continue
        if any(place in frame.fields for place in signed) and not _VERBS.search(frame.body):
            login = _without_secrets(document, credentials)
            continue
        for where, topic, rest in _topics(document, facts):
            text = json.dumps(topic, sort_keys=True)
            topics, said = where, rest
            words = re.sub(r"\{[a-z]+\.[^{}\"]*\}", "", text)
            operation = next((name for pattern, name in _OPERATIONS if re.search(pattern, words, re.I)), "")
            private = operation in _PRIVATE or re.search("private|user|account", words, re.I) is not None
            subscriptions.setdefault(text, Subscription(operation, topic, private))
    ordered = tuple(subscriptions[text] for text in sorted(subscriptions))
    return Connection(host, path, said, topics, ordered, login)


def _topics(
    document: dict[str, JsonValue], facts: Mapping[str, str]
) -> list[tuple[str, JsonValue, dict[str, JsonValue]]]:
    """(path to the topics, a topic's template, what else is said) for each topic in a message."""
    verbs = [
        path for path, leaf in flatten(document).items() if isinstance(leaf, str) and _VERBS.search(leaf)
    ]
    if not verbs:
        return []
    rest: dict[str, JsonValue] = {str(path[0]): document[str(path[0])] for path in verbs if len(path) == 1}
    for name, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], str | dict):
            return [(f"{name}[]", _templated(each, facts), rest) for each in value]
        if isinstance(value, dict):
            key = next((key for key in ("channel", "topic", "stream") if isinstance(value.get(key), str)), "")
            if key and len(value) <= 2:
                return [(f"{name}.{key}", _templated(value[key], facts), rest)]
            return [(name, _templated(value, facts), rest)]
    topic = {name: value for name, value in document.items() if name not in rest and name != "id"}
    return [("", _templated(topic, facts), rest)] if topic else []


def _templated(value: JsonValue, facts: Mapping[str, str]) -> JsonValue:
    if isinstance(value, dict):
        return {key: _templated(item, facts) for key, item in value.items()}
    if isinstance(value, list):
        return [_templated(item, facts) for item in value]
    if isinstance(value, str):
        return embedded([(value, facts)]) or value
    return value


def _without_secrets(document: JsonValue, credentials: Mapping[str, str]) -> JsonValue:
    """A login message with holes for the key, the pass phrase, the time and the signature."""
    if isinstance(document, dict):
        return {key: _without_secrets(item, credentials) for key, item in document.items()}
    if isinstance(document, list):
        return [_without_secrets(item, credentials) for item in document]
    return _hole(document, credentials)


def _hole(leaf: str | int | float | bool | None, credentials: Mapping[str, str]) -> JsonValue:
    text = str(leaf)
    for name, value in credentials.items():
        if text == value:
            return "{login.passphrase}" if "pass" in name.lower() else "{login.key}"
    if re.fullmatch(r"\d{10}(\d{3})?(\.\d+)?", text):
        return "{login.time}"
    return "{login.signature}" if len(text) >= 32 and isinstance(leaf, str) else leaf
