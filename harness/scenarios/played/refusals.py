"""A connector that must not get ready: a stranger answers, or the key is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.credentials.meanings import Meaning, meaning_of_name
from harness.driving.claims import LogLine
from harness.errors import OurFailure
from harness.gateway.faults import (
    WrongCertificate,
)
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import SeenExchange, SeenHandshake, View


@dataclass(frozen=True)
class Refused(View):
    """A connector that must not get ready, and what it did.

    `verified`: the exchange looks at what a secret signed; else it lets in whoever names the key.
    """

    rig_number: int
    ready: bool
    requests: tuple[SeenExchange, ...]
    handshakes: tuple[SeenHandshake, ...]
    network: str
    logs: tuple[LogLine, ...]
    verified: bool = True


def show_wrong_certificate(rigs: Rigs, pace: float) -> Refused:
    """Every host presents a certificate of an authority that nobody should trust.

    What the connector asked while it was constructed was before that.
    """
    with rigs.open(pace) as rig:
        rig.faults.add(WrongCertificate(), times=None)
        rig.gateway.break_connections()
        return _not_ready(rig, 10.0, rig.clock.now())


def use_wrong_secret(rigs: Rigs, pace: float) -> Refused:
    """The key is right, the secret is another one."""

    def change(keys: Mapping[str, str]) -> dict[str, str]:
        secret = {name for name in keys if meaning_of_name(name) is Meaning.SECRET} or rigs.guarded
        wrong = {name: _another(value) if name in secret else value for name, value in keys.items()}
        if wrong == keys:
            raise OurFailure(f"a wrong secret is the right one: none of {', '.join(keys)} was changed")
        return wrong

    with rigs.open(pace, keys=change) as rig:
        return _not_ready(rig, 12.0)


def _another(secret: str) -> str:
    """Of the same form, whether it is hexadecimal or base64."""
    body = secret[2:].rstrip("=")
    return secret[:2] + body[::-1] + "=" * (len(secret) - 2 - len(body))


def _not_ready(rig: Rig, seconds: float, since: float = 0.0) -> Refused:
    rig.connector.start()
    ready = rig.connector.wait_ready(seconds).ready
    return Refused(
        rig.number,
        ready,
        tuple(each for each in rig.record.exchanges() if each.at >= since),
        tuple(each for each in rig.record.handshakes() if each.at >= since),
        rig.connector.network_status(),
        rig.connector.logs(),
        rig.dialect.verifies_signatures,
    )
