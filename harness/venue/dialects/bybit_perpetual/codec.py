"""Bybit's names for what only perpetuals have: refusals, positions, funding.

Source: bybit-exchange.github.io/docs/v5/ (error, position, account/transaction-log).
"""

from __future__ import annotations

from decimal import Context
from types import MappingProxyType

from harness.venue.dialects.bybit.codec import INDEX_OF, PARAMETER
from harness.venue.dialects.decimals import plain
from harness.venue.dialects.wire import Json, ms
from harness.venue.model import ZERO, Balance, PositionSide, Refusal
from harness.venue.positions import FundingPayment, Margin, MarginMode, Position

PRICE = Context(prec=16)  # as many digits as Bybit tells of an average
SHORT_OF_MONEY = (110007, "ab not enough for new order")
NO_POSITION = (110017, "current position is zero, cannot fix reduce-only order qty")
GONE = (110001, "order not exists or too late to cancel")
REFUSALS = MappingProxyType(
    {
        Refusal.UNKNOWN_MARKET: (PARAMETER, "params error: symbol invalid"),
        Refusal.MARKET_HALTED: (110074, "closed symbol error"),
        Refusal.BAD_COMBINATION: (PARAMETER, "Request parameter error."),
        Refusal.PRICE_INCREMENT: (PARAMETER, "params error: price invalid"),
        Refusal.PRICE_RANGE: (110003, "Order price exceeds the allowable range."),
        Refusal.PRICE_BAND: (110003, "Order price exceeds the allowable range."),
        Refusal.AMOUNT_INCREMENT: (PARAMETER, "Qty invalid"),
        Refusal.AMOUNT_TOO_SMALL: (PARAMETER, "The number of contracts exceeds minimum limit allowed"),
        Refusal.AMOUNT_TOO_LARGE: (PARAMETER, "The number of contracts exceeds maximum limit allowed"),
        Refusal.NOTIONAL_TOO_SMALL: (110094, "Order does not meet minimum order value 5USDT"),
        Refusal.NOTIONAL_TOO_LARGE: (110090, "Order failed as your position may exceed the max limit."),
        Refusal.TOO_MANY_OPEN_ORDERS: (110020, "Not allowed to have more than 500 active orders."),
        Refusal.INSUFFICIENT_BALANCE: SHORT_OF_MONEY,
        Refusal.INSUFFICIENT_MARGIN: SHORT_OF_MONEY,
        Refusal.DUPLICATE_CLIENT_ORDER_ID: (110072, "OrderLinkedID is duplicate"),
        Refusal.UNKNOWN_ORDER: GONE,
        Refusal.ORDER_NOT_OPEN: GONE,
        Refusal.LEVERAGE_TOO_HIGH: (110013, "cannot set leverage gt maxLeverage by risk limit"),
        Refusal.REDUCE_ONLY_WOULD_INCREASE: NO_POSITION,
        Refusal.NO_POSITION: NO_POSITION,
        Refusal.POSITION_SIDE_MISMATCH: (PARAMETER, "position idx not match position mode"),
        Refusal.MARGIN_MODE_IN_USE: (110024, "You have an existing position."),
    }
)  # fmt: skip


def side_of(position: Position) -> str:
    """A closed one has an empty side in one-way mode; in hedge mode its index says which it was."""
    if position.size:
        return "Buy" if position.size > 0 else "Sell"
    return {PositionSide.LONG: "Buy", PositionSide.SHORT: "Sell"}.get(position.side, "")


def position_data(position: Position, symbol: str) -> Json:
    """As `position/list` and the `position` topic tell it."""
    size = position.size
    price = plain(PRICE.plus(position.entry_price)) if position.entry_price else "0"
    stop = position.liquidation_price
    return {
        "positionIdx": INDEX_OF[position.side], "riskId": 1, "riskLimitValue": "2000000", "symbol": symbol,
        "side": side_of(position), "size": plain(abs(size)),
        "avgPrice": price, "entryPrice": price, "positionValue": plain(abs(position.cost)),
        "tradeMode": int(position.margin_mode is MarginMode.ISOLATED), "positionStatus": "Normal",
        "autoAddMargin": 0, "adlRankIndicator": 0, "leverage": plain(position.leverage),
        "positionBalance": plain(position.isolated_margin), "markPrice": plain(position.mark_price),
        "liqPrice": plain(PRICE.plus(stop)) if stop else "", "bustPrice": "",
        "positionMM": plain(position.maintenance_margin), "positionIM": plain(position.initial_margin),
        "tpslMode": "Full", "takeProfit": "", "stopLoss": "", "trailingStop": "0",
        "unrealisedPnl": plain(position.unrealised_pnl), "curRealisedPnl": plain(position.realised_pnl),
        "cumRealisedPnl": plain(position.realised_pnl), "isReduceOnly": False, "seq": 0,
        "createdTime": str(ms(position.opened_at)), "updatedTime": str(ms(position.updated_at)),
    }  # fmt: skip


def coin_data(balance: Balance, margin: Margin) -> Json:
    """What a coin of the wallet tells beside its own balance, where it settles perpetuals."""
    return {
        "equity": plain(margin.wallet + margin.unrealised_pnl), "locked": "0",
        "walletBalance": plain(balance.total), "unrealisedPnl": plain(margin.unrealised_pnl),
        "totalOrderIM": plain(margin.order_margin), "totalPositionMM": plain(margin.maintenance_margin),
        "totalPositionIM": plain(margin.position_margin + margin.isolated_margin),
    }  # fmt: skip


def settlement(payment: FundingPayment, symbol: str, cash: str) -> Json:
    """An entry of `transaction-log`: `funding` is money, below zero when paid; `feeRate` is the rate."""
    amount = plain(payment.amount)
    return {
        "id": f"{payment.payment_id}", "symbol": symbol, "category": "linear",
        "side": "Buy" if payment.size > ZERO else "Sell", "transactionTime": str(ms(payment.at)),
        "type": "SETTLEMENT", "qty": plain(abs(payment.size)), "size": plain(payment.size),
        "currency": payment.asset, "tradePrice": plain(payment.mark_price), "funding": amount, "fee": "0",
        "cashFlow": "0", "change": amount, "cashBalance": cash, "feeRate": plain(payment.rate),
        "tradeId": str(payment.payment_id), "orderId": str(payment.payment_id), "orderLinkId": "",
    }  # fmt: skip
