"""The operation that the words of a path, or of a request, speak for. Pure."""

from __future__ import annotations

import re

# What a path's words say of a route that neither an act nor the tests' kit names; the first that fits.
_BY_NAME = (
    (r"position.*mode|switch-?mode|position_?side|dual", "position_mode"),
    (r"leverage", "set_leverage"),
    (r"funding.*(payment|history|fee)|settlement", "funding_payments"),
    (r"funding|premium|mark_?-?price|index_?-?(price|ticker)", "funding_rate"),
    (r"position", "positions"),
    (r"depth|order_?book|orderbook|/books?\b", "order_book"),
    (r"listen_?key|data_?stream", "user_stream_open"),
    (r"token|bullet|/(auth|authenticate|log_?in|sign_?in|sessions?)$", "stream_token"),
    (r"open_?orders", "open_orders"),
    (r"server_?time|/time\b", "server_time"),
    (r"fee(?!d)", "fees"),
    (r"ping|status|health", "ping"),
    (r"my_?trades|fills|transactions|/fill$", "order_trades"),
    (r"/(me|whoami|profile)$", "accounts"),
    (r"balance|account|wallet|capital", "balances"),
    (r"ticker", "ticker"),
    (r"symbols|pairs|markets|instruments|exchange_?info|products|contracts|/(instrument|symbol)$", "symbols"),
)

_CHANGES = (
    (r"cancel|revoke|delete_?order", "cancel_order"),
    (r"(place|create|new|add|submit|insert|send)_?order|order[._]?(place|create|new)|^order$", "place_order"),
)


def named_so(path: str) -> str:
    """The operation that a path's words speak for, empty where none does."""
    return next((operation for pattern, operation in _BY_NAME if re.search(pattern, path, re.I)), "")


def said_so(word: str) -> str:
    """The operation that a word of a request speaks for (`private/cancel`), empty where there is none."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).replace("-", "_")
    changes = (operation for pattern, operation in _CHANGES if re.search(pattern, plain, re.I))
    return next(changes, "") or named_so(plain)
