"""A connector that must not get ready: a stranger answers, or the key is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.driving.claims import LogLine
from harness.gateway.faults import (
    WrongCertificate,
)
from harness.gateway.record import Exchange, Handshake
from harness.scenarios.rig import Bench, Lab


@dataclass
class Refused:
    """A connector that must not get ready, and what it did."""

    bench: Bench
    ready: bool
    requests: tuple[Exchange, ...]
    handshakes: tuple[Handshake, ...]
    network: str
    logs: tuple[LogLine, ...]


def show_wrong_certificate(lab: Lab, pace: float) -> Refused:
    """Every host presents a certificate of an authority that nobody should trust."""
    with lab.bench(pace) as bench:
        bench.faults.add(WrongCertificate(), times=None)
        return _not_ready(bench, 10.0)


def use_wrong_secret(lab: Lab, pace: float) -> Refused:
    """The key is right, the secret is another one."""

    def change(keys: Mapping[str, str]) -> dict[str, str]:
        return {name: _another(value) if "secret" in name else value for name, value in keys.items()}

    with lab.bench(pace, keys=change) as bench:
        return _not_ready(bench, 12.0)


def _another(secret: str) -> str:
    """Of the same form, whether it is hexadecimal or base64."""
    body = secret[2:].rstrip("=")
    return secret[:2] + body[::-1] + "=" * (len(secret) - 2 - len(body))


def _not_ready(bench: Bench, seconds: float) -> Refused:
    bench.connector.start()
    ready = bench.connector.wait_ready(seconds).ready
    return Refused(
        bench,
        ready,
        bench.record.exchanges(),
        bench.record.handshakes(),
        bench.connector.network_status(),
        bench.connector.logs(),
    )
