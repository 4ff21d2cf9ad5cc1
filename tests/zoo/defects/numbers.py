"""Defects in how a connector reads the numbers that exchanges give."""

from __future__ import annotations

from checks.conformance import test_market_data
from checks.conformance import test_order_life as checks
from tests.zoo.defect import Defect, defect
from tests.zoo.planting import worded

PERPETUAL = "binance_perpetual_derivative.py"
OKX = "okx_exchange.py"
OKX_ID, OKX_ROUNDED = 'str(data["ordId"])', 'str(round(float(data["ordId"])))'

DEFECTS: tuple[Defect, ...] = (
    defect(
        "order-ids-through-a-float",
        checks.test_a_missed_fill_is_found,
        "was never reported",
        worded(
            PERPETUAL,
            "_place_order",
            ('str(order_result["orderId"])', 'str(round(float(order_result["orderId"])))'),
        ),
        worded(
            PERPETUAL,
            "_process_user_stream_event",
            ('str(order_message["i"])', 'str(round(float(order_message["i"])))'),
        ),
        connector="binance_perpetual",
    ),
    defect(
        "order-ids-of-okx-through-a-float",
        checks.test_a_missed_fill_is_found,
        "was never reported",
        worded(OKX, "_place_order", (OKX_ID, OKX_ROUNDED)),
        worded(OKX, "_user_stream_event_listener", (OKX_ID, OKX_ROUNDED)),
        connector="okx",
    ),
    defect(
        "public-trades-in-whole-seconds",
        test_market_data.test_public_trades_have_their_time,
        "public trades are in whole seconds",
        worded(
            "gate_io_api_order_book_data_source.py",
            "_parse_trade_message",
            ('float(trade_data["create_time_ms"]) * 1e-3', 'int(float(trade_data["create_time_ms"]) * 1e-3)'),
        ),
        connector="gate_io",
    ),
    defect(
        "public-trades-in-thousandths",
        test_market_data.test_public_trades_have_their_time,
        "A public trade at .* arrived with the timestamp",
        worded(
            "binance_order_book.py", "trade_message_from_exchange", ("timestamp=ts * 1e-3", "timestamp=ts")
        ),
    ),
)
