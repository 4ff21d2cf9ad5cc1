"""Two messages that an exchange might as well have told in one: most tell lists, mostly of one entry."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from harness.gateway.fault import Fault, MessageLink
from harness.gateway.faults import LONGEST_HOLD
from harness.venue.dialects.messages import Frame as Message


@dataclass(frozen=True)
class Together(Fault):
    """Hold a message back until the socket's next one of its operation, and tell both in one.

    Where that cannot be, as one of them tells no list, each is sent by itself. `joined` grows by each text
    that told of both.
    """

    joined: list[str] = field(default_factory=list)
    points = frozenset({"message"})

    async def on_message(self, message: Message, link: MessageLink) -> Message | None:
        earlier = link.take_back(message.operation)
        if earlier is None:
            link.hold(message, LONGEST_HOLD)
            return None
        text = in_one(earlier.text, message.text)
        if text is None or message.binary is not None:
            await link.send(earlier)
            return message
        self.joined.append(text)
        return replace(message, text=text)


def in_one(first: str, second: str) -> str | None:
    """A message whose list has the entries of both; None where more than that and times differ.

    A message that is itself a list, as Kraken's are, has its parts in their places.
    """
    try:
        both = _joined(_by_name(json.loads(first)), _by_name(json.loads(second)))
    except ValueError:
        return None
    if not isinstance(both, dict):
        return None
    return json.dumps([*both.values()] if "0" in both else both, separators=(",", ":"))


def _by_name(message: JsonValue) -> JsonValue:
    if not isinstance(message, list):
        return message
    return {str(place): part for place, part in enumerate(message)}


def _joined(first: JsonValue, second: JsonValue) -> JsonValue | None:
    """The second with the entries of the first before its own; plain values in a list are parts of one."""
    if isinstance(first, list) and isinstance(second, list):
        entries = [*first, *second]
        return entries if all(isinstance(each, dict | list) for each in entries) else None
    if not isinstance(first, dict) or not isinstance(second, dict) or first.keys() != second.keys():
        return None
    other = [name for name in first if first[name] != second[name] and not _counts(second[name])]
    if len(other) != 1:
        return None
    both = _joined(first[other[0]], second[other[0]])
    return None if both is None else {**second, other[0]: both}


def _counts(value: JsonValue) -> bool:
    """Whether it is a time or a number that goes on with each message, and no word that says what it is."""
    if isinstance(value, dict):
        return bool(value) and all(_counts(each) for each in value.values())
    return not isinstance(value, list) and any(sign.isdigit() for sign in str(value))
