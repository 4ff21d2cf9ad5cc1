"""What a connector subscribed to: which operation a topic is for, and whose it is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

OPERATIONS = (
    (r"my_?trade|usertrade|execution|fill|deals.*private|private.*deals|private.*trade", "stream:fills"),
    (r"order_?book|depth|level_?2|\bl2\b|book", "stream:book"),
    (r"position", "stream:positions"),
    (r"orders?@account", "stream:orders"),
    (r"balance|account|wallet|capital|asset", "stream:balances"),
    (r"order", "stream:orders"),
    (r"mark(?!et)|funding|index", "stream:mark_price"),
    (r"ticker|level_?1\b|\bl1\b", "stream:ticker"),
    (r"trade|deal|match", "stream:trades"),
    (r"\buser\b", "stream:orders"),
)
PRIVATE = ("stream:orders", "stream:fills", "stream:balances", "stream:positions")


@dataclass(frozen=True)
class Subscription:
    """A topic that the connector subscribed to. `topic` is its template, empty `operation`: unknown what."""

    operation: str
    topic: JsonValue
    private: bool


def subscription(topic: JsonValue, *, private: bool) -> Subscription:
    words = re.sub(r"\{[a-z]+[.|][^{}\"]*\}|each market", "", json.dumps(topic))
    operation = next((name for pattern, name in OPERATIONS if re.search(pattern, words, re.I)), "")
    named = "{account.number" in json.dumps(topic)  # whose it is
    if operation == "stream:balances":
        topic = _of_all_assets(topic)
    hidden = private or named or operation in PRIVATE or re.search("private|user", words, re.I) is not None
    if hidden and operation == "stream:trades":
        operation = "stream:fills"
    return Subscription(operation, topic, hidden)


def _of_all_assets(topic: JsonValue) -> JsonValue:
    """A topic of balances that lists the assets of the markets in question, whichever they are."""
    if isinstance(topic, dict):
        return {key: _of_all_assets(item) for key, item in topic.items()}
    assets = isinstance(topic, list) and set(map(str, topic)) == {"{market.base}", "{market.quote}"}
    return "{any}" if assets else topic


def of_accounts(
    subscriptions: Mapping[str, Subscription], said_on: Mapping[str, set[int]], logged_in: set[int]
) -> dict[str, Subscription]:
    """Trades that only sockets which logged in hear of, where others did not log in: they are fills."""
    if set().union(*said_on.values()) <= logged_in:
        return {}
    return {
        name: replace(each, operation="stream:fills", private=True)
        for name, each in subscriptions.items()
        if each.operation == "stream:trades" and said_on.get(name, logged_in) <= logged_in
    }
