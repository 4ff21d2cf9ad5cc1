"""What merged connectors really do wrong: looked into, reproduced, and seen by the check each time."""

from __future__ import annotations

from collections.abc import Callable

from checks.conformance import (
    test_balances,
    test_balances_fees,
    test_market_data,
    test_order_life,
    test_order_life_crowd,
    test_orders,
    test_perpetual,
    test_resilience,
    test_resilience_hour,
    test_resilience_replies,
    test_trading_rules,
)
from harness.venue.dialects import spoken_by
from tests.zoo.real_defect import FORGETS, NO_ASSETS, RealDefect
from tests.zoo.real_defects_described import DESCRIBED_DEFECTS
from tests.zoo.real_defects_perpetuals import PERPETUAL_DEFECTS

WITH_AN_EXPONENT = (
    "It sends `str(price)`, which has an exponent below a millionth. Kraken refuses such a price (gekko "
    "issue 1966), and no document of KuCoin's or Bitget's permits it: in such a market its user can place no "
    "limit order."
)
TEN_LEVELS = (
    "It asks for the book without a limit; Gate gives ten levels then. What lies below is missing, so its "
    "user "
    "sees a book with holes as soon as prices move."
)
ONE_TOPIC = (
    "It asks for several pairs in one topic, with `|` between them, which v5 does not document: of two pairs "
    "it hears nothing here. Who trades one pair loses nothing."
)
LOCAL_CLOCK = (
    "It signs with `time.time()`, not with the synchronized time; Bybit refuses what comes from the future, "
    "and what is older than the window that it asks for, 50 seconds. Whose clock is further off cannot trade."
)
READS_BESIDE = (
    "It reads the list of fills from the top of the reply, but KuCoin sends it below `data`: polling finds "
    "no fill, ever, and one that no stream told of stays unknown to its user."
)
ASKS_FOR_THE_ORDER = (
    "It asks QueryTrades with the id of the order, which Kraken calls invalid (Hummingbot PR 6840): a fill "
    "that no stream told of stays unknown to its user."
)
RECKONS_FEES = (
    "It reckons the fee of a fill that its stream tells of by rates that it reads twice a day, always in "
    "quote: its user's books show no rebates, new rates or fees in KCS."
)
UNSIGNED = "It takes a fee without its sign (`abs`), so its user's books show a rebate as a cost."
SKIPS = (
    "It skips levels that a delta takes out, and the snapshot of a new subscription: its user sees prices "
    "that "
    "are gone."
)

ASKS_OPEN_ORDERS_ONLY = (
    "It looks orders up at a route that knows open ones only (ccxt's fetchOpenOrder), and nowhere else: one "
    "that was cancelled while its stream was silent is not found, and its user is told that it failed, late."
)

ASKS_FOR_ORDERS_OF_LOST_REPLIES = ("gemini",)

REAL_DEFECTS: dict[tuple[str, Callable[..., None]], RealDefect] = {
    **DESCRIBED_DEFECTS,
    **PERPETUAL_DEFECTS,
    **{
        (name, test_order_life.test_no_orphan_after_a_lost_reply): FORGETS
        for name in spoken_by("v2")
        if name not in ASKS_FOR_ORDERS_OF_LOST_REPLIES
    },
    ("kucoin", test_order_life.test_a_missed_fill_is_found): RealDefect("was never reported", READS_BESIDE),
    ("kucoin", test_order_life.test_histories_end_as_the_ledger_has_them): RealDefect(
        "fills of a limit .* order were not reported", READS_BESIDE
    ),
    ("kraken", test_order_life.test_histories_end_as_the_ledger_has_them): RealDefect(
        "fills of a limit .* order were not reported", ASKS_FOR_THE_ORDER
    ),
    **{
        ("kucoin", check): RealDefect("the connector reported", RECKONS_FEES)
        for check in (
            test_balances_fees.test_a_rebate_is_a_negative_fee,
            test_balances_fees.test_a_fee_is_what_the_exchange_took,
            test_balances_fees.test_a_fee_in_a_third_asset,
        )
    },
    ("kucoin", test_balances_fees.test_another_account_of_its_user_stays_out): RealDefect(
        "after money came into another account of its user",
        "It takes every message about balances for its own, whatever account it is about (`relationEvent`): "
        "what its user puts into the main account counts as money to trade with until the next poll.",
    ),
    ("backpack", test_market_data.test_public_trades_have_their_time): RealDefect(
        "A public trade at .* arrived with the timestamp",
        "It takes the microseconds of a trade for milliseconds (`ts * 1e-3`, where ccxt divides by a "
        "million): its trades are of the year 58,000, and whoever filters trades by time sees none.",
    ),
    ("backpack", test_order_life.test_polling_finds_the_end): RealDefect(
        "OrderCancelled was reported 0 times", ASKS_OPEN_ORDERS_ONLY
    ),
    ("backpack", test_order_life.test_histories_end_as_the_ledger_has_them): RealDefect(
        "order that is canceled was reported as OrderFailure", ASKS_OPEN_ORDERS_ONLY
    ),
    ("backpack", test_resilience.test_junk_is_survived): RealDefect(
        "After malformed messages, a fill was never reported",
        "It asks each private message for its data before it guards against errors: one that is no object "
        "ends the task that listens, and its user hears of no fill any more until it is polled for.",
    ),
    ("bitget", test_orders.test_market_orders_take_several_levels): RealDefect(
        "A market buy of .* that several levels had to fill ended as buy",
        "It prices a market buy by the best ask alone: the exchange buys less than was asked for, and its "
        "user is told of the whole amount.",
    ),
    ("bitget", test_balances_fees.test_a_rebate_is_a_negative_fee): RealDefect(
        "the connector reported",
        UNSIGNED,
    ),
    ("bitget", test_balances_fees.test_fees_that_a_poll_finds): RealDefect(
        "A fill cost -.*; the connector reported [0-9]",
        UNSIGNED,
    ),
    ("gate_io", test_resilience_replies.test_errors_empty_no_balances): RealDefect(
        "Given an empty body, the connector reports 0", NO_ASSETS
    ),
    ("bitstamp", test_resilience_replies.test_errors_empty_no_balances): RealDefect(
        "Given an empty body, the connector reports 0", NO_ASSETS
    ),
    ("bitstamp", test_order_life.test_late_messages_leave_an_order_ended): RealDefect(
        "ended again when the messages of its fills arrived late",
        "It takes messages for the state of orders that have ended too (`all_fillable_orders`): one of a "
        "part opens a filled order again, and its user is told twice that it is complete.",
    ),
    ("kucoin", test_order_life.test_late_messages_leave_an_order_ended): RealDefect(
        "messages of its fills arrived late, 0[.0]* instead of .* was reported as filled",
        "Where it tells of a fill it asks the order that may be updated for its pair: once the order has "
        "ended there is none, the task that listens logs an AttributeError, and as its polls find no fill, "
        "its user never hears of it.",
    ),
    ("gate_io", test_order_life_crowd.test_many_orders_at_once): RealDefect(
        "orders never reached the exchange",
        "It allows itself 900 new orders a second where Gate takes ten: of twenty in one tick some are "
        "refused, and a strategy with many levels lacks them.",
    ),
    ("bybit", test_market_data.test_the_takers_side_is_told): RealDefect(
        "with the wrong side",
        'It compares the taker\'s side with "BUY"; Bybit writes "Buy", so every trade is read as a sale. '
        "Paper trading fills the wrong side by it; nothing wrong reaches the exchange.",
    ),
    ("bybit", test_market_data.test_public_trades_have_their_time): RealDefect(
        "arrived with the timestamp",
        "It takes Bybit's thousandths of a second for seconds: public trades lie in the far future.",
    ),
    ("bybit", test_orders.test_limit_maker_orders_are_post_only): RealDefect(
        "sent as an ordinary limit order",
        "It sends every limit order with GTC or with no time in force, never as PostOnly; its "
        "user pays the taker's fee where a price has moved.",
    ),
    ("bybit_perpetual", test_market_data.test_best_prices): RealDefect("est bid is", ONE_TOPIC),
    ("bybit_perpetual", test_market_data.test_book_follows_changes): RealDefect(
        "order book drifts away", ONE_TOPIC
    ),
    ("bybit_perpetual", test_market_data.test_book_follows_without_polling): RealDefect(
        "reads no order book stream", ONE_TOPIC
    ),
    ("bybit_perpetual", test_market_data.test_every_public_trade_arrives_once): RealDefect(
        "lost or changed", ONE_TOPIC
    ),
    ("bybit_perpetual", test_resilience.test_market_stream_comes_back): RealDefect(
        "the order book stays wrong", SKIPS
    ),
    ("bybit_perpetual", test_resilience.test_a_new_book_replaces_the_old): RealDefect(
        "the order book keeps asks that were gone meanwhile", SKIPS
    ),
    ("bybit_perpetual", test_resilience.test_junk_is_survived): RealDefect(
        "the order book no longer follows", SKIPS
    ),
    ("bybit_perpetual", test_trading_rules.test_a_book_of_one_side_is_borne): RealDefect(
        "differs once asks appear", SKIPS
    ),
    ("bybit_perpetual", test_order_life_crowd.test_a_dozen_pairs): RealDefect(
        "order books go wrong", ONE_TOPIC
    ),
    ("bybit_perpetual", test_perpetual.test_a_funding_payment_is_told_once): RealDefect(
        "was reported as",
        "It takes `funding`, which is money, for the rate, and multiplies it by the size: its "
        "user's books show another payment than was made.",
    ),
    ("kucoin_perpetual", test_balances.test_fees_match): RealDefect(
        "the connector reported",
        "It asks for no rates, and reckons the fee of a fill that its stream tells of by 0.02 and 0.06 %: "
        "its user's books show another fee than was taken.",
    ),
    ("kucoin_perpetual", test_perpetual.test_funding_is_known): RealDefect(
        "next funding is at 0",
        "It takes `nextFundingRateTime`, the milliseconds that are left, for a time in nanoseconds; "
        "strategies that wait for the next funding are told of none.",
    ),
    ("kucoin_perpetual", test_perpetual.test_a_funding_payment_is_told_once): RealDefect(
        "was reported as",
        "It multiplies the rate by the number of contracts where KuCoin tells the payment as `funding`: its "
        "user's books show another payment, and one that was paid as received.",
    ),
    ("kucoin_perpetual", test_resilience_hour.test_a_clock_that_jumps_is_borne): RealDefect(
        "orders arrived",
        "Its own `_api_request` lacks the framework's second try with a new look at the exchange's clock: "
        "orders are refused until several polls have looked.",
    ),
    ("okx", test_resilience_hour.test_a_clock_that_jumps_is_borne): RealDefect(
        "orders arrived",
        "It takes 50113 (a wrong signature) for the refusal of a wrong clock, which is 50102 (OKX's list of "
        "error codes): it asks for no new sample of the clock; orders are refused until several polls have.",
    ),
    ("kucoin_perpetual", test_resilience_hour.test_refused_streams_are_not_hammered): RealDefect(
        "did not reopen its",
        "When its private stream cannot be opened twice in a row, it takes a socket off its list a second "
        "time; the error ends the task, and the stream never comes back.",
    ),
    ("gate_io", test_market_data.test_the_book_is_deep_enough): RealDefect("10 bids and 10 asks", TEN_LEVELS),
    ("bybit", test_market_data.test_the_book_is_deep_enough): RealDefect(
        "50 bids and 50 asks", "It subscribes to `orderbook.50`, whose snapshot replaces the deeper one."
    ),
    ("bybit_perpetual", test_market_data.test_the_book_is_deep_enough): RealDefect(
        "25 bids and 25 asks",
        "It asks for the book without a limit; Bybit gives 25 levels then, and it skips the stream's "
        "snapshot.",
    ),
    ("bybit", test_resilience_hour.test_a_wrong_clock_is_borne): RealDefect("seconds ahead", LOCAL_CLOCK),
    ("bybit_perpetual", test_resilience_hour.test_a_wrong_clock_is_borne): RealDefect(
        "seconds ahead", LOCAL_CLOCK
    ),
    ("okx", test_resilience_hour.test_the_private_stream_is_kept_alive): RealDefect(
        "The exchange closed its private stream|had no private stream",
        "The pongs of aiohttp's heartbeat keep its own time-out from ever coming, so it never sends the text "
        "`ping` that OKX wants; OKX closes a private stream on which nothing was said for 30 seconds.",
    ),
    ("kraken", test_resilience_hour.test_the_private_stream_is_kept_alive): RealDefect(
        "had no private stream",
        "It keeps its first token for ever; Kraken's tokens open a connection within 15 minutes only.",
    ),
    ("hyperliquid", test_trading_rules.test_quantized_figures_are_multiples): RealDefect(
        "not a multiple of the tick",
        "It passes prices through a float and back (`Decimal(round(float(…), 6))`); its writer rounds "
        "again, so the exchange receives the right price; a strategy that compares the two sees them differ.",
    ),
    ("hyperliquid", test_trading_rules.test_rules_at_a_round_price): RealDefect(
        "the price increment is",
        "It counts the decimals of the current price, and Hyperliquid leaves out zeros at its end; its user "
        "quotes at coarser prices until the rules are read again.",
    ),
    ("hyperliquid", test_trading_rules.test_the_smallest_order_value): RealDefect(
        "the minimum notional is 0, not 10",
        "It knows no smallest order value on spot; the exchange receives orders that are too small, and "
        "refuses.",
    ),
    ("kraken", test_market_data.test_last_prices_of_several): RealDefect(
        "at once, the last prices are .*None for ETH-BTC",
        "It looks prices up by the names that it asked with (`ETHXBT`), and Kraken answers with the classic "
        "ones (`XETHXXBT`): asked for several pairs, it has no price of these, and what is worth how much is "
        "wrong where it is their source.",
    ),
    ("hyperliquid_perpetual", test_market_data.test_last_price): RealDefect(
        "The last traded price is",
        "It gives the mark price for the last price; strategies that quote around the last trade quote "
        "elsewhere.",
    ),
    ("hyperliquid_perpetual", test_order_life_crowd.test_many_orders_at_once): RealDefect(
        "orders never reached the exchange",
        "It counts each request once where most questions count twenty times: with a dozen pairs the first "
        "minute's questions use the limit up, and the exchange refuses its user's orders with 429.",
    ),
    ("hyperliquid_perpetual", test_perpetual.test_funding_is_known): RealDefect(
        "The funding rate is",
        "Its stream's messages fill the rate from `openInterest` where there is one; "
        "strategies that weigh funding reckon with a rate that is none.",
    ),
    ("kraken", test_trading_rules.test_the_smallest_order_value): RealDefect(
        "the minimum notional is 0, not 5",
        "It reads `ordermin`, and never `costmin`; the exchange receives orders that are too small, and "
        "refuses.",
    ),
    ("kraken", test_order_life.test_a_missed_fill_is_found): RealDefect(
        "was never reported", ASKS_FOR_THE_ORDER
    ),
    **{
        (name, test_trading_rules.test_tiny_prices_arrive): RealDefect(
            r"was rejected as sent: it had \d+(\.\d+)?E-7", WITH_AN_EXPONENT
        )
        for name in ("bitget", "kraken", "kucoin")
    },
    ("bybit_perpetual", test_perpetual.test_a_gain_is_no_loss): RealDefect(
        "it has gained [0-9.]+; the connector reports -",
        "From the messages about positions it reckons profit as value less amount times entry price times "
        "leverage: at 7 times, a gain of 25 is told as a loss of 4905, until the next poll.",
    ),
    ("binance_perpetual", test_balances.test_what_is_available_follows_with_the_total): RealDefect(
        "was right before any poll",
        "It leaves what is available to its next poll, as Binance's message does not tell it: for up to two "
        "minutes a strategy reckons with margin that a fill has taken, or lacks what one has freed.",
    ),
}

# Checks that a defect told elsewhere leaves nothing to look at.
UNDECIDED: dict[tuple[str, Callable[..., None]], str] = {
    ("bybit_perpetual", test_market_data.test_the_takers_side_is_told): ONE_TOPIC,
    ("bybit_perpetual", test_market_data.test_public_trades_have_their_time): ONE_TOPIC,
    **{
        (name, test_resilience_hour.test_a_clock_that_jumps_is_borne): LOCAL_CLOCK
        for name in ("bybit", "bybit_perpetual")
    },
    ("bitstamp", test_market_data.test_public_trades_have_their_time): "It tells no time of public trades.",
    ("kucoin", test_balances_fees.test_fees_that_a_poll_finds): READS_BESIDE,
    ("kraken", test_balances_fees.test_fees_that_a_poll_finds): ASKS_FOR_THE_ORDER,
}
