"""What a connector says and does of an account: balances, orders, and a perpetual's positions.

What acts is called as strategies do: plainly, with nothing awaited, so that a coroutine does nothing.
"""

from decimal import Decimal
from typing import Any, Dict, List, Optional

from .calls import Part, names, settled


class AccountCommands(Part):
    """A part of an adapter. Amounts and prices are strings."""

    async def balances(self) -> Dict[str, Any]:
        total = await settled(self._connector.get_all_balances())
        return {
            str(asset): {
                "total": amount,
                "available": await settled(self._connector.get_available_balance(asset)),
            }
            for asset, amount in dict(total or {}).items()
        }

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
            actions = self._words().PositionAction
            more["position_action"] = actions[position]
        kind = self._words().OrderType[order_type]
        return str(do(pair, Decimal(amount), kind, _price(price), **more))

    def cancel(self, pair: str, order_id: str) -> None:
        self._connector.cancel(pair, order_id)

    async def cancel_all(self, seconds: float) -> List[Dict[str, Any]]:
        results = await settled(self._connector.cancel_all(seconds))
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
        modes = self._words().PositionMode
        self._connector.set_position_mode(modes[mode])

    async def position_modes(self) -> List[str]:
        """Those it says it supports, of ONEWAY and HEDGE."""
        return names(await settled(self._connector.supported_position_modes()))


def _price(price: Optional[str]) -> Decimal:
    return Decimal("NaN") if price is None else Decimal(price)
