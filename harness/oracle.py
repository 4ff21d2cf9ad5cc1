"""ccxt, unmodified, speaking to the same gateway: an independent reading of the same exchange.

It runs on a thread and an event loop of its own; checks call it as ordinary functions. Answers are ccxt's
unified structures, as its manual describes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import importlib
import importlib.util
import threading
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

from harness.clock import ScaledClock
from harness.errors import OurFailure, UserError
from harness.gateway.client import GatewayConnector, ScaledLoop
from harness.gateway.tls import Authority
from harness.rounds.fields import shown
from harness.rounds.mistakes import did_you_mean
from harness.venue.market import Market, MarketKind

PATIENCE = 60.0  # real seconds for any one question
TIMEOUT = 20_000  # real milliseconds for one request of ccxt's

Structure = dict[str, Any]

# ccxt's own settings: no throttle (it waits in the wall's time), and nothing asked of an exchange's other
# departments (futures, margin, deposits), which a spot connector needs as little.
CONFIGURATION: Structure = {
    "enableRateLimit": False,
    "has": {"fetchCurrencies": False},
    "options": {"fetchMargins": False, "adjustForTimeDifference": False},
}


def configuration(options: Mapping[str, object]) -> Structure:
    """What ccxt is constructed with besides keys; `options` are a dialect's `ccxt_options`."""
    chosen = copy.deepcopy(CONFIGURATION)
    chosen["options"].update(copy.deepcopy(dict(options)))
    return chosen


def unified_symbol(market: Market, names: Mapping[str, str]) -> str:
    """ccxt's name of a market: `BASE/QUOTE`, and `:SETTLE` behind a perpetual's.

    `names` has the assets that ccxt calls otherwise (`Dialect.ccxt_assets`).
    """
    base, quote, settle = (names.get(each, each) for each in (market.base, market.quote, market.settle_asset))
    return f"{base}/{quote}:{settle}" if market.kind is MarketKind.PERPETUAL else f"{base}/{quote}"


def preload() -> None:
    """Import ccxt, which takes a second or two, on a thread, while something else is waited for."""
    threading.Thread(target=importlib.import_module, args=("ccxt.pro",), daemon=True).start()


class OracleError(OurFailure):
    """ccxt could not be asked, or refused: never held against a submission."""


class Oracle:
    """One ccxt client with REST and WebSocket. A context manager; not to be used after it is closed.

    `credentials` are ccxt's (`apiKey`, `secret`, `password` …), none for public questions only. Symbols are
    ccxt's (`BTC/USDT`); `options` are ccxt's, a dialect's `ccxt_options`. With an `authority` it speaks TLS
    as the connector does, plain HTTP without. Every method raises `OracleError`.
    """

    def __init__(
        self,
        ccxt_id: str,
        gateway_socket: Path,
        credentials: Mapping[str, str] | None = None,
        clock: ScaledClock | None = None,
        authority: Authority | None = None,
        options: Mapping[str, object] | None = None,
    ) -> None:
        self.ccxt_id = ccxt_id
        self._options = dict(options or {})
        self._socket = gateway_socket
        self._credentials = dict(credentials or {})
        self._clock = clock or ScaledClock()
        self._trusted = None if authority is None else authority.client_context()
        self._exchange: Any = None
        self._session: aiohttp.ClientSession | None = None
        self._loop = ScaledLoop(self._clock)
        self._thread = threading.Thread(target=self._run, name=f"oracle {ccxt_id}", daemon=True)
        self._thread.start()
        try:
            self._wait(self._open(), "open")
        except BaseException:
            self.close()
            raise

    def markets(self) -> dict[str, Structure]:
        """ccxt's markets by symbol, loaded once."""
        return self._one("load_markets")

    def ticker(self, symbol: str) -> Structure:
        return self._one("fetch_ticker", symbol)

    def order_book(self, symbol: str, depth: int | None = None) -> Structure:
        """`bids` and `asks` as `[price, amount]`, best first."""
        return self._one("fetch_order_book", symbol, depth)

    def trades(self, symbol: str) -> list[Structure]:
        """Public trades, oldest first."""
        return self._many("fetch_trades", symbol)

    def balance(self) -> Structure:
        """`{asset: {free, used, total}}` and ccxt's own keys."""
        return self._one("fetch_balance")

    def create_order(
        self, symbol: str, kind: str, side: str, amount: Decimal, price: Decimal | None = None
    ) -> Structure:
        """`kind` is `limit` or `market`."""
        return self._one(
            "create_order", symbol, kind, side, float(amount), None if price is None else float(price)
        )

    def cancel_order(self, order_id: str, symbol: str) -> Structure:
        return self._one("cancel_order", order_id, symbol)

    def order(self, order_id: str, symbol: str) -> Structure:
        return self._one("fetch_order", order_id, symbol)

    def open_orders(self, symbol: str | None = None) -> list[Structure]:
        return self._many("fetch_open_orders", symbol)

    def positions(self, symbol: str) -> list[Structure]:
        """The account's open positions on a perpetual; `contracts` times `contractSize` is base."""
        return self._many("fetch_positions", [symbol])

    def my_trades(self, symbol: str) -> list[Structure]:
        """The account's fills, oldest first."""
        return self._many("fetch_my_trades", symbol)

    def watch_order_book(self, symbol: str) -> Structure:
        """The book as the WebSocket has it after its next message; the first call subscribes.

        With some exchanges ccxt waits for a few changes before it fetches the book: let the market move.
        """
        return self._one("watch_order_book", symbol)

    def watch_trades(self, symbol: str) -> list[Structure]:
        """The public trades that the WebSocket's next message brings."""
        return self._many("watch_trades", symbol)

    def watch_orders(self, symbol: str | None = None) -> list[Structure]:
        """The changes of the account's orders that the WebSocket's next message brings."""
        return self._many("watch_orders", symbol)

    def do(self, work: Callable[[Any], Awaitable[Any]], what: str) -> Any:
        """Anything else: `work` gets ccxt's own exchange object, on its event loop."""
        return self._wait(work(self._exchange), what)

    def __enter__(self) -> Oracle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections and end its thread; nothing when it is closed."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(OracleError):
            self._wait(self._shut(), "close")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open(self) -> None:
        # ccxt takes a second or two to import, and few screenings need it.
        pro = importlib.import_module("ccxt.pro")
        rest_only = importlib.import_module("ccxt.async_support")
        kind: Callable[[Structure], Any] | None = getattr(pro, self.ccxt_id, None) or getattr(
            rest_only, self.ccxt_id, None
        )
        if kind is None:
            raise OracleError(
                f"ccxt has no exchange {self.ccxt_id!r}",
                hint="correct the dialect's ccxt id in candidates.yml",
            )
        self._session = aiohttp.ClientSession(connector=GatewayConnector(self._socket, self._trusted))
        exchange = kind(
            {
                **configuration(self._options),
                **self._credentials,
                "timeout": int(TIMEOUT * self._clock.scale),
                "streaming": {"connectionTimeout": int(TIMEOUT * self._clock.scale)},
                "session": self._session,
                "asyncio_loop": self._loop,
            }
        )
        exchange.milliseconds = self._clock.milliseconds
        exchange.microseconds = lambda: int(self._clock.now() * 1_000_000)
        exchange.seconds = lambda: int(self._clock.now())
        self._exchange = exchange

    async def _shut(self) -> None:
        if self._exchange is not None:
            await self._exchange.close()
        if self._session is not None:
            await self._session.close()

    def _one(self, method: str, *arguments: object) -> Structure:
        structure: Structure = self._ask(method, *arguments)
        return structure

    def _many(self, method: str, *arguments: object) -> list[Structure]:
        structures: list[Structure] = self._ask(method, *arguments)
        return structures

    def _ask(self, method: str, *arguments: object) -> Any:
        if self._loop.is_closed():
            raise OracleError("the oracle is closed")
        return self._wait(getattr(self._exchange, method)(*arguments), method)

    def _wait(self, work: Awaitable[Any], what: str) -> Any:
        async def guarded() -> Any:
            async with asyncio.timeout(PATIENCE * self._clock.scale):
                return await work

        try:
            return asyncio.run_coroutine_threadsafe(guarded(), self._loop).result()
        except OracleError:
            raise
        except Exception as error:  # ccxt's errors, aiohttp's, time-outs: all mean that it cannot say
            raise OracleError(
                f"ccxt could not {what}: {type(error).__name__}: {error}", where=self.ccxt_id
            ) from error


@cache
def checked_ccxt_id(name: str, where: str | None = None) -> str:
    """`name`, given at `where`, if ccxt has an exchange of that name; raises UserError where it has none."""
    known = ccxt_ids()
    if name not in known:
        hint = did_you_mean(name, known) or "leave it out where ccxt does not have the exchange"
        raise UserError(f"ccxt has no exchange {shown(name)}", where=where, hint=hint)
    return name


def ccxt_ids() -> frozenset[str]:
    """ccxt's names of the exchanges that it has: those of its modules, as importing it takes seconds."""
    spec = importlib.util.find_spec("ccxt")
    folders = (spec.submodule_search_locations or ()) if spec else ()
    return frozenset(path.stem for folder in folders for path in Path(folder).glob("[!_]*.py"))
