"""How fast the gateway is, against a plain aiohttp server that gives the same replies, and against mitmproxy.

Run `python -m benchmarks.gateway`. Client and server are processes of their own; everything goes over a Unix
socket. The gateway's side includes the dialect, the venue's events, the faults' look-up and the record.
mitmproxy, fetched by `uv tool run`, is a process of its own in front of the plain server, over TCP, recording
nothing; it has a core to itself where there are three.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import socket as socketlib
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import aiohttp
from aiohttp import web
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from harness.clock import ScaledClock
from harness.gateway.client import GatewayConnector
from harness.gateway.record import Record
from harness.gateway.thread import running_gateway
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Frame, Outgoing
from harness.venue.dialects.routing import Call, rest, stream
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import BookChanged, Event
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.model import Side
from harness.venue.session import Venue

HOST = "api.bench.test"
REPLY: JsonValue = {
    "symbol": "BTCUSDT",
    "bids": [["64000.01", "0.5"]] * 20,
    "asks": [["64000.02", "0.5"]] * 20,
}
CONNECTIONS = 16  # requests in flight
REST_URL = f"https://{HOST}/depth?symbol=BTCUSDT"
STREAM_URL = f"wss://{HOST}/ws"


class BenchSession(StreamSession):
    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        if isinstance(event, BookChanged):
            yield Frame.of("stream:book", book_message(event.sequence))


class BenchDialect(Dialect):
    name = "bench"
    rest_hosts = (HOST,)
    stream_hosts = (HOST,)

    @rest("GET", "/depth", operation="order_book")
    def depth(self, call: Call) -> JsonValue:  # noqa: ARG002 - a handler's signature
        return REPLY

    @stream("/ws", operation="stream:book")
    def ws(self, call: Call) -> StreamSession:  # noqa: ARG002 - a handler's signature
        return BenchSession()


def book_message(sequence: int) -> JsonValue:
    return {"e": "depthUpdate", "u": sequence, "b": [["64000.01", "0.5"]], "a": []}


@dataclass(frozen=True)
class Client:
    """What the client's process needs; picklable. Without a socket it asks at a TCP port of this machine."""

    socket: Path | None
    ca_pem: str | None
    seconds: float
    port: int = 0

    @property
    def url(self) -> str:
        return REST_URL if self.socket else f"http://127.0.0.1:{self.port}/depth?symbol=BTCUSDT"

    def session(self) -> aiohttp.ClientSession:
        if self.socket is None:
            return aiohttp.ClientSession()
        trusted = None if self.ca_pem is None else ssl.create_default_context(cadata=self.ca_pem)
        return aiohttp.ClientSession(connector=GatewayConnector(self.socket, trusted))


def count_requests(client: Client) -> float:
    """Requests a second."""

    async def worker(session: aiohttp.ClientSession, end: float) -> int:
        done = 0
        while time.monotonic() < end:
            async with session.get(client.url) as reply:
                await reply.read()
            done += 1
        return done

    async def main() -> float:
        async with client.session() as session:
            async with session.get(client.url) as reply:
                reply.raise_for_status()
            began = time.monotonic()
            workers = (worker(session, began + client.seconds) for _ in range(CONNECTIONS))
            done = sum(await asyncio.gather(*workers))
            return done / (time.monotonic() - began)

    return asyncio.run(main())


def count_messages(client: Client) -> float:
    """Messages a second, from the first one on."""

    async def main() -> float:
        async with client.session() as session, session.ws_connect(STREAM_URL) as ws:
            await ws.receive_str()
            began, done = time.monotonic(), 0
            while time.monotonic() < began + client.seconds:
                await ws.receive_str()
                done += 1
            return done / (time.monotonic() - began)

    return asyncio.run(main())


@contextmanager
def mitmproxy(upstream: int) -> Iterator[int]:
    """A reverse proxy before the plain server's port; gives its own. Raises when it cannot be fetched."""
    port = free_port()
    command = [
        *("uv", "tool", "run", "--from", "mitmproxy", "mitmdump", "--quiet", "--set", "flow_detail=0"),
        *("--mode", f"reverse:http://127.0.0.1:{upstream}", "--listen-port", str(port)),
    ]
    with subprocess.Popen(command) as process:
        try:
            for _ in range(600):
                with suppress(OSError), socketlib.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.2)
            yield port
        finally:
            process.terminate()


def free_port() -> int:
    with socketlib.socket() as handle:
        handle.bind(("127.0.0.1", 0))
        return int(handle.getsockname()[1])


@contextmanager
def plain_server(socket: Path, port: int) -> Iterator[None]:
    """The same replies from aiohttp alone, on a socket and a TCP port."""

    async def depth(_: web.Request) -> web.Response:
        return web.json_response(REPLY)

    async def send(response: web.WebSocketResponse) -> None:
        for sequence in itertools.count():
            await response.send_str(Frame.of("stream:book", book_message(sequence)).text)
            if sequence % 100 == 0:
                await asyncio.sleep(0)

    async def ws(request: web.Request) -> web.WebSocketResponse:
        response = web.WebSocketResponse()
        await response.prepare(request)
        sender = asyncio.create_task(send(response))
        async for _ in response:
            pass
        sender.cancel()
        return response

    async def start(runner: web.AppRunner) -> None:
        await runner.setup()
        await web.UnixSite(runner, str(socket)).start()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    app = web.Application()
    app.add_routes([web.get("/depth", depth), web.get("/ws", ws)])
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(start(runner), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def busy_market(venue: Venue, record: Record) -> Iterator[None]:
    """Change the book as fast as the gateway passes it on, never more than 2,000 messages ahead of it."""
    stop, before = threading.Event(), record.mark()
    market = venue.markets[0]

    def change() -> None:
        made = 0
        while not stop.is_set():
            if made - (record.mark() - before) > 2000:
                time.sleep(0.002)
                continue
            for _ in range(100):
                made += 1
                venue.set_level(market, Side.BUY, Decimal(100), Decimal(1 + made % 7))

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def measure(seconds: float) -> list[tuple[str, float, float]]:
    """(server, requests a second, messages a second)."""
    rows: list[tuple[str, float, float]] = []
    processes = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    with processes, tempfile.TemporaryDirectory() as folder:

        def ask(work: Callable[[Client], float], client: Client) -> float:
            return processes.submit(work, client).result(seconds + 60)

        socket = Path(folder) / "plain.sock"
        client = Client(socket, None, seconds)
        port = free_port()
        with plain_server(socket, port):
            rows.append(("aiohttp alone", ask(count_requests, client), ask(count_messages, client)))
            with mitmproxy(port) as proxied:
                rows.append(
                    ("mitmproxy before it", ask(count_requests, Client(None, None, seconds, proxied)), 0)
                )
        for name, secured in (("gateway", False), ("gateway, TLS", True)):
            clock = ScaledClock()
            venue = Venue(SAMPLE_MARKETS, seed=1, clock=clock)
            with running_gateway([BenchDialect(venue)], clock=clock) as gateway:
                ca_pem = gateway.authority.ca_pem.decode() if secured else None
                client = Client(gateway.socket_path, ca_pem, seconds)
                requests = ask(count_requests, client)
                with busy_market(venue, gateway.record):
                    rows.append((name, requests, ask(count_messages, client)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long to measure each figure")
    rows = measure(parser.parse_args().seconds)
    table = Table(title=f"over a Unix socket, {CONNECTIONS} requests in flight, one stream")
    for heading in ("server", "requests/s", "of aiohttp's", "messages/s", "of aiohttp's"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    _, most_requests, most_messages = rows[0]
    for name, requests, messages in rows:
        table.add_row(
            name,
            f"{requests:,.0f}",
            f"{requests / most_requests:.2f}",
            f"{messages:,.0f}" if messages else "–",
            f"{messages / most_messages:.2f}" if messages else "–",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
