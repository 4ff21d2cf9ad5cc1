"""The security checks on recordings made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from checks.conformance import test_security as checks
from harness.checking import Failed, Undetermined
from harness.frameworks.unit_tests import UnitTestResult
from harness.gateway.canaries import Canaries
from harness.gateway.entries import Exchange, Frame, Lookup
from harness.gateway.record import Record
from harness.scenarios.recording import wire_of
from harness.scenarios.trace.model import Header, Trace
from harness.scenarios.trace.store import packed, unpacked
from harness.venue.dialects import dialect
from tests.zoo.keeping import candidate

SECRET = "Zk3v9QmT2xLw7RbY5nHs8dFcJ1gP6aUe"
EXCHANGE = Exchange(1.0, "api.binance.com", 443, True, "connector", "place_order", "POST", "/api/v3/order")


DIALECT = dialect("binance")


class Watched:
    """Stands for what every scenario showed; `record` is all that was seen."""

    def __init__(self) -> None:
        self.canaries = Canaries({"passphrase": SECRET})
        self.dialect: Any = DIALECT
        self.record = Record(self.canaries)

    def traces(self, hosts: tuple[str, ...] = (*DIALECT.rest_hosts, *DIALECT.stream_hosts)) -> list[Trace]:
        """What a player would have kept."""
        header = Header(
            scenario="between_scenarios", connector="binance", dialect="binance", seed=1, pace=12.0,
            trial="first", hosts=hosts, ports=tuple(DIALECT.ports),
        )  # fmt: skip
        entries = list(wire_of(self.record, self.canaries, {"passphrase"}, self.dialect))
        return [unpacked(packed(header, entries, self.canaries.redact))]

    def hosts(self) -> None:
        checks.test_only_declared_hosts(iter(self.traces()), candidate("binance"))

    def secrets(self) -> None:
        checks.test_secrets_never_leave(iter(self.traces()))


def test_a_connection_of_the_unit_tests_is_found() -> None:
    def reach(*network: str, upstreams: tuple[str, ...] = ()) -> None:
        checks.test_unit_tests_reach_for_nobody(
            UnitTestResult(ran=True, network=network),
            candidate("binance"),
            lambda *_: None,
            lambda: UnitTestResult(ran=True, network=upstreams),
            {"coinzoom.com"}.__contains__,
        )

    reach("api.binance.com:443", "mock.test:80", "127.0.0.1:9")
    with pytest.raises(Failed, match=r"unit tests tried to reach pool.evil.com:443") as found:
        reach("pool.evil.com:443", upstreams=("test.com:443",))
    assert found.value.evidence
    reach("test.com:443", upstreams=("test.com:443",))
    reach("api.coinzoom.com:443")  # another exchange of upstream's, which no file of the submission names


def test_a_connection_between_the_scenarios_is_found() -> None:
    seen = Watched()
    seen.record.add(Lookup(1.0, "pool.evil.com"))
    with pytest.raises(Failed, match=r"pool.evil.com, which is not declared \(scenario: between scenarios\)"):
        seen.hosts()


def test_hosts_of_a_derived_exchange_are_the_forks_word() -> None:
    seen, row = Watched(), candidate("binance")
    seen.record.add(Lookup(1.0, "api.exchange.example"))

    def declaring(*hosts: str) -> None:
        exchange = row.exchange.model_copy(update={"hosts": hosts})
        checks.test_only_declared_hosts(
            iter(seen.traces(hosts=())), row.model_copy(update={"exchange": exchange})
        )

    declaring("api.exchange.example")
    with pytest.raises(Undetermined, match="known from the fork alone"):
        declaring()
    with pytest.raises(Failed, match=r"api.exchange.example, which is not declared"):
        declaring("www.exchange.example")


def test_a_secret_may_stand_where_its_exchange_asks_for_it() -> None:
    seen = Watched()
    seen.dialect = SimpleNamespace(
        rest_hosts=("api.binance.com",),
        stream_hosts=("stream.binance.com",),
        secrets_sent={"passphrase": ("header X-Passphrase", "frame")},
    )
    asked = Exchange(**{**vars(EXCHANGE), "headers": (("X-Passphrase", SECRET),)})
    seen.record.add(asked)
    seen.record.add(Frame(1.0, "stream.binance.com", 0, "connector", "sent", "stream:login", SECRET))
    seen.secrets()
    seen.record.add(Exchange(**{**vars(EXCHANGE), "headers": (("X-Other", SECRET),)}))
    with pytest.raises(Failed, match=r"secret passphrase left the connector .header X-Other") as found:
        seen.secrets()
    assert SECRET not in str(found.value.evidence)


def test_more_look_ups_than_are_reported_decide_nothing() -> None:
    seen = Watched()
    for _ in range(checks.MOST_LOOKUPS + 1):
        seen.record.add(Lookup(1.0, "api.binance.com"))
    with pytest.raises(Undetermined, match="more than can be recorded"):
        seen.hosts()
    with pytest.raises(Undetermined, match="more than can be recorded"):
        seen.secrets()


def test_what_did_not_fit_into_the_record_decides_nothing() -> None:
    seen = Watched()
    seen.record = Record(seen.canaries, most_entries=1)
    for _ in range(2):
        seen.record.add(Lookup(1.0, "api.binance.com"))
    with pytest.raises(Undetermined, match="1 entries were left out"):
        seen.secrets()
