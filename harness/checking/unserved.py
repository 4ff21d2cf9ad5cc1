"""What a connector asked of an exchange that has it, by ccxt's word, where the simulation has not.

An exchange keeps several versions of its interface, and routes that no merged connector uses. Whoever turns
to one of them is answered here as if it did not exist, which is our lack and not his fault. ccxt's tables
are not whole: in a folder of theirs of which nothing is simulated, any route may be there. What ccxt does not
know otherwise is not excused: the exchange may well not have it.
"""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from harness.gateway.entries import Exchange
from harness.scenarios.trace.model import Trace
from harness.venue.dialects import dialect, known
from harness.venue.dialects.base import Dialect

WEBSOCKET = "WebSocket"
MOST_NAMED = 3
_METHODS = frozenset({"get", "post", "put", "delete", "patch"})
_BRACES = re.compile(r"\\\{[^{}/]*\\\}")
# Known to nobody and of use to nobody: ccxt writes an address with them, and nothing leaves.
_MADE_UP = {
    "apiKey": "a" * 32,
    "secret": "b" * 44,
    "password": "c",
    "uid": "1",
    "walletAddress": "0x" + "1" * 40,
    "privateKey": "0x" + "1" * 64,
}


@dataclass(frozen=True)
class Route:
    """`method` is HTTP's, or `WebSocket`; `path` may have names in braces: `/api/v1/orders/{id}`."""

    method: str
    path: str

    def fits(self, method: str, path: str) -> bool:
        pattern = _BRACES.sub("[^/]+", re.escape(_bare(self.path)))
        return method == self.method and re.fullmatch(pattern, _bare(path)) is not None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@cache
def routes_of(ccxt_id: str) -> frozenset[Route]:
    """All that ccxt can ask of an exchange; none where it does not know the exchange."""
    kind = getattr(importlib.import_module("ccxt.pro"), ccxt_id, None)
    if kind is None:
        return frozenset()
    exchange: Any = kind(_MADE_UP)
    return frozenset((*_rest(exchange), *_streams(exchange.urls.get("api"))))


def unserved(traces: Iterable[Trace]) -> tuple[str, ...]:
    """Routes that were asked for in these traces, that ccxt knows and the simulation does not, each once."""
    found: dict[str, None] = {}
    for trace in traces:
        if trace.header.dialect not in known():  # derived: what its connector asks for is all that there is
            continue
        asked = dict.fromkeys(
            _route_of(each)
            for each in trace.wire.exchanges()
            if each.operation is None and each.fault is None and each.status is not None
        )
        found |= {str(each): None for each in asked if _there(each, dialect(trace.header.dialect))}
    return tuple(found)


def _there(asked: Route, exchange: type[Dialect]) -> bool:
    named_by_ccxt = routes_of(exchange.ccxt_id or "")
    if any(each.fits(asked.method, asked.path) for each in named_by_ccxt):
        return True
    served = {_folder(each.path) for each in (*exchange.routes, *exchange.streams)}
    folder = _folder(asked.path)
    return folder not in served and any(_folder(each.path) == folder for each in named_by_ccxt)


def _folder(path: str) -> str:
    return _bare(path).rpartition("/")[0]


def named(routes: tuple[str, ...]) -> str:
    return ", ".join([*routes[:MOST_NAMED], "…"] if len(routes) > MOST_NAMED else routes)


def _route_of(exchange: Exchange) -> Route:
    return Route(WEBSOCKET if exchange.header("Upgrade") else exchange.method, exchange.path)


def _rest(exchange: Any) -> Iterator[Route]:
    for trail, method, path in _leaves(exchange.api):
        with contextlib.suppress(Exception):  # ccxt wants more for some than names in braces
            url = exchange.sign(path, list(trail), method.upper(), {})["url"]
            yield Route(method.upper(), urlsplit(url).path)


def _leaves(
    api: Mapping[str, Any], trail: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """`(public, v2), get, market/ticker` from ccxt's nested tables; paths are keys with costs, or a list."""
    for name, below in api.items():
        if name in _METHODS:
            yield from ((trail, name, path) for path in below)
        elif isinstance(below, Mapping):
            yield from _leaves(below, (*trail, name))


def _streams(urls: object) -> Iterator[Route]:
    if isinstance(urls, Mapping):
        for below in urls.values():
            yield from _streams(below)
    elif isinstance(urls, str) and urls.startswith(("ws://", "wss://")):
        yield Route(WEBSOCKET, urlsplit(urls).path)


def _bare(path: str) -> str:
    return "/" + path.strip("/")
