"""Who asks a real exchange while it is recorded: ccxt, or a connector in the sandbox. Nobody trades."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from harness.clock import ScaledClock
from harness.credentials.matching import matched
from harness.driving.driver import Driver
from harness.driving.rpc_client import ConnectorError
from harness.frameworks.runtime import Runtime
from harness.gateway.tls import Authority
from harness.oracle import Oracle, OracleError
from harness.sandbox import Backend

Note = Callable[[str], None]
READY = 60.0  # real seconds that a connector may take
STEP = 5.0
LEVELS = 20


@dataclass(frozen=True)
class Asking:
    """What a client gets: the gateway's socket, whom to trust, and keys (blind ones)."""

    gateway: Path
    authority: Authority
    ca: Path
    clock: ScaledClock
    pair: str
    seconds: float
    private: bool
    note: Note


class Client(Protocol):
    """Asks the exchange for `asking.seconds`; what it cannot do is noted. Raises nothing of its own."""

    @property
    def name(self) -> str: ...

    def ask(self, asking: Asking) -> None: ...


@dataclass(frozen=True)
class Ccxt:
    """ccxt's reading calls, each once, then its streams. `symbol` is ccxt's name of the market."""

    ccxt_id: str
    symbol: str
    credentials: Mapping[str, str]
    options: Mapping[str, object]
    name: str = "ccxt"

    def ask(self, asking: Asking) -> None:
        keys = self.credentials if asking.private else {}
        try:
            with Oracle(
                self.ccxt_id, asking.gateway, keys, asking.clock, asking.authority, self.options
            ) as oracle:
                self._read(oracle, asking)
                oracle.do(self._watch(asking), "watch")
        except OracleError as error:
            asking.note(f"ccxt: {error.message}")

    def _read(self, oracle: Oracle, asking: Asking) -> None:
        calls: dict[str, Callable[[], object]] = {
            "load_markets": oracle.markets,
            "fetch_ticker": lambda: oracle.ticker(self.symbol),
            "fetch_order_book": lambda: oracle.order_book(self.symbol),
            "fetch_trades": lambda: oracle.trades(self.symbol),
        }
        if asking.private:
            calls |= {
                "fetch_balance": oracle.balance,
                "fetch_open_orders": lambda: oracle.open_orders(self.symbol),
                "fetch_my_trades": lambda: oracle.my_trades(self.symbol),
            }
        for name, call in calls.items():
            try:
                call()
            except OracleError as error:
                asking.note(f"ccxt, {name}: {error.message}")

    def _watch(self, asking: Asking) -> Callable[[Any], Awaitable[None]]:
        """Order book and trades at the same time, until the time is over."""

        async def watch(exchange: Any) -> None:
            end = asyncio.get_running_loop().time() + asking.seconds
            await asyncio.gather(
                *(self._follow(exchange, kind, end, asking) for kind in ("order_book", "trades"))
            )

        return watch

    async def _follow(self, exchange: Any, kind: str, end: float, asking: Asking) -> None:
        if not exchange.has.get(f"watch{''.join(part.title() for part in kind.split('_'))}"):
            asking.note(f"ccxt has no stream of this exchange's {kind.replace('_', ' ')}")
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                await self._again(getattr(exchange, f"watch_{kind}"), kind, asking)

    async def _again(self, call: Callable[[str], Awaitable[object]], kind: str, asking: Asking) -> None:
        for _ in range(3):
            try:
                while True:
                    await call(self.symbol)
            except Exception as error:  # ccxt's own and aiohttp's
                asking.note(f"ccxt, watch_{kind}: {type(error).__name__}: {error}")
                await asyncio.sleep(STEP)


@dataclass(frozen=True)
class Fork:
    """A connector, of a fork or merged, in the sandbox."""

    backend: Backend
    runtime: Runtime
    connector: str
    credentials: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.connector

    def ask(self, asking: Asking) -> None:
        try:
            with ExitStack() as stack:
                self._run(stack, asking)
        except ConnectorError as error:
            asking.note(f"{self.connector}: {error.gist}")

    def _run(self, stack: ExitStack, asking: Asking) -> None:
        driver = stack.enter_context(
            Driver(
                self.backend, self.runtime, self.connector, clock=asking.clock, gateway=asking.gateway,
                ca=asking.ca,
            )
        )  # fmt: skip
        keys = matched(driver.warm().config, self.credentials, self.connector, {})
        if keys.missing:
            asking.note(f"{self.connector} asks for {', '.join(each.name for each in keys.missing)}")
        connector = stack.enter_context(driver.scenario([asking.pair], dict(keys.credentials)))
        connector.pairs()
        connector.start()
        ready = connector.wait_ready(READY)
        if not ready.ready:
            waiting = [name for name, done in ready.parts.items() if not done]
            asking.note(f"{self.connector} is waiting for {', '.join(waiting) or 'something of its own'}")
        connector.until(lambda: False, asking.seconds)
        connector.prices(asking.pair)
        connector.book(asking.pair, LEVELS)
