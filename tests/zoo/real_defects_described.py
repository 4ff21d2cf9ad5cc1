"""What connectors of described exchanges really do wrong, as they came to be described."""

from __future__ import annotations

from collections.abc import Callable

from checks.conformance import (
    test_balances_fees,
    test_market_data,
    test_order_life,
    test_order_life_ends,
    test_orders,
    test_resilience_replies,
    test_usability,
)
from tests.zoo.real_defect import FORGETS, NO_ASSETS, RealDefect

IN_BINARY = (
    "It reads messages with `eval` and makes decimals of the floats (`Decimal(0.0002)`): amounts and prices "
    "of fills are off by binary digits, and what its user is told adds up to no amount that was ordered."
)
NO_FEE_ASKED = (
    "AlphaPoint's message of a fill tells no fee. It reckons one by its own rate and asks for none, though "
    "`/trades` tells it: its user's books have another fee than the exchange took."
)
WITHOUT_A_PRICE = (
    "It multiplies the amount by the price that it was asked with, and a market order has none: it sends "
    "`quote_size: NaN`, which is refused. Its user can sell at the market, not buy."
)
DESCRIBED_DEFECTS: dict[tuple[str, Callable[..., None]], RealDefect] = {
    ("gemini", test_resilience_replies.test_errors_empty_no_balances): RealDefect(
        "Given an empty body, the connector reports 0", NO_ASSETS
    ),
    ("gemini", test_balances_fees.test_all_that_the_account_has_can_be_ordered_for): RealDefect(
        "less the expected fee of 0 %, was refused",
        "It tells that a buy's fee is deducted from the asset bought (`trade_fee_schema`), though Gemini "
        "reserves it in the quote asset on top, as the connector's own market orders mind "
        "(`_affordable_buy_limit_price`): an order for all that its user has is refused.",
    ),
    **{
        ("coinbase_advanced_trade", check): RealDefect("market buy .*never reached", WITHOUT_A_PRICE)
        for check in (test_orders.test_market_orders_fill, test_orders.test_market_orders_take_several_levels)
    },
    ("coinbase_advanced_trade", test_orders.test_limit_maker_orders_are_post_only): RealDefect(
        "was sent as an ordinary limit order",
        "It offers LIMIT_MAKER and sends LIMIT; the line that would set `post_only` is a comment.",
    ),
    **{
        ("foxbit", check): RealDefect("not reported as they happened", IN_BINARY)
        for check in (
            test_order_life.test_every_fill_once,
            test_order_life.test_a_repeated_message_is_no_second_fill,
            test_order_life.test_a_fill_may_come_first,
        )
    },
    **{
        ("foxbit", check): RealDefect("fills .*were not reported", IN_BINARY)
        for check in (
            test_order_life.test_histories_end_as_the_ledger_has_them,
            test_order_life_ends.test_a_market_order_larger_than_the_book,
            test_order_life_ends.test_an_order_that_the_exchange_ends,
        )
    },
    ("foxbit", test_order_life.test_completed_last): RealDefect("was completed with", IN_BINARY),
    ("foxbit", test_order_life.test_no_orphan_after_a_lost_reply): FORGETS,
    ("foxbit", test_balances_fees.test_a_fee_is_what_the_exchange_took): RealDefect(
        "A fill cost .*; the connector reported", NO_FEE_ASKED
    ),
    ("foxbit", test_balances_fees.test_a_rebate_is_a_negative_fee): RealDefect(
        "A fill cost -.*; the connector reported", NO_FEE_ASKED
    ),
    ("foxbit", test_market_data.test_the_book_is_deep_enough): RealDefect(
        "has 10 bids and 10 asks",
        "It keeps ten levels of a snapshot (`ORDER_BOOK_DEPTH`) and subscribes to no more: what lies below "
        "is missing, so that its user cannot price a larger order.",
    ),
    ("foxbit", test_usability.test_it_gets_ready): RealDefect(
        "to get ready",
        "It asks for the book only after its stream told of a change, and waits half a minute for one: in a "
        "market where nothing happens its user waits as long.",
    ),
}
