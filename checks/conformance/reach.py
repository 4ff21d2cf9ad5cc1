"""Whom a connector reached for, and who of them was declared."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.gateway.entries import Lookup, RejectedConnection, RejectionReason
from harness.gateway.wire import Wire

# Every name leads here, so another address was written into the code.
HERE = frozenset({"127.0.0.1", "::1"})
HTTPS = 443
_OURS = "localhost"
# Nobody can own these (RFC 2606, RFC 6761): in a unit test they lead nowhere on purpose.
_RESERVED = ("test", "example", "invalid", "localhost", "example.com", "example.net", "example.org")


@dataclass(frozen=True)
class Declared:
    """Host names in small letters, each with the ports on which it may be spoken to."""

    ports: dict[str, frozenset[int]]

    @classmethod
    def of(cls, hosts: Iterable[str], served: Iterable[str], ports: Iterable[int]) -> Declared:
        """From a round's `hosts` (`name` or `name:port`) and those that a dialect has served."""
        usual = frozenset({HTTPS, *ports})
        found: dict[str, frozenset[int]] = dict.fromkeys(served, usual)
        for host in hosts:
            name, _, port = host.lower().partition(":")
            found[name] = found.get(name, usual) | ({int(port)} if port else set())
        return cls(found)

    def name(self, host: str) -> bool:
        return host.rstrip(".").lower() in self.ports

    def place(self, host: str, port: int | None) -> bool:
        return port in self.ports.get(host.rstrip(".").lower(), ())

    def any_port(self, port: int | None) -> bool:
        return any(port in ports for ports in self.ports.values())


def undeclared(wire: Wire, declared: Declared) -> Iterator[RejectedConnection | Lookup]:
    """What the connector tried that nobody declared; connections that merely broke off are not in it."""
    for rejected in wire.rejected():
        if _reaches_out(rejected, declared):
            yield rejected
    for lookup in wire.lookups():
        if not declared.name(lookup.name) and lookup.name.rstrip(".").lower() != _OURS:
            yield lookup


def _reaches_out(rejected: RejectedConnection, declared: Declared) -> bool:
    match rejected.reason:
        case RejectionReason.BAD_PREAMBLE:
            return False
        case RejectionReason.DATAGRAM | RejectionReason.NO_NAME:
            return True
        case RejectionReason.HOST_MISMATCH:
            return not (declared.name(rejected.host or "") and declared.name(rejected.sni or ""))
        case RejectionReason.NO_TLS if rejected.host:
            return not declared.name(rejected.host)  # the port is not the point: `tls-verified` is
    if rejected.ip is not None and rejected.ip not in HERE:
        return True
    return not (
        declared.place(rejected.host, rejected.port) if rejected.host else declared.any_port(rejected.port)
    )


def place_of(tried: RejectedConnection | Lookup) -> str:
    """What was reached for, in a word."""
    if isinstance(tried, Lookup):
        return tried.name.rstrip(".").lower()
    return f"{tried.host or tried.ip or 'an unnamed host'}:{tried.port or '?'}"


def foreign(place: str, declared: Declared) -> bool:
    """Whether `host:port`, which a unit test asked for, is somebody's and not declared."""
    host, _, _ = place.rpartition(":")
    host = host.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        reserved = any(host == name or host.endswith(f".{name}") for name in _RESERVED)
        return "." in host and not reserved and not declared.name(host)
