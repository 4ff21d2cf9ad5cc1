from enum import Enum
from typing import NamedTuple


class MarketEvent(Enum):
    BuyOrderCreated = 200
    OrderFilled = 107
    OrderFailure = 198


class OrderBookEvent(int, Enum):
    TradeEvent = 901


class OrderFailed(NamedTuple):
    timestamp: float
    order_id: str
