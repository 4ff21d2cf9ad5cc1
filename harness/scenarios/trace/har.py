"""The wire of a trace as HAR 1.2 (w3c.github.io/web-performance/specs/HAR/Overview.html).

WebSocket frames stand in `_webSocketMessages`, as Chrome's developer tools write and read them: time in Unix
seconds, type `send` or `receive`, opcode 1 (text), 2 (binary), 9 (ping), 10 (pong), and data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from harness import __version__
from harness.gateway.entries import Exchange, Frame, Headers, Socket
from harness.scenarios.trace.model import Trace

_OPCODES = {"text": 1, "binary": 2, "ping": 9, "pong": 10}
_HTTP = "HTTP/1.1"


def har(trace: Trace) -> dict[str, Any]:
    """Requests and WebSockets in the order in which they began; one page, the scenario."""
    frames: defaultdict[int, list[Frame]] = defaultdict(list)
    for frame in trace.wire.frames(client=None):
        frames[frame.socket_id].append(frame)
    entries = [
        _exchange(each) if isinstance(each, Exchange) else _socket(each, frames[each.number])
        for each in trace.wire.entries()
        if isinstance(each, Exchange | Socket)
    ]
    started = trace.entries[0].at if trace.entries else 0.0
    page = {
        "startedDateTime": _time(started),
        "id": "scenario",
        "title": f"{trace.header.connector}: {trace.title}",
        "pageTimings": {"onContentLoad": -1, "onLoad": -1},
    }
    creator = {"name": "hummingbot-connector-harness", "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "pages": [page], "entries": entries}}


def _exchange(each: Exchange) -> dict[str, Any]:
    wait = -1.0 if each.replied_at is None else max((each.replied_at - each.at) * 1000, 0.0)
    request = _request(each.method, each.url, each.headers, each.query, len(each.body))
    if each.body:
        request["postData"] = {"mimeType": each.header("content-type") or "", "text": each.text}
    kind = next((value for name, value in each.reply_headers if name.lower() == "content-type"), "")
    content = {"size": len(each.reply), "mimeType": kind or "text/plain", "text": each.reply_text}
    entry = _entry(each.at, max(wait, 0.0), request, each.status or 0, each.reply_headers, content)
    entry["_operation"] = each.operation
    if each.fault:
        entry["_fault"] = each.fault
    return entry


def _socket(each: Socket, frames: Sequence[Frame]) -> dict[str, Any]:
    ended = each.closed_at if each.closed_at is not None else each.opened_at
    request = _request("GET", each.url, each.headers, (), 0)
    content = {"size": 0, "mimeType": "x-unknown"}
    entry = _entry(each.at, max((ended - each.at) * 1000, 0.0), request, 101, (), content)
    entry["_resourceType"] = "websocket"
    entry["_webSocketMessages"] = [
        {
            "type": "send" if frame.direction == "sent" else "receive",
            "time": frame.at,
            "opcode": _OPCODES[frame.opcode],
            "data": frame.text,
        }
        for frame in frames
    ]
    return entry


def _entry(
    at: float, wait: float, request: dict[str, Any], status: int, headers: Headers, content: dict[str, Any]
) -> dict[str, Any]:
    return {
        "pageref": "scenario",
        "startedDateTime": _time(at),
        "time": wait,
        "request": request,
        "response": {
            "status": status,
            "statusText": _phrase(status),
            "httpVersion": _HTTP,
            "cookies": [],
            "headers": _pairs(headers),
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": content["size"],
        },
        "cache": {},
        "timings": {"send": 0, "wait": wait, "receive": 0},
    }


def _request(method: str, url: str, headers: Headers, query: Headers, size: int) -> dict[str, Any]:
    return {
        "method": method,
        "url": url,
        "httpVersion": _HTTP,
        "cookies": [],
        "headers": _pairs(headers),
        "queryString": _pairs(query),
        "headersSize": -1,
        "bodySize": size,
    }


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _time(at: float) -> str:
    """ISO 8601 with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
