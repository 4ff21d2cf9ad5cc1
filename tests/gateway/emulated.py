"""The outside of a sandbox, emulated: a port that behaves as the shim, and a client that resolves to it."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from harness.gateway.thread import GatewayThread

PATIENCE = 20.0

T = TypeVar("T")


class EmulatedShim:
    """Accepts on loopback and passes each connection to the gateway, as if it had gone to `ip:port`."""

    def __init__(self, gateway: Path, ip: str = "127.0.0.1", port: int = 443) -> None:
        self.gateway = gateway
        self.ip = ip
        self.port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    line = json.dumps({"kind": "tcp", "ip": self.ip, "port": self.port}) + "\n"
                    self.say(line.encode(), [connection.fileno()])

    def say(self, line: bytes, descriptors: list[int] | None = None) -> None:
        with socket.socket(socket.AF_UNIX) as upward:
            upward.connect(str(self.gateway))
            if descriptors:
                socket.send_fds(upward, [line], descriptors)
            else:
                upward.sendall(line)

    def connect(self) -> socket.socket:
        """A raw connection, as code in the sandbox would make it."""
        return socket.create_connection(self.address, timeout=PATIENCE)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)


class _Everywhere(AbstractResolver):
    """Every name leads to the shim."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        ip, port = self._address
        return [ResolveResult(hostname=host, host=ip, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return None


@asynccontextmanager
async def client(shim: EmulatedShim, trusted: ssl.SSLContext | bool) -> AsyncIterator[aiohttp.ClientSession]:
    """An aiohttp client in the emulated sandbox; `trusted=False` verifies nothing."""
    connector = aiohttp.TCPConnector(resolver=_Everywhere(shim.address), ssl=trusted)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session
    transports: Any = asyncio.get_running_loop()._transports  # type: ignore[attr-defined]
    for _ in range(200):  # aiohttp does not wait for TLS to say goodbye
        if all(each._sock is None for each in list(transports.values())):
            break
        await asyncio.sleep(0.01)
    for each in list(transports.values()):  # one whose peer is mute never says goodbye
        each.abort()
    await asyncio.sleep(0)


def talk(
    gateway: GatewayThread,
    shim: EmulatedShim,
    work: Callable[[aiohttp.ClientSession], Awaitable[T]],
    *,
    verify: bool = True,
) -> T:
    """What `work` returns, with a session of a client that trusts the gateway's authority."""

    async def main() -> T:
        trusted = gateway.authority.client_context() if verify else False
        async with client(shim, trusted) as session:
            return await work(session)

    return asyncio.run(main())


async def get(session: aiohttp.ClientSession, url: str, **options: Any) -> tuple[int, str]:
    """GET exactly that URL: aiohttp would write some of its characters otherwise."""
    async with session.get(yarl.URL(url, encoded=True), **options) as reply:
        return reply.status, await reply.text()
