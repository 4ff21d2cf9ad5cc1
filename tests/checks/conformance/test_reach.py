"""What counts as reaching for somebody who was not declared."""

from __future__ import annotations

import pytest

from checks.conformance.reach import Declared, foreign, place_of, undeclared
from harness.gateway.record import Lookup, Record, Stray, StrayReason

HOST = "api.exchange.com"
DECLARED = Declared.of(["Extra.exchange.com", "odd.exchange.com:8443"], [HOST], (443, 9443))


def stray(
    reason: StrayReason,
    host: str | None = None,
    *,
    ip: str | None = "127.0.0.1",
    port: int | None = 443,
    tls: bool = True,
    sni: str | None = None,
) -> Stray:
    return Stray(1.0, reason, "connector", host, ip, port, tls, b"", sni or host)


def reached(entry: Stray | Lookup) -> list[str]:
    record = Record()
    record.add(entry)
    return [place_of(each) for each in undeclared(record, DECLARED)]


@pytest.mark.parametrize(
    "entry",
    [
        stray(StrayReason.UNDECLARED_HOST, "evil.test"),
        stray(StrayReason.UNDECLARED_PORT, HOST, port=8443),
        stray(StrayReason.NO_TLS, "evil.test", port=80, tls=False),
        stray(StrayReason.NO_NAME, ip="203.0.113.9"),
        stray(StrayReason.HOST_MISMATCH, "evil.test", sni=HOST),
        stray(StrayReason.HOST_MISMATCH, HOST, sni="evil.test"),
        stray(StrayReason.DATAGRAM, ip="127.0.0.1", port=9, tls=False),
        stray(StrayReason.SILENT, ip="203.0.113.9", tls=False),
        stray(StrayReason.SILENT, port=5432, tls=False),
        stray(StrayReason.NOT_HTTP, ip="2001:db8::1", tls=False),
        stray(StrayReason.UNFINISHED, "evil.test"),
        stray(StrayReason.UNDECLARED_PORT, "odd.exchange.com", port=8444),
        Lookup(1.0, "evil.test."),
        Lookup(1.0, f"secret.{HOST}"),
        Lookup(1.0, "\\x00\\x01", "malformed"),
    ],
    ids=str,
)
def test_it_reaches_out(entry: Stray | Lookup) -> None:
    assert len(reached(entry)) == 1


@pytest.mark.parametrize(
    "entry",
    [
        stray(StrayReason.UNDECLARED_HOST, "extra.exchange.com"),  # declared, though nobody serves it here
        stray(StrayReason.UNDECLARED_PORT, "odd.exchange.com", port=8443),
        stray(StrayReason.NO_TLS, HOST, port=80, tls=False),  # `tls-verified` says so
        stray(StrayReason.HOST_MISMATCH, HOST, sni="extra.exchange.com"),
        stray(StrayReason.SILENT, tls=False),  # a connection that was broken off before it said anything
        stray(StrayReason.UNFINISHED, HOST),
        stray(StrayReason.BAD_PREAMBLE, ip=None, port=None, tls=False),
        Lookup(1.0, "API.exchange.com."),
        Lookup(1.0, "localhost"),
    ],
    ids=str,
)
def test_it_does_not(entry: Stray | Lookup) -> None:
    assert reached(entry) == []


@pytest.mark.parametrize("place", ["evil.com:443", "8.8.8.8:53", "[2606:4700::1111]:443", f"x.{HOST}:443"])
def test_a_unit_test_that_asks_for_somebody(place: str) -> None:
    assert foreign(place, DECLARED)


@pytest.mark.parametrize(
    "place",
    ["api.exchange.com:443", "mock:1", "some.test:80", "example.com:443", "10.0.0.1:80", "192.0.2.1:1"],
)
def test_a_unit_test_that_asks_for_nobody(place: str) -> None:
    assert not foreign(place, DECLARED)
