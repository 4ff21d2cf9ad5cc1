"""What a connector's order book tests show: raw messages beside what the connector makes of them.

`python -m inside.books ORDER`, where ORDER is a JSON object: `tree`, `tests` (files from the tree's root) and
`nonce`, which has to come back with the answer. The tests run with the parsing methods wrapped, and those of
the order book's own class that make a message.
"""

import contextlib
import copy
import functools
import importlib
import json
import os
import re
import sys
from typing import Any, Dict, Iterator, List

from . import wire
from .job import Job

PARSERS = {
    "_parse_trade_message": "trade",
    "_parse_order_book_diff_message": "diff",
    "_parse_order_book_snapshot_message": "snapshot",
}
MAKES = re.compile(r"^(snapshot|diff|trade)_message_from_\w+$")
STREAMED = re.compile(r"_(ws|websocket|stream)$")
TEST_SECONDS = 12
MAX_NOTES = 200
MAX_TEXT = 100_000  # characters of one message or reply


class Noted:
    """All that was parsed and mocked, in its order."""

    def __init__(self) -> None:
        self.notes: List[Dict[str, Any]] = []
        self.parts: List[Dict[str, Any]] = []  # what a test gives the order book's class itself

    def add(self, kind: str, raw: Any, made: List[Any], part: bool = False) -> None:
        note = {"kind": kind, "raw": _json(raw), "made": [_message(each) for each in made]}
        notes = self.parts if part else self.notes
        if len(notes) < MAX_NOTES and note["raw"] is not None and len(json.dumps(note)) <= MAX_TEXT:
            notes.append(note)

    def all(self) -> List[Dict[str, Any]]:
        """A kind of message that no test gives the connector's parser as its class's tests have it."""
        known = {note["kind"] for note in self.notes if note["made"]}
        return self.notes + [note for note in self.parts if note["kind"] not in known]


class Queue:
    """Passes on what is put, and keeps it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.put_in: List[Any] = []

    def put_nowait(self, item: Any) -> None:
        self.put_in.append(item)
        self.inner.put_nowait(item)

    async def put(self, item: Any) -> None:
        self.put_in.append(item)
        await self.inner.put(item)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Watch:
    """A pytest plugin that wraps the parsers once the tests have been imported."""

    def __init__(self, noted: Noted) -> None:
        self._noted = noted
        self._reply: Any = None
        self._parsing = 0

    def pytest_runtest_setup(self) -> None:
        self._reply = None

    def pytest_collection_finish(self) -> None:
        source = importlib.import_module("hummingbot.core.data_type.order_book_tracker_data_source")
        for kind in _subclasses(source.OrderBookTrackerDataSource):
            for name, what in PARSERS.items():
                if name in vars(kind):
                    setattr(kind, name, self._parser(vars(kind)[name], what))
            if "_order_book_snapshot" in vars(kind):
                kind._order_book_snapshot = self._snapshot(vars(kind)["_order_book_snapshot"])
        books = importlib.import_module("hummingbot.core.data_type.order_book")
        for kind in _subclasses(books.OrderBook):
            for name, made in list(vars(kind).items()):
                if MAKES.match(name) and isinstance(made, (classmethod, staticmethod)):
                    setattr(kind, name, self._maker(made, name))
        mocked = importlib.import_module("aioresponses").aioresponses
        mocked.add = self._mock(mocked.add)

    def _parser(self, parse: Any, what: str) -> Any:
        @functools.wraps(parse)
        async def wrapped(data_source: Any, raw_message: Any, message_queue: Any) -> Any:
            raw, queue = copy.deepcopy(raw_message), Queue(message_queue)
            with self._counted():
                done = await parse(data_source, raw_message, queue)
            self._noted.add(what, raw, queue.put_in)
            return done

        return wrapped

    def _snapshot(self, ask: Any) -> Any:
        @functools.wraps(ask)
        async def wrapped(data_source: Any, *positional: Any, **named: Any) -> Any:
            own = getattr(data_source, "_request_order_book_snapshot", None)
            if own is not None:
                data_source._request_order_book_snapshot = self._asked(own)
            with self._counted():
                made = await ask(data_source, *positional, **named)
            self._noted.add("order_book", self._reply, [made])
            return made

        return wrapped

    def _maker(self, made: Any, name: str) -> Any:
        """A method of the order book's class: what a test gives it beside what it makes of it."""
        function, first = made.__func__, int(isinstance(made, classmethod))
        kind = name.split("_")[0]
        what = "order_book" if kind == "snapshot" and not STREAMED.search(name) else kind

        @functools.wraps(function)
        def wrapped(*positional: Any, **named: Any) -> Any:
            given = positional[first] if len(positional) > first else next(iter(named.values()), None)
            raw = copy.deepcopy(given)
            message = function(*positional, **named)
            if not self._parsing:
                self._noted.add(what, raw, [message], part=True)
            return message

        return type(made)(wrapped)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._parsing += 1
        try:
            yield
        finally:
            self._parsing -= 1

    def _asked(self, ask: Any) -> Any:
        """The reply as the data source is given it, where no request was mocked for it."""

        @functools.wraps(ask)
        async def wrapped(*positional: Any, **named: Any) -> Any:
            raw = await ask(*positional, **named)
            if self._reply is None:
                self._reply = copy.deepcopy(raw)
            return raw

        return wrapped

    def _mock(self, add: Any) -> Any:
        @functools.wraps(add)
        def wrapped(mock: Any, *positional: Any, **named: Any) -> Any:
            body = named.get("body") or named.get("payload")
            if body and int(named.get("status", 200)) < 400:
                self._reply = body
            return add(mock, *positional, **named)

        return wrapped


def _subclasses(kind: Any) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def _json(raw: Any) -> Any:
    """JSON's types; None for what is none, say a message in protobuf."""
    try:
        return json.loads(raw) if isinstance(raw, (str, bytes)) else json.loads(json.dumps(raw))
    except (TypeError, ValueError):
        return None


def _message(message: Any) -> Dict[str, Any]:
    content = getattr(message, "content", None)
    if isinstance(content, dict):
        for name, value in list(content.items()):
            if hasattr(value, "__next__"):  # it can be gone through once, and the connector does, too
                content[name] = list(value)
    if isinstance(content, dict) and not {"bids", "asks"} & set(content):
        content = {**content, **_sides(message)}
    return {
        "type": getattr(getattr(message, "type", None), "name", ""),
        "at": wire.plain(getattr(message, "timestamp", None)),
        "content": wire.plain(dict(content)) if isinstance(content, dict) else {},
    }


def _sides(message: Any) -> Dict[str, Any]:
    """The levels of a message whose own class reads them, of none nothing."""
    try:
        sides = {
            name: [[row.price, row.amount] for row in getattr(message, name)] for name in ("bids", "asks")
        }
    except Exception:  # of trades there are none, and what a fork's own class does is its own
        return {}
    return sides if any(sides.values()) else {}


def main() -> None:
    order = json.loads(sys.argv[1])
    job = Job(order)
    noted = Noted()
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", order["tree"], "--tb=no"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function", "--timeout={}".format(TEST_SECONDS)]
    try:
        importlib.import_module("pytest").main(options + order["tests"], plugins=[Watch(noted)])
    except BaseException as error:  # what was noted until then stands
        sys.stderr.write(wire.error(error)["trace"])
    job.end({"notes": noted.all()})


if __name__ == "__main__":
    main()
