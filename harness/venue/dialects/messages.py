"""What goes between a client and an exchange: requests, replies, WebSocket messages. No sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from functools import cached_property
from urllib.parse import parse_qsl, urlencode

from pydantic import JsonValue


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came. `query` is decoded, in order; `raw_query` is as sent, for signatures.

    `at` is virtual Unix seconds; `path` is without the query. `client` tells apart whose limits it uses up:
    the connector and the oracle come from different addresses, as it were.
    """

    method: str
    host: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    at: float = 0.0
    raw_query: str = ""
    client: str = "connector"
    port: int = 443

    def header(self, name: str) -> str | None:
        """A header's value, whatever its letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)

    @property
    def unlike_json(self) -> bool:
        """Whether it has a body that it does not say to be JSON."""
        kind = (self.header("Content-Type") or "").partition(";")[0].strip().lower()
        return bool(self.body) and kind != "application/json"

    @property
    def query_string(self) -> str:
        """The query as sent, or encoded anew when the gateway did not keep it."""
        return self.raw_query or urlencode(self.query)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> JsonValue:
        """The body as JSON, None when it is not."""
        try:
            value: JsonValue = json.loads(self.body)
        except ValueError:
            return None
        return value

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The body as `application/x-www-form-urlencoded`, or as `multipart/form-data` where it says that."""
        kind = self.header("Content-Type") or ""
        if kind.strip().lower().startswith("multipart/form-data"):
            return list(_parts_of(kind, self.body))
        return parse_qsl(self.text, keep_blank_values=True)


def _parts_of(kind: str, body: bytes) -> Iterator[tuple[str, str]]:
    """(name, text) of each part of a multipart form; `kind` is its content type, with the boundary."""
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    for part in message_from_bytes(head + body, policy=HTTP).iter_parts():
        name = part.get_param("name", header="content-disposition")
        held = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(held, bytes):
            yield name, held.decode("utf-8", "replace")


@dataclass(frozen=True)
class Reply:
    """An HTTP reply. A `body` that is not bytes is sent as JSON."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | JsonValue = None

    def content(self) -> bytes:
        """The body as sent."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":")).encode()

    def all_headers(self) -> dict[str, str]:
        """Headers with a content type, as sent."""
        kind = "text/plain" if isinstance(self.body, bytes) else "application/json;charset=UTF-8"
        return {"Content-Type": kind, **self.headers}


@dataclass(frozen=True)
class Frame:
    """A WebSocket message to the client.

    `binary` is what is sent when the exchange packs its messages (gzip …); `text` is what it says then.
    `status` says of the reply to a request how it went, as a status of HTTP would.
    """

    operation: str
    text: str
    binary: bytes | None = None
    status: int | None = None

    @classmethod
    def of(cls, operation: str, data: JsonValue) -> Frame:
        return cls(operation, json.dumps(data, separators=(",", ":")))


@dataclass(frozen=True)
class Close:
    """The exchange ends the connection with this WebSocket close code."""

    code: int
    reason: str = ""


@dataclass(frozen=True)
class Ping:
    """A ping frame of the WebSocket protocol."""

    payload: bytes = b""


Outgoing = Frame | Ping | Close


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Ends a handler early with the exchange's own error reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status}: {reply.content().decode(errors='replace')[:200]}")
        self.reply = reply
