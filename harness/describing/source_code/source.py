"""What the functions of a connector's source read and ask for: as data, looked up by a route's path. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from pydantic import JsonValue

from harness.describing.documents.leaves import Path, changed, flatten, name_of
from harness.describing.documents.said import Word

if TYPE_CHECKING:
    from harness.describing.source_code.source_notes import ReadBook

ROW = -1  # stands in a path for each of a list's items
KEYED = -2  # and for each of an object's, whatever their keys are
_OF_ONE_MARKET = ("ticker", "order_book", "funding_rate")
_OF_AN_ORDER = re.compile(r"order_?id$|^oid$", re.I)
BAD = re.compile(r"err|fail|reject", re.I)
# Operations whose requests may share a path, by their verbs or their parameters.
_ABOUT_ORDERS = ("place_order", "cancel_order", "order_status", "order_trades")
# What an order's life cannot do without, in the order in which its lack is felt.
NEEDED = (
    "symbols", "order_book", "balances", "place_order", "cancel_order", "order_status", "order_trades",
)  # fmt: skip


@dataclass(frozen=True)
class Read:
    """A place of the reply that is read. `wanted` is a value it is compared with, None where it is none.

    `may_lack`: it is asked for in a way that bears its absence (`reply.get("error")`). `fact` is what it
    becomes, where the function says so, perhaps with the other sign; `form` how tests write it, where they do
    so alike: `number`, `text`, `iso`, or a unit of time. `unit` is that of a time, by what is made of it.
    """

    path: Path
    wanted: JsonValue = None
    may_lack: bool = False
    fact: str = ""
    form: str = ""
    unit: str = ""

    @property
    def of_an_error(self) -> bool:
        """Whether it is there when something went wrong, and lacks in a good reply."""
        name = name_of(self.path)
        return self.may_lack and self.wanted is None and BAD.search(name) is not None


@dataclass(frozen=True)
class Reading:
    """What one function reads of one reply. `unit` is that of a time in it, as far as the text tells.

    `headers` are (name, template) of the reply's headers that tell of a session.
    """

    reads: tuple[Read, ...]
    unit: str = "ms"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Message:
    """A message of the account's stream, as the connector's listener reads it.

    `operation` is what it tells (`stream:orders` also of its fills), `chosen` what stands where in it by
    which the listener knows it.
    """

    operation: str
    chosen: Mapping[Path, JsonValue]
    reading: Reading


@dataclass(frozen=True)
class Ack:
    """An answer to a request over a WebSocket, as a test has it. `id` is the key of the request's id in it.

    `operation` is what the test is about, empty where its name does not say; `refuses`: it is an error.
    """

    operation: str
    id: str
    document: JsonValue
    refuses: bool

    @property
    def order_ids(self) -> tuple[Path, ...]:
        """Where it tells an order's id."""
        return tuple(path for path in flatten(self.document) if _OF_AN_ORDER.search(name_of(path)))

    def to(self, number: JsonValue, order_id: str = "") -> JsonValue:
        """The answer to the request of that id; an order's id in it is this one, where one is given."""
        told = self.document
        for path in self.order_ids if order_id else ():
            told = changed(told, path, order_id)
        return {**told, self.id: number} if isinstance(told, dict) else told


@dataclass(frozen=True)
class Asking:
    """What one function says when it asks: the words by which one address tells requests apart.

    `words` have the key that each stands under, empty where none is known; `keys` name objects. `paths` are
    those that it names, `operation` what it is for, empty where it is none of `source_reading.METHODS`.
    """

    operation: str
    paths: frozenset[str]
    words: Mapping[str, str]
    reading: Reading
    keys: frozenset[str] = frozenset()

    def at(self, path: str) -> bool:
        """Whether it may ask at this path: it names it, or no path at all."""
        return not self.paths or bool(_ending(self.paths, path))

    def says(self, word: Word) -> bool:
        return word.text in (self.keys if word.is_key else self.words)


@dataclass(frozen=True)
class Source:
    """What the functions of a connector read: by the path of a route, and of what comes on a WebSocket.

    `asked` has the operations of routes whose paths stand in one of `source_reading.METHODS`, `asked_with`
    the same by the HTTP method, where such a method names one: two may share a path. In paths `{name}` is
    any part.
    `states` has the states of orders, as `STATES` calls them, by the exchange's words for them. `verbs` has
    the HTTP methods of routes that are asked for in one way only. `pair` has base and quote of what
    its tests trade, empty where they do not say; `quote` that of all its markets, empty where it may be any.
    `markets` is what is read of the reply that lists the markets. `tests` are the texts of its test modules.
    `positions` are names for the places in rows that are lists, one list of names for each kind of row.
    `told` has what is read of messages that are waited for where a route's reply is elsewhere, by operation.
    `queued` is where in a message of the account's stream that stands what the connector's queue gets,
    `demanded` the keys without which it gets none.
    `asking` has what each function says when it asks. `whole_books`: every message of a book is a whole one
    to it. `acks` are answers to requests over WebSockets, as the tests have them. `counted` are the keys of
    lists whose rows it counts. `messages` are those of the account's stream. `between` stands between both
    assets in the exchange's names of markets, empty where the source splits none. `books` are the messages of
    books and trades.
    """

    routes: Mapping[str, Reading]
    received: tuple[Reading, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    asked_with: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    verbs: Mapping[str, str] = field(default_factory=dict)
    pair: tuple[str, str] = ("", "")
    quote: str = ""
    markets: Reading | None = None
    tests: tuple[str, ...] = ()
    positions: tuple[tuple[str, ...], ...] = ()
    told: Mapping[str, Reading] = field(default_factory=dict)
    queued: Path = ()
    demanded: frozenset[str] = frozenset()
    asking: tuple[Asking, ...] = ()
    whole_books: bool = False
    acks: tuple[Ack, ...] = ()
    counted: frozenset[str] = frozenset()
    messages: tuple[Message, ...] = ()
    between: str = ""
    books: tuple[ReadBook, ...] = ()

    def meant(self, path: str, word: Word) -> str:
        """The operation of requests to this path that say this word, empty where no method says it.

        Where several do, one reply serves them all: that of the operation which an order needs first.
        """
        known = {each.operation for each in self.asking if each.says(word) and each.at(path)}
        first = {name: number for number, name in enumerate(NEEDED)}
        return min(known - {""}, key=lambda name: (first.get(name, len(first)), name), default="")

    def of_word(self, path: str, word: Word | None, operation: str) -> Reading | None:
        """What is read of the reply to a request that says this word, by the methods for this operation and
        by those that are for none; where none says it, by the former.
        """
        saying = [each for each in self.asking if word is not None and each.at(path) and each.says(word)]
        alike = [each for each in saying if each.operation in (operation, "")] or saying
        alike = alike or [each for each in self.asking if operation and each.operation == operation]
        own: Reading | None = None
        for each in alike:
            if each.reading.reads:
                own = each.reading if own is None else both(own, each.reading)
        if self.markets is None or operation != "symbols":
            return own
        return self.markets if own is None else both(self.markets, own)

    def of(self, path: str, operation: str = "") -> Reading | None:
        """For a route's path as it was asked for: the longest known path that it ends with counts.

        Of an order's routes, which may share a path, it is what the methods for this operation read.
        """
        if operation in _ABOUT_ORDERS and (own := self._of_an_order(path, operation)) is not None:
            return own
        known = _ending(self.routes, path)
        if not known and self.operation(path) in _OF_ONE_MARKET:
            known = _ending(self.routes, path.rstrip("/").rpartition("/")[0])
        own = self.routes[known] if known else None
        if self.markets is None or self.operation(path) != "symbols":
            return own
        return self.markets if own is None else both(self.markets, own)

    def _of_an_order(self, path: str, operation: str) -> Reading | None:
        """One reply tells of an order's state and of its fills where both are asked for at one path."""
        alike = ("order_status", "order_trades") if operation == "order_status" else (operation,)
        found: Reading | None = None
        for each in self.asking:
            if each.operation in alike and each.paths and each.at(path) and each.reading.reads:
                found = each.reading if found is None else both(found, each.reading)
        return found

    def asks(self, path: str, operation: str) -> bool:
        """Whether a method for this operation names this path."""
        return any(each.operation == operation and each.paths and each.at(path) for each in self.asking)

    def asks_for(self, operation: str) -> tuple[str, str] | None:
        """(method, path) of what the connector asks for there, None where that is not one route."""
        for verb, known in self.asked_with.items():
            here = [path for path, name in known.items() if name == operation]
            if len(here) == 1:
                return verb, here[0]
        paths = [path for path, known in self.asked.items() if known == operation]
        return (self.verbs.get(paths[0], ""), paths[0]) if len(paths) == 1 else None

    def verb(self, path: str) -> str:
        """The HTTP method of a route that is asked for in one way only, empty where that is not known."""
        known = _ending(self.verbs, path)
        return self.verbs[known] if known else ""

    def operation(self, path: str, verb: str = "") -> str:
        """What the method is for that asks for this path, empty where none of `METHODS` names it.

        A market may stand behind the path that the source names.
        """
        for asked in (self.asked_with.get(verb, {}), self.asked):
            if known := _ending(asked, path):
                return asked[known]
        behind = _ending(self.asked, path.rstrip("/").rpartition("/")[0])
        return self.asked[behind] if behind and self.asked[behind] in _OF_ONE_MARKET else ""


def _ending(known: Iterable[str], path: str) -> str:
    """The longest of the paths that a path ends with, empty where there is none."""
    found = [each for each in known if each.strip("/") and _as_pattern(each).search(path.rstrip("/"))]
    return max(found, key=len, default="")


def both(one: Reading, other: Reading) -> Reading:
    """What either reads; where one goes on from where the other stops, the longer.

    Of a list the one may read the first item, and the other each.
    """
    known = [*other.reads, *one.reads]
    listed = any(each.path[:1] == (ROW,) for each in known)
    rows = (replace(each, path=(ROW, *each.path[1:])) if each.path[:1] == (0,) else each for each in known)
    reads = {each.path: each for each in (rows if listed else known)}
    longest = [path for path in reads if not any(goes_on(path, other) for other in reads)]
    return replace(one, reads=tuple(reads[path] for path in longest))


@cache
def _as_pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w*\}", path.strip("/"))
    return re.compile(f"(^|/){'[^/]+'.join(map(re.escape, parts))}$")


UNREAD = Source({})


def goes_on(path: Path, other: Path) -> bool:
    return len(path) < len(other) and other[: len(path)] == path
