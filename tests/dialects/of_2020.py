"""Dialects of 2020 read by ccxt 1.33.1, of 11 August 2020, in a process of its own.

`python -m tests.dialects.of_2020` installs that release, once, in the harness's cache, and reads every
dialect that it knows. It is REST only; each request goes to the dialect straight away.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from harness.describing.ccxt_reading.ccxt_releases import installed, place
from harness.venue.dialects import dialect
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Request
from harness.venue.model import Account, OrderStatus
from harness.venue.session import Venue
from tests.venue.world import FUNDS, StillClock

RELEASE = "1.33.1"
SPOKEN = {"binance_2020": "binance", "kraken_2020": "kraken", "kucoin_2020": "kucoin"}
SYMBOL = "BTC/USDT"
D = Decimal


def read_in_a_process() -> subprocess.CompletedProcess[str]:
    """`read` every dialect with that release laid over the installed one."""
    path = os.pathsep.join([str(place(RELEASE)), str(Path(__file__).resolve().parents[2])])
    program = "from tests.dialects.of_2020 import SPOKEN, read; [read(name) for name in SPOKEN]"
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def client(spoken: Dialect, account: Account) -> Any:
    """ccxt, whose requests the dialect answers."""
    import ccxt

    assert ccxt.__version__ == RELEASE
    keys = spoken.ccxt_credentials(account)
    exchange = getattr(ccxt, SPOKEN[spoken.name])({**keys, "enableRateLimit": False})

    def fetch(url: str, method: str = "GET", headers: Any = None, body: str | None = None) -> Any:
        where, sent = urlsplit(url), exchange.prepare_request_headers(headers)
        query, now = parse_qsl(where.query, keep_blank_values=True), spoken.venue.clock.now()
        data = (body or "").encode()
        reply = spoken.handle(
            Request(method, where.hostname or "", where.path, query, sent, data, now, where.query)
        )
        assert reply.status != 404, f"{method} {url}"
        text = reply.content().decode()
        parsed = exchange.parse_json(text)
        exchange.handle_errors(reply.status, "", url, method, {}, text, parsed, headers, body)
        return parsed

    exchange.fetch = fetch
    exchange.milliseconds = lambda: int(spoken.venue.clock.now() * 1000)
    numbers = itertools.count(exchange.milliseconds())
    exchange.nonce = exchange.milliseconds if spoken.name != "kraken_2020" else lambda: next(numbers)
    return exchange


def read(name: str) -> None:
    """Markets, book and balances are the venue's; an order lives and is cancelled."""
    kind = dialect(name)
    venue = Venue(kind.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 30)
        venue.walk(20, market)
    account = venue.account("you", FUNDS, kind.key_lengths)
    exchange = client(kind(venue), account)
    _markets(exchange, venue)
    _order(exchange, venue, account)


def _exact(value: object) -> Decimal:
    return D(str(value))


def _markets(exchange: Any, venue: Venue) -> None:
    listed = exchange.load_markets()
    assert set(listed) == {f"{market.base}/{market.quote}" for market in venue.markets}
    for market in venue.markets:
        told = listed[f"{market.base}/{market.quote}"]
        assert D(1).scaleb(-told["precision"]["price"]) == market.tick_size
        assert _exact(told["limits"]["amount"]["min"]) == market.min_amount
    assert exchange.fetch_status()["status"] == "ok"
    first = venue.markets[0]
    book, truth = exchange.fetch_order_book(SYMBOL), venue.book(first)
    for side, levels in (("bids", truth.bids), ("asks", truth.asks)):
        read_ = [(_exact(level[0]), _exact(level[1])) for level in book[side]]
        assert read_ == [(level.price, level.amount) for level in levels]
    assert _exact(exchange.fetch_ticker(SYMBOL)["last"]) == venue.last_price(first)
    prices = {_exact(trade["price"]) for trade in exchange.fetch_trades(SYMBOL)}
    assert prices == {trade.price for trade in venue.trades(first)}


def _order(exchange: Any, venue: Venue, account: Account) -> None:
    import ccxt

    placed = exchange.create_order(SYMBOL, "limit", "buy", 0.01, 50_000)["id"]
    (order,) = venue.open_orders(account)
    assert (order.amount, order.price) == (D("0.01"), D(50_000))
    assert [each["id"] for each in exchange.fetch_open_orders(SYMBOL)] == [placed]
    venue.fill(order.order_id, D("0.004"))
    told = exchange.fetch_order(placed, SYMBOL)
    assert (told["status"], _exact(told["filled"])) == ("open", D("0.004"))
    (trade,) = exchange.fetch_my_trades(SYMBOL)
    assert (_exact(trade["amount"]), trade["side"], trade["order"]) == (D("0.004"), "buy", placed)
    exchange.cancel_order(placed, SYMBOL)
    assert venue.order(account, order.order_id).status is OrderStatus.CANCELED
    assert exchange.fetch_open_orders(SYMBOL) == []
    held = exchange.fetch_balance()["total"]
    for balance in venue.balances(account):
        assert _exact(held[balance.asset]) == balance.total
    with pytest.raises(ccxt.InvalidOrder):
        exchange.cancel_order(placed, SYMBOL)
    with pytest.raises(ccxt.InvalidOrder):
        exchange.create_order(SYMBOL, "limit", "buy", 0.0000001, 50_000)


if __name__ == "__main__":
    installed(RELEASE)
    ended = read_in_a_process()
    sys.stdout.write(ended.stderr[-2000:] or f"ccxt {RELEASE} agrees with {', '.join(SPOKEN)}.\n")
    sys.exit(ended.returncode)
