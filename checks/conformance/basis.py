"""What a pass rests on, for each requirement that is checked by running the connector.

Static checks read files and git objects themselves: all of theirs is observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Rests(StrEnum):
    """How much a pass owes to the connector's own process."""

    #: The wire, the venue's books or what was built decide; no word of the connector's is needed.
    OBSERVED = "observed"
    #: It has to claim what the books say, and could know that only by doing the work, which was seen.
    COMPARED = "compared"
    #: Its process says so. Never enough for a blocker.
    CLAIMED = "claimed"


RESTS_ON: Mapping[str, tuple[Rests, str]] = {
    "builds": (Rests.OBSERVED, "the modules that came out of the build"),
    "builds-without-warnings": (Rests.CLAIMED, "what compilers wrote, in a sandbox of the fork's"),
    "imports-and-constructs": (Rests.OBSERVED, "that it looks for its exchange once it is started"),
    "unit-tests-pass-offline": (Rests.CLAIMED, "pytest's counts, in the process of the tests"),
    "unit-tests-need-no-credentials": (Rests.CLAIMED, "the same; there are no credentials to be found"),
    "unit-tests-cover-80-percent": (Rests.CLAIMED, "coverage's lines, in the process of the tests"),
    "upstream-tests-still-pass": (Rests.CLAIMED, "which tests fail, in the process of the tests"),
    "unit-tests-detect-defects": (Rests.CLAIMED, "which tests fail, in the process of the tests"),
    "trading-pairs-listed": (Rests.COMPARED, "its pairs against the venue's markets and ccxt's"),
    "trading-pairs-in-standard-form": (Rests.COMPARED, "its symbols against the dialect's"),
    "order-book-snapshot-matches": (Rests.COMPARED, "its book against the venue's, which the seed makes"),
    "order-book-diffs-applied": (Rests.COMPARED, "its book against the venue's after random changes"),
    "trades-streamed": (Rests.COMPARED, "its trades against the venue's"),
    "trade-side-known": (Rests.COMPARED, "its trades' sides against the venue's"),
    "last-traded-price": (Rests.COMPARED, "its price against the venue's"),
    "top-of-book-prices": (Rests.COMPARED, "its prices against the venue's"),
    "websocket-preferred": (Rests.OBSERVED, "requests and messages at the gateway"),
    "trading-rules-match-exchange": (Rests.COMPARED, "its rules against the venue's markets"),
    "smallest-order-value-known": (Rests.COMPARED, "its rules against the venue's markets"),
    "price-and-amount-quantized": (Rests.OBSERVED, "orders in the venue's books"),
    "quantized-figures-exact": (Rests.COMPARED, "its figures against the venue's steps"),
    "orders-below-minimum-not-sent": (Rests.OBSERVED, "requests at the gateway; and one failure event"),
    "limit-buy-and-sell": (Rests.OBSERVED, "orders in the venue's books"),
    "market-buy-and-sell": (Rests.OBSERVED, "orders in the venue's books"),
    "limit-maker-as-declared": (Rests.OBSERVED, "orders in the venue's books"),
    "client-order-id-unique-and-valid": (Rests.COMPARED, "its ids, and those in the venue's books"),
    "cancel-one": (Rests.OBSERVED, "the order's end in the venue's books; and one event"),
    "cancel-all-own-orders": (Rests.OBSERVED, "open orders in the venue's books"),
    "cancel-confirmed-before-reported": (Rests.COMPARED, "its events against an order that stayed open"),
    "created-event-once": (Rests.COMPARED, "its events against orders in the venue's books"),
    "every-fill-reported-once": (Rests.COMPARED, "its events against fills in the venue's books"),
    "completed-after-last-fill": (Rests.COMPARED, "its events against fills in the venue's books"),
    "cancelled-event-once": (Rests.COMPARED, "its events against orders in the venue's books"),
    "failure-event-on-reject": (Rests.COMPARED, "its events against a request that the venue refused"),
    "one-terminal-event": (Rests.COMPARED, "its events against orders in the venue's books"),
    "event-timestamps-in-seconds": (Rests.COMPARED, "its events against our clock"),
    "in-flight-orders-tracked": (Rests.COMPARED, "its orders against those in the venue's books"),
    "status-updated-without-user-stream": (Rests.COMPARED, "its events against the venue's books"),
    "order-history-consistent": (Rests.COMPARED, "its events, orders and balances against the venue's books"),
    "missed-fills-recovered": (Rests.COMPARED, "its events against a fill that no stream told of"),
    "lost-reply-reconciled": (Rests.COMPARED, "its orders against those in the venue's books"),
    "missing-order-not-failed-early": (Rests.COMPARED, "its orders against one that stayed in the books"),
    "fill-before-ack-handled": (Rests.COMPARED, "its events against fills in the venue's books"),
    "tracking-restored-after-restart": (Rests.COMPARED, "its events against the venue's books"),
    "total-balance-matches": (Rests.COMPARED, "its balances against the ledger"),
    "available-balance-matches": (Rests.COMPARED, "its balances against the ledger"),
    "balance-follows-fills": (Rests.COMPARED, "its balances against the ledger"),
    "trade-fee-matches": (Rests.COMPARED, "its fees against the ledger"),
    "positions-match": (Rests.COMPARED, "its positions against the venue's"),
    "position-restored": (Rests.COMPARED, "its positions against the venue's, in a new process"),
    "leverage-set": (Rests.OBSERVED, "the account's leverage in the venue's books"),
    "position-mode-set": (Rests.OBSERVED, "the account's position mode in the venue's books"),
    "funding-info-matches": (Rests.COMPARED, "its rate and prices against the venue's, which the seed makes"),
    "funding-payment-once": (Rests.COMPARED, "its events against a payment in the venue's books"),
    "reduce-only-close": (Rests.OBSERVED, "the closing order in the venue's books"),
    "contract-size-applied": (Rests.COMPARED, "orders in the venue's books; its fills and positions"),
    "wrong-key-reported": (Rests.CLAIMED, "that it is not ready, and its log"),
    "reconnects-market-stream": (
        Rests.COMPARED,
        "its book against the venue's, after its sockets were closed",
    ),
    "reconnects-user-stream": (Rests.COMPARED, "its events, and that fills were streamed again"),
    "survives-server-errors": (Rests.OBSERVED, "the order that arrives afterwards"),
    "tolerates-malformed-messages": (Rests.COMPARED, "its book and events against the venue's"),
    "stops-cleanly": (Rests.OBSERVED, "sockets and requests at the gateway; its tasks are claimed"),
    "network-status-truthful": (Rests.COMPARED, "its word against an outage that we made"),
    "reconnects-with-back-off": (Rests.OBSERVED, "tries to open a stream, at the gateway"),
    "user-stream-kept-alive": (Rests.COMPARED, "streams at the gateway; its events against the venue's"),
    "order-book-recovers-from-gap": (Rests.COMPARED, "its book against the venue's"),
    "order-book-depth-100": (Rests.COMPARED, "its book, whose prices are compared elsewhere"),
    "tolerates-clock-skew": (Rests.OBSERVED, "orders in the venue's books"),
    "long-run-stays-healthy": (Rests.COMPARED, "its orders against the venue's; what it holds is claimed"),
    "honours-rate-limit-replies": (Rests.OBSERVED, "requests at the gateway"),
    "stays-under-limits": (Rests.OBSERVED, "replies that the venue counted"),
    "signs-requests": (Rests.OBSERVED, "signatures that the venue verified"),
    "secrets-stay-inside": (Rests.OBSERVED, "all that left, searched for the secret"),
    "secrets-not-logged": (Rests.CLAIMED, "the log records that its process kept"),
    "only-declared-hosts": (Rests.OBSERVED, "connections and look-ups at the gateway"),
    "tls-verified": (Rests.OBSERVED, "handshakes at the gateway"),
    "plays-fair-with-the-harness": (Rests.OBSERVED, "the driver's channel and the venue's books"),
    "asks-for-its-keys": (Rests.CLAIMED, "its settings"),
    "ready-in-time": (Rests.CLAIMED, "that it says so; its book is compared elsewhere"),
    "event-loop-not-blocked": (Rests.CLAIMED, "stalls that its process measured"),
    "logs-are-useful": (Rests.CLAIMED, "the log records that its process kept"),
}
