"""One recording from its first request to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import __version__, temporary
from harness.clock import ScaledClock
from harness.gateway.record import Record
from harness.gateway.thread import running_gateway
from harness.gateway.tls import Authority
from harness.recordings.clients import Asking, Client
from harness.recordings.far_end import FarEnd, Way
from harness.recordings.keys import Keys, blind_keys
from harness.recordings.live import live_kind
from harness.recordings.proofs import Proofs
from harness.recordings.recording import Header
from harness.recordings.redacting import Redactor
from harness.recordings.writing import written
from harness.venue.described.dialect import DescribedDialect
from harness.venue.dialects.base import Dialect
from harness.venue.model import Account
from harness.venue.session import Venue

OWNER = "recorder"
SEED = 1


@dataclass(frozen=True)
class Blind:
    """An exchange as it is understood here, and an account that it knows nothing of."""

    spoken: Dialect
    account: Account

    @classmethod
    def of(cls, kind: type[Dialect], clock: ScaledClock) -> Blind:
        venue = Venue(kind.markets, SEED, clock)
        return cls(kind(venue), venue.account(OWNER, {}, kind.key_lengths))

    @property
    def credentials(self) -> dict[str, str]:
        return self.spoken.credentials(self.account)

    def keys(self) -> Keys | None:
        """What clients sign with, where a description says how."""
        spoken = self.spoken
        return blind_keys(spoken, self.account) if isinstance(spoken, DescribedDialect) else None


def record(
    path: Path,
    blind: Blind,
    clients: Callable[[Blind], Sequence[Client]],
    *,
    pair: str,
    seconds: float,
    way: Way,
    real: Keys | None,
    clock: ScaledClock,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[str, ...]:
    """Let the clients ask, one after another, and write what passes to `path`; returns what was noted.

    With `real` keys, which stay here, private look-ups are signed over; raises OSError where `path` cannot be
    written.
    """
    spoken, own = blind.spoken, blind.keys()
    asked = clients(blind)
    hosts = tuple(dict.fromkeys((*spoken.rest_hosts, *spoken.stream_hosts)))
    header = Header(
        exchange=spoken.name, hosts=hosts, began=clock.now(), pairs=(pair,), private=real is not None,
        clients=tuple(each.name for each in asked), harness=__version__,
    )  # fmt: skip
    described = spoken.description if isinstance(spoken, DescribedDialect) else None
    redactor = Redactor({**blind.credentials, **(own.named("blind") if own else {})}, described)
    if real is not None:
        redactor.know(real.named("real"))
    kept, authority = Record(), Authority()
    with temporary.folder("record") as folder, written(path, header, kept, redactor, clock) as writer:
        folder.chmod(0o711)
        far_end = FarEnd(hosts, spoken.ports, way)
        proofs = None
        if real is not None and own is not None and isinstance(spoken, DescribedDialect):
            proofs = Proofs(spoken.description, own, real)
        live = live_kind(type(spoken))(spoken, far_end, proofs, writer.note)
        ca = authority.write_ca(folder / "ca.pem")
        ca.chmod(0o644)
        with running_gateway([live], clock=clock, authority=authority, record=kept) as gateway:
            for each in asked:
                told(each.name)
                each.ask(
                    Asking(
                        gateway.socket_path,
                        authority,
                        ca,
                        clock,
                        pair,
                        seconds,
                        real is not None,
                        writer.note,
                    )
                )
    return writer.notes
