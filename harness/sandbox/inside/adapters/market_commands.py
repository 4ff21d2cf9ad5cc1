"""What a connector says of its markets: pairs, rules, books, prices, kinds of orders, fees and funding."""

from decimal import Decimal
from typing import Any, Dict, List, Optional, Tuple

from .calls import Part, names, settled, tried

# Bounds the time a listing of every pair's symbol may take on exchanges with thousands of markets.
MAX_PAIRS_MAPPED = 500


class MarketCommands(Part):
    """A part of an adapter. Amounts and prices are strings."""

    async def pairs(self) -> List[Dict[str, Any]]:
        """Every pair that the connector lists, with its symbol, and what that symbol is read back as."""
        listed = list(await settled(self._connector.all_trading_pairs()) or ())
        mapped = []
        for pair in listed[:MAX_PAIRS_MAPPED]:
            symbol = await settled(self._connector.exchange_symbol_associated_to_pair(pair))
            back = await settled(self._connector.trading_pair_associated_to_exchange_symbol(symbol))
            mapped.append({"pair": pair, "symbol": symbol, "back": back})
        return mapped + [{"pair": pair, "symbol": "", "back": ""} for pair in listed[MAX_PAIRS_MAPPED:]]

    def rules(self) -> Optional[Dict[str, Dict[str, Any]]]:
        wanted = (
            "min_order_size max_order_size min_price_increment min_base_amount_increment"
            " min_quote_amount_increment min_notional_size min_order_value supports_limit_orders"
            " supports_market_orders buy_order_collateral_token sell_order_collateral_token"
        ).split()
        return {
            str(pair): {name: getattr(rule, name, None) for name in wanted}
            for pair, rule in self._rules().items()
        }

    def _rules(self) -> Any:
        return self._connector.trading_rules

    async def quantize(self, pair: str, orders: List[Tuple[str, str]]) -> List[List[Any]]:
        """For each (price, amount) what the connector would send instead; None where it raises."""
        return [
            [
                await tried(self._connector.quantize_order_price, pair, Decimal(price)),
                await tried(self._connector.quantize_order_amount, pair, Decimal(amount)),
            ]
            for price, amount in orders
        ]

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

    async def prices(self, pair: str) -> Dict[str, Any]:
        common = self._words()
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
        common = self._words()
        base, quote = pair.split("-")
        return await settled(
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
        return names(await settled(self._connector.supported_order_types()))

    async def funding(self, pair: str) -> Dict[str, Any]:
        """What it knows of funding: prices in quote, the rate a fraction, the next time in Unix seconds."""
        info = await settled(self._connector.get_funding_info(pair))
        return {
            "index_price": getattr(info, "index_price", None),
            "mark_price": getattr(info, "mark_price", None),
            "rate": getattr(info, "rate", None),
            "next_at": getattr(info, "next_funding_utc_timestamp", None),
        }


def _levels(entries: Any, depth: int) -> List[List[str]]:
    levels: List[List[str]] = []
    for entry in entries:
        if len(levels) >= depth:
            break
        levels.append([str(Decimal(str(entry.price))), str(Decimal(str(entry.amount)))])
    return levels
