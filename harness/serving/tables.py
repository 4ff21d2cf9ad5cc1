"""What the live page shows of one moment: the exchange's own books, and what a connector says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from harness.serving.market_maker import Told
from harness.text import one_line
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.decimals import plain
from harness.venue.market import Market
from harness.venue.model import Account, Balance, Level, Order
from harness.venue.positions import Position

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
        positions = venue.positions(account)
        last = venue.last_price(market)
    tables = [
        Table("asks", "Asks", ("Price", "Amount"), tuple(_level(each) for each in reversed(book.asks))),
        Table("bids", "Bids", ("Price", "Amount"), tuple(_level(each) for each in book.bids)),
        _balances(balances, told),
        *([_positions(positions, told)] if any(each.perpetual for each in venue.markets) else []),
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
        f"The connector: {told.state}. Its best bid and ask: {tops}; the exchange's: {plain(bid)} "
        f"and {plain(ask)}. It reported {told.fills} fills."
    )


def _level(level: Level) -> tuple[str, str]:
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


def _positions(positions: tuple[Position, ...], told: Told | None) -> Table:
    """The open ones; the connector's of the same market stand beside each, signed as it signs them."""
    claimed: dict[str, list[str]] = {}
    for each in told.positions if told is not None else ():
        claimed.setdefault(each.pair, []).append(f"{plain(each.amount)} at {plain(each.entry_price)}")
    says = ("Connector",) if told is not None else ()
    rows = tuple(
        (
            each.market.name, each.side.value, plain(each.size),
            "" if each.entry_price is None else plain(round(each.entry_price, 8)),
            plain(round(each.unrealised_pnl, 8)),
            *((", ".join(claimed.get(each.market.name, ["not tracked"])),) if told is not None else ()),
        )
        for each in positions
    )  # fmt: skip
    head = ("Market", "Side", "Size", "Entry price", "Unrealised", *says)
    return Table("positions", "Positions", head, rows, wide=True)


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
    return "not tracked" if order.status.live else "ended"


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
