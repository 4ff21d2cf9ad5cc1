"""Each rig has a fresh process of the real binance connector and an exchange of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.release import PACKAGE, VERSION
from harness.driving.rpc_client import ConnectorError
from harness.errors import OurFailure
from harness.forks.released import released_tree
from harness.forks.upstream import packed_at
from harness.frameworks.environment import EnvironmentBuilder
from harness.paths import cache_dir
from harness.scenarios.rig import LEVELS, Rig, Rigs
from harness.venue.dialects import dialect
from harness.venue.model import NewOrder, Side
from tests.sandbox.fixtures import at_hand

SCALE = 10.0
BINANCE = dialect("binance")


@pytest.fixture(scope="module")
def rigs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rigs]:
    folder = tmp_path_factory.mktemp("rig")
    backend, released = at_hand(), released_tree(PACKAGE, VERSION)
    builder = EnvironmentBuilder(cache_dir(), backend)
    base = builder.upstream(released, "v2", as_of=packed_at(released))
    built = builder.prepare(base, released, folder / "work")
    opened = Rigs(backend, built.runtime, BINANCE, "binance", 7)
    yield opened
    opened.close()


def _start(rig: Rig) -> None:
    rig.connector.start()
    assert rig.connector.wait_ready(60.0).ready


def test_a_scenario_knows_nothing_of_the_one_before(rigs: Rigs) -> None:
    with rigs.open(SCALE) as first:
        price = first.venue.book(first.market, 1).bids[0].price
        order = NewOrder(first.market, Side.BUY, amount=first.market.lot_size * 1000, price=price)
        first.venue.place(first.account, order)
        _start(first)
        assert first.record.exchanges()
        assert first.venue.open_orders(first.account)
    with rigs.open(SCALE) as second:
        assert not second.venue.orders(second.account)
        assert not second.record.exchanges()
        assert second.account.api_secret != first.account.api_secret
        assert rigs.latest is second


def test_no_market_has_two_roles(rigs: Rigs) -> None:
    one, other = BINANCE.markets[:2]
    for also in ([one], [other, other]):
        with pytest.raises(OurFailure, match="two roles"), rigs.open(SCALE, market=one, also=also):
            pass


def test_the_same_seed_chooses_the_same_market_and_book(rigs: Rigs) -> None:
    seen = []
    for _ in range(2):
        with rigs.open(SCALE) as rig:
            seen.append((rig.pair, rig.venue.book(rig.market, LEVELS), rig.random.random()))
    (pair, book, number), (pair_again, book_again, number_again) = seen
    assert (pair, number) == (pair_again, number_again)
    assert (book.bids, book.asks) == (book_again.bids, book_again.asks)


def test_the_account_has_something_different_of_every_asset(rigs: Rigs) -> None:
    with rigs.open(SCALE) as rig:
        assets = {asset for market in BINANCE.markets for asset in (market.base, market.quote)}
        totals = [rig.venue.balance(rig.account, asset).total for asset in assets]
        assert all(totals)
        assert len(set(totals)) == len(totals)


def test_changed_keys_reach_the_connector_only(rigs: Rigs) -> None:
    wrong = dict.fromkeys(("binance_api_key", "binance_api_secret"), "x" * 64)
    with rigs.open(SCALE, keys=lambda _: wrong) as rig:
        rig.connector.start()
        private = rig.eventually(lambda: rig.record.exchanges("balances"), 60.0)
        assert private[0].status in (400, 401)
        assert rig.open_oracle().balance()


def test_a_restart_is_another_process_with_the_same_account(rigs: Rigs) -> None:
    with rigs.open(SCALE) as rig:
        before = rig.connector
        _start(rig)
        rig.restart()
        assert rig.connector is not before
        with pytest.raises(ConnectorError):
            before.balances()
        _start(rig)
        quote = rig.market.quote
        total = rig.venue.balance(rig.account, quote).total
        assert rig.eventually(lambda: rig.connector.balances()[quote].total == total, 30.0)


def test_eventually_gives_what_was_seen_last_when_time_is_over(rigs: Rigs) -> None:
    with rigs.open(SCALE) as rig:
        looks: list[int] = []
        assert rig.eventually(lambda: looks.append(1), 1.0) is None
        assert len(looks) > 1
        assert rig.eventually(lambda: "there", 1.0) == "there"
