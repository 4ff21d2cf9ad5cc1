"""Look-ups that are messages of a WebSocket: which they are, and how they are answered. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic import JsonValue

from harness.describing.documents.leaves import flatten
from harness.describing.documents.said import Said, Word
from harness.describing.fork_tests.acknowledging import ID, least
from harness.describing.routes.apart import words_in
from harness.describing.source_code.source import Ack, Source

LOOK_UPS = ("order_status", "order_trades", "open_orders", "balances", "positions")
_CONTENTS = ("result", "data", "payload", "params", "response")


def looked_up(said: Said, source: Source) -> tuple[str, Word] | None:
    """(operation, its word) of a message that carries an id, by the connector's methods; None of any other.

    A word in a list is no such word: subscriptions name there what they are for.
    """
    if not any(ID.match(key) for key in said.fields):
        return None
    words = (word for word in words_in(said) if "[" not in word.place)
    found = ((source.meant(said.path, word), word) for word in words)
    return next(((operation, word) for operation, word in found if operation in LOOK_UPS), None)


def look_ups(
    frames: Iterable[Said], source: Source, taken: Collection[Said]
) -> dict[tuple[str, Word], list[Said]]:
    """The messages that look something up, by operation and word; `taken` are for something else."""
    found: dict[tuple[str, Word], list[Said]] = {}
    for said in frames:
        known = looked_up(said, source) if said not in taken else None
        if known is not None:
            found.setdefault(known, []).append(said)
    return found


def answered(
    read: JsonValue, acks: Iterable[Ack], operation: str, key: str
) -> tuple[JsonValue, tuple[str, ...]]:
    """The answer to a look-up whose contents are read so, and the way to these in it.

    What stands around them is that of the tests' answers, with the message's id, which stands at `key`; a
    connector may take the contents out in one place for all.
    """
    acks = tuple(acks)
    plain = least(acks)
    around = plain.to(f"{{said.{key}}}") if plain is not None else {key: f"{{said.{key}}}"}
    rest = around if isinstance(around, dict) else {}
    own = [each.document for each in acks if each.operation == operation and not each.refuses]
    holding = [
        name
        for each in own
        if isinstance(each, dict)
        for name, value in each.items()
        if isinstance(value, dict | list)
    ]
    inner = next((name for name in holding if name not in rest), _inner(acks))
    whole = isinstance(read, dict) and not {inner, *rest, *_CONTENTS}.isdisjoint(read)
    if isinstance(read, dict) and whole:
        return {
            **read,
            **{name: value for name, value in rest.items() if name not in read or name == key},
        }, ()
    return {**rest, inner: read}, (inner,)


def _inner(acks: Iterable[Ack]) -> str:
    """The key of the contents in the tests' other answers, else the usual one."""
    names = {str(path[0]) for each in acks if not each.refuses for path in flatten(each.document) if path[1:]}
    return next((name for name in _CONTENTS if name in names), _CONTENTS[0])
