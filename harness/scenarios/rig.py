"""One scenario at a time: a fresh venue behind a fresh gateway, and a fresh process of the connector.

What a check reads of the venue and the record is what we observed; what it asks the connector is a claim.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from harness import temporary
from harness.clock import ScaledClock, SkewedClock
from harness.driving.driver import Connector, Driver
from harness.errors import OurFailure
from harness.frameworks.runtime import Runtime
from harness.gateway.canaries import Canaries
from harness.gateway.fault_plan import FaultPlan
from harness.gateway.record import Record
from harness.gateway.thread import GatewayThread, running_gateway
from harness.gateway.tls import Authority
from harness.oracle import Oracle
from harness.sandbox import Backend
from harness.sandbox.identity import SandboxIdentity
from harness.sandbox.protocol import Mount
from harness.scenarios import honeytokens, randomization
from harness.venue.dialects.base import Dialect
from harness.venue.market import Market
from harness.venue.model import Account
from harness.venue.session import Venue

T = TypeVar("T")

SETTLE = 0.02  # real seconds for what has left the sandbox to be written down
LEVELS = 30  # a side of each book


@dataclass
class Rig:
    """What a scenario works with. Times are virtual seconds. `connector` is constructed, not yet started."""

    clock: ScaledClock
    exchange_clock: SkewedClock
    venue: Venue
    dialect: Dialect
    account: Account
    market: Market
    faults: FaultPlan
    record: Record
    gateway: GatewayThread
    connector: Connector
    random: random.Random
    open_connector: Callable[[], Connector] = field(repr=False)
    open_oracle: Callable[[], Oracle] = field(repr=False)

    @property
    def pair(self) -> str:
        """The market's name in the framework's standard form, `BASE-QUOTE`."""
        return self.market.name

    def eventually(self, look: Callable[[], T], timeout: float = 30.0) -> T:
        """Look until it is true, for up to `timeout`; returns what was seen last."""
        end = time.monotonic() + self.clock.real_seconds(timeout)
        while not (seen := look()) and time.monotonic() < end:
            time.sleep(0.02)
        return seen

    def pause(self, seconds: float) -> None:
        time.sleep(self.clock.real_seconds(seconds))

    def go_at(self, scale: float) -> None:
        """Let time run at another pace from now on, for everybody; returns when it does."""
        coming = self.clock.change(scale)
        self.connector.pace(coming)
        time.sleep(max(coming.monotonic - time.monotonic(), 0) + SETTLE)

    def restart(self) -> None:
        """End the connector's process without ceremony and construct another one with the same keys."""
        self.connector = self.open_connector()


@dataclass(frozen=True)
class Recording:
    """What the gateway saw during a scenario, or between two: all of it, whatever came of the scenario.

    `scenario` says in words what was going on.
    """

    scenario: str
    record: Record


class Rigs:
    """Keeps one warm sandbox for a connector and opens rigs on it; `latest` is the last one opened.

    `recordings` holds what was seen on each, and `between` what was tried while none was open. `canaries`
    knows every secret that was given to the connector or planted beside it, and `guarded` the names of those
    that nobody may ever see.
    """

    def __init__(
        self, backend: Backend, runtime: Runtime, dialect: type[Dialect], connector: str, seed: int
    ) -> None:
        self.dialect = randomization.varied(dialect, seed)
        self.seed = seed
        self._identity = SandboxIdentity.of(seed)
        self.latest: Rig | None = None
        self.playing = "unnamed"
        self.canaries = Canaries()
        self.guarded: frozenset[str] = frozenset()
        self.recordings: list[Recording] = []
        self.between = Recording("between the scenarios", Record(self.canaries))
        self._stack = ExitStack()
        self._authority = Authority()
        folder = self._stack.enter_context(temporary.folder("rig"))
        folder.chmod(0o755)
        self._socket = folder / "gateway.sock"
        certificate = folder / "ca.pem"
        certificate.write_bytes(self._authority.ca_pem)
        housed = self._with_home(runtime, folder / "home")
        self._driver = self._stack.enter_context(
            Driver(
                backend,
                housed,
                connector,
                clock=ScaledClock(),
                gateway=self._socket,
                ca=certificate,
                identity=self._identity,
            )
        )
        idle = folder / "idle.sock"
        self._stack.enter_context(
            running_gateway([], authority=self._authority, record=self.between.record, socket_path=idle)
        )
        self._lead_to(idle)
        self._idle = idle

    def close(self) -> None:
        self._stack.close()

    @property
    def irregularities(self) -> tuple[str, ...]:
        """What somebody said in our driver's name so far; see `Driver.irregularities`."""
        return self._driver.irregularities

    def _guard(self, hidden: Collection[str], credentials: Mapping[str, str]) -> None:
        """Look out for these credentials, and let those that are only signed with appear nowhere."""
        self.canaries.know(credentials)
        self.guarded |= {name for name, key in credentials.items() if key in hidden}

    def _with_home(self, runtime: Runtime, home: Path) -> Runtime:
        """The runtime with a home in which honeytokens lie."""
        home.mkdir()
        planted = honeytokens.plant(home)
        self.canaries.know(planted.secrets)
        self.guarded |= planted.secrets.keys()
        place = self._identity.home
        env = {**runtime.env, **planted.environment, "HOME": place}
        return replace(runtime, mounts=(*runtime.mounts, Mount(home, place)), env=env)

    def _lead_to(self, gateway: Path) -> None:
        """Let what leaves the sandbox reach that gateway, from one moment to the next."""
        new = self._socket.with_suffix(".new")
        new.symlink_to(gateway)
        new.replace(self._socket)

    @contextmanager
    def _open(self, gateway: Path) -> Iterator[None]:
        """Lead to that gateway, which is listening, and then back to the one that serves nobody."""
        self._lead_to(gateway)
        try:
            yield
        finally:
            self._lead_to(self._idle)
            time.sleep(SETTLE)

    @contextmanager
    def open(
        self,
        scale: float,
        *,
        market: Market | None = None,
        also: Sequence[Market] = (),
        keys: Callable[[Mapping[str, str]], Mapping[str, str]] = dict,
    ) -> Iterator[Rig]:
        """A fresh exchange and a fresh connector on `market` and `also`, at `scale` times the wall's pace.

        No market may be named twice: what is counted on each would count double. `keys` may change the
        account's credentials before the connector gets them. Raises ConnectorError when the connector cannot
        be constructed.
        """
        self.latest = None
        clock = ScaledClock(scale)
        chance = random.Random(self.seed)  # noqa: S311 - a repeatable scenario, not a secret
        chosen = market or chance.choice(randomization.usual(self.dialect.markets))
        watched = (chosen, *also)
        if len(set(watched)) < len(watched):
            raise OurFailure(f"a market has two roles in one scenario: {', '.join(m.name for m in watched)}")
        exchange_clock = SkewedClock(clock)
        venue = self._venue(exchange_clock)
        initial_balances = randomization.initial_balances(self.dialect.markets, self.seed)
        account = venue.account(randomization.owner(self.seed), initial_balances, self.dialect.key_lengths)
        dialect = self.dialect(venue)
        credentials = dialect.credentials(account)
        self._guard(dialect.hidden(account), credentials)
        record, faults = Record(self.canaries), FaultPlan()
        pairs = [each.name for each in watched]
        self.recordings.append(Recording(self.playing, record))
        with ExitStack() as stack:
            gateway = stack.enter_context(
                running_gateway(
                    [dialect],
                    clock=clock,
                    faults=faults,
                    authority=self._authority,
                    record=record,
                    socket_path=self._idle.with_name("scenario.sock"),
                )
            )
            stack.enter_context(self._open(gateway.socket_path))
            current = stack.enter_context(ExitStack())

            def open_connector() -> Connector:
                current.close()
                return current.enter_context(
                    self._driver.scenario(pairs, dict(keys(credentials)), clock=clock)
                )

            def open_oracle() -> Oracle:
                assert dialect.ccxt_id is not None  # noqa: S101 - the check asked first
                return stack.enter_context(
                    Oracle(
                        dialect.ccxt_id,
                        self._socket,
                        dialect.ccxt_credentials(account),
                        clock,
                        self._authority,
                        dialect.ccxt_options(),
                    )
                )

            self.latest = Rig(
                clock, exchange_clock, venue, dialect, account, chosen, faults, record, gateway,
                open_connector(), chance, open_connector, open_oracle,
            )  # fmt: skip
            yield self.latest

    def _venue(self, clock: SkewedClock) -> Venue:
        venue = Venue(self.dialect.markets, self.seed, clock)
        venue.number_from(randomization.first_number(self.seed))
        for market in self.dialect.markets:
            venue.seed_book(market, LEVELS)
            venue.walk(20, market)
        return venue
