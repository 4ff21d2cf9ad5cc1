"""The ways in which a connector reads a reply or a message: by the member that mocks it."""

import contextlib
from typing import Any, Callable, List

RULE = (
    "trading_pair min_order_size max_order_size min_price_increment min_base_amount_increment"
    " min_quote_amount_increment min_notional_size min_order_value"
    " buy_order_collateral_token sell_order_collateral_token"
).split()


class Reader:
    """One way to have the connector read a reply: `member` mocks it, `act` has it read."""

    def __init__(self, member: str, act: Callable[..., Any], stream: bool = False) -> None:
        self.member = member
        self.act = act
        self.stream = stream


def readers_of(exchange: Any, order: Any) -> List[Reader]:
    async def rules(document: Any) -> Any:
        made = await _rules(exchange, document)
        return [{name: getattr(rule, name, None) for name in RULE} for rule in made]

    async def symbols(document: Any) -> Any:
        exchange._initialize_trading_pair_symbols_from_exchange_info(document)
        return dict(await exchange.trading_pair_symbol_map())

    async def status(_: Any) -> Any:
        return await exchange._request_order_status(order)

    async def fills(_: Any) -> Any:
        return list(await exchange._all_trade_updates_for_order(order))

    async def balances(_: Any) -> Any:
        await exchange._update_balances()
        return _purse(exchange)

    async def price(_: Any) -> Any:
        return await exchange._get_last_traded_price(order.trading_pair)

    async def cancelled(_: Any) -> Any:
        return await exchange._place_cancel(order.client_order_id, order)

    async def placed(_: Any) -> Any:
        return await exchange._place_order(
            order_id=order.client_order_id,
            trading_pair=order.trading_pair,
            amount=order.amount,
            trade_type=order.trade_type,
            order_type=order.order_type,
            price=order.price,
        )

    async def heard(document: Any) -> Any:
        return await hear(exchange, document)

    return [
        Reader("trading_rules_request_mock_response", rules),
        Reader("all_symbols_request_mock_response", symbols),
        Reader("latest_prices_request_mock_response", price),
        Reader("balance_request_mock_response_for_base_and_quote", balances),
        Reader("order_creation_request_successful_mock_response", placed),
        Reader("configure_successful_cancelation_response", cancelled),
        Reader("configure_open_order_status_response", status),
        Reader("configure_partially_filled_order_status_response", status),
        Reader("configure_completely_filled_order_status_response", status),
        Reader("configure_canceled_order_status_response", status),
        Reader("configure_partial_fill_trade_response", fills),
        Reader("configure_full_fill_trade_response", fills),
        Reader("order_event_for_new_order_websocket_update", heard, True),
        Reader("order_event_for_canceled_order_websocket_update", heard, True),
        Reader("order_event_for_full_fill_websocket_update", heard, True),
        Reader("trade_event_for_full_fill_websocket_update", heard, True),
        Reader("balance_event_websocket_update", heard, True),
    ]


async def _rules(exchange: Any, document: Any) -> List[Any]:
    """The rules in a document, or in what the connector makes of it and others before it formats any."""
    made: List[Any] = []
    with contextlib.suppress(Exception):
        made = await exchange._format_trading_rules(document)
    return made or await exchange._format_trading_rules(await exchange._make_trading_rules_request())


def _purse(exchange: Any) -> Any:
    total = dict(exchange._account_balances)
    free = dict(exchange._account_available_balances)
    return {"total": total, "available": free}


def _noting(kept: List[Any]) -> Callable[..., None]:
    return lambda *positional, **named: kept.extend([*positional, *named.values()])


async def hear(exchange: Any, document: Any) -> Any:
    """What a message of the private stream leads to, by what reaches the order tracker and the balances."""
    updates: List[Any] = []
    fills: List[Any] = []
    tracker = exchange._order_tracker

    async def messages() -> Any:
        yield document

    kept = exchange._iter_user_event_queue, tracker.process_order_update, tracker.process_trade_update
    exchange._iter_user_event_queue = messages
    tracker.process_order_update, tracker.process_trade_update = _noting(updates), _noting(fills)
    try:
        await exchange._user_stream_event_listener()
    finally:
        exchange._iter_user_event_queue, tracker.process_order_update, tracker.process_trade_update = kept
    return {"updates": updates, "fills": fills, "balances": _purse(exchange)}
