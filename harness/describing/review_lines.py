"""Questions about a description, and the lines of the review that answer them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from harness.venue.described.addresses import WEBSOCKET, Address, written

OPEN_FACT = "{object.fact}"


@dataclass(frozen=True)
class Question:
    """`text` is asked, `lines` are what to write into the review once it is answered. Lower ranks first."""

    rank: int
    text: str
    lines: tuple[str, ...]


def line(at: Address | str, value: object = ...) -> str:
    """A line of the review, to be completed with a name and a page."""
    address = at if isinstance(at, str) else written(at)
    said = "" if value is ... else f", is: {json.dumps(value, ensure_ascii=False)}"
    today = datetime.now(UTC).date().isoformat()
    return (
        f"- {{at: {json.dumps(address, ensure_ascii=False)}{said}, by: YOUR NAME, date: {today}, page: URL}}"
    )


def route_line(
    name: str,
    operation: str = "…",
    *,
    private: bool = False,
    reply: JsonValue | None = None,
    when: Mapping[str, JsonValue] | None = None,
) -> str:
    """A line that adds a route by its method and path, or a WebSocket by its host and path.

    `name` is `GET /v1/fills`, or `WebSocket ws.acme.com/private`; `when` tells the route from others to the
    same address.
    """
    kind, _, place = name.partition(" ")
    if kind == WEBSOCKET:
        host, _, path = place.partition("/")
        whole = {"host": host, **usual_connection(f"/{path}"), "channels": {}}
        return line(("connections", "stream"), whole)
    told = {"operation": operation, "private": private, "takes": {}, "reply": {} if reply is None else reply}
    return line(("routes", name), {**told, **({"when": when} if when else {})})


def usual_connection(path: str) -> dict[str, JsonValue]:
    """A connection as most exchanges have it, to be put right."""
    return {"path": path, "subscribe": {"said": {"op": "subscribe"}, "topics": "args[]"}}


def left_open(made: JsonValue) -> JsonValue:
    """A reply whose leaves that nobody understands are to be written."""
    if isinstance(made, dict):
        return {key: left_open(item) for key, item in made.items()}
    if isinstance(made, list):
        return [left_open(item) for item in made]
    return OPEN_FACT if made == "" else made
