"""Replies made of what a connector's source reads of them, for those that no test shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import formatdate

from pydantic import JsonValue

from harness.describing.documents.leaves import Path, name_of, placed_at
from harness.describing.documents.names import facts_named, names_a_row
from harness.describing.source_code.becoming import OF_THE_ORDER
from harness.describing.source_code.source import KEYED, ROW, Read, Reading

KEY = "{session.key}"
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
    "ticker": "ticker.last", "accounts": "account.number",
}  # fmt: skip
_OF_MARKETS = ("fees", "symbols", "ticker")  # operations of which a list has an item for each market
_AS_NUMBER = ("now.at", "session.lifetime")
_IN_A_SECOND = {"s": 1, "us": 10**6, "ns": 10**9}
_COUNTS = ("_decimals", "market.number")
_TRUE = re.compile(r"^(is_?)?(active|enabled|open|tradable|trading)$", re.I)
_FIGURE = re.compile(r"amount|qty|quantity|size|price|volume", re.I)  # of which decimals are made
_ENDPOINT = re.compile(r"endpoint|^url$|server$", re.I)
ENDPOINT = "wss://{host}/stream"  # of the stream that a token opens, `{host}` to be filled in
_PERIOD = re.compile(r"interval|timeout|period", re.I)
_USUAL_PERIOD = 18_000  # milliseconds, between pings
_GOOD = re.compile(r"success|ok$|authenticated|subscribed|valid$", re.I)


def template(reading: Reading, operation: str, rows: str = "", thing: str = "") -> JsonValue:
    """A reply with everything that the reading asks for; its leaves are facts by their names.

    Lists are empty but where they are of markets, or of `rows`, where these are named (`balance`). `thing` is
    the object whose facts the leaves are, where it is another one.
    """
    of = rows or ("market" if operation in _OF_MARKETS else "")
    reads = _of_one_shape([each for each in reading.reads if not each.of_an_error])
    named = facts_named({each.path: _names(each.path) for each in reads}, thing or of)
    made: JsonValue = None
    only = len(reading.reads) == 1
    main = _only_needed(reading, operation)
    told = operation in _OF_MARKETS or (rows and names_a_row(named.values(), rows))
    sought = frozenset() if told else _sought(reading)
    for each in reads:
        path = tuple(
            0 if step == ROW and (each.path[:index] in sought or ROW in each.path[:index]) else step
            for index, step in enumerate(each.path)
        )
        fact = each.fact or named[each.path]
        apart = operation.startswith("stream:") or ROW in each.path  # fills are told beside their order
        if (thing or of) == "order" and fact.startswith("fill.") and not apart:
            fact = named[each.path] or _of_the_order(fact)
        alone = only or each == main
        leaf = _leaf(each, operation, reading.unit, only=alone)
        plain = (
            fact
            and not (alone and operation in _MAIN)
            and (each.wanted is None or fact.endswith((".side", ".status")))
        )
        made = _put(made, path, _written(fact, each.unit or reading.unit, each.form) if plain else leaf, of)
    return made


def _of_the_order(fact: str) -> str:
    name, negated, form = fact.partition("|")
    return f"{OF_THE_ORDER[name]}{negated}{form}" if name in OF_THE_ORDER else ""


def _only_needed(reading: Reading, operation: str) -> Read | None:
    """What a reply that opens a session cannot do without, where nothing in it is named as the key."""
    if operation not in ("user_stream_open", "stream_token"):
        return None
    named = any(fact_of(name_of(each.path), operation, only=False) == "session.key" for each in reading.reads)
    needed = [each for each in reading.reads if not each.may_lack and each.wanted is None and each.path]
    return needed[0] if len(needed) == 1 and not named else None


def _of_one_shape(reads: Sequence[Read]) -> list[Read]:
    """Without those of an object where others have the whole as a list: either may be given."""
    rows = any(each.path[:1] == (ROW,) for each in reads)
    return [each for each in reads if not rows or each.path[:1] == (ROW,)]


def _names(path: Path) -> tuple[str, ...]:
    """What a leaf may be called: with the name of what it stands in, and by its own."""
    steps = [str(step) for step in path if isinstance(step, str)]
    return ("_".join(steps[-2:]), *steps[-1:]) if len(steps) > 1 else tuple(steps)


def _written(fact: str, unit: str, form: str) -> str:
    """A fact in the form that tests write it in, else as it is usual: times and counts as numbers, all else
    as text.
    """
    if fact.endswith(("_at", ".at")):
        usual = unit if unit == "iso" else f"{unit}|number"
        return f"{{{fact}|{usual if form in ('', 'number', 'text') else form}}}"
    counted = fact.endswith(_COUNTS) or (form == "number" and not fact.endswith("client_order_id"))
    return f"{{{fact}|number}}" if counted else f"{{{fact}}}"


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
    name = name_of(read.path)
    fact = fact_of(name, operation, only=only)
    if fact == "now.at":
        return f"{{now.at|{unit}}}" if unit == "iso" else f"{{now.at|{unit}|number}}"
    if fact:
        return f"{{{fact}|number}}" if fact in _AS_NUMBER else f"{{{fact}}}"
    if name == "id" and operation in ("", "balances"):
        return "{account.number}" if operation else "{said.id}"
    if operation == "stream_token" and _ENDPOINT.search(name):
        return ENDPOINT
    if _PERIOD.search(name):
        return _USUAL_PERIOD
    if _GOOD.search(name) or _TRUE.search(name):
        return True
    if read.form == "number" or re.search(r"code|error|status", name, re.I):
        return 0
    return "0" if _FIGURE.search(name) else ""


def fact_of(name: str, operation: str, *, only: bool) -> str:
    """What a name says of a value; `only`: the operation's reply has no other."""
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
        items = list(made) if isinstance(made, list) else []
        place = min(max(step, 0), len(items))  # one of several that are picked, else the first
        return [
            *items[:place],
            _put(items[place] if place < len(items) else None, rest, value, rows),
            *items[place + 1 :],
        ]
    base = dict(made) if isinstance(made, dict) else {}
    base[step] = _put(base.get(step), rest, value, rows)
    return base


def whole_of(reading: Reading | None, part: JsonValue) -> tuple[JsonValue, Path]:
    """A reply of which the source takes one part and the tests show that part, and where it stands in it."""
    paths = {each.path for each in reading.reads} if reading is not None else set()
    path = paths.pop() if len(paths) == 1 else ()
    known = isinstance(part, dict) and path[:1] and path[0] in part
    if not all(isinstance(step, str) for step in path) or known:
        return part, ()
    return placed_at(path, part), path


def at_host(made: JsonValue, host: str) -> JsonValue:
    """A reply whose streams are at this host."""
    if isinstance(made, dict):
        return {key: at_host(item, host) for key, item in made.items()}
    if isinstance(made, list):
        return [at_host(item, host) for item in made]
    return ENDPOINT.replace("{host}", host) if made == ENDPOINT else made


def completed(told: JsonValue, read: JsonValue) -> JsonValue:
    """A reply of the tests' with what is read of it and they leave out: they may mock an empty one."""
    if not isinstance(told, dict) or not isinstance(read, dict):
        return told
    both = {key: completed(value, read[key]) if key in read else value for key, value in told.items()}
    return {**both, **{key: value for key, value in read.items() if key not in told}}


def filled_text(made: str, values: Mapping[str, str], now: float) -> str:
    """A text with our values in the place of its facts; a cookie ends in an hour."""
    ends = formatdate(now + 3600, usegmt=True)
    return re.sub(
        r"\{([a-z_.]+)(\|cookie)?\}", lambda hole: ends if hole[2] else values.get(hole[1], ""), made
    )


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
    if found[1].endswith(("_at", ".at")) and found[2]:
        if "|iso" in found[2]:
            return datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
        return int(now * _IN_A_SECOND.get(found[2].split("|")[1], 1000))
    value = values.get(found[1], "")
    return int(value) if "|number" in found[2] and value.isdigit() else value
