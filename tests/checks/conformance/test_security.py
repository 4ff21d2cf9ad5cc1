"""The security checks on scenes made by hand."""

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
from harness.scenarios.rig import Scene
from harness.venue.dialects import dialect
from tests.zoo.keeping import candidate

SECRET = "Zk3v9QmT2xLw7RbY5nHs8dFcJ1gP6aUe"
EXCHANGE = Exchange(1.0, "api.binance.com", 443, True, "connector", "place_order", "POST", "/api/v3/order")


class Watched:
    """Stands for a laboratory in which every story was told; `between` is all that was seen."""

    def __init__(self) -> None:
        self.canaries = Canaries({"passphrase": SECRET})
        self.guarded = frozenset({"passphrase"})
        self.dialect: Any = dialect("binance")
        self.between = Scene("between the stories", Record(self.canaries))
        self.scenes: list[Scene] = []

    def hosts(self, network: tuple[str, ...] = ()) -> None:
        future: Future[UnitTestResult] = Future()
        future.set_result(UnitTestResult(ran=True, network=network))
        checks.test_only_declared_hosts(tell, self, candidate("binance"), future)  # type: ignore[arg-type]

    def secrets(self) -> None:
        checks.test_secrets_never_leave(tell, self)  # type: ignore[arg-type]


def tell(_: object) -> Any:
    return None


def test_a_stray_of_the_unit_tests_is_found() -> None:
    Watched().hosts(("api.binance.com:443", "mock.test:80", "127.0.0.1:9"))
    with pytest.raises(Failed, match=r"unit tests tried to reach pool.evil.com:443") as found:
        Watched().hosts(("pool.evil.com:443",))
    assert found.value.evidence


def test_a_stray_between_the_stories_is_found() -> None:
    lab = Watched()
    lab.between.record.add(Lookup(1.0, "pool.evil.com"))
    with pytest.raises(Failed, match=r"pool.evil.com, which is not declared \(story: between the stories\)"):
        lab.hosts()


def test_a_secret_may_stand_where_its_exchange_asks_for_it() -> None:
    lab = Watched()
    lab.dialect = SimpleNamespace(
        rest_hosts=("api.binance.com",),
        stream_hosts=("stream.binance.com",),
        secrets_sent={"passphrase": ("header x-passphrase", "frame")},
    )
    asked = Exchange(**{**vars(EXCHANGE), "headers": (("X-Passphrase", SECRET),)})
    lab.between.record.add(asked)
    lab.between.record.add(Frame(1.0, "stream.binance.com", 0, "connector", "sent", "stream:login", SECRET))
    lab.secrets()
    lab.between.record.add(Exchange(**{**vars(EXCHANGE), "headers": (("X-Other", SECRET),)}))
    with pytest.raises(Failed, match=r"secret passphrase left the connector .header X-Other"):
        lab.secrets()


def test_more_look_ups_than_are_reported_decide_nothing() -> None:
    lab = Watched()
    for _ in range(checks.MOST_LOOKUPS + 1):
        lab.between.record.add(Lookup(1.0, "api.binance.com"))
    with pytest.raises(Undetermined, match="more than the record holds"):
        lab.hosts()
    with pytest.raises(Undetermined, match="more than the record holds"):
        lab.secrets()
