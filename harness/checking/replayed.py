"""What a screening on a recording decides: market data, and nothing that an exchange would have to answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.checking.policy import Ending
from harness.clock import ScaledClock
from harness.errors import UserError
from harness.frameworks.runtime import Runtime
from harness.outcome import Status
from harness.recordings.clients import Fork
from harness.recordings.far_end import Way
from harness.recordings.permission import checked_hosts
from harness.recordings.recording import SUFFIX, load
from harness.recordings.replay import replay_kind
from harness.recordings.session import Blind, record
from harness.rounds.fields import Mode
from harness.sandbox import Backend
from harness.scenarios.catalogue import MARKET_DATA, SCENARIOS
from harness.venue.described import DescribedDialect
from harness.venue.dialects.base import Dialect

DECIDED = frozenset(
    {
        "order-book-snapshot-matches", "order-book-diffs-applied", "trades-streamed", "public-trade-times",
        "top-of-book-prices", "websocket-preferred",
    }
)  # fmt: skip
LIVE_NOT_ASKED_FOR = (
    "Not tried: the row says `mode: live`, and nothing is sent to a real exchange without `--live`."
)
CANNOT = (
    "Not decided: a recording of the exchange's market data is replayed here, and no order, account or fault "
    "can be told from it. A screening on the simulated exchange (`mode: simulate`) decides it."
)
SECONDS = 60.0  # that a live exchange is recorded


def undecided(mode: Mode, requirements: Iterable[str], given: Iterable[str]) -> Ending | None:
    """What a check of these requirements comes to that is given these fixtures, None where it may be tried.

    A recorded market can be watched; what another scenario does to the market it does not follow.
    """
    others = (SCENARIOS.keys() & set(given)) - {MARKET_DATA.fixture}
    if mode == "simulate" or (set(requirements) <= DECIDED and not others):
        return None
    return Ending(Status.UNDETERMINED, CANNOT)


def replayed(kind: type[Dialect], recording: Path) -> type[Dialect]:
    """The exchange as it was recorded. Raises UserError where nothing can be replayed."""
    return replay_kind(_described(kind), load(recording))


def recorded_live(
    kind: type[Dialect],
    hosts: Iterable[str],
    way: Way,
    client: tuple[Backend, Runtime, str],
    folder: Path,
) -> Path:
    """What the connector reads of the real exchange's public market data now; no private request is sent.

    Raises UserError where the exchange has a host that the round's row does not declare.
    """
    described = _described(kind)
    named = {host.partition(":")[0] for host in hosts}
    strange = [each for each in (*kind.rest_hosts, *kind.stream_hosts) if each not in named]
    if strange:
        raise UserError(
            f"the row does not declare {', '.join(strange)}, a host of its exchange",
            hint="add it to `exchange: hosts:` of the row",
        )
    checked_hosts((*kind.rest_hosts, *kind.stream_hosts), kind.name)
    clock, path = ScaledClock(), folder / f"live{SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    record(
        path,
        Blind.of(described, clock),
        lambda blind: [Fork(*client, blind.credentials)],
        pair=kind.markets[0].name,
        seconds=SECONDS,
        way=way,
        real=None,
        clock=clock,
    )
    return path


def _described(kind: type[Dialect]) -> type[DescribedDialect]:
    if issubclass(kind, DescribedDialect):
        return kind
    raise UserError(
        f"{kind.name} is a dialect in Python, and only described exchanges can be replayed",
        hint="use the simulated exchange",
    )
