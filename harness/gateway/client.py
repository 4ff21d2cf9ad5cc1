"""For clients on this side of the gateway: a connector to its Unix socket, and a loop in its time."""

from __future__ import annotations

import asyncio
import selectors
import ssl
from pathlib import Path

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace

from harness.clock import ScaledClock


class GatewayConnector(aiohttp.UnixConnector):
    """Connects to the gateway's socket, with TLS where the URL asks for it and `trusted` is given.

    aiohttp's own connector never speaks TLS on a Unix socket, whatever the URL says.
    """

    def __init__(self, path: Path, trusted: ssl.SSLContext | None) -> None:
        super().__init__(str(path))
        self._trusted = trusted

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> ResponseHandler:
        if self._trusted is None or not req.is_ssl():
            return await super()._create_connection(req, traces, timeout)
        _, protocol = await self._loop.create_unix_connection(
            self._factory, self.path, ssl=self._trusted, server_hostname=req.url.raw_host
        )
        return protocol


class _ScaledSelector(selectors.DefaultSelector):
    """Waits a scaled loop's seconds, which are shorter than the wall's."""

    scale = 1.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / self.scale)


class ScaledLoop(asyncio.SelectorEventLoop):
    """An event loop that lives in the clock's time: ccxt must ping as often as the exchange, too, thinks."""

    def __init__(self, clock: ScaledClock) -> None:
        selector = _ScaledSelector()
        selector.scale = clock.scale
        super().__init__(selector)
        self._clock = clock

    def time(self) -> float:
        return self._clock.now()
