from enum import Enum


class OrderType(Enum):
    MARKET = 1
    LIMIT = 2


class TradeType(Enum):
    BUY = 1
    SELL = 2


class PriceType(Enum):
    BestBid = 1
    BestAsk = 2
