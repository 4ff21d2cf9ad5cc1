"""One scenario at a time: a fresh venue behind a fresh gateway, and a fresh process of the connector.

What a check reads of the venue and the record is what we observed; what it asks the connector is a claim.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from harness import temporary
from harness.clock import ScaledClock, SkewedClock
from harness.credentials.asked import Asked as AskedFor
from harness.credentials.matching import Matched, matched
from harness.credentials.stated import Stated
from harness.driving.connector import Connector
from harness.driving.driver import Driver
from harness.driving.rpc_client import ConnectorError
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
from harness.scenarios.recording import (
    books_of,
    claims_of,
    faults_of,
    listen_once_more,
    wire_of,
)
from harness.scenarios.trace.model import Asked, Began, Entry, Meddled, Printed
from harness.venue.dialects.base import Dialect
from harness.venue.market import Market
from harness.venue.model import Account
from harness.venue.session import Venue

T = TypeVar("T")

SETTLE = 0.02  # real seconds for what has left the sandbox to be written down
LEVELS = 30  # a side of each book


@dataclass
class Rig:
    """What a scenario works with. Times are virtual seconds. `connector` is constructed, not yet started.

    `number` counts the rigs that are opened in one run of a scenario, from 0.
    """

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
    number: int
    open_connector: Callable[[], Connector] = field(repr=False)
    open_oracle: Callable[[], Oracle] = field(repr=False)
    by_hand: list[Asked] = field(default_factory=list)

    def note(self, command: str, **arguments: str) -> None:
        """Write down what is done on the connector's account by somebody else."""
        self.by_hand.append(Asked(self.clock.now(), command, dict(arguments)))

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
class _Exchange:
    """The exchange of one scenario, with the connector's account, and what is written down at it."""

    clock: ScaledClock
    skewed: SkewedClock
    venue: Venue
    account: Account
    dialect: Dialect
    record: Record
    faults: FaultPlan


class Rigs:
    """Keeps one warm sandbox for a connector and opens rigs on it; `latest` is the last one opened.

    `seen` holds what was seen on each since `begin`, and `between` what was tried while none was open.
    `canaries` knows every secret that was given to the connector or planted beside it, and `guarded` the
    names of those that nobody may ever see. `looks_closer` says at which pace what goes wrong at a pace is
    tried in other ways too, None: it is not. `bearable` is how many times as fast as the wall idle time may
    run at most, as was seen on this machine. `stated` is what a round's row says of fields that the connector
    asks for.
    """

    def __init__(
        self,
        backend: Backend,
        runtime: Runtime,
        dialect: type[Dialect],
        connector: str,
        seed: int,
        stated: Mapping[str, Stated] | None = None,
    ) -> None:
        self.dialect = randomization.varied(dialect, seed)
        self.seed = seed
        self.looks_closer: Callable[[float], float | None] = lambda _pace: None
        self.bearable = math.inf
        self._connector = connector
        self._stated = dict(stated or {})
        self._identity = SandboxIdentity.of(seed)
        self.latest: Rig | None = None
        self.canaries = Canaries()
        self.guarded: frozenset[str] = frozenset()
        self.seen: list[Entry] = []
        self.between = Record(self.canaries)
        self._opened = self._next_number = 0
        self._printed = ""
        self._meddled = 0
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
            running_gateway([], authority=self._authority, record=self.between, socket_path=idle)
        )
        self._lead_to(idle)
        self._idle = idle

    def close(self) -> None:
        self._stack.close()

    def begin(self) -> None:
        """A scenario begins: what was seen before is no part of it."""
        self.seen, self._opened, self._next_number = [], 0, 0

    def news_of_the_driver(self, at: float) -> tuple[Entry, ...]:
        """What was said in our driver's name that it never says, and what was printed since then."""
        said = self._driver.irregularities
        new, self._meddled = said[self._meddled :], len(said)
        tail = self._driver.printed
        text = tail.removeprefix(self._printed) if self._printed else tail
        self._printed = tail
        return (*(Meddled(at, each) for each in new), *([Printed(at, text)] if text.strip() else []))

    def unmatched_credentials(self) -> tuple[AskedFor, ...]:
        """What the connector asks for and nothing of this exchange fits; raises ConnectorError."""
        dialect = self.dialect(Venue(self.dialect.markets, self.seed, ScaledClock()))
        account = dialect.venue.account("nobody", {}, self.dialect.key_lengths)
        return self._matched(dialect.credentials(account)).missing

    def _matched(self, credentials: Mapping[str, str]) -> Matched:
        """The exchange's keys, by the names that this connector has for them."""
        return matched(self._driver.warm().config, credentials, self._connector, self._stated)

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
        listed: Sequence[Market] = (),
        keys: Callable[[Mapping[str, str]], Mapping[str, str]] = dict,
    ) -> Iterator[Rig]:
        """A fresh exchange and a fresh connector on `market` and `also`, at `scale` times the wall's pace.

        Of `also` and `listed`, the exchange gets those that it does not have; the connector trades none of
        `listed`. No market may be named twice: what is counted on each would count double. `keys` may change
        the account's credentials before it gets them. Raises ConnectorError where it cannot be constructed.
        """
        self.latest = None
        clock = ScaledClock(scale, self.dialect.begins_at)
        chance = random.Random(self.seed)  # noqa: S311 - a repeatable scenario, not a secret
        chosen = market or chance.choice(randomization.usual(self.dialect.markets))
        watched = (chosen, *also)
        if len(set(watched)) < len(watched):
            raise OurFailure(f"a market has two roles in one scenario: {', '.join(m.name for m in watched)}")
        at = self._fresh(randomization.having(self.dialect, (*also, *listed)), clock)
        opened_at, number, connectors = clock.now(), self._opened, list[Connector]()
        self._opened += 1
        credentials = at.dialect.credentials(at.account)
        self._guard(at.dialect.hidden(at.account), credentials)

        def write_down() -> None:
            began = Began(opened_at, self._next_number, chosen.name, chosen, at.dialect.book_depth)
            self._write_down(began, at, connectors)

        with ExitStack() as stack:
            stack.callback(write_down)
            gateway = stack.enter_context(self._gateway(at))
            stack.enter_context(self._open(gateway.socket_path))
            current = stack.enter_context(ExitStack())

            def open_connector() -> Connector:
                current.close()
                fitting = self._matched(keys(credentials)).credentials
                opened = self._driver.scenario([each.name for each in watched], dict(fitting), clock=clock)
                connectors.append(current.enter_context(opened))
                return connectors[-1]

            def open_oracle() -> Oracle:
                return stack.enter_context(self._oracle(at.dialect, at.account, clock))

            self.latest = Rig(
                clock, at.skewed, at.venue, at.dialect, at.account, chosen, at.faults, at.record, gateway,
                open_connector(), chance, number, open_connector, open_oracle,
            )  # fmt: skip
            try:
                yield self.latest
            except ConnectorError:  # it is not asked again
                raise
            except Exception:
                listen_once_more(connectors)
                raise
            listen_once_more(connectors)

    def _fresh(self, spoken: type[Dialect], clock: ScaledClock) -> _Exchange:
        """An exchange on which nothing happened yet, with the connector's account."""
        skewed = SkewedClock(clock)
        venue = self._venue(spoken, skewed)
        record, faults = Record(self.canaries, first=self._next_number), FaultPlan(now=clock.now)
        return _Exchange(clock, skewed, venue, self._account(venue), spoken(venue), record, faults)

    def _gateway(self, at: _Exchange) -> AbstractContextManager[GatewayThread]:
        return running_gateway(
            [at.dialect],
            clock=at.clock,
            faults=at.faults,
            authority=self._authority,
            record=at.record,
            socket_path=self._idle.with_name("scenario.sock"),
        )

    def _write_down(self, began: Began, at: _Exchange, connectors: Sequence[Connector]) -> None:
        """When all is over: what was seen, in the order of the clock."""
        by_hand = self.latest.by_hand if self.latest is not None else []
        now = at.clock.now()
        observed = (
            *wire_of(at.record, self.canaries, self.guarded, at.dialect),
            *faults_of(at.faults, now),
            *books_of(at.venue, at.account, at.dialect),
            *claims_of(connectors, self.canaries, self.guarded),
            *by_hand,
            *self.news_of_the_driver(now),
        )
        self.seen += [began, *sorted(observed, key=lambda each: each.at)]
        self._next_number = at.record.mark()

    def _account(self, venue: Venue) -> Account:
        balances = randomization.initial_balances(venue.markets, self.seed)
        return venue.account(randomization.owner(self.seed), balances, self.dialect.key_lengths)

    def _oracle(self, dialect: Dialect, account: Account, clock: ScaledClock) -> Oracle:
        assert dialect.ccxt_id is not None  # noqa: S101 - the check asked first
        return Oracle(
            dialect.ccxt_id,
            self._socket,
            dialect.ccxt_credentials(account),
            clock,
            self._authority,
            dialect.ccxt_options(),
        )

    def _venue(self, spoken: type[Dialect], clock: SkewedClock) -> Venue:
        venue = Venue(spoken.markets, self.seed, clock)
        origin = randomization.first_number(self.seed)
        orders = spoken.order_ids_from + origin
        venue.number_from(origin, orders, trades_by_market=spoken.trades_by_market)
        for market in spoken.markets:
            venue.seed_book(market, LEVELS)
            venue.walk(20, market)
            randomization.trade_at_no_round_price(venue, market)
        return venue
