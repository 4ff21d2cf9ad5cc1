"""The live page, from a venue and from what a connector says: all of it escaped, and told apart."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route

from harness.clock import ScaledClock
from harness.driving.claims import Balance, EventView, LogLine, OrderView, PositionView
from harness.serving.market_maker import Told, best_price
from harness.serving.page import HERE, render
from harness.serving.tables import Shown, Table, shown
from harness.venue.dialects.binance import Binance
from harness.venue.dialects.binance_perpetual import BinancePerpetual
from harness.venue.dialects.decimals import plain
from harness.venue.model import Account, BookView, Level, NewOrder, Order, OrderType, Side
from harness.venue.session import Venue
from tests.browsing import DESKTOP, PHONE, browser, too_wide, violations

SCRIPT = "<script>alert(1)</script>\u202e"
BTC = Binance.markets[0]


@pytest.fixture
def world() -> tuple[Binance, Account, Order]:
    """A venue on which an account has one order open."""
    venue = Venue(Binance.markets, 1, ScaledClock())
    for market in Binance.markets:
        venue.seed_book(market, 20)
    account = venue.account("you", {"USDT": Decimal(1000), "BTC": Decimal(2)}, Binance.key_lengths)
    price = venue.book(BTC, 1).bids[0].price
    new = NewOrder(BTC, Side.BUY, amount=Decimal("0.001"), price=price, client_order_id="HBOT1")
    return Binance(venue), account, venue.place(account, new)


def view(order_id: str, state: str = "OPEN") -> OrderView:
    return OrderView(
        order_id=order_id, exchange_order_id=None, pair="BTC-USDT", side="BUY", order_type="LIMIT",
        price=Decimal(1), amount=Decimal(1), executed=Decimal(0), state=state, created_at=Decimal(0),
    )  # fmt: skip


def by_id(page: Shown) -> dict[str, tuple[tuple[str, ...], ...]]:
    return {each.id: each.rows for each in page.tables}


def table(world: tuple[Binance, Account, Order], told: Told | None, name: str) -> Table:
    page = shown(world[0], world[1], BTC, told)
    return next(each for each in page.tables if each.id == name)


def test_a_venue_alone_has_nobody_to_compare_with(world: tuple[Binance, Account, Order]) -> None:
    page = shown(world[0], world[1], BTC, None)
    assert [each.id for each in page.tables] == ["asks", "bids", "balances", "orders", "fills", "ledger"]
    assert page.state == ""
    assert table(world, None, "balances").head == ("Asset", "Free", "Locked")
    assert len(table(world, None, "bids").rows) == 12


def test_what_the_connector_says_of_balances_stands_beside_them(
    world: tuple[Binance, Account, Order],
) -> None:
    locked = Decimal(1000) - world[0].venue.balance(world[1], "USDT").free
    said = {
        "BTC": Balance(total=Decimal(2), available=Decimal(2)),
        "USDT": Balance(total=Decimal(1000), available=Decimal(1000)),
    }
    rows = {row[0]: row[1:] for row in table(world, Told(balances=said), "balances").rows}
    assert rows["BTC"] == ("yes", "2", "2", "2", "2")
    assert locked > 0
    assert rows["USDT"][0] == "no", "it says that what an order locks is available"
    assert {row[1] for row in table(world, Told(), "balances").rows} == {"not said"}


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ({}, "not tracked"),
        ({"HBOT1": view("HBOT1")}, "open"),
        ({"other": view("other")}, "not tracked"),
    ],
)
def test_an_open_order_that_the_connector_forgot_is_seen(
    world: tuple[Binance, Account, Order], orders: dict[str, OrderView], words: str
) -> None:
    assert table(world, Told(orders=orders), "orders").rows[0][5] == words


def test_a_perpetuals_positions_stand_beside_the_connectors() -> None:
    markets = BinancePerpetual.markets
    venue = Venue(markets, 1, ScaledClock())
    for market in markets:
        venue.seed_book(market, 20)
    account = venue.account("you", {"USDT": Decimal(100_000)}, BinancePerpetual.key_lengths)
    spoken = BinancePerpetual(venue)
    assert by_id(shown(spoken, account, markets[0], Told())).get("positions", ()) == ()
    venue.place(
        account, NewOrder(markets[0], Side.BUY, amount=markets[0].min_amount * 10, type=OrderType.MARKET)
    )
    size = venue.position(account, markets[0]).size
    said = PositionView(
        pair=markets[0].name,
        side="LONG",
        amount=size,
        entry_price=Decimal(1),
        unrealized_pnl=Decimal(0),
        leverage=Decimal(1),
    )
    rows = by_id(shown(spoken, account, markets[0], Told(positions=(said,))))["positions"]
    assert (rows[0][0], rows[0][2], rows[0][-1]) == (markets[0].name, plain(size), f"{plain(size)} at 1")
    assert by_id(shown(spoken, account, markets[0], Told()))["positions"][0][-1] == "not tracked"
    assert len(by_id(shown(spoken, account, markets[0], None))["positions"][0]) == 5


def test_an_order_that_is_over_need_not_be_known(world: tuple[Binance, Account, Order]) -> None:
    world[0].venue.cancel(world[1], world[2].order_id)
    assert table(world, Told(), "orders").rows[0][5] == "ended"


def test_nothing_that_a_connector_says_is_markup(world: tuple[Binance, Account, Order]) -> None:
    told = Told(
        state="it is trading",
        orders={"HBOT1": view("HBOT1", SCRIPT)},
        events=(EventView(at=0.0, kind=SCRIPT, data={"order_id": SCRIPT}),),
        warnings=(LogLine(at=0.0, logger="x", level="ERROR", message=SCRIPT * 50, error=""),),
        trouble=SCRIPT,
    )
    text = render(shown(world[0], world[1], BTC, told, SCRIPT, SCRIPT))
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert text.count("<script") == 1
    assert "&lt;script&gt;" in text


def test_numbers_out_of_all_proportion_are_no_numbers(world: tuple[Binance, Account, Order]) -> None:
    said = {"BTC": Balance.model_validate({"total": "1e999999", "available": "many"})}
    assert table(world, Told(balances=said), "balances").rows[0][1:] == ("no", "2", "NaN", "2", "NaN")


@pytest.mark.parametrize(
    ("bid", "ask", "buy", "sell"),
    [
        ("100", "101", "100.01", "100.99"),
        ("100", "100.02", "100", "100.02"),
        ("100", "100.01", "100", "100.01"),
    ],
)
def test_a_quote_is_the_best_and_crosses_nothing(bid: str, ask: str, buy: str, sell: str) -> None:
    market = replace(BTC, tick_size=Decimal("0.01"))
    book = BookView(market, (Level(Decimal(bid), Decimal(1)),), (Level(Decimal(ask), Decimal(1)),), 1, 0.0)
    assert best_price(book, market, Side.BUY) == Decimal(buy)
    assert best_price(book, market, Side.SELL) == Decimal(sell)


def test_nobody_is_shut_out_of_what_a_connector_says(world: tuple[Binance, Account, Order]) -> None:
    told = Told(
        state="it is trading",
        top=(Decimal(1), None),
        events=(EventView(at=0.0, kind="OrderFilled", data={"order_id": "x" * 60}),),
        warnings=(LogLine(at=0.0, logger="x", level="ERROR", message="long words " * 40, error=""),),
        trouble="The connector broke off: " + "x" * 200,
    )
    text = render(shown(world[0], world[1], BTC, told, "acme on a simulated binance", "About it."))

    def serve(route: Route) -> None:
        part = urlsplit(route.request.url).path.lstrip("/")
        if part in ("live.css", "live.js"):
            route.fulfill(path=HERE / part)
        else:
            route.fulfill(body=text, content_type="text/html; charset=utf-8")

    with browser() as chromium:
        for viewport, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
            page = chromium.new_page(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
            page.route("**/*", serve)
            page.goto("http://page.test/?market=BTC-USDT")
            assert violations(page) == []
            assert not too_wide(page)
            assert page.get_by_role("heading", name="What the connector reports").is_visible()
            page.close()
