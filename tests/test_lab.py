"""A laboratory opens fresh scenarios of the real binance connector, each on an exchange of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.release import PACKAGE, VERSION
from harness.driver import ConnectorError
from harness.errors import OurFailure
from harness.forks.released import released_tree
from harness.forks.upstream import packed_at
from harness.frameworks.environment import Workshop
from harness.lab import LEVELS, Bench, Lab
from harness.paths import cache_dir
from harness.sandbox import choose
from harness.venue.dialects import dialect
from harness.venue.model import NewOrder, Side

SCALE = 10.0
BINANCE = dialect("binance")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    backend, released = choose("auto"), released_tree(PACKAGE, VERSION)
    workshop = Workshop(cache_dir(), backend)
    base = workshop.upstream(released, "v2", as_of=packed_at(released))
    built = workshop.prepare(base, released, folder / "work")
    opened = Lab(backend, built.runtime, BINANCE, "binance", 7)
    yield opened
    opened.close()


def _start(bench: Bench) -> None:
    bench.connector.start()
    assert bench.connector.wait_ready(60.0).ready


def test_a_scenario_knows_nothing_of_the_one_before(lab: Lab) -> None:
    with lab.bench(SCALE) as first:
        price = first.venue.book(first.market, 1).bids[0].price
        order = NewOrder(first.market, Side.BUY, amount=first.market.lot_size * 1000, price=price)
        first.venue.place(first.account, order)
        _start(first)
        assert first.record.exchanges()
        assert first.venue.open_orders(first.account)
    with lab.bench(SCALE) as second:
        assert not second.venue.orders(second.account)
        assert not second.record.exchanges()
        assert second.account.api_secret != first.account.api_secret
        assert lab.latest is second


def test_no_market_has_two_roles(lab: Lab) -> None:
    one, other = BINANCE.markets[:2]
    for also in ([one], [other, other]):
        with pytest.raises(OurFailure, match="two roles"), lab.bench(SCALE, market=one, also=also):
            pass


def test_the_same_seed_chooses_the_same_market_and_book(lab: Lab) -> None:
    seen = []
    for _ in range(2):
        with lab.bench(SCALE) as bench:
            seen.append((bench.pair, bench.venue.book(bench.market, LEVELS), bench.random.random()))
    (pair, book, number), (pair_again, book_again, number_again) = seen
    assert (pair, number) == (pair_again, number_again)
    assert (book.bids, book.asks) == (book_again.bids, book_again.asks)


def test_the_account_has_something_different_of_every_asset(lab: Lab) -> None:
    with lab.bench(SCALE) as bench:
        assets = {asset for market in BINANCE.markets for asset in (market.base, market.quote)}
        totals = [bench.venue.balance(bench.account, asset).total for asset in assets]
        assert all(totals)
        assert len(set(totals)) == len(totals)


def test_changed_keys_reach_the_connector_only(lab: Lab) -> None:
    wrong = dict.fromkeys(("binance_api_key", "binance_api_secret"), "x" * 64)
    with lab.bench(SCALE, keys=lambda _: wrong) as bench:
        bench.connector.start()
        private = bench.eventually(lambda: bench.record.exchanges("balances"), 60.0)
        assert private[0].status in (400, 401)
        assert bench.open_oracle().balance()


def test_a_restart_is_another_process_with_the_same_account(lab: Lab) -> None:
    with lab.bench(SCALE) as bench:
        before = bench.connector
        _start(bench)
        bench.restart()
        assert bench.connector is not before
        with pytest.raises(ConnectorError):
            before.balances()
        _start(bench)
        quote = bench.market.quote
        total = bench.venue.balance(bench.account, quote).total
        assert bench.eventually(lambda: bench.connector.balances()[quote].total == total, 30.0)


def test_eventually_gives_what_was_seen_last_when_time_is_over(lab: Lab) -> None:
    with lab.bench(SCALE) as bench:
        looks: list[int] = []
        assert bench.eventually(lambda: looks.append(1), 1.0) is None
        assert len(looks) > 1
        assert bench.eventually(lambda: "there", 1.0) == "there"
