"""The generation of 2020, `hummingbot.market.<name>`, driven as the application of that year does.

It differs from today's in five ways (upstream's tag v0.30.0): the application makes each market in a branch
of its own code, keys lie in one map for all markets, a market is spoken to in the exchange's symbols, orders
in flight are only promised as saved states, and a clock's tick is out of Python's reach.
"""

import contextlib
import importlib
import json
from typing import Any, Dict, List, Optional, Tuple

from .. import application, config_map, virtual_time
from . import older
from .calls import tried
from .making import Making


class Adapter(older.Adapter):
    """One market and the clock that turns it. Pairs are `BASE-QUOTE`, as in today's generation."""

    def __init__(self) -> None:
        super().__init__()
        self._making: Any = None
        self._kind: Any = None

    def warm(self, connector: str) -> Dict[str, Any]:
        """Import the framework and the market. Raises what the import does, KeyError if not registered."""
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module("pandas")
        virtual_time.install_datetime()
        making = Making(application.source())
        application.install()
        for needed in self.NEEDED[:-1]:
            importlib.import_module("hummingbot." + needed)
        if connector not in making.known:
            raise KeyError("the application makes no market named {}".format(connector))
        self._name = connector
        self._making = making
        self._settings = importlib.import_module(
            "hummingbot.client.config.global_config_map"
        ).global_config_map
        self._kind = making.kind(connector)
        self._module = importlib.import_module(self._kind.__module__)
        return self._warmed(self._kind.__name__, making.known)

    def config(self) -> List[Dict[str, Any]]:
        """What the application reads for this market, in order."""
        return config_map.asked(self._asked())

    def _asked(self) -> Dict[str, Any]:
        names = self._making.settings_read(self._name)
        return {name: self._settings[name] for name in names if name in self._settings}

    def construct(
        self,
        pairs: List[str],
        credentials: Dict[str, str],
        trading_required: bool = True,
        tick_size: float = 1.0,
    ) -> Dict[str, Any]:
        """Make the market by the application's own lines for it, with the keys where they look for them."""
        for variable in self._settings.values():
            if variable.value is None:
                variable.value = variable.default
        for name, value in config_map.complete(self._asked(), credentials).items():
            self._settings[name].value = value
        symbols = [self._symbol(pair) for pair in pairs]
        self._connector = self._making.make(self._name, symbols, trading_required, self._settings)
        self._begin(tick_size)
        return {"name": self._connector.name, "display_name": getattr(self._connector, "display_name", "")}

    def _symbol(self, pair: str) -> str:
        return str(self._kind.convert_to_exchange_trading_pair(pair))

    def _pair(self, symbol: Any) -> str:
        """A pair as users write it; the symbol itself where the market cannot read it."""
        try:
            return str(self._kind.convert_from_exchange_trading_pair(symbol) or symbol)
        except Exception:
            return str(symbol)

    def _traded(self, trade: Any) -> None:
        super()._traded(self._told(trade))

    def _told(self, event: Any) -> Any:
        fields = super()._told(event)
        if isinstance(fields, dict) and "trading_pair" in fields:
            fields["trading_pair"] = self._pair(fields["trading_pair"])
        return fields

    def book(self, pair: str, depth: int = 1000) -> Dict[str, Any]:
        return super().book(self._symbol(pair), depth)

    async def pairs(self) -> List[Dict[str, Any]]:
        """As the market lists them; what it asks for that was taken away with v0.30.0, with its fetcher."""
        try:
            listed = [(self._pair(s), s) for s in (await self._connector.get_active_exchange_markets()).index]
        except AttributeError:
            listed = await self._fetched()
        return [
            {"pair": pair, "symbol": symbol, "back": self._pair(self._symbol(pair))}
            for pair, symbol in listed
        ]

    async def _fetched(self) -> List[Tuple[str, str]]:
        """Pairs and symbols by the application's fetcher, which would ask all exchanges when it is made."""
        fetcher = importlib.import_module("hummingbot.core.utils.trading_pair_fetcher").TradingPairFetcher
        fetch = getattr(fetcher.__new__(fetcher), "fetch_{}_trading_pairs".format(self._name))
        return [(str(pair), self._symbol(str(pair))) for pair in await fetch()]

    async def balances(self) -> Dict[str, Any]:
        """Named as in pairs: some markets of 2020 keep their exchange's small letters."""
        return {asset.upper(): held for asset, held in (await super().balances()).items()}

    def rules(self) -> Optional[Dict[str, Dict[str, Any]]]:
        """Only some markets of 2020 show their rules; of the others the quanta are told."""
        if not hasattr(self._connector, "trading_rules"):
            return None
        return {self._pair(symbol): rule for symbol, rule in (super().rules() or {}).items()}

    def _rules(self) -> Any:
        return getattr(self._connector, "trading_rules", {})

    async def quantize(self, pair: str, orders: Any) -> List[List[Any]]:
        return await super().quantize(self._symbol(pair), orders)

    def buy(
        self, pair: str, amount: str, price: Optional[str], order_type: str, position: Optional[str] = None
    ) -> str:
        return super().buy(self._symbol(pair), amount, price, order_type, position)

    def sell(
        self, pair: str, amount: str, price: Optional[str], order_type: str, position: Optional[str] = None
    ) -> str:
        return super().sell(self._symbol(pair), amount, price, order_type, position)

    def cancel(self, pair: str, order_id: str) -> None:
        super().cancel(self._symbol(pair), order_id)

    def orders(self) -> List[Dict[str, Any]]:
        """From the states that a market saves: the one view of its orders that every market of 2020 has."""
        return [
            self._order(str(name), _read(state)) for name, state in self._connector.tracking_states.items()
        ]

    def _order(self, order_id: str, state: Dict[str, Any]) -> Dict[str, Any]:
        return {
            "order_id": order_id,
            "exchange_order_id": state.get("exchange_order_id"),
            "pair": self._pair(state.get("trading_pair")),
            "side": _last_word(state.get("trade_type")),
            "order_type": _last_word(state.get("order_type")),
            "price": state.get("price"),
            "amount": state.get("amount"),
            "executed": state.get("executed_amount_base"),
            "state": _last_word(state.get("last_state", state.get("status", ""))),
            "created_at": state.get("created_at"),
        }

    async def prices(self, pair: str) -> Dict[str, Any]:
        """The market's own prices are those of a side; the last traded one is its order book's."""
        symbol = self._symbol(pair)
        buy = await tried(self._connector.get_price, symbol, True)
        sell = await tried(self._connector.get_price, symbol, False)
        # Books of before v0.30 keep no last price; the last trade that was heard of is all there is to know.
        heard = [each["data"]["price"] for each in self._trades if each["data"]["trading_pair"] == pair]
        book = self._connector.get_order_book(symbol)
        last = getattr(book, "last_trade_price", heard[-1] if heard else None)
        return {"buy": buy, "sell": sell, "best_bid": sell, "best_ask": buy, "last": last}

    async def order_types(self) -> List[str]:
        """Bases of before v0.30 are not asked for them; there, the trading rules say it.

        Where those are not shown either, limit orders are all that can be counted on.
        """
        if hasattr(self._connector, "supported_order_types"):
            return await super().order_types()
        rules = list(self._rules().values())
        market = any(getattr(rule, "supports_market_orders", True) for rule in rules)
        return ["LIMIT", "MARKET"] if market else ["LIMIT"]


def _read(state: Any) -> Dict[str, Any]:
    """A saved order: a mapping, or its JSON."""
    read = json.loads(state) if isinstance(state, str) else state
    return read if isinstance(read, dict) else {}


def _last_word(name: Any) -> str:
    """`BUY` of `TradeType.BUY`: orders are saved with either."""
    return str(name).rpartition(".")[2]
