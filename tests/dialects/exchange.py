"""ccxt before the real gateway before a venue, for any dialect."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from harness.clock import ScaledClock
from harness.gateway.thread import GatewayThread, running_gateway
from harness.oracle import Oracle, OracleError, unified_symbol
from harness.scenarios.randomization import initial_balances
from harness.venue.dialects import dialect
from harness.venue.dialects.base import Dialect
from harness.venue.market import Market, floor_to
from harness.venue.model import Account, Order
from harness.venue.session import Venue
from tests.dialects.earlier import EARLIER, REST_ONLY

D = Decimal
PATIENCE = 30  # real seconds
SEED = 11
SECRETS = ("secret", "privateKey")


def number(value: Any) -> Decimal:
    """A float of ccxt's as the decimal that it was read from."""
    return D(str(value))


@dataclass
class Exchange:
    """One market of a dialect, and an account that trades there through ccxt."""

    dialect: Dialect
    market: Market
    account: Account
    gateway: GatewayThread
    oracle: Oracle
    open_oracle: Callable[[dict[str, str]], Oracle]

    @property
    def venue(self) -> Venue:
        return self.dialect.venue

    @property
    def streams(self) -> bool:
        """Whether ccxt reads the streams that are served."""
        return self.dialect.name not in REST_ONLY

    @property
    def symbol(self) -> str:
        return unified_symbol(self.market, self.dialect.ccxt_assets)

    def resting_price(self) -> Decimal:
        """A bid far below the book."""
        return floor_to(self.market.reference_price * D("0.9"), self.market.tick_size)

    def amount(self) -> Decimal:
        """Enough for every rule ten times over, in lots, and divisible by ten."""
        market = self.market
        least = max(market.min_amount, market.min_notional / self.resting_price())
        tens = (least / market.lot_size).quantize(D(1), rounding=ROUND_UP)
        return tens * 10 * market.lot_size

    def eventually(self, look: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + PATIENCE
        while not (seen := look()):
            assert time.monotonic() < end, what
            time.sleep(0.02)
        return seen

    def beyond_means(self) -> Decimal:
        """An amount whose cost, or margin, is twice what the account holds, in lots."""
        held = self.venue.balance(self.account, self.market.quote).free
        leverage = self.venue.leverage(self.account, self.market) if self.market.perpetual else 1
        return floor_to(2 * held * leverage / self.resting_price(), self.market.lot_size)

    def wrong_keys(self) -> dict[str, str]:
        """The account's credentials, with the secret of another; where nothing is signed, nobody's key."""
        right = self.dialect.ccxt_credentials(self.account)
        wrong = self.dialect.ccxt_credentials(self.venue.account("stranger", {}))
        if right.keys().isdisjoint(SECRETS):
            return dict.fromkeys(right, "nobody")
        return {name: (wrong if name in SECRETS else right)[name] for name in right}

    @contextmanager
    def walking(self) -> Iterator[None]:
        """Let the others trade meanwhile."""
        over = threading.Event()

        def walk() -> None:
            while not over.wait(0.02):
                self.venue.walk(5, self.market)

        thread = threading.Thread(target=walk, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(PATIENCE)

    def only_order(self) -> Order:
        (order,) = self.venue.orders(self.account)
        return order


class Watching:
    """What ccxt's streams say, message by message, on a thread of its own; `seen` is all of it."""

    def __init__(self, exchange: Exchange, watch: Callable[[], Any]) -> None:
        self.seen: list[Any] = []
        self._exchange = exchange
        self._watch = watch
        self._error = ""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            while True:
                self.seen.append(self._watch())
        except OracleError as error:
            self._error = str(error)

    def subscribed(self, operation: str) -> None:
        """Wait until the exchange carries `operation` to ccxt."""
        sockets = self._exchange.gateway.open_sockets
        self.until(
            lambda _: bool(sockets(operation, client="oracle")), f"ccxt never subscribed to {operation}"
        )

    def until(self, holds: Callable[[list[Any]], Any], what: str) -> Any:
        """Wait until it holds of what was seen so far; gives what it gave."""
        found = self._exchange.eventually(
            lambda: self._error or holds(self.seen), f"{what}; ccxt last saw {self.seen[-3:]}"
        )
        assert not self._error, self._error
        return found


class Deaf(Watching):
    """Where ccxt reads no streams: it waits for nothing."""

    def __init__(self) -> None:
        self.seen = []

    def subscribed(self, operation: str) -> None:
        pass

    def until(self, holds: Callable[[list[Any]], Any], what: str) -> Any:
        return None


@contextmanager
def opened(name: str) -> Iterator[Exchange]:
    """The dialect's exchange, with quotes in every market."""
    kind = dialect(name)
    clock = ScaledClock(2.0)
    venue = Venue(kind.markets, SEED, clock)
    account = venue.account("trader", initial_balances(kind.markets))
    for market in venue.markets:
        venue.seed_book(market, 30)
    spoken = kind(venue)
    with ExitStack() as stack:
        gateway = stack.enter_context(running_gateway([spoken], clock=clock))
        ccxt_id = kind.ccxt_id or EARLIER.get(name)
        assert ccxt_id is not None

        def open_oracle(credentials: dict[str, str]) -> Oracle:
            return stack.enter_context(
                Oracle(ccxt_id, gateway.socket_path, credentials, clock, options=spoken.ccxt_options())
            )

        oracle = open_oracle(spoken.ccxt_credentials(account))
        yield Exchange(spoken, venue.markets[0], account, gateway, oracle, open_oracle)
        assert not gateway.record.rejected()
        assert not gateway.record.troubles()
