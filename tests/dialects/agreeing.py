"""Which leaves of a description ccxt reads as it says: ccxt asks the exchange and reads its replies.

Everything happens in this process: ccxt's network is the dialect. A leaf is agreed on when it is changed in a
reply and the attribute of ccxt's structure that follows it is the fact which the description tells there; a
word, when ccxt reads it as the description does.
"""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import JsonValue

from harness.describing.documents.leaves import Leaf, Path, changed, flatten
from harness.describing.documents.readings import Meaning, meanings_of
from harness.venue.described.addresses import Address, bare
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.model import Description
from harness.venue.described.placeholders import ELSE, IF, LIKE, THEN, leaf
from harness.venue.dialects.messages import Request
from harness.venue.model import Account

MOST_LEAVES = 160  # of one reply
# ccxt's words, by the description's facts.
WORDS: Mapping[str, Mapping[object, str]] = {
    "order.status": {
        "open": "open", "partially_filled": "open", "filled": "closed", "canceled": "canceled",
        "expired": "canceled",
    },
    "order.side": {"buy": "buy", "sell": "sell"},
    "order.type": {"limit": "limit", "market": "market"},
    "fill.side": {"buy": "buy", "sell": "sell"},
    "fill.maker": {True: "maker", False: "taker"},
    "trade.side": {"buy": "buy", "sell": "sell"},
}  # fmt: skip
ATTRIBUTES = {
    "order.status": "status", "order.side": "side", "order.type": "type", "fill.side": "side",
    "fill.maker": "takerOrMaker", "trade.side": "side",
}  # fmt: skip


@dataclass
class Ccxt:
    """A synchronous client of ccxt's whose network is the dialect.

    `seen` are the replies of the last call, by the route that gave them, `said` the parameters that it was
    asked with; `instead` replaces a reply.
    """

    dialect: DescribedDialect
    account: Account
    at: float
    seen: dict[str, JsonValue] = field(default_factory=dict)
    said: dict[str, frozenset[str]] = field(default_factory=dict)
    instead: dict[str, JsonValue] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    client: Any = None

    def __post_init__(self) -> None:
        kind = getattr(importlib.import_module("ccxt"), str(self.dialect.ccxt_id))
        self.client = kind(
            {**self.dialect.ccxt_credentials(self.account), "options": self.dialect.ccxt_options()}
        )
        self.client.enableRateLimit = False
        self.client.milliseconds = lambda: int(self.at * 1000)
        self.client.seconds = lambda: int(self.at)
        self.client.microseconds = lambda: int(self.at * 1_000_000)
        # The clock stands still: what counts up from it with every call would run away from it.
        self.client.incrementing_nonce = lambda: self.client.nonce()
        self.client.has["fetchCurrencies"] = False
        self.client.fetch = self._fetch

    def offers(self, name: str) -> bool:
        """Whether ccxt has this method (`fetch_order_book`) for the exchange."""
        first, *more = name.split("_")
        return bool(self.client.has.get(first + "".join(map(str.capitalize, more))))

    def _fetch(
        self, url: str, method: str = "GET", headers: Any = None, body: str | None = None
    ) -> JsonValue:
        parts = urlsplit(url)
        request = Request(
            method, parts.hostname or "", parts.path, parse_qsl(parts.query, keep_blank_values=True),
            dict(headers or {}), (body or "").encode(), self.at, parts.query,
        )  # fmt: skip
        found = self.dialect.find(request)
        name = found[0].handler if found is not None else f"{method} {parts.path}"
        if name in self.instead:
            return self.instead[name]
        if found is not None:
            self.said[name] = self.dialect.named_parameters(request, found[0]) | frozenset(found[1])
        reply = self.dialect.handle(request)
        text = reply.content().decode()
        if found is None or reply.status >= 400:
            self.refused.append(f"{name}: {reply.status} {text[:200]}")
        document: JsonValue = json.loads(text) if text else None
        self.seen[name] = document
        if reply.status >= 400:
            raise LookupError(text[:200])
        given = (headers, body)  # ccxt takes a session from the headers of a reply here
        self.client.handle_errors(reply.status, "", url, method, dict(reply.headers), text, document, *given)
        return document

    def read(self, call: Callable[[Any], Any]) -> dict[str, JsonValue]:
        """What ccxt makes of it, as flat attributes; empty where it cannot."""
        try:
            told = call(self.client)
        except Exception as error:  # whatever ccxt trips over in a reply that it does not expect
            self.refused.append(f"{type(error).__name__}: {error}"[:200])
            return {}
        return {_named(path): value for path, value in flatten(_plain(told)).items() if value is not None}

    def meanings(self, name: str, thing: str, call: Callable[[Any], Any]) -> dict[Path, Meaning]:
        """For each leaf of the route's reply what ccxt takes it for. `thing`: how the structure is called."""
        document = self.seen.get(name)
        return meanings_of(document, partial(self._named, thing, call, name), _another, MOST_LEAVES)

    def _named(
        self, thing: str, call: Callable[[Any], Any], name: str, document: JsonValue
    ) -> dict[str, JsonValue]:
        self.instead = {**self.seen, name: document}
        try:
            told = self.read(call)
        finally:
            self.instead = {}
        return {f"{thing}{'' if key[:1] == '[' else '.'}{key}": value for key, value in told.items()}

    def word(
        self, name: str, path: Path, word: JsonValue, call: Callable[[Any], Any], key: str
    ) -> set[JsonValue]:
        """What ccxt makes of an attribute where a leaf holds that word."""
        told = self._named("", call, name, changed(self.seen[name], path, word))
        return {value for attribute, value in told.items() if attribute.rpartition(".")[2] == key}


class Link:
    """What ccxt takes for a connection: nothing is sent, and whatever it resolves is let go."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.subscriptions: dict[str, Any] = {}
        self.futures: dict[str, Any] = {}
        self.lastPong = 0

    def resolve(self, result: Any, _: object = None) -> Any:
        return result

    def reject(self, result: Any, _: object = None) -> None:
        raise LookupError(str(result)[:200])


class CcxtStream:
    """ccxt's reader of an exchange's messages, for the markets that `ccxt` has loaded."""

    def __init__(self, ccxt: Ccxt, url: str) -> None:
        """Raises LookupError where ccxt follows no stream of the exchange."""
        kind = getattr(importlib.import_module("ccxt.pro"), str(ccxt.dialect.ccxt_id), None)
        if kind is None:
            raise LookupError(f"ccxt follows no stream of {ccxt.dialect.ccxt_id}")
        self._client: Any = kind(
            {**ccxt.dialect.ccxt_credentials(ccxt.account), "options": ccxt.dialect.ccxt_options()}
        )
        self._client.set_markets(list(ccxt.client.markets.values()))
        self._client.spawn = lambda *_, **__: None
        self._url = url

    def read(self, message: JsonValue) -> dict[str, JsonValue]:
        """The order, the fill, the trade and the balances that a message tells, as flat attributes."""
        client = self._client
        client.orders = client.myTrades = None
        client.trades, client.balance = {}, {}
        try:
            client.handle_message(Link(self._url), copy.deepcopy(message))
        except Exception:  # whatever ccxt trips over in a message that it does not expect
            return {}
        told: dict[str, JsonValue] = {}
        for thing, found in (
            ("order", client.orders), ("fill", client.myTrades),
            ("trade", next(iter(client.trades.values()), None)),
        ):  # fmt: skip
            if found:
                told |= _flat(thing, found[-1])
        held = client.balance
        return told | _flat("balance", held.get("spot") or held.get("swap") or held.get("linear") or held)

    def meanings(self, message: JsonValue) -> dict[Path, Meaning]:
        """For each leaf of a message what ccxt takes it for."""
        return meanings_of(message, self.read, _another, MOST_LEAVES)

    def word(self, message: JsonValue, path: Path, word: JsonValue, thing: str, key: str) -> set[JsonValue]:
        """What ccxt makes of an attribute where a leaf of the message holds that word."""
        return {self.read(changed(message, path, word)).get(f"{thing}.{key}")}


def _flat(thing: str, structure: Any) -> dict[str, JsonValue]:
    leaves = flatten(_plain(structure))
    return {f"{thing}.{_named(path)}": value for path, value in leaves.items() if value is not None}


def _plain(value: Any) -> JsonValue:
    """A structure without `info`, which is the reply itself."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items() if key != "info"}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else None


def _named(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _another(value: Leaf) -> JsonValue:
    """Another value of the same kind; a number stays a number of its size."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1 if value else 7
    try:
        number = float(str(value))
    except ValueError:
        return f"Q{value or ''}"
    text = str(value)
    return f"{int(text) + 1}" if text.lstrip("-").isdigit() else f"{number * 2:.10f}".rstrip("0")


@dataclass(frozen=True)
class Told:
    """A leaf of a reply that tells a fact: where it stands there, and its address in the description."""

    path: Path
    fact: str
    address: Address
    words: str | None  # the list of words, where it is told by one
    plain: bool  # it is written as it is: no sign, unit or factor changes it


def told_by(description: Description, name: str, document: JsonValue) -> list[Told]:
    """Every leaf of a route's reply that one fact stands in alone."""
    return told_in(description, description.routes[name].reply, document, ("routes", name, "reply"))


def told_in(description: Description, template: JsonValue, document: JsonValue, at: Address) -> list[Told]:
    """Every leaf of a document that one fact stands in alone; `at` is the template's address."""
    return list(_told(description, template, document, (), at))


def _told(
    description: Description, template: JsonValue, data: JsonValue, path: Path, at: Address
) -> Iterator[Told]:
    if isinstance(template, str):
        hole = leaf(template).whole
        if hole is not None:
            words = next((each for each in hole.filters if each in description.words), None)
            fact = hole.name if words is None else f"{hole.thing}.{_fact_of(description, words)}"
            changes = {"negated", "percent", "contracts"}.isdisjoint(hole.filters)
            yield Told(path, fact, at, words, changes)
    elif isinstance(template, list) and isinstance(data, list):
        for index, (one, other) in enumerate(zip(template, data, strict=False)):
            yield from _told(description, one, other, (*path, index), (*at, str(index)))
    elif isinstance(template, dict):
        yield from _told_of(description, template, data, path, at)


def _told_of(
    description: Description, template: dict[str, JsonValue], data: JsonValue, path: Path, at: Address
) -> Iterator[Told]:
    if IF in template:
        for branch in (THEN, ELSE):
            yield from _told(description, template.get(branch), data, path, (*at, branch))
        return
    own = {bare(key) for key in template}
    if LIKE in template:
        shape = str(template[LIKE])
        for each in _told(description, description.shapes[shape], data, path, ("shapes", shape)):
            if not (each.path[len(path) :][:1] and str(each.path[len(path)]) in own):
                yield each
    for key, inner in template.items():
        if key.startswith("each ") and isinstance(data, list) and data:
            yield from _told(description, inner, data[0], (*path, 0), (*at, key))
        elif key.startswith("each ") and isinstance(data, dict) and data:
            first = next(iter(data))
            yield from _told(description, inner, data[first], (*path, first), (*at, key))
        elif isinstance(data, dict) and bare(key) in data:
            yield from _told(description, inner, data[bare(key)], (*path, bare(key)), (*at, bare(key)))


def _fact_of(description: Description, words: str) -> str:
    """The fact that a list of words tells, the first of them where they tell several."""
    return next(iter(next(iter(description.words[words].words.values()), {})), "")
