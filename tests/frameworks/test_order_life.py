"""A whole order life of the real binance connector: sandbox, gateway and venue are the real ones too."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from harness.clock import ScaledClock
from harness.driving.driver import Driver
from harness.frameworks.environment import Base, EnvironmentBuilder
from harness.gateway.thread import running_gateway
from harness.gateway.tls import Authority
from harness.sandbox import Backend
from harness.sandbox.choosing import BACKENDS
from harness.venue.dialects import dialect
from harness.venue.model import Account
from harness.venue.session import Venue

SCALE = 10.0
INITIAL_BALANCES = {"BTC": Decimal(10), "USDT": Decimal(1_000_000)}


@pytest.fixture(scope="module", params=list(BACKENDS))
def sandbox(request: pytest.FixtureRequest) -> Backend:
    """Each of them: whether a connector works must not depend on which one a machine has."""
    chosen = BACKENDS[request.param]()
    if reason := chosen.health_check():
        pytest.skip(f"{request.param}: {reason}")
    return chosen


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Path:
    made = tmp_path_factory.mktemp("life")
    authority.write_ca(made / "ca.pem")
    return made


@pytest.fixture(scope="module")
def driver(
    builder: EnvironmentBuilder,
    base: Base,
    released: Path,
    sandbox: Backend,
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Driver]:
    runtime = builder.prepare(base, released, tmp_path_factory.mktemp("built") / "work").runtime
    with Driver(
        sandbox,
        runtime,
        "binance",
        clock=ScaledClock(SCALE),
        gateway=folder / "gateway.sock",
        ca=folder / "ca.pem",
    ) as running:
        yield running


def an_exchange(clock: ScaledClock) -> tuple[Venue, Account]:
    venue = Venue(dialect("binance").markets, 7, clock)
    venue.seed_book(venue.markets[0], 30)
    return venue, venue.account("bot", INITIAL_BALANCES)


def test_an_order_lives_and_dies_as_the_ledger_says(
    driver: Driver, folder: Path, authority: Authority
) -> None:
    clock = ScaledClock(SCALE)
    venue, account = an_exchange(clock)
    market = venue.markets[0]
    spoken = dialect("binance")(venue)
    with (
        running_gateway([spoken], clock=clock, authority=authority, socket_path=folder / "gateway.sock"),
        driver.scenario([market.name], spoken.credentials(account), clock=clock) as connector,
    ):
        connector.start()
        ready = connector.wait_ready(60)
        assert ready.ready, (ready.parts, [line.message for line in connector.logs()][-5:])
        best = connector.book(market.name).bids[0][0]
        assert best == venue.book(market).bids[0].price

        order_id = connector.buy(market.name, Decimal("0.5"), best * Decimal("0.99"))
        assert connector.wait_event("BuyOrderCreated", order_id)
        (placed,) = venue.open_orders(account)
        assert placed.client_order_id == order_id
        assert connector.orders()[order_id].exchange_order_id == str(placed.order_id)
        assert list(connector.save_state()) == [order_id]

        venue.fill(placed.order_id, Decimal("0.2"))
        filled = connector.wait_event("OrderFilled", order_id)
        assert filled is not None
        assert filled.decimal("amount") == Decimal("0.2")
        assert filled.fee is not None
        assert filled.fee.flat_fees[0].amount == venue.fills(account)[0].fee

        connector.cancel(order_id)
        assert connector.wait_event("OrderCancelled", order_id)
        assert venue.open_orders(account) == ()
        assert connector.orders() == {}
        assert connector.until(
            lambda: connector.balances()["BTC"].total == venue.balance(account, "BTC").total
        )


def test_an_order_is_found_again_after_a_restart_behind_the_next_gateway(
    driver: Driver, folder: Path, authority: Authority
) -> None:
    clock = ScaledClock(SCALE)
    venue, account = an_exchange(clock)
    market = venue.markets[0]
    spoken = dialect("binance")(venue)
    with running_gateway([spoken], clock=clock, authority=authority, socket_path=folder / "gateway.sock"):
        keys = spoken.credentials(account)
        with driver.scenario([market.name], keys, clock=clock) as connector:
            connector.start()
            assert connector.wait_ready(60).ready
            price = connector.book(market.name).asks[0][0] * Decimal("1.05")
            order_id = connector.sell(market.name, Decimal("0.3"), price)
            assert connector.wait_event("SellOrderCreated", order_id)
            state = connector.save_state()
        venue.fill(venue.open_orders(account)[0].order_id)
        with driver.scenario([market.name], keys, clock=clock) as connector:
            connector.restore_state(state)
            assert list(connector.orders()) == [order_id]
            connector.start()
            assert connector.wait_ready(60).ready
            connector.tick(120)
            assert connector.wait_event("SellOrderCompleted", order_id, timeout=120)
            connector.stop()
            assert connector.network_status() == "STOPPED"
