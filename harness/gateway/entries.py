"""What the gateway writes down, one frozen dataclass a kind.

Times are virtual Unix seconds. `number` is the entry's place on the one time line that all kinds share, so
two entries of different kinds can be put in order even when their times are equal. `client` says who spoke:
the connector in the sandbox (through the shim) or the oracle (straight over the gateway's socket).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl

from pydantic import JsonValue

Client = Literal["connector", "oracle"]
Headers = tuple[tuple[str, str], ...]
Pairs = tuple[tuple[str, str], ...]


class ClosedBy(StrEnum):
    """Who ended a WebSocket. LOST: the connection went away without a close frame from either side."""

    CLIENT = "client"
    VENUE = "venue"
    FAULT = "fault"
    GATEWAY = "gateway"
    LOST = "lost"


class RejectionReason(StrEnum):
    """Why a connection was not served."""

    UNDECLARED_HOST = "undeclared_host"
    UNDECLARED_PORT = "undeclared_port"
    NO_TLS = "no_tls"
    NO_NAME = "no_name"  # TLS without SNI: usually a hard-coded address
    HOST_MISMATCH = "host_mismatch"  # the request names another host than the TLS handshake did
    NOT_HTTP = "not_http"
    TOO_LARGE = "too_large"
    UNFINISHED = "unfinished"  # the client left, or fell silent, in the middle of a request
    SILENT = "silent"  # connected and never said a word
    DATAGRAM = "datagram"  # UDP, other than a look-up; reported once for each place
    BAD_PREAMBLE = "bad_preamble"  # the shim's own line was not understood: ours, not the fork's


def is_request(operation: str) -> bool:
    """Whether a client's message of this standard operation asks for something that is no matter of the
    stream: an order to be placed, cancelled, looked up …"""
    return bool(operation) and not operation.startswith("stream:")


class _Replied:
    """What came back to a request, over HTTP or over a WebSocket."""

    reply: bytes

    @property
    def reply_text(self) -> str:
        return self.reply.decode("utf-8", errors="replace")

    def reply_json(self) -> JsonValue:
        return _json(self.reply)


@dataclass(frozen=True)
class Exchange(_Replied):
    """An HTTP request and what came back. `status` is None while, or when, nothing did.

    `path` and `raw_query` are as sent; `fault` names what was done to it on purpose.
    """

    at: float
    host: str
    port: int
    tls: bool
    client: Client
    operation: str | None
    method: str
    path: str
    raw_query: str = ""
    headers: Headers = ()
    body: bytes = b""
    weight: int = 0
    status: int | None = None
    reply_headers: Headers = ()
    reply: bytes = b""
    replied_at: float | None = None
    fault: str | None = None
    number: int = -1

    @cached_property
    def query(self) -> Pairs:
        return tuple(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def params(self) -> dict[str, str]:
        """Query parameters, then those of a form body; the last of a name wins."""
        return dict([*self.query, *parse_qsl(self.text, keep_blank_values=True)])

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    @property
    def said(self) -> str:
        """All that is asked: path, query and body."""
        return f"{self.path} {self.raw_query} {self.text}"

    @property
    def name(self) -> str:
        """What is asked, for people."""
        return f"{self.method} {self.path}"

    def json(self) -> JsonValue:
        """The request's body as JSON, None when it is not."""
        return _json(self.body)

    def header(self, name: str) -> str | None:
        """A request header's value, whatever its letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def url(self) -> str:
        return _url("https" if self.tls else "http", self.host, self.port, self.path, self.raw_query)


@dataclass(frozen=True)
class Frame(_Replied):
    """A WebSocket message. `direction` is seen from the client: `received` came from the venue.

    `socket_id` is the number of its `Socket`. A frame with the fault `drop`, `stall`, `lose reply` or a
    closing one was made by the venue and never sent. Of a request `status`, `reply` and `replied_at` are
    what came back, as an `Exchange` has them: `status` says as HTTP would how it went.
    """

    at: float
    host: str
    socket_id: int
    client: Client
    direction: Literal["sent", "received"]
    operation: str
    text: str
    opcode: Literal["text", "binary", "ping", "pong"] = "text"
    weight: int = 0
    status: int | None = None
    reply: bytes = b""
    replied_at: float | None = None
    fault: str | None = None
    number: int = -1

    @property
    def asks(self) -> bool:
        """Whether it is a request."""
        return self.direction == "sent" and is_request(self.operation)

    @property
    def said(self) -> str:
        """All that is asked."""
        return self.text

    @property
    def name(self) -> str:
        """What is asked, for people."""
        return f"{self.operation} over a WebSocket"

    def json(self) -> JsonValue:
        """The message as JSON, None when it is not."""
        return _json(self.text)


@dataclass(frozen=True)
class Socket:
    """A WebSocket that was opened. `close_code` is 1006 when no close frame was seen."""

    opened_at: float
    host: str
    port: int
    tls: bool
    client: Client
    operation: str | None
    path: str
    raw_query: str = ""
    headers: Headers = ()
    closed_at: float | None = None
    close_code: int | None = None
    close_reason: str = ""
    closed_by: ClosedBy | None = None
    fault: str | None = None
    number: int = -1

    @property
    def at(self) -> float:
        return self.opened_at

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def url(self) -> str:
        return _url("wss" if self.tls else "ws", self.host, self.port, self.path, self.raw_query)


@dataclass(frozen=True)
class RejectedConnection:
    """A connection nobody declared, or one that did not speak as it should. It was closed.

    `host` is what the client called it, None where it gave no name; `sni` is the name in its TLS handshake.
    `first_bytes` is what it said, after TLS.
    """

    at: float
    reason: RejectionReason
    client: Client
    host: str | None
    ip: str | None
    port: int | None
    tls: bool
    first_bytes: bytes = b""
    sni: str | None = None
    number: int = -1


@dataclass(frozen=True)
class Lookup:
    """A name that was looked up inside the sandbox."""

    at: float
    name: str
    kind: str = "A"
    number: int = -1

    client: Client = "connector"


@dataclass(frozen=True)
class Handshake:
    """A TLS handshake. `certificate` is `right` or how it was wrong; no `error` means the client took it.

    `hello` is the beginning of the client's first message as it came: name, protocols and the rest.
    """

    at: float
    host: str | None
    ip: str | None
    port: int | None
    client: Client
    certificate: str
    error: str | None
    hello: bytes = b""
    number: int = -1


@dataclass(frozen=True)
class Trouble:
    """Something of ours broke while serving: whoever judges must not hold it against a submission."""

    at: float
    where: str
    detail: str
    number: int = -1


Requested = Exchange | Frame  # a request, over HTTP or over a WebSocket, and what came back
Entry = Exchange | Frame | Socket | RejectedConnection | Lookup | Handshake | Trouble


def _json(text: str | bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return None
    return value


def _url(scheme: str, host: str, port: int, path: str, raw_query: str) -> str:
    place = host if port in (80, 443) else f"{host}:{port}"
    return f"{scheme}://{place}{path}" + (f"?{raw_query}" if raw_query else "")
