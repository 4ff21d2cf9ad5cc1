"""A live page of a venue: book, orders, fills, balances, ledger, and what a connector says of them.

Made whole by the server, so it also works without scripts, by loading it again; it loads nothing from
elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.errors import UserError
from harness.serving.market_maker import Told
from harness.text import one_line
from harness.text import plain as visible
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.decimals import plain
from harness.venue.market import Market
from harness.venue.model import Account, Balance, Order

HERE = Path(__file__).parent
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'"
DEPTH, ROWS = 12, 40
MOST_WORDS = 240


@dataclass(frozen=True)
class Table:
    """`id` names it on the page; the first cell of a row is its heading."""

    id: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: bool = False


@dataclass(frozen=True)
class Shown:
    """All that the page shows of one moment, newest first."""

    title: str
    about: str
    markets: tuple[str, ...]
    market: str
    last: str
    tables: tuple[Table, ...]
    state: str = ""
    trouble: str = ""


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


def shown(
    dialect: Dialect, account: Account, market: Market, told: Told | None, title: str = "", about: str = ""
) -> Shown:
    """The page's contents, numbers as texts. `told` is what a connector says, None where there is none."""
    venue = dialect.venue
    with venue.lock:
        book = venue.book(market, DEPTH)
        orders = venue.orders(account)[::-1][:ROWS]
        fills = venue.fills(account)[::-1][:ROWS]
        ledger = venue.ledger_rows(account)[::-1][:ROWS]
        balances = venue.balances(account)
        last = venue.last_price(market)
    tables = [
        Table("asks", "Asks", ("Price", "Amount"), tuple(_level(each) for each in reversed(book.asks))),
        Table("bids", "Bids", ("Price", "Amount"), tuple(_level(each) for each in book.bids)),
        _balances(balances, told),
        _orders(orders, told),
        Table(
            "fills",
            "Fills",
            ("Side", "Price", "Amount", "Fee", "Role", "Market", "Trade"),
            tuple(
                (
                    each.side.value, plain(each.price), plain(each.amount),
                    f"{plain(each.fee)} {each.fee_asset}", "maker" if each.maker else "taker",
                    each.market.name, str(each.trade_id),
                )
                for each in fills
            ),
            wide=True,
        ),
        *(_said(told) if told else ()),
        Table(
            "ledger",
            "Ledger",
            ("Asset", "Change", "Bucket", "Reason"),
            tuple((row.asset, plain(row.delta), row.bucket.value, str(row.reason)) for row in ledger),
            wide=True,
        ),
    ]  # fmt: skip
    return Shown(
        title=title or f"Simulated {dialect.name}",
        about=about,
        markets=tuple(each.name for each in venue.markets),
        market=market.name,
        last=plain(last),
        tables=tuple(tables),
        state=_state(told, book.bids[0].price, book.asks[0].price) if told else "",
        trouble=told.trouble if told else "",
    )


def _state(told: Told, bid: Decimal, ask: Decimal) -> str:
    tops = " and ".join("nothing" if each is None else plain(each) for each in told.top)
    return (
        f"The connector: {told.state}. Best bid and ask as it has them: {tops}; at the exchange {plain(bid)} "
        f"and {plain(ask)}. It reported {told.fills} fills."
    )


def _level(level: Any) -> tuple[str, str]:
    return plain(level.price), plain(level.amount)


def _balances(balances: tuple[Balance, ...], told: Told | None) -> Table:
    if told is None:
        rows = tuple((each.asset, plain(each.free), plain(each.locked)) for each in balances)
        return Table("balances", "Balances", ("Asset", "Free", "Locked"), rows)
    head = ("Asset", "Agree", "Free", "Connector: free", "Total", "Connector: total")
    return Table("balances", "Balances", head, tuple(_both(each, told) for each in balances), wide=True)


def _both(balance: Balance, told: Told) -> tuple[str, ...]:
    """The exchange's balance and the connector's, which may be a moment behind."""
    said = told.balances.get(balance.asset)
    if said is None:
        return balance.asset, "not said", plain(balance.free), "", plain(balance.total), ""
    agree = (said.available, said.total) == (balance.free, balance.total)
    numbers = (balance.free, said.available, balance.total, said.total)
    return balance.asset, "yes" if agree else "no", *map(plain, numbers)


def _orders(orders: tuple[Order, ...], told: Told | None) -> Table:
    known: dict[str | None, str] = {}
    if told is not None:
        known = {view.exchange_order_id: view.state for view in told.orders.values()}
        known |= {order_id: view.state for order_id, view in told.orders.items()}
    says = ("Connector",) if told is not None else ()
    rows = tuple(
        (
            each.side.value, "" if each.price is None else plain(each.price), plain(each.amount),
            plain(each.filled), each.status.value.replace("_", " "),
            *((_tracked(each, known),) if told is not None else ()),
            each.type.value, each.market.name, str(each.order_id),
        )
        for each in orders
    )  # fmt: skip
    head = ("Side", "Price", "Amount", "Filled", "Status", *says, "Type", "Market", "Id")
    return Table("orders", "Orders", head, rows, wide=True)


def _tracked(order: Order, known: Mapping[str | None, str]) -> str:
    state = known.get(order.client_order_id) or known.get(str(order.order_id))
    if state:
        return one_line(state, 40).lower()
    return "does not know it" if order.status.live else "ended"


def _said(told: Told) -> tuple[Table, ...]:
    """Its last events and warnings, in its own words."""
    events = tuple(
        (one_line(each.kind, 40), one_line(each.order_id or "", 60), _number(each.decimal("price")),
         _number(each.decimal("amount") or each.decimal("order_filled_amount")))
        for each in told.events
    )  # fmt: skip
    logs = tuple((one_line(each.level, 12), one_line(each.message, MOST_WORDS)) for each in told.warnings)
    return (
        Table(
            "events", "What the connector reports", ("Event", "Order", "Price", "Amount"), events, wide=True
        ),
        Table("logs", "What it warns of", ("Level", "Message"), logs, wide=True),
    )


def _number(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def render(now: Shown) -> str:
    return _environment().get_template("live.html.j2").render(now=now)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: (
            visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
        trim_blocks=True,
        lstrip_blocks=True,
    )
