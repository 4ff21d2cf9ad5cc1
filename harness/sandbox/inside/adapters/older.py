"""What the generations before today's have in common: other fees, and clocks that cannot be reached."""

import importlib
from decimal import Decimal
from typing import Any, Optional

from . import v2


class Adapter(v2.Adapter):
    WORDS = "hummingbot.core.event.events"

    def _happened(self, kind: str, event: Any) -> None:
        super()._happened(kind, self._told(event))

    def _told(self, event: Any) -> Any:
        """An event's fields, its fee as today's generation tells it."""
        fields = dict(event._asdict()) if hasattr(event, "_asdict") else event
        if isinstance(fields, dict) and "trade_fee" in fields:
            fields["trade_fee"] = fee_told(fields["trade_fee"])
        return fields

    async def fee(
        self, pair: str, order_type: str, side: str, amount: str, price: str, is_maker: Optional[bool] = None
    ) -> Any:
        """A maker is told by the type of the order: `is_maker` is no question yet."""
        del is_maker
        words = self._words()
        base, quote = pair.split("-")
        kind, way = words.OrderType[order_type], words.TradeType[side]
        return fee_told(self._connector.get_fee(base, quote, kind, way, Decimal(amount), Decimal(price)))

    def tick(self, seconds: float) -> None:
        """One tick of a second clock that stands `seconds` later: nothing else reaches its ticks."""
        clock = importlib.import_module("hummingbot.core.clock").Clock
        mode = importlib.import_module("hummingbot.core.clock_mode").ClockMode.BACKTEST
        now = self._connector.current_timestamp
        later = clock(mode, tick_size=seconds, start_time=now)
        later.backtest_til(now)  # started with nobody on it, so that it starts nobody
        later.child_iterators.append(self._connector)
        later.backtest_til(now + seconds)


def fee_told(fee: Any) -> Any:
    """`TradeFee`, a share and flat sums, with the names that today's fees have; anything else as it is."""
    if not hasattr(fee, "flat_fees") or hasattr(fee, "percent_token"):
        return fee
    flat = [{"token": token, "amount": amount} for token, amount in fee.flat_fees or ()]
    return {"type": type(fee).__name__, "percent": fee.percent, "percent_token": None, "flat_fees": flat}
