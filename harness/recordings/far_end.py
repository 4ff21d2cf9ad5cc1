"""The real exchange: one client of ours, with its own TLS, bounded in everything that comes back."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from harness import __version__
from harness.venue.dialects.messages import Reply, Request

MOST_REPLY = 32 << 20  # bytes, when it is no longer compressed: the longest lists of markets have half of it
MOST_MESSAGE = 16 << 20
MOST_BYTES = 512 << 20  # of one recording
MOST_SOCKETS = 50
MOST_REQUESTS = 5000
PER_SECOND = 10  # requests and messages; whoever wants more waits
SECONDS = 30.0  # for one request
CLOSING = 2.0
LEAVING, LOOKS = 3.0, 300
# Of one connection, or made anew by aiohttp.
_OWN_HEADERS = frozenset(
    {
        "host", "connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "content-length", "content-encoding", "accept-encoding", "expect",
        "x-http-method-override", "x-method-override", "x-http-method",
    }
)  # fmt: skip


class FarEndError(Exception):
    """Nothing came back that could be handed on; the text says what was wrong."""


@dataclass(frozen=True)
class Way:
    """How the far end is reached: through an HTTPS proxy where there is one, trusting the certificates in
    `ca` beside those of the system."""

    proxy: str | None = None
    ca: Path | None = None

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca is not None:
            context.load_verify_locations(self.ca)
        return context


class FarEnd:
    """Used from the gateway's thread. Only `hosts` are reached, and only at addresses of the internet."""

    def __init__(self, hosts: Collection[str], ports: Collection[int], way: Way) -> None:
        self._hosts, self._ports, self._way = frozenset(hosts), frozenset(ports), way
        self._session: aiohttp.ClientSession | None = None
        self._left, self._requests, self._sockets = MOST_BYTES, 0, 0
        self._next = 0.0
        self._opened: list[socket.socket] = []
        self._leaving: set[asyncio.Task[bool]] = set()

    async def fetch(self, request: Request) -> Reply:
        """What it answers, as it came. Raises FarEndError."""
        self._requests += 1
        if self._requests > MOST_REQUESTS:
            raise FarEndError(f"more than {MOST_REQUESTS} requests")
        await self.wait_for_turn()
        try:
            async with self._client().request(
                request.method, self._url("https", request), headers=_onward(request),
                data=request.body or None, allow_redirects=False, proxy=self._way.proxy,
            ) as answer:  # fmt: skip
                body = await self._bounded(answer)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise FarEndError(_gist(error)) from error
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN_HEADERS}
        return Reply(answer.status, headers, body)

    async def connect(self, request: Request) -> aiohttp.ClientWebSocketResponse | Reply:
        """An open WebSocket, or the answer of one who opens none. Raises FarEndError."""
        self._sockets += 1
        if self._sockets > MOST_SOCKETS:
            raise FarEndError(f"more than {MOST_SOCKETS} WebSockets")
        await self.wait_for_turn()
        headers = {
            name: value
            for name, value in _onward(request).items()
            if not name.lower().startswith("sec-websocket-")
        }
        said = request.header("Sec-WebSocket-Protocol") or ""
        protocols = [each.strip() for each in said.split(",") if each.strip()]
        try:
            return await self._client().ws_connect(
                self._url("wss", request), headers=headers, protocols=protocols, proxy=self._way.proxy,
                max_msg_size=MOST_MESSAGE, timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING),
            )  # fmt: skip
        except aiohttp.WSServerHandshakeError as error:
            return Reply(error.status, {}, b"")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise FarEndError(_gist(error)) from error

    def count(self, size: int) -> None:
        """Raises FarEndError where a recording has had enough."""
        self._left -= size
        if self._left < 0:
            raise FarEndError(f"more than {MOST_BYTES >> 20} MiB in one recording")

    async def wait_for_turn(self) -> None:
        """A real exchange is not asked more often than `PER_SECOND`."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        self._next = turn + 1 / PER_SECOND
        await asyncio.sleep(turn - now)

    def leave(self, there: aiohttp.ClientWebSocketResponse) -> None:
        """Say goodbye on a WebSocket, whoever is cancelled meanwhile."""
        leaving = asyncio.create_task(there.close())
        self._leaving.add(leaving)

    async def close(self) -> None:
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            await self._all_closed()

    async def _all_closed(self) -> None:
        """aiohttp does not wait until TLS behind a proxy has closed."""
        for _ in range(LOOKS):
            if all(each.fileno() < 0 for each in self._opened):
                return
            await asyncio.sleep(LEAVING / LOOKS)

    def _open(self, address: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol = address[:3]
        self._opened.append(socket.socket(family, kind, protocol))
        return self._opened[-1]

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=self._way.context(), resolver=_Public(self._hosts), socket_factory=self._open
            )
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                headers={"User-Agent": f"hummingbot-connector-harness/{__version__}"},
            )  # fmt: skip
        return self._session

    def _url(self, scheme: str, request: Request) -> URL:
        if request.host not in self._hosts or request.port not in self._ports:
            raise ValueError(f"{request.host}:{request.port} is not in the description")
        query = f"?{request.query_string}" if request.query_string else ""
        return URL(f"{scheme}://{request.host}:{request.port}{request.path}{query}", encoded=True)

    async def _bounded(self, answer: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for part in answer.content.iter_chunked(1 << 16):
            body += part
            if len(body) > MOST_REPLY:
                raise FarEndError(f"a reply of more than {MOST_REPLY >> 20} MiB")
        self.count(len(body))
        return bytes(body)


class _Public(AbstractResolver):
    """Looks up names; those of `hosts` must not lead into somebody's own network."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts
        self._own = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._own.resolve(host, port, family)
        if host in self._hosts and not all(ipaddress.ip_address(each["host"]).is_global for each in found):
            raise OSError(errno.EHOSTUNREACH, f"{host} leads to an address that is not on the internet")
        return found

    async def close(self) -> None:
        await self._own.close()


def _onward(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}


def _gist(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300] if str(error) else type(error).__name__
