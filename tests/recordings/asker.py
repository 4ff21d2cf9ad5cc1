"""A client of ours for recordings: it asks what it is told to, signed as bitstamp demands."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import aiohttp

from harness.gateway.client import GatewayConnector
from harness.recordings.clients import Asking

REST, STREAM = "https://www.bitstamp.net", "wss://ws.bitstamp.net/"
Work = Callable[["Session"], Awaitable[None]]


@dataclass
class Session:
    """What it has in its hands, and what it was told."""

    http: aiohttp.ClientSession
    credentials: Mapping[str, str]
    answers: list[tuple[int, str]]
    messages: list[str]

    async def get(self, path: str) -> None:
        await self._keep(self.http.get(REST + path, allow_redirects=False))

    async def post(self, path: str, body: str = "offset=0", **headers: str) -> None:
        signed = self.signed(path, body)
        await self._keep(self.http.post(REST + path, data=body, headers={**signed, **headers}))

    async def _keep(self, asked: Awaitable[aiohttp.ClientResponse]) -> None:
        try:
            answer = await asked
            self.answers.append((answer.status, await answer.text(errors="replace")))
        except aiohttp.ClientError as error:
            self.answers.append((0, type(error).__name__))

    def signed(self, path: str, body: str) -> dict[str, str]:
        key, secret = self.credentials["bitstamp_api_key"], self.credentials["bitstamp_api_secret"]
        kind, nonce, at = "application/x-www-form-urlencoded", str(uuid.uuid4()), str(int(time.time() * 1000))
        text = f"BITSTAMP {key}POSTwww.bitstamp.net{path}{kind}{nonce}{at}v2{body}"
        signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return {
            "X-Auth": f"BITSTAMP {key}", "X-Auth-Signature": signature, "X-Auth-Nonce": nonce,
            "X-Auth-Timestamp": at, "X-Auth-Version": "v2", "Content-Type": kind,
        }  # fmt: skip

    async def say(self, *messages: str | bytes, hear: int) -> None:
        """On a WebSocket: `hear` messages are waited for, or the end."""
        async with self.http.ws_connect(STREAM, max_msg_size=0) as ws:
            for message in messages:
                await (ws.send_bytes(message) if isinstance(message, bytes) else ws.send_str(message))
            for _ in range(hear):
                got = await ws.receive(timeout=20)
                self.messages.append(got.data if isinstance(got.data, str) else got.type.name)


@dataclass
class Asker:
    """A `Client` that does `work`."""

    work: Work
    credentials: Mapping[str, str]
    name: str = "asker"
    answers: list[tuple[int, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def ask(self, asking: Asking) -> None:
        async def main() -> None:
            connector = GatewayConnector(asking.gateway, asking.authority.client_context())
            async with aiohttp.ClientSession(connector=connector) as http:
                await self.work(Session(http, self.credentials, self.answers, self.messages))
            await asyncio.sleep(0.2)  # aiohttp does not wait until its transports have closed

        asyncio.run(main())
