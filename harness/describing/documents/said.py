"""A request or a WebSocket message of a client's, with every value in it by the place where it stands."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from pydantic import JsonValue

from harness.describing.documents.leaves import flatten, parsed, unpacked, written

MOST_VALUES = 200
TOPIC = "{said.topic}"  # in a message: the topic as the client named it
KEY = "{}"  # the place of a key, behind the way to its object
_DEEPEST_KEY = 3
_OF_A_SIGNATURE = re.compile(r"sig|seal|auth|header|meta", re.I)


@dataclass(frozen=True)
class Payload:
    """Where a request's parameters stand that are no query and no body, and what they are."""

    place: str
    document: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Word:
    """What tells a request from others to its address: `text` at a place of `Said.words`."""

    place: str
    text: str

    @property
    def is_key(self) -> bool:
        """Whether it is the name of an object, whatever this holds (`{"place_order": {…}}`)."""
        return self.place.endswith(KEY)

    @property
    def parameter(self) -> str:
        """The place as a description's `when` names it: the way through the query or the body."""
        way = re.sub(r"\[(\d+)\]", r".\1", self.place.partition(" ")[2])
        return way.removesuffix(KEY) + self.text if self.is_key else way

    @property
    def wanted(self) -> str:
        """What has to stand there, as `when` says it."""
        return "*" if self.is_key else self.text


Place = tuple[str, str, str, Word | None]  # host, method, path, word


@dataclass(frozen=True)
class Said:
    """What left the client.

    A WebSocket message has no method; its `path` is its socket's, its text the `body`, and `socket` tells
    apart the sockets that were opened. `word` tells a request from others to its address, None where it has
    that for itself.
    """

    host: str
    path: str
    method: str = ""
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    word: Word | None = None
    socket: int = 0

    @property
    def at(self) -> Place:
        """Where it went, with the word that tells it from others there."""
        return self.host, self.method, self.path, self.word

    @property
    def opens_a_socket(self) -> bool:
        return any(name.lower() == "upgrade" for name, _ in self.headers)

    @cached_property
    def values(self) -> dict[str, str]:
        """Every value by its place (`header X-Time`, `query symbol`, `body order.price`), the first 200."""
        found = {f"header {name}": value for name, value in self.headers}
        found |= {f"query {name}": value for name, value in parse_qsl(self.query, keep_blank_values=True)}
        found |= {f"body {name}": value for name, value in self.fields.items()}
        if self.payload is not None:
            leaves = flatten(dict(self.payload.document))
            found |= {f"payload {written(path)}": _text(leaf) for path, leaf in leaves.items()}
        return dict(list(found.items())[:MOST_VALUES])

    @cached_property
    def words(self) -> dict[str, str]:
        """What may tell it from others to its address: values but for headers, and keys of its body."""
        found = {place: value for place, value in self.values.items() if not place.startswith("header ")}
        return found | {f"body {way}{KEY}": key for way, key in _keys(parsed(self.body))}

    @cached_property
    def fields(self) -> dict[str, str]:
        """The body's values by their path, of a JSON document or a form; nothing where it is neither."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return dict(parse_qsl(self.body, keep_blank_values=True))
        if not isinstance(document, dict | list):
            return {}
        return {written(path): _text(leaf) for path, leaf in flatten(unpacked(document)).items()}

    @cached_property
    def payload(self) -> Payload | None:
        """The JSON object that a header of a request without a body holds in base64, as Gemini's requests."""
        for name, value in () if self.body else self.headers:
            with contextlib.suppress(binascii.Error, ValueError, RecursionError):
                document = json.loads(base64.b64decode(value, validate=True))
                if isinstance(document, dict):
                    return Payload(f"header {name}", document)
        return None

    @property
    def target(self) -> str:
        """The path and, where there is one, the query behind it."""
        return f"{self.path}?{self.query}" if self.query else self.path


def _keys(document: JsonValue, way: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    """(way to it, key) of the only object or list that stands in an object, and in that one again."""
    items = document.items() if isinstance(document, dict) else ()
    holding = {key: item for key, item in items if isinstance(item, dict | list)}
    inner = {key: item for key, item in holding.items() if not _OF_A_SIGNATURE.search(key)}
    if len(inner) == 1 and depth <= _DEEPEST_KEY:
        ((key, item),) = inner.items()
        yield way, key
        yield from _keys(item, f"{way}{key}.", depth + 1)


def _text(leaf: object) -> str:
    return leaf if isinstance(leaf, str) else json.dumps(leaf)
