"""What counts as reaching for somebody who was not declared."""

from __future__ import annotations

import pytest

from checks.conformance.reach import Declared, foreign, place_of, undeclared
from harness.gateway.entries import Lookup, RejectedConnection, RejectionReason
from harness.gateway.record import Record

HOST = "api.exchange.com"
DECLARED = Declared.of(["Extra.exchange.com", "odd.exchange.com:8443"], [HOST], (443, 9443))


def rejected(
    reason: RejectionReason,
    host: str | None = None,
    *,
    ip: str | None = "127.0.0.1",
    port: int | None = 443,
    tls: bool = True,
    sni: str | None = None,
) -> RejectedConnection:
    return RejectedConnection(1.0, reason, "connector", host, ip, port, tls, b"", sni or host)


def reached(entry: RejectedConnection | Lookup) -> list[str]:
    record = Record()
    record.add(entry)
    return [place_of(each) for each in undeclared(record, DECLARED)]


@pytest.mark.parametrize(
    "entry",
    [
        rejected(RejectionReason.UNDECLARED_HOST, "evil.test"),
        rejected(RejectionReason.UNDECLARED_PORT, HOST, port=8443),
        rejected(RejectionReason.NO_TLS, "evil.test", port=80, tls=False),
        rejected(RejectionReason.NO_NAME, ip="203.0.113.9"),
        rejected(RejectionReason.HOST_MISMATCH, "evil.test", sni=HOST),
        rejected(RejectionReason.HOST_MISMATCH, HOST, sni="evil.test"),
        rejected(RejectionReason.DATAGRAM, ip="127.0.0.1", port=9, tls=False),
        rejected(RejectionReason.SILENT, ip="203.0.113.9", tls=False),
        rejected(RejectionReason.SILENT, port=5432, tls=False),
        rejected(RejectionReason.NOT_HTTP, ip="2001:db8::1", tls=False),
        rejected(RejectionReason.UNFINISHED, "evil.test"),
        rejected(RejectionReason.UNDECLARED_PORT, "odd.exchange.com", port=8444),
        Lookup(1.0, "evil.test."),
        Lookup(1.0, f"secret.{HOST}"),
        Lookup(1.0, "\\x00\\x01", "malformed"),
    ],
    ids=str,
)
def test_it_reaches_out(entry: RejectedConnection | Lookup) -> None:
    assert len(reached(entry)) == 1


@pytest.mark.parametrize(
    "entry",
    [
        rejected(
            RejectionReason.UNDECLARED_HOST, "extra.exchange.com"
        ),  # declared, though nobody serves it here
        rejected(RejectionReason.UNDECLARED_PORT, "odd.exchange.com", port=8443),
        rejected(RejectionReason.NO_TLS, HOST, port=80, tls=False),  # `tls-verified` says so
        rejected(RejectionReason.HOST_MISMATCH, HOST, sni="extra.exchange.com"),
        rejected(
            RejectionReason.SILENT, tls=False
        ),  # a connection that was broken off before it said anything
        rejected(RejectionReason.UNFINISHED, HOST),
        rejected(RejectionReason.BAD_PREAMBLE, ip=None, port=None, tls=False),
        Lookup(1.0, "API.exchange.com."),
        Lookup(1.0, "localhost"),
    ],
    ids=str,
)
def test_it_does_not(entry: RejectedConnection | Lookup) -> None:
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
