"""Defects in minimum sizes and increments, and in what is rounded to them."""

from __future__ import annotations

from checks.conformance import test_trading_rules as checks
from demo.edits import amounts_rounded_to_eight_decimals
from tests.zoo.defect import EXCHANGE, defect
from tests.zoo.planting import exchange, rewritten, worded

RULES = "_format_trading_rules"

DEFECTS = (
    defect(
        "price-increment-hard-coded",
        checks.test_trading_rules,
        "the price increment is",
        worded(EXCHANGE, RULES, ('price_filter.get("tickSize")', '"0.01"')),
    ),
    defect(
        "price-increment-by-the-decimals-of-a-price",
        checks.test_rules_at_a_round_price,
        "the price increment is",
        exchange(
            """
            async def _format_trading_rules(self, exchange_info_dict):
                rules = await super()._format_trading_rules(exchange_info_dict)
                for rule in rules:
                    price = await self._get_last_traded_price(rule.trading_pair)
                    written = Decimal(str(price)).normalize()
                    rule.min_price_increment = Decimal(1).scaleb(min(written.as_tuple().exponent, 0))
                return rules
            """,
        ),
    ),
    defect(
        "smallest-amount-taken-for-the-step",
        checks.test_trading_rules,
        "the amount increment is",
        worded(EXCHANGE, RULES, ('lot_size_filter.get("stepSize")', 'lot_size_filter.get("minQty")')),
    ),
    defect(
        "smallest-notional-ignored",
        checks.test_the_smallest_order_value,
        "the minimum notional is",
        worded(EXCHANGE, RULES, ("min_notional_size=Decimal(min_notional)", "min_notional_size=Decimal(0)")),
    ),
    defect(
        "prices-told-through-a-float",
        checks.test_quantized_figures_are_multiples,
        "not a multiple of the tick size",
        exchange(
            """
            def quantize_order_price(self, trading_pair, price):
                return Decimal(float(super().quantize_order_price(trading_pair, price)))
            """,
        ),
    ),
    defect(
        "amounts-not-quantized",
        checks.test_awkward_orders_arrive_rounded,
        "was not rounded: the exchange refused",
        rewritten(EXCHANGE, amounts_rounded_to_eight_decimals),
    ),
    defect(
        "prices-rounded-to-cents",
        checks.test_awkward_orders_arrive_rounded,
        "was not rounded|was rejected as sent",
        exchange(
            """
            def quantize_order_price(self, trading_pair, price):
                return Decimal(price).quantize(Decimal("0.01"))
            """,
        ),
    ),
    defect(
        "amounts-rounded-to-the-nearest",
        checks.test_awkward_orders_arrive_rounded,
        "too far off",
        exchange(
            """
            def quantize_order_amount(self, trading_pair, amount):
                step = self._trading_rules[trading_pair].min_base_amount_increment
                return round(amount / step) * step
            """,
        ),
    ),
    defect(
        "amounts-in-whole-tens-of-lots",
        checks.test_awkward_orders_arrive_rounded,
        "too far off",
        exchange(
            """
            def quantize_order_amount(self, trading_pair, amount):
                step = self._trading_rules[trading_pair].min_base_amount_increment * 10
                return amount // step * step
            """,
        ),
    ),
    defect(
        "no-smallest-amount",
        checks.test_too_small_orders_stay_home,
        "below the minimum amount was sent",
        worded(
            EXCHANGE,
            RULES,
            ("min_order_size=min_order_size", "min_order_size=Decimal(0)"),
            ("min_notional_size=Decimal(min_notional)", "min_notional_size=Decimal(0)"),
        ),
    ),
)
