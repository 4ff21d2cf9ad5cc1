"""Which planted defects are of kinds that users reported, or that upstream's history repaired; and for the
rest what it would take to find them.

What is planted is ours. Of pull requests only even numbers are used; odd ones are kept for checking.
"""

from __future__ import annotations

from dataclasses import dataclass

GITHUB = "https://github.com/"
UPSTREAM = f"{GITHUB}hummingbot/hummingbot/pull/"


@dataclass(frozen=True)
class Origin:
    """A mistake that somebody made: where that is told, what it was, and defects of its kind.

    `takes` says, where nothing is planted, what it would take to find it.
    """

    source: str
    what: str
    planted: tuple[str, ...] = ()
    takes: str = ""


def _report(place: str, what: str, *planted: str, takes: str = "") -> Origin:
    return Origin(GITHUB + place, what, planted, takes)


def _repair(number: int, what: str, *planted: str, takes: str = "") -> Origin:
    return Origin(f"{UPSTREAM}{number}", what, planted, takes)


REPORTS: tuple[Origin, ...] = (
    _report(
        "GuntharDeNiro/BTCT/issues/404",
        "an order that the exchange let expire stays open for the bot",
        "ends-that-were-not-asked-for-ignored",
    ),
    _report(
        "GuntharDeNiro/BTCT/issues/224",
        "a post-only order that was cancelled at once stays open for the bot",
        "ended-post-only-order-ignored",
    ),
    _report(
        "coinbase/coinbase-pro-trading-toolkit/issues/149",
        "a rejected post-only order is taken for placed",
        "refused-post-only-order-taken-for-open",
    ),
    _report(
        "hummingbot/hummingbot/issues/6754",
        "a market order that was filled in part is cancelled",
        "expired-taken-for-filled",
        "partly-filled-and-cancelled-taken-for-filled",
        "partly-filled-and-cancelled-unknown",
    ),
    _report(
        "rotki/rotki/issues/2013", "the asset of a fee is guessed from the side", "a-fee-in-what-was-received"
    ),
    _report(
        "InjectiveLabs/injective-helix-demo/issues/368",
        "a rebate is shown as a fee that was paid",
        "a-rebate-taken-for-a-cost",
        "a-rebate-of-okx-taken-for-a-cost",
    ),
    _report(
        "freqtrade/freqtrade/issues/3219",
        "the asset of fees changed, and was not followed",
        "the-rate-of-the-start-for-ever",
        "the-usual-rate-of-okx-for-ever",
    ),
    _report(
        "stellar-deprecated/stellar-client/issues/699",
        "an error is shown as a balance of zero",
        "an-error-empties-the-account",
        "balances-cleared-before-they-are-asked-for",
    ),
    _report(
        "yubing744/trading-gpt/issues/103", "a position is misread as flat", "an-error-closes-the-positions"
    ),
    _report(
        "JKorf/Bitfinex.Net/issues/29",
        "trades do not come back after a break",
        "only-the-book-subscribed-again",
    ),
    _report(
        "cuongitl/python-bitget/issues/24",
        "nothing is subscribed to again after a break",
        "market-stream-connected-once",
        "user-stream-connected-once",
    ),
    _report("freqtrade/freqtrade/issues/7107", "a liquidation is not noticed", "liquidations-not-noticed"),
    _report(
        "richkuo/go-trader/issues/576", "a position closed by hand stays", "closed-by-others-not-noticed"
    ),
    _report(
        "hummingbot/hummingbot/issues/7603",
        "every perpetual is taken to pay funding each eight hours",
        "the-next-funding-at-the-eighth-hour",
        "bybits-next-funding-at-the-eighth-hour",
    ),
    _report(
        "hummingbot/hummingbot/issues/3317",
        "a fill is reported twice",
        "each-message-a-new-fill",
        "repeated-messages-counted-again",
    ),
    _report(
        "hummingbot/hummingbot/issues/905",
        "a fill before the reply is lost",
        "a-fill-before-the-reply-dropped",
    ),
    _report("hummingbot/hummingbot/issues/1754", "requests go on after 429", "rate-limit-replies-hammered"),
    _report(
        "oliver-zehentleitner/unicorn-binance-websocket-api/issues/275",
        "the key of the private stream expires",
        "listen-key-never-renewed",
    ),
    _report(
        "hummingbot/hummingbot/issues/6567",
        "positions are told in contracts",
        "positions-of-the-stream-in-contracts",
    ),
    _report(
        "hummingbot/hummingbot/issues/7492",
        "one market that is not known keeps the rules of all from loading",
        "a-market-that-the-map-lacks-ends-the-rules",
    ),
    _report(
        "freqtrade/freqtrade/issues/5481",
        "steps changed while the bot ran",
        "rules-of-the-start-for-ever",
        "rules-read-anew-once-a-day",
    ),
    _report(
        "sieblyio/binance/issues/360",
        "order ids lose their last digits in a float",
        "order-ids-through-a-float",
        "order-ids-of-okx-through-a-float",
    ),
    _report(
        "nautechsystems/nautilus_trader/issues/1205",
        "trade ids that come again stop the engine",
        "fills-of-another-market-taken-for-known",
        "fills-by-tid-alone",
    ),
    _report(
        "hummingbot/hummingbot/issues/1379",
        "many orders at once break the limits",
        "limits-not-kept",
    ),
)

HISTORY: tuple[Origin, ...] = (
    _repair(
        5828, "the number of orders was read as a level's amount", "number-of-orders-taken-for-the-amount"
    ),
    _repair(6126, "positions were kept by the exchange's symbol", "positions-kept-by-the-exchanges-symbol"),
    _repair(6940, "the time of the next funding was in milliseconds", "the-next-funding-in-milliseconds"),
    _repair(6962, "the funding rate was read once", "funding-of-the-start-for-ever"),
    _repair(6284, "amounts of the book were in contracts", "book-amounts-in-contracts"),
    _repair(6578, "positions were in contracts", "positions-of-the-stream-in-contracts"),
    _repair(
        7002,
        "the step of amounts was taken for the size of a contract",
        "amounts-sent-in-contracts-of-a-tenth",
    ),
    _repair(
        6500,
        "client order ids were longer than the exchange takes",
        "order-ids-longer-than-the-exchange-takes",
    ),
    _repair(6164, "an old version of an address was used", "an-address-of-an-older-version"),
    _repair(7926, "the sign of fees was turned round", "fee-taken-for-a-rebate"),
    _repair(7362, "closing orders were not reduce-only", "reduce-only-dropped"),
    _repair(6640, "leverage was sent to where it set nothing", "leverage-kept-to-itself"),
    _repair(7766, "every answer to a cancel was taken for success", "refused-cancels-taken-for-done"),
    _repair(
        5900,
        "fills were not read, and parameters signed in another order",
        "missed-fills-not-looked-for",
        "signature-over-sorted-parameters",
    ),
    _repair(6584, "bodies were signed wrongly", "requests-not-signed"),
    _repair(8356, "prices were rounded to decimals, not to the market's step", "prices-rounded-to-cents"),
    _repair(8164, "the balance was not the equity of the account", "what-is-available-taken-for-the-whole"),
    _repair(8170, "balances were those of another account in unified mode", "balances-of-the-spot-account"),
    _repair(
        5766,
        "the code for an order that is done was mistyped, so that a late cancel failed",
        "an-unheard-cancellation-taken-for-a-failure",
    ),
    _repair(6596, "limits were older than the exchange's", "limits-not-kept"),
    _repair(
        8216,
        "a closed position stayed while another was open",
        "positions-removed-only-when-none-is-left",
        "closed-positions-stay-while-another-is-open",
    ),
    _repair(7470, "times of public trades were in seconds", "public-trades-in-whole-seconds"),
    _repair(
        7122,
        "the error for a wrong clock was not known",
        "the-code-for-a-wrong-clock-mistyped",
        "kucoins-code-for-a-wrong-clock-not-known",
    ),
    _repair(
        6236,
        "fees were asked of more symbols than one request takes",
        "fees-of-all-pairs-in-one-request",
        "all-topics-in-one-request",
    ),
    _repair(
        8252,
        "a silent connection was waited for without end",
        "deaf-connections-kept",
        "deaf-connections-of-hyperliquid-kept",
    ),
    _repair(
        7576,
        "an empty book broke the snapshot",
        "a-book-of-one-side-taken-for-none",
        "the-best-ask-of-a-snapshot-without-asks",
    ),
    _repair(
        6868,
        "a header that the exchange wants was missing",
        "a-header-left-out",
        "json-that-is-called-a-form",
        "bitgets-json-that-is-called-a-form",
    ),
    _repair(
        6530,
        "a market order was priced by the best level alone",
        "market-buys-priced-by-the-best-level",
        "market-orders-at-the-best-price",
    ),
    _repair(
        6372,
        "a market order named no time in force",
        "a-market-order-without-its-time-in-force",
        "market-orders-with-a-time-in-force",
    ),
    _repair(
        7126, "a market order read a price as a number that was none", "market-orders-rest-at-the-best-price"
    ),
    _repair(
        7790,
        "a missing price was compared with `is`",
        "a-missing-price-compared-with-is-in-hyperliquid",
        "a-missing-price-compared-with-is-in-hyperliquid-perpetual",
    ),
    _repair(
        7398,
        "an empty text was read as a balance",
        "an-empty-text-read-as-a-balance",
        "an-empty-text-read-as-equity",
    ),
    _repair(8174, "post-only orders were not offered", takes="nothing: a connector may offer what it likes"),
    _repair(
        6790,
        "market orders that close were refused as reduce-only",
        "reduce-only-in-hedge-mode",
        "market-orders-close-the-other-side",
    ),
    _repair(7134, "requests were signed with the computer's own time", "signs-with-the-computers-clock"),
    _repair(
        7310,
        "pings were answered without their payload, so that the exchange closed the connection",
        "pongs-without-the-pings-payload",
    ),
    _repair(
        8284,
        "each message of the book was the whole of it, and was merged as changes",
        "whole-books-merged-as-changes",
        "whole-books-of-perpetuals-merged-as-changes",
    ),
    _repair(
        7182,
        "the exchange's word for an open market had changed",
        "open-markets-known-by-an-older-word",
        "open-markets-known-by-an-older-field",
    ),
    _repair(
        6986,
        "what a market permits was read where it stood before",
        "permissions-read-where-they-stood-before",
    ),
    _repair(
        8166,
        "markets that were listed in part kept the connector from starting",
        "a-market-without-steps-ends-the-rules",
        "an-empty-figure-ends-the-rules",
    ),
    _repair(
        8240,
        "the position mode that the account already had was not asked for",
        "the-mode-that-the-account-has-taken-for-a-failure",
        "the-mode-that-the-account-of-bybit-has-taken-for-a-failure",
    ),
    _repair(3332, "a symbol was split by a list of quote assets", "symbol-split-four-letters-from-its-end"),
    _repair(3386, "partial fills were not reported", "only-the-last-fill-counted"),
    _repair(
        3590,
        "balances of another account of the same user were taken for the trading account's",
        takes="nothing: kucoin as it was merged does so again, and `other-accounts-stay-out` finds it",
    ),
    _repair(3938, "a position of zero was not taken off", "closed-positions-kept"),
    _repair(4308, "a funding payment was never reported", "funding-payments-never-looked-for"),
    _repair(4370, "amounts were rounded to the nearest step", "amounts-rounded-to-the-nearest"),
    _repair(4386, "an end was told by the stream and by a poll", "cancel-reported-by-request-and-by-poll"),
    _repair(
        4442,
        "the fee on top of the cost was not reckoned with, so that orders failed for lack of balance",
        "no-fee-of-kucoin-expected",
        "fees-of-kraken-taken-from-returns",
    ),
    _repair(4466, "pings were not answered, so that the stream was closed", "pings-never-sent"),
    _repair(5088, "fills had the id of their order", "partial-fills-named-after-their-order"),
    _repair(
        5224,
        "orders named the position of one-way mode in hedge mode",
        "the-position-of-one-way-mode-in-hedge-mode",
        "a-closing-order-for-the-other-position",
    ),
    _repair(5292, "balances were not read again after a fill", "balances-read-once"),
)


def planted_of(origins: tuple[Origin, ...]) -> frozenset[str]:
    """The names of the defects of their kinds."""
    return frozenset(name for origin in origins for name in origin.planted)
