"""Today's generation, `hummingbot.connector.{exchange,derivative}.<name>`, driven as the application does."""

import asyncio
import contextlib
import importlib
import inspect
import logging
from decimal import Decimal
from typing import Any, Dict, List, Optional, Tuple

from .. import application, config_map, virtual_time

MAX_EVENTS = 20000
LONGEST_POLL = 60.0  # virtual seconds
# How often conditions are looked at, in virtual seconds.
STEP = 0.05
# Bounds the time a listing of every pair's symbol may take on exchanges with thousands of markets.
MAX_PAIRS_MAPPED = 500


class Adapter:
    """One connector and the clock that turns it. Times are virtual seconds, amounts and prices strings."""

    # Where the framework keeps its order types, sides and kinds of price.
    WORDS = "hummingbot.core.data_type.common"
    NEEDED: Tuple[str, ...] = (
        "core.clock",
        "core.event.event_forwarder",
        "core.event.events",
        "core.data_type.common",
    )
    COMMANDS = frozenset(
        "construct wait_ready status book trades pairs rules balances quantize buy sell cancel cancel_all"
        " orders events prices last_prices fee order_types config tick save_state restore_state stop"
        " positions set_leverage set_position_mode position_modes funding".split()
    )

    def __init__(self) -> None:
        self._name = ""
        self._settings: Any = None
        self._module: Any = None
        self._connector: Any = None
        self._clock: Any = None
        self._turning: "Optional[asyncio.Task[Any]]" = None
        self._ticking: "Optional[asyncio.Task[Any]]" = None
        self._jumped = (0.0, 0.0)  # what the clock showed, and how far ahead of it was told
        self._listeners: List[Any] = []
        self._events: List[Dict[str, Any]] = []
        self._trades: List[Dict[str, Any]] = []
        self._news: Optional[asyncio.Event] = None
        self._hears_trades = False

    def warm(self, connector: str) -> Dict[str, Any]:
        """Import the framework and the connector. Raises what the import does, KeyError if not registered."""
        with contextlib.suppress(ModuleNotFoundError):  # an upstream may do without it
            importlib.import_module("pandas")
        virtual_time.install_datetime()
        application.install()
        known = self._known()
        if connector not in known:
            raise KeyError("the framework does not know a connector named {}".format(connector))
        self._name = connector
        self._settings = known[connector]
        self._module = importlib.import_module(self._settings.module_path())
        for needed in self.NEEDED:
            importlib.import_module("hummingbot." + needed)
        return {
            "module": self._module.__name__,
            "class": self._settings.class_name(),
            "file": getattr(self._module, "__file__", ""),
            "connectors": sorted(known),
            "config": self.config(),
        }

    def _known(self) -> Any:
        """The settings of every connector there is, by its name."""
        settings = importlib.import_module("hummingbot.client.settings").AllConnectorSettings
        return settings.get_connector_settings()

    def config(self) -> List[Dict[str, Any]]:
        """What the user is asked for before the connector can be used, in order."""
        return config_map.asked(self._settings.config_keys)

    def construct(
        self,
        pairs: List[str],
        credentials: Dict[str, str],
        trading_required: bool = True,
        tick_size: float = 1.0,
    ) -> Dict[str, Any]:
        """Make the connector as the application does, from the fields that its configuration declares."""
        offered: Dict[str, Any] = {
            "trading_pairs": list(pairs),
            "trading_required": trading_required,
            "api_keys": config_map.complete(self._settings.config_keys, credentials),
            "balance_asset_limit": {},
            "rate_limits_share_pct": Decimal(100),
        }
        kind = getattr(self._module, self._settings.class_name())
        self._connector = kind(**self._init_parameters(kind, offered))
        self._begin(tick_size)
        return {"name": self._connector.name, "display_name": getattr(self._connector, "display_name", "")}

    def _begin(self, tick_size: float) -> None:
        """Give the connector a clock and listen to it."""
        clock_module = importlib.import_module("hummingbot.core.clock")
        mode = importlib.import_module("hummingbot.core.clock_mode").ClockMode.REALTIME
        self._clock = clock_module.Clock(mode, tick_size=tick_size)
        self._news = asyncio.Event()
        self._listen()

    def _init_parameters(self, kind: Any, offered: Dict[str, Any]) -> Dict[str, Any]:
        """As the framework makes them of what it takes, with what older ones leave to their caller.

        Those of 2022 to 2025 hand every connector the client's configuration as well; those of before 2023
        leave it to the caller to add the pairs.
        """
        if "client_config_map" in _parameters(kind):
            running = application.HummingbotApplication.main_application()
            offered = {**offered, "client_config_map": running.client_config_map}
        build = self._settings.conn_init_parameters
        made = dict(build(**_fitting(build, offered)))
        rest = {name: value for name, value in offered.items() if name not in made and name != "api_keys"}
        return {**made, **_fitting(kind, rest)}

    def _listen(self) -> None:
        events = importlib.import_module("hummingbot.core.event.events")
        forwarder = importlib.import_module("hummingbot.core.event.event_forwarder").EventForwarder
        for kind in events.MarketEvent:
            listener = forwarder(lambda event, kind=kind: self._happened(kind.name, event))
            self._connector.add_listener(kind, listener)
            self._listeners.append(listener)

    def _happened(self, kind: str, event: Any) -> None:
        if len(self._events) < MAX_EVENTS:
            self._events.append({"at": virtual_time.now(), "kind": kind, "data": event})
        if self._news is not None:
            self._news.set()

    def start(self) -> "asyncio.Task[Any]":
        """Let the clock turn; the connector checks its network and starts by itself."""
        self._clock.add_iterator(self._connector)
        self._turning = asyncio.ensure_future(self._turn())
        return self._turning

    async def _turn(self) -> None:
        with self._clock as clock:
            await clock.run()

    async def wait_ready(self, seconds: float) -> Dict[str, Any]:
        """Wait until the connector says it is ready; gives the parts of its status either way."""
        began = virtual_time.now()
        while not self._connector.ready and virtual_time.now() - began < seconds:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(STEP)
        ready = bool(self._connector.ready)
        if ready:
            self._listen_to_trades()
        return {"ready": ready, "seconds": virtual_time.now() - began, "parts": self._parts()}

    def _parts(self) -> Dict[str, bool]:
        """Its own status, one entry a component; none where it keeps no such thing."""
        said = getattr(self._connector, "status_dict", None)
        return {str(name): bool(done) for name, done in said.items()} if isinstance(said, dict) else {}

    def _listen_to_trades(self) -> None:
        if self._hears_trades:
            return
        self._hears_trades = True
        kind = importlib.import_module("hummingbot.core.event.events").OrderBookEvent.TradeEvent
        forwarder = importlib.import_module("hummingbot.core.event.event_forwarder").EventForwarder
        for book in self._connector.order_books.values():
            listener = forwarder(self._traded)
            book.add_listener(kind, listener)
            self._listeners.append(listener)

    def _traded(self, trade: Any) -> None:
        if len(self._trades) < MAX_EVENTS:
            self._trades.append({"at": virtual_time.now(), "data": trade})

    def status(self) -> Dict[str, Any]:
        return {
            "ready": bool(self._connector.ready),
            "parts": self._parts(),
            "network": self._connector.network_status,
            "timestamp": self._connector.current_timestamp,
        }

    def book(self, pair: str, depth: int = 1000) -> Dict[str, Any]:
        """The best `depth` levels of each side, best first, as [price, amount] in shortest decimal form."""
        book = self._connector.get_order_book(pair)
        return {
            "bids": _levels(book.bid_entries(), depth),
            "asks": _levels(book.ask_entries(), depth),
            "snapshot_uid": book.snapshot_uid,
            "last_diff_uid": book.last_diff_uid,
            "last_trade_price": str(getattr(book, "last_trade_price", None)),
        }

    def trades(self, since: int = 0) -> List[Dict[str, Any]]:
        """Public trades that reached the order books since ready."""
        return self._trades[since:]

    async def pairs(self) -> List[Dict[str, Any]]:
        """Every pair that the connector lists, with its symbol, and what that symbol is read back as."""
        listed = list(await _settled(self._connector.all_trading_pairs()) or ())
        mapped = []
        for pair in listed[:MAX_PAIRS_MAPPED]:
            symbol = await _settled(self._connector.exchange_symbol_associated_to_pair(pair))
            back = await _settled(self._connector.trading_pair_associated_to_exchange_symbol(symbol))
            mapped.append({"pair": pair, "symbol": symbol, "back": back})
        return mapped + [{"pair": pair, "symbol": "", "back": ""} for pair in listed[MAX_PAIRS_MAPPED:]]

    def rules(self) -> Optional[Dict[str, Dict[str, Any]]]:
        names = (
            "min_order_size max_order_size min_price_increment min_base_amount_increment"
            " min_quote_amount_increment min_notional_size min_order_value supports_limit_orders"
            " supports_market_orders buy_order_collateral_token sell_order_collateral_token"
        ).split()
        return {
            str(pair): {name: getattr(rule, name, None) for name in names}
            for pair, rule in self._rules().items()
        }

    def _rules(self) -> Any:
        return self._connector.trading_rules

    async def balances(self) -> Dict[str, Any]:
        total = await _settled(self._connector.get_all_balances())
        return {
            str(asset): {
                "total": amount,
                "available": await _settled(self._connector.get_available_balance(asset)),
            }
            for asset, amount in dict(total or {}).items()
        }

    async def quantize(self, pair: str, orders: List[Tuple[str, str]]) -> List[List[Any]]:
        """For each (price, amount) what the connector would send instead; None where it raises."""
        return [
            [
                await tried(self._connector.quantize_order_price, pair, Decimal(price)),
                await tried(self._connector.quantize_order_amount, pair, Decimal(amount)),
            ]
            for price, amount in orders
        ]

    # What follows acts. Strategies call these plainly and await nothing, so a coroutine would do nothing.

    def buy(
        self, pair: str, amount: str, price: Optional[str], order_type: str, position: Optional[str] = None
    ) -> str:
        return self._place(self._connector.buy, pair, amount, price, order_type, position)

    def sell(
        self, pair: str, amount: str, price: Optional[str], order_type: str, position: Optional[str] = None
    ) -> str:
        return self._place(self._connector.sell, pair, amount, price, order_type, position)

    def _place(
        self, do: Any, pair: str, amount: str, price: Optional[str], order_type: str, position: Optional[str]
    ) -> str:
        """`position` is what a perpetual's order does to it, OPEN or CLOSE; None on spot."""
        more = {}
        if position is not None:
            actions = importlib.import_module(self.WORDS).PositionAction
            more["position_action"] = actions[position]
        kind = importlib.import_module(self.WORDS).OrderType[order_type]
        return str(do(pair, Decimal(amount), kind, _price(price), **more))

    def cancel(self, pair: str, order_id: str) -> None:
        self._connector.cancel(pair, order_id)

    def positions(self) -> List[Dict[str, Any]]:
        """The open positions of a perpetual connector; amounts are signed as the connector signs them."""
        held = self._connector.account_positions
        return [
            {
                "pair": position.trading_pair,
                "side": position.position_side,
                "amount": position.amount,
                "entry_price": position.entry_price,
                "unrealized_pnl": position.unrealized_pnl,
                "leverage": position.leverage,
            }
            for position in list(held.values() if isinstance(held, dict) else held or ())
        ]

    def set_leverage(self, pair: str, leverage: int) -> None:
        self._connector.set_leverage(pair, leverage)

    def set_position_mode(self, mode: str) -> None:
        """`mode` is ONEWAY or HEDGE."""
        modes = importlib.import_module(self.WORDS).PositionMode
        self._connector.set_position_mode(modes[mode])

    async def position_modes(self) -> List[str]:
        """Those it says it supports, of ONEWAY and HEDGE."""
        return _names(await _settled(self._connector.supported_position_modes()))

    async def funding(self, pair: str) -> Dict[str, Any]:
        """What it knows of funding: prices in quote, the rate a fraction, the next time in Unix seconds."""
        info = await _settled(self._connector.get_funding_info(pair))
        return {
            "index_price": getattr(info, "index_price", None),
            "mark_price": getattr(info, "mark_price", None),
            "rate": getattr(info, "rate", None),
            "next_at": getattr(info, "next_funding_utc_timestamp", None),
        }

    async def cancel_all(self, seconds: float) -> List[Dict[str, Any]]:
        results = await _settled(self._connector.cancel_all(seconds))
        return [{"order_id": result.order_id, "success": bool(result.success)} for result in results or ()]

    def orders(self) -> List[Dict[str, Any]]:
        """The orders that the connector is tracking."""
        return [
            {
                "order_id": order_id,
                "exchange_order_id": getattr(order, "exchange_order_id", None),
                "pair": order.trading_pair,
                "side": order.trade_type,
                "order_type": order.order_type,
                "price": order.price,
                "amount": order.amount,
                "executed": getattr(order, "executed_amount_base", None),
                # Orders of before 2022 keep the exchange's own word for it.
                "state": getattr(order, "current_state", getattr(order, "last_state", "")),
                "created_at": getattr(order, "creation_timestamp", None),
            }
            for order_id, order in list(self._connector.in_flight_orders.items())
        ]

    async def events(self, since: int = 0, wait_for: float = 0.0) -> List[Dict[str, Any]]:
        """Events from number `since` on; with none yet, waits up to `wait_for` for one."""
        deadline = virtual_time.now() + wait_for
        while len(self._events) <= since and self._news is not None:
            left = deadline - virtual_time.now()
            if left <= 0:
                break
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                break
        return self._events[since : since + 1000]

    async def prices(self, pair: str) -> Dict[str, Any]:
        common = importlib.import_module(self.WORDS)
        connector, types = self._connector, common.PriceType
        last = await tried(connector.get_last_traded_prices, [pair])
        return {
            "buy": await tried(connector.get_price, pair, True),
            "sell": await tried(connector.get_price, pair, False),
            "best_bid": await tried(connector.get_price_by_type, pair, types.BestBid),
            "best_ask": await tried(connector.get_price_by_type, pair, types.BestAsk),
            "last": last.get(pair) if isinstance(last, dict) else None,
        }

    async def last_prices(self, pairs: List[str]) -> Dict[str, Any]:
        """The last traded price of each pair, asked for alone and together with the others."""
        ask = getattr(self._connector, "get_last_traded_prices", None)
        found = {pair: await tried(ask, [pair]) for pair in pairs}
        alone = {pair: last.get(pair) for pair, last in found.items() if isinstance(last, dict)}
        together = await tried(ask, list(pairs))
        return {"alone": alone, "together": together if isinstance(together, dict) else {}}

    async def fee(
        self, pair: str, order_type: str, side: str, amount: str, price: str, is_maker: Optional[bool] = None
    ) -> Any:
        """The fee that the connector expects for such an order."""
        common = importlib.import_module(self.WORDS)
        base, quote = pair.split("-")
        return await _settled(
            self._connector.get_fee(
                base,
                quote,
                common.OrderType[order_type],
                common.TradeType[side],
                Decimal(amount),
                Decimal(price),
                is_maker,
            )
        )

    async def order_types(self) -> List[str]:
        return _names(await _settled(self._connector.supported_order_types()))

    def tick(self, seconds: float) -> "Optional[asyncio.Task[Any]]":
        """Tell the connector that time has jumped ahead, so that whatever it polls for is due at once.

        The framework forgets at the end of a poll what it was told meanwhile: it is told again then. It
        polls once for a time, so that a second jump before its clock has turned goes further than the first.
        Returns the task that waits for the end of a poll, if it is a new one.
        """
        poll = getattr(self._connector, "_poll_notifier", None)
        under_way = isinstance(poll, asyncio.Event) and poll.is_set()
        self._jump(seconds)
        if not under_way or (self._ticking is not None and not self._ticking.done()):
            return None
        self._ticking = asyncio.ensure_future(self._tick_after(poll, seconds))
        return self._ticking

    async def _tick_after(self, poll: Any, seconds: float) -> None:
        end = virtual_time.now() + LONGEST_POLL
        while self._connector._poll_notifier is poll and virtual_time.now() < end:  # noqa: ASYNC110 - it is replaced
            await asyncio.sleep(0.1)
        self._jump(seconds)

    def _jump(self, seconds: float) -> None:
        now = self._connector.current_timestamp
        before, ahead = self._jumped
        self._jumped = (now, ahead + seconds if now == before else seconds)
        self._connector.tick(now + self._jumped[1])

    def save_state(self) -> Any:
        return self._connector.tracking_states

    def restore_state(self, state: Dict[str, Any]) -> None:
        self._connector.restore_tracking_states(state)

    async def stop(self, settle: float = 1.0) -> None:
        """Take the connector off its clock, as the application does, and give it `settle` to clean up."""
        for task in (self._turning, self._ticking):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        self._turning = self._ticking = None
        await asyncio.sleep(settle)


async def _settled(value: Any) -> Any:
    """What a method gives, whether it is a coroutine's or a plain one: connectors differ in which are."""
    return await value if inspect.isawaitable(value) else value


async def tried(method: Any, *arguments: Any) -> Any:
    """The same, or None where it raises: then one figure is missing, and the others can be told."""
    try:
        return await _settled(method(*arguments))
    except Exception:
        logging.getLogger(__name__).debug("%s raised", method, exc_info=True)
        return None


def _parameters(function: Any) -> Any:
    return inspect.signature(function).parameters


def _fitting(function: Any, offered: Dict[str, Any]) -> Dict[str, Any]:
    """Those that it has a parameter for."""
    accepted = _parameters(function)
    return {name: value for name, value in offered.items() if name in accepted}


def _names(kinds: Any) -> List[str]:
    """Of order types or position modes; some connectors give names instead of the framework's own."""
    return [str(getattr(kind, "name", kind)) for kind in kinds or ()]


def _levels(entries: Any, depth: int) -> List[List[str]]:
    levels: List[List[str]] = []
    for entry in entries:
        if len(levels) >= depth:
            break
        levels.append([str(Decimal(str(entry.price))), str(Decimal(str(entry.amount)))])
    return levels


def _price(price: Optional[str]) -> Decimal:
    return Decimal("NaN") if price is None else Decimal(price)
