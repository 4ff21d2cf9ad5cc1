"""Mistakes of the kinds that upstream's history repaired, planted anew in today's connectors."""

from __future__ import annotations

from checks.conformance import (
    test_balances,
    test_market_data,
    test_order_life,
    test_orders,
    test_perpetual,
    test_perpetual_changes,
    test_resilience_hour,
    test_security,
    test_usability,
)
from tests.zoo.defect import Defect, defect
from tests.zoo.planting import constant, exchange, worded

PERPETUAL = "binance_perpetual_derivative.py"
PERPETUAL_BOOK = "binance_perpetual_api_order_book_data_source.py"
VOLUME_PRICE = """self.get_price_for_volume(
                        trading_pair,
                        True,
                        amount
                    ).result_price"""
OKX_BOOK = "okx_api_order_book_data_source.py"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "number-of-orders-taken-for-the-amount",
        test_market_data.test_first_book_equals_the_exchange,
        "level [0-9]+ is|levels that were compared",
        *(
            worded(OKX_BOOK, function, ("bid[1]", "bid[3]"), ("ask[1]", "ask[3]"))
            for function in (
                "_order_book_snapshot",
                "_parse_order_book_snapshot_message",
                "_parse_order_book_diff_message",
            )
        ),
        connector="okx",
    ),
    defect(
        "positions-kept-by-the-exchanges-symbol",
        test_perpetual.test_positions_match,
        "has 0 positions instead of one",
        worded(
            PERPETUAL,
            "_update_positions",
            ("position_key(hb_trading_pair, position_side)", "position_key(trading_pair, position_side)"),
            ("await self.trading_pair_associated_to_exchange_symbol(trading_pair),", "trading_pair,"),
        ),
        worded(
            PERPETUAL,
            "_process_user_stream_event",
            ("position_key(hb_trading_pair, side)", "position_key(trading_pair, side)"),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "the-next-funding-in-milliseconds",
        test_perpetual.test_funding_is_known,
        "The next funding is at [0-9]{13}, not",
        worded(
            PERPETUAL_BOOK,
            "get_funding_info",
            ('int(float(symbol_info["nextFundingTime"]) * 1e-3)', 'int(symbol_info["nextFundingTime"])'),
        ),
        worded(
            PERPETUAL_BOOK, "_parse_funding_info_message", ('int(float(data["T"]) * 1e-3)', 'int(data["T"])')
        ),
        connector="binance_perpetual",
    ),
    defect(
        "book-amounts-in-contracts",
        test_market_data.test_first_book_equals_the_exchange,
        "level [0-9]+ is|levels that were compared",
        worded(
            PERPETUAL_BOOK,
            "_order_book_snapshot",
            ('snapshot_response["bids"]', '[(p, float(q) * 100) for p, q in snapshot_response["bids"]]'),
            ('snapshot_response["asks"]', '[(p, float(q) * 100) for p, q in snapshot_response["asks"]]'),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "positions-of-the-stream-in-contracts",
        test_perpetual.test_positions_match,
        "a position of .* instead of",
        worded(
            PERPETUAL,
            "_process_user_stream_event",
            ('amount=Decimal(asset["pa"])', 'amount=10 * Decimal(asset["pa"])'),
        ),
        worded(
            PERPETUAL,
            "_update_positions",
            ('Decimal(position.get("positionAmt"))', '10 * Decimal(position.get("positionAmt"))'),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "funding-of-the-start-for-ever",
        test_perpetual.test_funding_is_known,
        "The funding rate is|the mark price is|The mark price is",
        worded(
            PERPETUAL_BOOK, "_parse_funding_info_message", ("message_queue.put_nowait(funding_info)", "pass")
        ),
        connector="binance_perpetual",
    ),
    defect(
        "order-ids-longer-than-the-exchange-takes",
        test_orders.test_limit_orders_arrive_as_asked,
        "never reached the exchange's book",
        exchange(
            """
            @property
            def client_order_id_max_length(self):
                return None

            @property
            def client_order_id_prefix(self):
                return super().client_order_id_prefix + "a-prefix-that-is-rather-long-"
            """,
        ),
    ),
    defect(
        "an-address-of-an-older-version",
        test_usability.test_it_gets_ready,
        "still not ready after 90 s .*symbols_mapping_initialized",
        constant("kucoin_constants.py", '"/api/v2/symbols"', '"/api/v0/symbols"'),
        connector="kucoin",
    ),
    defect(
        "what-is-available-taken-for-the-whole",
        test_balances.test_totals_match,
        "The total balance of USDT with a limit buy open is .*; it reports",
        worded(
            PERPETUAL, "_update_balances", ('asset.get("walletBalance")', 'asset.get("availableBalance")')
        ),
        connector="binance_perpetual",
    ),
    defect(
        "balances-of-the-spot-account",
        test_balances.test_totals_match,
        "The total balance of USD .* is .*; it reports 21.5",
        worded(
            "hyperliquid_perpetual_derivative.py",
            "_update_balances",
            ("await self._uses_spot_balances()", "True"),
        ),
        connector="hyperliquid_perpetual",
    ),
    defect(
        "market-buys-priced-by-the-best-level",
        test_orders.test_market_orders_take_several_levels,
        "A market buy of .* that several levels had to fill ended as buy",
        worded(
            "gate_io_exchange.py",
            "_place_order",
            (
                VOLUME_PRICE,
                "self.get_price(trading_pair, True)",
            ),
        ),
        connector="gate_io",
    ),
    defect(
        "market-orders-at-the-best-price",
        test_orders.test_market_orders_take_several_levels,
        "A market (buy|sell) of .* that several levels had to fill ended as",
        *(
            worded(
                "hyperliquid_perpetual_derivative.py",
                name,
                ("self.get_mid_price(trading_pair)", f"self.get_price(trading_pair, {buys})"),
                (f"Decimal(1 {sign} CONSTANTS.MARKET_ORDER_SLIPPAGE)", "1"),
            )
            for name, buys, sign in (("buy", True, "+"), ("sell", False, "-"))
        ),
        connector="hyperliquid_perpetual",
    ),
    *(
        defect(
            f"a-missing-price-compared-with-is-in-{connector.replace('_', '-')}",
            test_orders.test_market_orders_fill,
            "A market (buy|sell) order never reached the exchange",
            *(worded(file, name, ("price.is_nan()", "price is s_decimal_NaN")) for name in ("buy", "sell")),
            connector=connector,
        )
        for connector, file in (
            ("hyperliquid", "hyperliquid_exchange.py"),
            ("hyperliquid_perpetual", "hyperliquid_perpetual_derivative.py"),
        )
    ),
    defect(
        "an-empty-text-read-as-a-balance",
        test_usability.test_it_gets_ready,
        "still not ready after 90 s .*account_balance",
        worded(
            "bybit_exchange.py",
            "_update_balances",
            (
                'Decimal(coin["walletBalance"]) - Decimal(coin["locked"])',
                'Decimal(coin["availableToWithdraw"]) - Decimal(coin["locked"])',
            ),
        ),
        connector="bybit",
    ),
    defect(
        "an-empty-text-read-as-equity",
        test_usability.test_it_gets_ready,
        "still not ready after 90 s .*account_balance",
        worded(
            "okx_exchange.py",
            "_update_balance_from_details",
            ("if equity_text and available_equity_text:", "if True:"),
        ),
        connector="okx",
    ),
    defect(
        "only-the-last-fill-counted",
        test_order_life.test_every_fill_once,
        "fills? .*(not reported|never reported)",
        exchange(
            """
            def _create_order_tracker(self):
                tracker = super()._create_order_tracker()
                process = tracker.process_trade_update

                def process_trade_update(update):
                    order = tracker.fetch_order(update.client_order_id)
                    before = order.executed_amount_base if order is not None else 0
                    if order is None or update.fill_base_amount + before < order.amount * Decimal("0.4"):
                        return None
                    return process(update)

                tracker.process_trade_update = process_trade_update
                return tracker
            """,
        ),
        connector="kucoin",
    ),
    defect(
        "funding-payments-never-looked-for",
        test_perpetual.test_a_funding_payment_is_told_once,
        "One funding payment was reported 0 times",
        exchange(
            """
            async def _funding_payment_polling_loop(self):
                await self._update_all_funding_payments(fire_event_on_new=False)
                await asyncio.sleep(1e9)
            """,
        ),
        connector="binance_perpetual",
    ),
    defect(
        "the-position-of-one-way-mode-in-hedge-mode",
        test_perpetual_changes.test_both_positions_in_hedge_mode,
        "In hedge mode, a limit (buy|sell) order never reached the exchange",
        worded(
            "bybit_perpetual_derivative.py",
            "_get_position_idx",
            ("if self.position_mode == PositionMode.ONEWAY:", "if True:"),
        ),
        connector="bybit_perpetual",
    ),
    defect(
        "a-closing-order-for-the-other-position",
        test_perpetual_changes.test_both_positions_in_hedge_mode,
        "In hedge mode, a closing order left the (long|short) position open",
        worded(
            PERPETUAL,
            "_place_order",
            (
                'api_params["positionSide"] = "SHORT" if trade_type is TradeType.BUY else "LONG"',
                'api_params["positionSide"] = "LONG" if trade_type is TradeType.BUY else "SHORT"',
            ),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "pings-never-sent",
        test_resilience_hour.test_the_private_stream_is_kept_alive,
        "The exchange closed its private stream|It had no private stream",
        worded(
            "kucoin_api_user_stream_data_source.py",
            "_process_websocket_messages",
            ("await websocket_assistant.send(request=ping_request)", "pass"),
        ),
        connector="kucoin",
    ),
    defect(
        "a-market-order-without-its-time-in-force",
        test_orders.test_market_orders_fill,
        "A market (buy|sell) order never reached the exchange",
        worded("gate_io_exchange.py", "_place_order", ('"time_in_force": "ioc",', "")),
        connector="gate_io",
    ),
    defect(
        "a-header-left-out",
        test_security.test_signatures_are_accepted,
        r"accepted none of \d+ signed requests \(balances\)",
        worded("kucoin_auth.py", "authentication_headers", ('"KC-API-KEY-VERSION": "2"', "")),
        connector="kucoin",
    ),
)
