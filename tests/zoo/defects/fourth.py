"""Mistakes of the fourth blind round that were missed when first planted, and that of the third which was
missed until then: `docs/accuracy.md`, "Blind"."""

from __future__ import annotations

from checks.conformance import test_order_life
from tests.zoo.defect import Defect, defect
from tests.zoo.defects.order_life import LISTENER
from tests.zoo.planting import worded

AFTER_OTHERS = "After messages about orders that its user placed in the browser, a fill was not reported"

DEFECTS: tuple[Defect, ...] = (
    defect(
        "an-order-without-client-id-breaks-kucoins-listener",
        test_order_life.test_orders_of_others_hold_nothing_up,
        AFTER_OTHERS,
        worded("kucoin_exchange.py", LISTENER, ('.get("clientOid")', '["clientOid"]')),
        connector="kucoin",
    ),
    defect(
        "an-order-without-cloid-breaks-the-listener",
        test_order_life.test_orders_of_others_hold_nothing_up,
        AFTER_OTHERS,
        worded("hyperliquid_exchange.py", "_process_order_message", ('.get("cloid", "")', '["cloid"]')),
        connector="hyperliquid",
    ),
)
