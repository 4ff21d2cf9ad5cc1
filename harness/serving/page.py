"""A live page of a venue: book, orders, fills, balances, ledger, and what a connector says of them.

Made whole by the server, so it also works without scripts, by loading it again; it loads nothing from
elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.errors import UserError
from harness.serving.market_maker import Told
from harness.serving.tables import Shown, shown
from harness.text import plain
from harness.venue.dialects.base import Dialect
from harness.venue.model import Account

HERE = Path(__file__).parent
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'"


def application(
    dialect: Dialect,
    account: Account,
    told: Callable[[], Told] | None = None,
    title: str = "",
    about: str = "",
) -> web.Application:
    """Serves the page at `/`, of one market with `?market=BASE-QUOTE`."""

    async def page(request: web.Request) -> web.StreamResponse:
        wanted = request.query.get("market", "")
        markets = {market.name: market for market in dialect.venue.markets}
        market = markets.get(wanted, dialect.venue.markets[0])
        now = shown(dialect, account, market, told() if told else None, title, about)
        return web.Response(
            text=render(now),
            content_type="text/html",
            headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
        )

    async def script(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(HERE / "live.js")

    async def style(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(HERE / "live.css")

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/live.js", script), web.get("/live.css", style)])
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """The page at `port` (0: any free one), which it gives. Raises `UserError` when it is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise UserError(
                f"cannot listen on port {port}: {error}", hint="choose another with --page-port"
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def render(now: Shown) -> str:
    return _environment().get_template("live.html.j2").render(now=now)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: (
            plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
        trim_blocks=True,
        lstrip_blocks=True,
    )
