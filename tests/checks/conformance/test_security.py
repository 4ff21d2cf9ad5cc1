"""The security checks on recordings made by hand."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from checks.conformance import test_security as checks
from harness.checking import Failed, Undetermined
from harness.frameworks.unit_tests import UnitTestResult
from harness.gateway.canaries import Canaries
from harness.gateway.record import Exchange, Frame, Lookup, Record
from harness.scenarios.rig import Recording
from harness.venue.dialects import dialect
from tests.zoo.keeping import candidate

SECRET = "Zk3v9QmT2xLw7RbY5nHs8dFcJ1gP6aUe"
EXCHANGE = Exchange(1.0, "api.binance.com", 443, True, "connector", "place_order", "POST", "/api/v3/order")


class Watched:
    """Stands for rigs on which every scenario was played; `between` is all that was seen."""

    def __init__(self) -> None:
        self.canaries = Canaries({"passphrase": SECRET})
        self.guarded = frozenset({"passphrase"})
        self.dialect: Any = dialect("binance")
        self.between = Recording("between the scenarios", Record(self.canaries))
        self.recordings: list[Recording] = []

    def hosts(self, network: tuple[str, ...] = ()) -> None:
        future: Future[UnitTestResult] = Future()
        future.set_result(UnitTestResult(ran=True, network=network))
        checks.test_only_declared_hosts(play, self, candidate("binance"), future)  # type: ignore[arg-type]

    def secrets(self) -> None:
        checks.test_secrets_never_leave(play, self)  # type: ignore[arg-type]


def play(_: object) -> Any:
    return None


def test_a_connection_of_the_unit_tests_is_found() -> None:
    Watched().hosts(("api.binance.com:443", "mock.test:80", "127.0.0.1:9"))
    with pytest.raises(Failed, match=r"unit tests tried to reach pool.evil.com:443") as found:
        Watched().hosts(("pool.evil.com:443",))
    assert found.value.evidence


def test_a_connection_between_the_scenarios_is_found() -> None:
    rigs = Watched()
    rigs.between.record.add(Lookup(1.0, "pool.evil.com"))
    with pytest.raises(
        Failed, match=r"pool.evil.com, which is not declared \(scenario: between the scenarios\)"
    ):
        rigs.hosts()


def test_a_secret_may_stand_where_its_exchange_asks_for_it() -> None:
    rigs = Watched()
    rigs.dialect = SimpleNamespace(
        rest_hosts=("api.binance.com",),
        stream_hosts=("stream.binance.com",),
        secrets_sent={"passphrase": ("header x-passphrase", "frame")},
    )
    asked = Exchange(**{**vars(EXCHANGE), "headers": (("X-Passphrase", SECRET),)})
    rigs.between.record.add(asked)
    rigs.between.record.add(Frame(1.0, "stream.binance.com", 0, "connector", "sent", "stream:login", SECRET))
    rigs.secrets()
    rigs.between.record.add(Exchange(**{**vars(EXCHANGE), "headers": (("X-Other", SECRET),)}))
    with pytest.raises(Failed, match=r"secret passphrase left the connector .header X-Other"):
        rigs.secrets()


def test_more_look_ups_than_are_reported_decide_nothing() -> None:
    rigs = Watched()
    for _ in range(checks.MOST_LOOKUPS + 1):
        rigs.between.record.add(Lookup(1.0, "api.binance.com"))
    with pytest.raises(Undetermined, match="more than the record holds"):
        rigs.hosts()
    with pytest.raises(Undetermined, match="more than the record holds"):
        rigs.secrets()
