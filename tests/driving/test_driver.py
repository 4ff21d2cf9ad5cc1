"""The driver against a tiny framework whose connector misbehaves on demand, in plain processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from harness.clock import ScaledClock
from harness.driving import connector as connector_module
from harness.driving.connector import Connector
from harness.driving.driver import Driver
from harness.driving.rpc_client import ConnectorError, ConnectorGone, ConnectorTimeout
from tests.frameworks.local import LocalBackend, tiny_runtime

SCALE = 50.0
ONE = Decimal(1)
KEYS = {"tiny_api_key": "k"}


def make(folder: Path, connector: str = "tiny") -> Driver:
    return Driver(LocalBackend(folder), tiny_runtime(sys.executable), connector, clock=ScaledClock(SCALE))


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with make(tmp_path_factory.mktemp("driver")) as running:
        yield running


@pytest.fixture
def connector(driver: Driver) -> Iterator[Connector]:
    with driver.scenario(["A-B"], KEYS) as constructed:
        yield constructed


def test_warming_tells_what_was_imported(driver: Driver) -> None:
    warmed = driver.warm()
    assert warmed.class_name == "TinyExchange"
    assert warmed.connectors == ("absent", "broken", "tiny")


def test_a_module_that_cannot_be_imported_gives_its_traceback(tmp_path: Path) -> None:
    with (
        make(tmp_path, "broken") as broken,
        pytest.raises(ConnectorError, match="cannot be imported") as caught,
    ):
        broken.warm()
    assert "broken_exchange.py" in str(caught.value)
    assert str(caught.value).splitlines()[-1].startswith("RuntimeError:")


def test_an_unregistered_connector_is_named(tmp_path: Path) -> None:
    with make(tmp_path, "nobody") as absent, pytest.raises(ConnectorError, match="named nobody"):
        absent.warm()


def test_a_constructor_that_raises_is_an_error_of_the_connector(driver: Driver) -> None:
    with (
        pytest.raises(ConnectorError, match="this key is refused"),
        driver.scenario([], {"tiny_api_key": "refuse"}),
    ):
        pytest.fail("it was constructed")


def test_time_runs_at_the_pace_asked_for(connector: Connector) -> None:
    began = time.monotonic()
    connector.start()
    early, ready = connector.wait_ready(1), connector.wait_ready(60)
    assert (early.ready, ready.ready) == (False, True)
    assert early.seconds + ready.seconds < 60  # it sleeps 20 virtual seconds
    assert 20 / SCALE <= time.monotonic() - began < 15
    assert connector.network_status() == "CONNECTED"


def test_every_clock_of_the_process_agrees_with_ours(driver: Driver) -> None:
    skewed = ScaledClock(SCALE, epoch=1_000_000_000.0)
    with driver.scenario(["A-B"], KEYS, clock=skewed) as connector:
        before = skewed.now()
        connector.buy("clocks", ONE, ONE)
        after = skewed.now()
        (line,) = [each for each in connector.logs() if each.logger == "clocks"]
    unix, from_datetime, is_instance = line.message.split()
    assert before <= float(unix) <= after
    assert before <= float(from_datetime) <= after
    assert before <= line.at <= after
    assert is_instance == "True"


def test_a_change_of_pace_is_the_same_moment_for_both(driver: Driver) -> None:
    """Both clocks agree before, in and after each stretch, and none ever goes back."""
    clock = ScaledClock(10.0)
    with driver.scenario(["A-B"], KEYS, clock=clock) as connector:
        seen = [clock.now()]
        for scale in (300.0, 5.0):
            connector.pace(coming := clock.change(scale))
            while clock.scale != scale:
                _agrees(connector, clock, seen)
            assert clock.now() >= coming.epoch
            for _ in range(5):
                _agrees(connector, clock, seen)
    assert seen == sorted(seen)


def _agrees(connector: Connector, clock: ScaledClock, seen: list[float]) -> None:
    before = clock.now()
    at = connector.usage().at
    assert before <= at <= clock.now()
    seen += [before, at]


def test_a_wait_that_began_slowly_ends_at_the_new_pace(driver: Driver) -> None:
    clock = ScaledClock(1.0)
    with driver.scenario(["A-B"], KEYS, clock=clock) as connector:
        connector.start()
        began = time.monotonic()
        connector.pace(clock.change(100.0))
        assert connector.wait_ready(600).ready  # it sleeps 20 virtual seconds first
        assert time.monotonic() - began < 10


def test_scenarios_do_not_see_each_other(driver: Driver) -> None:
    for _ in range(2):
        with driver.scenario(["A-B"], KEYS) as connector:
            assert "seen_1" in connector.status().parts


def test_two_scenarios_can_live_at_once(driver: Driver) -> None:
    with driver.scenario(["A-B"], KEYS) as one, driver.scenario(["A-B"], KEYS) as other:
        one.buy("fail", ONE, ONE)
        assert one.wait_event("OrderFailure") is not None
        assert other.events() == ()


def test_defaults_fill_connect_keys_that_were_not_given(connector: Connector) -> None:
    assert "region_www" in connector.status().parts
    assert [field.name for field in connector.config() if field.required] == ["tiny_api_key"]
    assert connector.config()[0].prompt == "Enter it"


def test_numbers_arrive_exactly(connector: Connector) -> None:
    book = connector.book("A-B")
    assert book.bids == ((Decimal("0.1"), Decimal("1E-7")), (Decimal("0.05"), Decimal("3.0")))
    assert book.asks[0][1] == Decimal("1e22")
    assert book.last_trade_price.is_nan()
    balance = connector.balances()["USD"]
    assert str(balance.total) == "1.10"
    assert balance.available.is_infinite()


def test_events_are_found_by_kind_and_order(connector: Connector) -> None:
    connector.buy("fail", ONE, ONE)
    connector.buy("fail", ONE, ONE)
    second = connector.wait_event("OrderFailure", "order-fail", count=2)
    assert second is not None
    assert second.timestamp is not None
    assert abs(second.timestamp - second.at) < 5
    assert connector.wait_event("OrderFailure", "another", timeout=5) is None
    assert len(connector.events("OrderFailure")) == 2


def test_what_nobody_foresaw_is_cut_and_kept_readable(connector: Connector) -> None:
    connector.buy("monster", ONE, ONE)
    event = connector.wait_event("OrderFilled")
    assert event is not None
    assert event.order_id is not None
    assert len(event.order_id) < 20000
    assert "object object" in str(event.data["what"])
    assert event.data["n"] == "nan"
    assert event.fee is None
    assert event.decimal("what") is None


def test_an_exception_keeps_the_scenario_alive(connector: Connector) -> None:
    with pytest.raises(ConnectorError, match="amount 1 price NaN") as caught:
        connector.buy("explode", ONE, None, "MARKET")
    assert "tiny_exchange.py" in str(caught.value)
    assert connector.network_status() == "STOPPED"


def test_a_process_that_vanishes_is_reported_and_replaced(driver: Driver) -> None:
    with driver.scenario(["A-B"], KEYS) as connector:
        with pytest.raises(ConnectorGone, match=r"code 3(.|\n)*last words"):
            connector.buy("vanish", ONE, ONE)
        with pytest.raises(ConnectorGone, match="code 3"):
            connector.status()
    with driver.scenario(["A-B"], KEYS) as connector:
        assert connector.status().network == "STOPPED"


def test_a_hang_ends_in_a_timeout_and_the_next_scenario_works(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with driver.scenario(["A-B"], KEYS) as connector:
        monkeypatch.setattr(connector_module, "PATIENCE", 1.0)
        with pytest.raises(ConnectorTimeout, match="no answer to buy"):
            connector.buy("hang", ONE, ONE)
        monkeypatch.undo()
    with driver.scenario(["A-B"], KEYS) as connector:
        assert connector.status().network == "STOPPED"


def test_prints_do_not_disturb_the_rpc(connector: Connector) -> None:
    connector.buy("chatter", ONE, ONE)
    assert connector.balances()["USD"].total == Decimal("1.10")


def test_every_log_record_is_kept(connector: Connector) -> None:
    connector.buy("log", ONE, ONE)
    lines = {line.logger + line.level: line for line in connector.logs()}
    assert lines["tiny.deepDEBUG"].message == "a whisper of secrets"
    assert "KeyError: 'lost'" in lines["tinyERROR"].error
    assert "cannot be formatted" in lines["tinyINFO"].message


def test_blocking_sleeps_and_tasks_left_behind_are_seen(connector: Connector) -> None:
    connector.start()
    connector.buy("nap", ONE, ONE)
    connector.stop(settle=1)
    usage = connector.usage()
    assert [stall.kind for stall in usage.stalls if "nap" in stall.place] == ["sleep"]
    assert [task for task in usage.tasks if "TinyExchange.get_ready" in task]
    assert usage.memory_bytes > 0


def test_a_lost_driver_is_started_again(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path)
    with Driver(backend, tiny_runtime(sys.executable), "tiny", clock=ScaledClock(SCALE)) as driver:
        with driver.scenario(["A-B"], KEYS) as connector:
            connector._rpc.kill()
            with pytest.raises(ConnectorGone):
                connector.status()
        with driver.scenario(["A-B"], KEYS) as connector:
            assert connector.status().network == "STOPPED"
    assert backend.started == 2
