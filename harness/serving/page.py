"""A live page of a served venue: book, orders, fills, ledger. It loads nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web
from pydantic import JsonValue

from harness.venue.dialects.base import Dialect
from harness.venue.dialects.decimals import plain
from harness.venue.market import Market
from harness.venue.model import Account, Level

PAGE = Path(__file__).with_name("live.html")
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
SCRIPT, STYLE = PAGE.with_suffix(".js"), PAGE.with_suffix(".css")
DEPTH, ROWS = 12, 40


def application(dialect: Dialect, account: Account) -> web.Application:
    """Serves the page at `/` and what it shows at `/state?market=BASE-QUOTE`."""

    async def page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE, headers={"Content-Security-Policy": POLICY})

    async def script(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(SCRIPT)

    async def style(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(STYLE)

    async def now(request: web.Request) -> web.StreamResponse:
        wanted = request.query.get("market", "")
        markets = {market.name: market for market in dialect.venue.markets}
        return web.json_response(state(dialect, account, markets.get(wanted, dialect.venue.markets[0])))

    app = web.Application()
    app.add_routes(
        [web.get("/", page), web.get("/live.js", script), web.get("/live.css", style), web.get("/state", now)]
    )
    return app


def state(dialect: Dialect, account: Account, market: Market) -> dict[str, JsonValue]:
    """All that the page shows, numbers as texts, newest first."""
    venue = dialect.venue
    with venue.lock:
        book = venue.book(market, DEPTH)
        orders = venue.orders(account)[::-1][:ROWS]
        fills = venue.fills(account)[::-1][:ROWS]
        rows = venue.ledger_rows(account)[::-1][:ROWS]
        balances = venue.balances(account)
        last = venue.last_price(market)
    return {
        "dialect": dialect.name,
        "markets": [each.name for each in venue.markets],
        "market": market.name,
        "last": plain(last),
        "bids": [_level(level) for level in book.bids],
        "asks": [_level(level) for level in book.asks],
        "balances": [[b.asset, plain(b.free), plain(b.locked)] for b in balances],
        "orders": [
            [
                str(o.order_id), o.market.name, o.side.value, o.type.value,
                "" if o.price is None else plain(o.price), plain(o.amount), plain(o.filled), o.status.value,
            ]
            for o in orders
        ],
        "fills": [
            [str(f.trade_id), f.market.name, f.side.value, plain(f.price), plain(f.amount),
             f"{plain(f.fee)} {f.fee_asset}", "maker" if f.maker else "taker"]
            for f in fills
        ],
        "ledger": [[row.asset, plain(row.delta), row.bucket.value, str(row.reason)] for row in rows],
    }  # fmt: skip


def _level(level: Level) -> list[JsonValue]:
    return [plain(level.price), plain(level.amount)]
