from enum import Enum
from typing import NamedTuple


class MarketEvent(Enum):
    BuyOrderCreated = 200


class OrderBookEvent(int, Enum):
    TradeEvent = 901


class OrderType(Enum):
    MARKET = 1
    LIMIT = 2


class TradeType(Enum):
    BUY = 1
    SELL = 2


class BuyOrderCreatedEvent(NamedTuple):
    timestamp: float
    type: OrderType
    trading_pair: str
    amount: object
    price: object
    order_id: str
