"""A served venue, as a person's clients meet it: through the proxy, by TLS alone, and in a browser."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import aiohttp
import pytest

from harness.commands.venue import description
from harness.errors import UserError
from harness.oracle import configuration
from harness.serving.life import meet
from harness.serving.serve import Served, prepared
from harness.venue.dialects.binance import Binance
from harness.venue.model import NewOrder, Side
from tests.browsing import PHONE, browser, too_wide, violations

HOST = "127.0.0.1"


@pytest.fixture
def served() -> Iterator[Served]:
    """Its page is where it says it is: any port was asked for."""
    with prepared(Binance, HOST, 0, 0, 1) as venue:
        started, loop = threading.Event(), asyncio.new_event_loop()
        told: list[int] = []

        async def main() -> None:
            loop.call_later(0.2, started.set)
            await venue.run(told.append)

        task = loop.create_task(main())

        def run() -> None:
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(task)

        thread = threading.Thread(target=run)
        thread.start()
        assert started.wait(20)
        (port,) = told
        yield replace(venue, page_port=port)
        loop.call_soon_threadsafe(task.cancel)
        thread.join(20)
        loop.close()


async def closed() -> None:
    """aiohttp's client leaves TLS behind a proxy without waiting until its transports have closed."""
    await asyncio.sleep(0.1)


def trusting(served: Served) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=served.ca)


def proxy(served: Served) -> str:
    return f"http://{HOST}:{served.front.port}"


def test_a_client_with_a_proxy(served: Served) -> None:
    async def main() -> tuple[int, str]:
        async with aiohttp.ClientSession() as session:
            url = "https://api.binance.com/api/v3/ping"
            async with session.get(url, proxy=proxy(served), ssl=trusting(served)) as reply:
                status = reply.status
            url = "wss://stream.binance.com:9443/ws/btcusdt@depth@100ms"
            async with session.ws_connect(url, proxy=proxy(served), ssl=trusting(served)) as ws:
                symbol = (await ws.receive_json(timeout=20))["s"]
        await closed()
        return status, symbol

    assert asyncio.run(main()) == (200, "BTCUSDT")


def test_a_client_that_was_sent_here_by_name(served: Served) -> None:
    with (
        socket.create_connection((HOST, served.front.port), 20) as raw,
        trusting(served).wrap_socket(raw, server_hostname="api.binance.com") as wire,
    ):
        wire.sendall(b"GET /api/v3/ping HTTP/1.1\r\nHost: api.binance.com\r\nConnection: close\r\n\r\n")
        said = b""
        while part := wire.recv(4096):
            said += part
    assert said.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "words", [b"GET / HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"CONNECT nowhere HTTP/1.1\r\n\r\n"]
)
def test_anybody_else_is_told_what_this_is(served: Served, words: bytes) -> None:
    with socket.create_connection((HOST, served.front.port), 20) as wire:
        wire.sendall(words)
        said = b""
        while part := wire.recv(4096):
            said += part
    assert said.startswith(b"HTTP/1.1 400")
    assert b"HTTPS proxy" in said


def test_the_printed_configuration_is_ccxts(served: Served) -> None:
    import ccxt.pro

    said = description(served, served.page_port)
    assert f"http://{HOST}:{served.page_port}/" in said
    assert repr(configuration(served.dialect.ccxt_options()))[1:-1] in said
    assert served.account.api_secret in said

    async def main() -> float:
        spoken = served.dialect
        exchange = ccxt.pro.binance(
            {
                **spoken.ccxt_credentials(served.account),
                **configuration(spoken.ccxt_options()),
                "httpsProxy": proxy(served),
                "wssProxy": proxy(served),
                "cafile": str(served.ca),
            }
        )
        try:
            await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 60000)
            return float((await exchange.fetch_balance())["USDT"]["used"])
        finally:
            await exchange.close()
            await closed()

    assert asyncio.run(main()) == 600


def test_the_page_shows_what_the_venue_holds(served: Served) -> None:
    served.dialect.venue.place(
        served.account,
        NewOrder(served.dialect.markets[0], Side.BUY, amount=Decimal("0.01"), price=Decimal(60000)),
    )

    async def main() -> str:
        async with aiohttp.ClientSession(f"http://{HOST}:{served.page_port}") as session:
            for part in ("/live.js", "/live.css"):
                async with session.get(part) as reply:
                    assert reply.status == 200
            async with session.get("/?market=BTC-USDT") as page:
                assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
                return await page.text()

    text = asyncio.run(main())
    assert all(f'src="{part}"' in text or f'href="{part}"' in text for part in ("/live.js", "/live.css"))
    order = "".join(f"<td>{each}</td>" for each in ("buy", "60000", "0.01", "0", "open", "limit", "BTC-USDT"))
    assert order in text
    assert "<td>USDT</td><td>-600</td><td>free</td><td>order</td>" in text


class Always:
    """A chance that always comes."""

    def random(self) -> float:
        return 0.0

    def choice(self, choices: tuple[int, ...]) -> int:
        return choices[0]


def test_somebody_meets_the_best_order(served: Served) -> None:
    venue, market = served.dialect.venue, served.dialect.markets[0]
    with venue.lock:
        best = venue.book(market, 1).bids[0].price + market.tick_size
        order = venue.place(served.account, NewOrder(market, Side.BUY, amount=Decimal("0.01"), price=best))
        meet(venue, served.account, market, Always())  # type: ignore[arg-type]
        assert venue.order(served.account, order.order_id).remaining == 0


def test_a_port_in_use_is_said(served: Served) -> None:
    with pytest.raises(UserError, match="cannot listen"), prepared(Binance, HOST, served.front.port, 1, 1):
        pass


@pytest.mark.xdist_group("browser")
def test_the_live_page_shuts_nobody_out(served: Served) -> None:
    with browser() as chromium:
        page = chromium.new_context(viewport=PHONE, color_scheme="dark").new_page()
        page.goto(f"http://{HOST}:{served.page_port}/")
        page.get_by_text("live").first.wait_for()
        assert violations(page) == []
        assert not too_wide(page)
