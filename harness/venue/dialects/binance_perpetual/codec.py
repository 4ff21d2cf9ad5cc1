"""Binance's names for what only its futures have, and its futures' error codes.

Source: developers.binance.com/docs/derivatives/usds-margined-futures (error-code, common-definition, each
endpoint's reply). Times are integer milliseconds, numbers strings.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import JsonValue

from harness.venue.dialects.binance.errors import UNKNOWN_ORDER, error
from harness.venue.dialects.binance.messages import status_of, symbol_of
from harness.venue.dialects.decimals import decimals_of, fixed, plain
from harness.venue.dialects.messages import Refused
from harness.venue.dialects.wire import Json, ms
from harness.venue.market import Market
from harness.venue.model import ZERO, Fill, Order, Refusal, Side, VenueRefusal
from harness.venue.positions import FundingPayment, Margin, MarginMode, Position

FOREVER = 4133404800000  # the delivery date of what is never delivered
NEEDLESS_MODE = (-4059, "No need to change position side.")
NEEDLESS_MARGIN = (-4046, "No need to change margin type.")
MODE_WITH_POSITIONS = (-4068, "Position side cannot be changed if there exists position.")
MODE_WITH_ORDERS = (-4067, "Position side cannot be changed if there exists open orders.")
_SHORT_OF_MARGIN = (-2019, "Margin is insufficient.")
_REJECTIONS = {
    Refusal.UNKNOWN_MARKET: (-1121, "Invalid symbol."),
    Refusal.MARKET_HALTED: (
        -4108, "Symbol is on delivering or delivered or settling or closed or pre-trading.",
    ),
    Refusal.BAD_COMBINATION: (-1106, "Parameter sent when not required."),
    Refusal.PRICE_INCREMENT: (-4014, "Price not increased by tick size."),
    Refusal.PRICE_RANGE: (-4002, "Price greater than max price."),
    Refusal.PRICE_BAND: (-4016, "Limit price is outside of the limits set by the multipliers."),
    Refusal.AMOUNT_INCREMENT: (-4023, "Qty not increased by step size."),
    Refusal.AMOUNT_TOO_SMALL: (-4004, "Quantity less than min quantity."),
    Refusal.AMOUNT_TOO_LARGE: (-4005, "Quantity greater than max quantity."),
    Refusal.NOTIONAL_TOO_LARGE: (-2027, "Exceeded the maximum allowable position at current leverage."),
    Refusal.TOO_MANY_OPEN_ORDERS: (-2025, "Reach max open order limit."),
    Refusal.INSUFFICIENT_BALANCE: _SHORT_OF_MARGIN,
    Refusal.INSUFFICIENT_MARGIN: _SHORT_OF_MARGIN,
    Refusal.POST_ONLY_WOULD_TAKE: (
        -5022, "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    ),
    Refusal.DUPLICATE_CLIENT_ORDER_ID: (-4116, "ClientOrderId is duplicated."),
    Refusal.UNKNOWN_ORDER: UNKNOWN_ORDER,
    Refusal.ORDER_NOT_OPEN: UNKNOWN_ORDER,
    Refusal.LEVERAGE_TOO_HIGH: (-2027, "Exceeded the maximum allowable position at current leverage."),
    Refusal.LEVERAGE_REDUCTION: (
        -4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.",
    ),
    Refusal.REDUCE_ONLY_WOULD_INCREASE: (-2022, "ReduceOnly Order is rejected."),
    Refusal.NO_POSITION: (-2022, "ReduceOnly Order is rejected."),
    Refusal.POSITION_SIDE_MISMATCH: (-4061, "Order's position side does not match user's setting."),
    Refusal.MARGIN_MODE_IN_USE: (-4048, "Margin type cannot be changed if there exists position."),
}  # fmt: skip


def refused(refusal: VenueRefusal, market: Market | None = None) -> Refused:
    """The venue's refusal in Binance's words."""
    if refusal.code is Refusal.NOTIONAL_TOO_SMALL:
        least = plain(market.min_notional) if market else "5"
        return error(
            -4164, f"Order's notional must be no smaller than {least} (unless you choose reduce only)."
        )
    return error(*_REJECTIONS[refusal.code])


def price_of(market: Market, price: Decimal) -> str:
    return fixed(price, decimals_of(market.tick_size))


def amount_of(market: Market, amount: Decimal) -> str:
    return fixed(amount, decimals_of(market.lot_size))


def symbol_info(market: Market, halted: bool) -> Json:
    """A symbol of exchangeInfo."""
    tick, lot, most = plain(market.tick_size), plain(market.lot_size), plain(market.max_amount)
    sizes: Json = {"minQty": plain(market.min_amount), "maxQty": most, "stepSize": lot}
    filters: list[JsonValue] = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": plain(market.max_price),
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", **sizes},
        {"filterType": "MARKET_LOT_SIZE", **sizes},
        {"filterType": "MIN_NOTIONAL", "notional": plain(market.min_notional)},
    ]
    return {
        "symbol": symbol_of(market), "pair": symbol_of(market), "contractType": "PERPETUAL",
        "deliveryDate": FOREVER, "onboardDate": 1569398400000, "status": "SETTLING" if halted else "TRADING",
        "maintMarginPercent": "2.5000", "requiredMarginPercent": "5.0000", "baseAsset": market.base,
        "quoteAsset": market.quote, "marginAsset": market.settle_asset,
        "pricePrecision": decimals_of(market.tick_size), "quantityPrecision": decimals_of(market.lot_size),
        "baseAssetPrecision": 8, "quotePrecision": 8, "underlyingType": "COIN", "underlyingSubType": [],
        "triggerProtect": "0.0500", "liquidationFee": plain(market.liquidation_fee),
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000, "filters": filters, "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }  # fmt: skip


def _force(order: Order) -> str:
    return "GTX" if order.post_only else order.time_in_force.value.upper()


def _average(order: Order) -> str:
    return fixed(order.filled_quote / order.filled) if order.filled else "0.00000"


def order_state(order: Order) -> Json:
    """An order as every reply about it has it."""
    market, kind = order.market, order.type.value.upper()
    return {
        "orderId": order.order_id, "symbol": symbol_of(market), "status": status_of(order),
        "clientOrderId": order.client_order_id, "price": price_of(market, order.price or ZERO),
        "avgPrice": _average(order), "origQty": amount_of(market, order.amount),
        "executedQty": amount_of(market, order.filled), "cumQuote": fixed(order.filled_quote),
        "timeInForce": _force(order), "type": kind, "reduceOnly": order.reduce_only,
        "closePosition": order.close_position, "side": order.side.value.upper(),
        "positionSide": order.position_side.value.upper(), "stopPrice": "0", "workingType": "CONTRACT_PRICE",
        "priceProtect": False, "origType": kind, "priceMatch": "NONE", "selfTradePreventionMode": "NONE",
        "goodTillDate": 0, "time": ms(order.created_at), "updateTime": ms(order.updated_at),
    }  # fmt: skip


def order_placed(order: Order, kind: str) -> Json:
    """The reply to a new order; an ACK tells it as it was before it could trade."""
    told = order_state(order)
    if kind == "ACK":
        nothing = {"avgPrice": "0.00", "executedQty": "0", "cumQuote": "0", "status": "NEW"}
        told = {**told, **nothing}
    return {**told, "cumQty": told["executedQty"]}


def my_trade(fill: Fill) -> Json:
    market = fill.market
    return {
        "symbol": symbol_of(market), "id": fill.trade_id, "orderId": fill.order_id,
        "side": fill.side.value.upper(), "price": price_of(market, fill.price),
        "qty": amount_of(market, fill.amount), "realizedPnl": fixed(fill.realised_pnl),
        "quoteQty": fixed(fill.quote_amount), "commission": fixed(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": ms(fill.at), "positionSide": fill.position_side.value.upper(), "maker": fill.maker,
        "buyer": fill.side is Side.BUY,
    }  # fmt: skip


def _margin_type(position: Position) -> str:
    return "isolated" if position.margin_mode is MarginMode.ISOLATED else "cross"


def position_risk(position: Position) -> Json:
    """An entry of `positionRisk`."""
    market, isolated = position.market, fixed(position.isolated_margin)
    entry = fixed(position.entry_price or ZERO)
    liquidation = position.liquidation_price if position.size else None
    return {
        "symbol": symbol_of(market), "positionAmt": amount_of(market, position.size),
        "entryPrice": entry, "breakEvenPrice": entry,
        "markPrice": fixed(position.mark_price), "unRealizedProfit": fixed(position.unrealised_pnl),
        "liquidationPrice": fixed(liquidation or ZERO), "leverage": plain(position.leverage),
        "maxNotionalValue": "100000000", "marginType": _margin_type(position), "isolatedMargin": isolated,
        "isAutoAddMargin": "false", "positionSide": position.side.value.upper(),
        "notional": fixed(position.size * position.mark_price), "isolatedWallet": isolated,
        "updateTime": ms(position.updated_at), "isolated": position.margin_mode is MarginMode.ISOLATED,
        "adlQuantile": 0, "adl": 0, "marginAsset": market.settle_asset,
        "initialMargin": fixed(position.initial_margin), "maintMargin": fixed(position.maintenance_margin),
        "positionInitialMargin": fixed(position.initial_margin), "openOrderInitialMargin": "0",
    }  # fmt: skip


def account_position(position: Position) -> Json:
    """An entry of `account`'s positions."""
    told = position_risk(position)
    wanted = (
        "symbol", "positionAmt", "entryPrice", "breakEvenPrice", "leverage", "isolated", "isolatedWallet",
        "positionSide", "notional", "initialMargin", "maintMargin", "positionInitialMargin",
        "openOrderInitialMargin", "updateTime", "isolatedMargin",
    )  # fmt: skip
    return {
        **{name: told[name] for name in wanted}, "unrealizedProfit": told["unRealizedProfit"],
        "maxNotional": told["maxNotionalValue"], "bidNotional": "0", "askNotional": "0",
    }  # fmt: skip


def asset(margin: Margin, at: float) -> Json:
    """An entry of `account`'s assets."""
    positions, orders = margin.position_margin + margin.isolated_margin, margin.order_margin
    return {
        "asset": margin.asset, "walletBalance": fixed(margin.wallet),
        "unrealizedProfit": fixed(margin.unrealised_pnl),
        "marginBalance": fixed(margin.wallet + margin.unrealised_pnl),
        "maintMargin": fixed(margin.maintenance_margin), "initialMargin": fixed(positions + orders),
        "positionInitialMargin": fixed(positions), "openOrderInitialMargin": fixed(orders),
        "crossWalletBalance": fixed(margin.wallet - margin.isolated_margin),
        "crossUnPnl": fixed(margin.unrealised_pnl), "availableBalance": fixed(margin.available),
        "maxWithdrawAmount": fixed(margin.available), "marginAvailable": True, "updateTime": ms(at),
    }  # fmt: skip


def balance(margin: Margin, alias: str, at: float) -> Json:
    """An entry of `balance`."""
    told = asset(margin, at)
    names = ("crossWalletBalance", "crossUnPnl", "availableBalance", "maxWithdrawAmount", "marginAvailable")
    return {
        "accountAlias": alias, "asset": margin.asset, "balance": told["walletBalance"],
        **{name: told[name] for name in names}, "updateTime": ms(at),
    }  # fmt: skip


def funding_income(payment: FundingPayment) -> Json:
    """An entry of `income`: negative when it was paid."""
    return _income(
        payment.market, "FUNDING_FEE", payment.amount, payment.asset, payment.at, payment.payment_id, ""
    )


def fill_income(fill: Fill) -> list[Json]:
    """A fill's commission and, where it closed something, its profit."""
    trade = str(fill.trade_id)
    told = [_income(fill.market, "COMMISSION", -fill.fee, fill.fee_asset, fill.at, fill.trade_id, trade)]
    if fill.realised_pnl:
        profit = fill.realised_pnl
        told.append(
            _income(fill.market, "REALIZED_PNL", profit, fill.fee_asset, fill.at, fill.trade_id, trade)
        )
    return told


def _income(
    market: Market, kind: str, amount: Decimal, asset_name: str, at: float, number: int, trade: str
) -> Json:
    return {
        "symbol": symbol_of(market), "incomeType": kind, "income": fixed(amount), "asset": asset_name,
        "info": trade or kind, "time": ms(at), "tranId": number, "tradeId": trade,
    }  # fmt: skip
