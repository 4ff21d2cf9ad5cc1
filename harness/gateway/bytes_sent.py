"""What is sent past aiohttp: a reply of HTTP and a text message of a WebSocket, as bytes."""

from __future__ import annotations

import struct
from http import HTTPStatus

from harness.venue.dialects.messages import Reply


def http_reply(reply: Reply) -> bytes:
    body = reply.content()
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.all_headers().items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def text_frame(payload: bytes) -> bytes:
    """Of a server, which masks nothing (RFC 6455, 5.2)."""
    if len(payload) < 126:
        length = bytes([len(payload)])
    elif len(payload) < 65536:
        length = b"\x7e" + struct.pack("!H", len(payload))
    else:
        length = b"\x7f" + struct.pack("!Q", len(payload))
    return b"\x81" + length + payload
