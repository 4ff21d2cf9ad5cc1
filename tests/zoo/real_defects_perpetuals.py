"""What merged connectors of described perpetual exchanges really do wrong: looked into, and seen by a check.

`tests/dialects/measured.json` has what the checks found; `docs/exchanges.md` tells both.
"""

from __future__ import annotations

from collections.abc import Callable

from checks.conformance import (
    test_balances,
    test_market_data,
    test_order_life,
    test_order_life_crowd,
    test_orders,
    test_perpetual,
    test_perpetual_changes,
    test_resilience,
    test_resilience_hour,
    test_security,
    test_trading_rules,
)
from tests.zoo.real_defect import RealDefect

CONTRACTS = (
    "It takes contracts for amounts of the base, in rules, books, trades and orders. BTCUSDT's contract "
    "is 0.001 BTC: it reads a thousand times what lies in the book, rounds an order of 0.02 BTC down to "
    "nothing, and its user can trade only where a contract is one of the base."
)
ALL_AVAILABLE = (
    "Derive tells no free amount of an asset, and it takes all that is held for available, though the same "
    "reply says what orders and positions leave of the account (`initial_margin`): its user reckons with "
    "money that is bound."
)
HEARD_TWICE = (
    "It hears of an order's end on two channels, `v1.order` and `v1.state`, and hands both on; where "
    "fills are late both wait for these, and its user is told twice that the order is complete."
)
CLOSES = (
    "In one-way mode it sends every order against a position as one that only reduces, even one that is "
    "to open: what goes beyond the position is not traded, and nobody can turn a position round."
)

_BY_CONTRACTS: dict[Callable[..., None], str] = {
    test_order_life_crowd.test_a_dozen_pairs: "1000.0 at .* in the connector, 1.000 at",
    test_resilience_hour.test_an_hour_of_market_making: "never reached the exchange",
    test_resilience_hour.test_a_wrong_clock_is_borne: "No order arrives",
    test_market_data.test_book_follows_changes: "1000.0 at .* in the connector, 1.000 at",
    test_market_data.test_first_book_equals_the_exchange: "131.0 at .* in the connector, 0.131 at",
    test_market_data.test_every_public_trade_arrives_once: "public trades were lost or changed",
    test_perpetual_changes.test_both_positions_in_hedge_mode: "never reached the exchange's book",
    test_orders.test_limit_maker_orders_are_post_only: "never reached the exchange",
    test_orders.test_limit_orders_arrive_as_asked: "never reached the exchange's book",
    test_orders.test_market_orders_fill: "never reached the exchange",
    test_orders.test_market_orders_take_several_levels: "never reached the exchange",
    test_trading_rules.test_quantized_figures_are_multiples: "becomes 0 at",
    test_trading_rules.test_rules_at_a_round_price: "the amount increment is 1, not 0.001",
    test_trading_rules.test_the_smallest_order_value: "the minimum notional is",
    test_trading_rules.test_trading_rules: "the amount increment is 1, not 0.001",
    test_resilience.test_server_errors_are_survived: "the next order never arrived",
    test_security.test_signatures_are_accepted: "accepted none of 1 signed requests",
}

PERPETUAL_DEFECTS: dict[tuple[str, Callable[..., None]], RealDefect] = {
    **{
        ("bitmart_perpetual", check): RealDefect(finding, CONTRACTS)
        for check, finding in _BY_CONTRACTS.items()
    },
    ("bitmart_perpetual", test_market_data.test_the_takers_side_is_told): RealDefect(
        "arrived with the wrong side",
        "It maps the eight ways of a trade by what either side's position does: BitMart names the taker's "
        "first, which buys in ways 1 to 4, and it tells 3, 4, 5 and 8 the wrong way round.",
    ),
    ("bitmart_perpetual", test_perpetual.test_funding_is_known): RealDefect(
        "The mark price is",
        "It fills the mark price with the last trade's at first, and keeps what its ticker stream tells "
        "of mark and index price until BitMart's next message about funding.",
    ),
    ("bitmart_perpetual", test_perpetual.test_position_mode_reaches_the_exchange): RealDefect(
        "was requested; the account is in",
        "It sends a position mode once; later ones are answered as done, and not sent.",
    ),
    ("bitmart_perpetual", test_resilience.test_nothing_is_left_after_stop): RealDefect(
        "tasks of the connector still run",
        "Its order book's source starts a task when it is constructed (`listen_for_exchange_info`), which "
        "nobody ends.",
    ),
    ("bitmart_perpetual", test_resilience_hour.test_refused_streams_are_not_hammered): RealDefect(
        "did not reopen its",
        "Where a connection fails after an earlier one ended, its user stream takes the earlier one off "
        "its list again, in `finally`: that raises, and the task that listens is over.",
    ),
    ("derive_perpetual", test_balances.test_available_balances_match): RealDefect(
        "The available balance of USDC", ALL_AVAILABLE
    ),
    ("derive_perpetual", test_order_life.test_histories_end_as_the_ledger_has_them): RealDefect(
        "of USDC is available, the connector says", ALL_AVAILABLE
    ),
    ("derive_perpetual", test_market_data.test_last_price): RealDefect(
        "The last traded price is", "It gives the mark price for the last price."
    ),
    ("derive_perpetual", test_resilience_hour.test_a_wrong_clock_is_borne): RealDefect(
        "never gets ready",
        "It signs with the computer's time, not with the synchronized one: whose clock is off cannot even "
        "start.",
    ),
    ("grvt_perpetual", test_order_life.test_late_messages_leave_an_order_ended): RealDefect(
        "ended again", HEARD_TWICE
    ),
    ("grvt_perpetual", test_orders.test_market_orders_take_several_levels): RealDefect(
        "that several levels had to fill ended as", CLOSES
    ),
    ("grvt_perpetual", test_perpetual.test_funding_is_known): RealDefect(
        "The funding rate is",
        "It takes a rate that GRVT tells in percent (ccxt divides it by a hundred) as it is: a hundred "
        "times too much.",
    ),
    ("grvt_perpetual", test_resilience.test_a_new_book_replaces_the_old): RealDefect(
        "keeps asks that were gone",
        "It takes the first message of a subscription, which holds the whole book (sequence number 0), "
        "for changes: levels that went while it was away stay in its book.",
    ),
    ("kalshi_perpetual", test_trading_rules.test_odd_markets_keep_nobody_from_starting): RealDefect(
        "listed without figures, the connector never became ready",
        "It reads contract and tick size of every market when it makes its list of symbols, outside of any "
        "`try`: one market without them, and nobody can start.",
    ),
    ("pacifica_perpetual", test_resilience_hour.test_a_wrong_clock_is_borne): RealDefect(
        "never gets ready",
        "It signs with `time.time()`, not with the synchronized time: whose clock is further off than the "
        "window that it asks for cannot even start.",
    ),
}
