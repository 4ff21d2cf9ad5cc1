"""Replies made of what a connector's source reads of them, for those that no test shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from harness.describing.leaves import Path
from harness.describing.source_reading import KEYED, ROW, Read, Reading

# What a name says of a value that nobody compares with anything.
_NAMES: Sequence[tuple[str, str]] = (
    (r"time|\bts\b|epoch|\bnow\b|\biso\b", "now.at"),
    (r"listen_?key|token|session|ticket|^key$", "session.key"),
    (r"expire|valid|ttl|lifetime", "session.lifetime"),
    (r"user_?id|\buid\b|account_?id|account|member", "account.number"),
    (r"symbol|market|instrument|pair|currency_?pair|product", "market.symbol"),
    (r"maker", "market.maker_fee"),
    (r"taker", "market.taker_fee"),
)
_MAIN = {
    "server_time": "now.at", "user_stream_open": "session.key", "stream_token": "session.key",
    "ticker": "ticker.last",
}  # fmt: skip
_OF_MARKETS = ("fees", "symbols", "ticker")  # operations of which a list has an item for each market
_AS_NUMBER = ("now.at", "session.lifetime")
_GOOD = re.compile(r"success|ok$|authenticated|subscribed|valid$", re.I)


def template(reading: Reading, operation: str, rows: str = "") -> JsonValue:
    """A reply with everything that the reading asks for; its leaves are facts by their names.

    Lists are empty but where they are of markets, or of `rows`, where these are named (`balance`).
    """
    of = rows or ("market" if operation in _OF_MARKETS else "")
    made: JsonValue = None
    only = len(reading.reads) == 1
    sought = _sought(reading) if operation not in _OF_MARKETS else frozenset()
    for each in reading.reads:
        path = tuple(
            0 if step == ROW and each.path[:index] in sought else step for index, step in enumerate(each.path)
        )
        made = _put(made, path, _leaf(each, operation, reading.unit, only=only), of)
    return made


def _sought(reading: Reading) -> frozenset[Path]:
    """The lists in which an item is looked for that has a certain value: there has to be one."""
    return frozenset(
        each.path[:index]
        for each in reading.reads
        if each.wanted is not None
        for index, step in enumerate(each.path)
        if step == ROW
    )


def _leaf(read: Read, operation: str, unit: str, *, only: bool) -> JsonValue:
    if read.wanted is not None:
        return read.wanted
    name = next((str(step) for step in reversed(read.path) if isinstance(step, str)), "")
    fact = _fact(name, operation, only=only)
    if fact == "now.at":
        return f"{{now.at|{unit}}}" if unit == "iso" else f"{{now.at|{unit}|number}}"
    if fact:
        return f"{{{fact}|number}}" if fact in _AS_NUMBER else f"{{{fact}}}"
    if name == "id" and operation in ("", "balances"):
        return "{account.number}" if operation else "{said.id}"
    if _GOOD.search(name):
        return True
    return 0 if re.search(r"code|error|status", name, re.I) else ""


def _fact(name: str, operation: str, *, only: bool) -> str:
    main = _MAIN.get(operation, "")
    found = next((fact for pattern, fact in _NAMES if re.search(pattern, name, re.I)), "")
    return main if main and (only or not name) else found


def _put(made: JsonValue, path: Path, value: JsonValue, rows: str) -> JsonValue:
    """The document with a value at a path; lists and objects are made on the way."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if step == KEYED:
        return made if isinstance(made, dict) else {}
    if step == ROW:
        if not rows:
            return []
        whole = made if isinstance(made, dict) else {}
        return {f"each {rows}": _put(whole.get(f"each {rows}"), rest, value, rows)}
    if isinstance(step, int):
        before = made[0] if isinstance(made, list) and made else None
        return [_put(before, rest, value, rows)]
    base = dict(made) if isinstance(made, dict) else {}
    base[step] = _put(base.get(step), rest, value, rows)
    return base


def completed(told: JsonValue, read: JsonValue) -> JsonValue:
    """A reply of the tests' with what is read of it and they leave out: they may mock an empty one."""
    if not isinstance(told, dict) or not isinstance(read, dict):
        return told
    return {**told, **{key: value for key, value in read.items() if key not in told}}


def filled(made: JsonValue, values: Mapping[str, str], now: float) -> JsonValue:
    """A template with our values in the place of its facts, and the time in the unit that it names."""
    if isinstance(made, dict):
        rows = next((key for key in made if key.startswith("each ")), None)
        if rows is not None:
            return [filled(made[rows], values, now)]
        return {key: filled(item, values, now) for key, item in made.items()}
    if isinstance(made, list):
        return [filled(item, values, now) for item in made]
    found = re.fullmatch(r"\{([a-z_]+\.[a-z_]+)((?:\|[a-z.]+)*)\}", made) if isinstance(made, str) else None
    if found is None:
        return made
    if found[1] == "now.at":
        if "|iso" in found[2]:
            return datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
        return int(now * {"s": 1, "ns": 10**9}.get(found[2].split("|")[1], 1000))
    value = values.get(found[1], "")
    return int(value) if "|number" in found[2] and value.isdigit() else value
