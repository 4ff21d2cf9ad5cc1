"""Keys, time stamps and signatures. Source: Binance's `rest-api.md` and `web-socket-api.md`, security."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.venue.dialects.binance.errors import error, illegal, missing
from harness.venue.dialects.binance.parameters import MAX_RECV_WINDOW, check_duplicates, integer
from harness.venue.dialects.messages import Request
from harness.venue.dialects.signing import hmac_hex, same
from harness.venue.model import Account
from harness.venue.session import Venue

DEFAULT_RECV_WINDOW = 5000
AHEAD = 1000  # ms that a time stamp may be ahead of the server's clock
_KEY = re.compile(r"[A-Za-z0-9]{64}")
_SIGNATURE = r"^[A-Fa-f0-9]{64}$"


def account_of(venue: Venue, key: str | None) -> Account:
    """Whose key it is; -2014 when it is none, -2015 when nobody's."""
    if key is None or not _KEY.fullmatch(key):
        raise error(-2014, "API-key format invalid.", 401)
    account = venue.account_of_key(key)
    if account is None:
        raise error(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    return account


def check_request(request: Request, account: Account, now_ms: int, slack_ms: int) -> None:
    """A signed REST request: parameters sent once, in time, and signed over query and body as sent."""
    check_duplicates(request)
    params = dict([*request.query, *request.form])
    signature = params.get("signature")
    if not signature:
        raise missing("signature")
    if not re.fullmatch(_SIGNATURE, signature, re.ASCII):
        raise illegal("signature", _SIGNATURE)
    check_time(params, now_ms, slack_ms)
    message = _unsigned(request.query_string) + _unsigned(request.text)
    _check_signature(account, message, signature)


def check_call(params: Mapping[str, str], account: Account, now_ms: int, slack_ms: int) -> None:
    """A signed call of the WebSocket API: its parameters by name, joined as they are."""
    signature = params.get("signature")
    if not signature:
        raise missing("signature")
    check_time(params, now_ms, slack_ms)
    rest = sorted((name, value) for name, value in params.items() if name != "signature")
    _check_signature(account, "&".join(f"{name}={value}" for name, value in rest), signature)


def check_time(params: Mapping[str, str], now_ms: int, slack_ms: int) -> None:
    """`slack_ms` is what a scaled clock adds to the delay between two processes."""
    timestamp, window = integer(params, "timestamp"), integer(params, "recvWindow")
    if timestamp is None:
        raise missing("timestamp")
    if window is not None and window > MAX_RECV_WINDOW:
        raise error(-1131, f"recvWindow must be less than {MAX_RECV_WINDOW}.")
    if timestamp > now_ms + AHEAD + slack_ms:
        raise error(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - timestamp > (DEFAULT_RECV_WINDOW if window is None else window) + slack_ms:
        raise error(-1021, "Timestamp for this request is outside of the recvWindow.")


def _unsigned(text: str) -> str:
    """Parameters as sent, without the signature."""
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))


def _check_signature(account: Account, message: str, signature: str) -> None:
    if not same(hmac_hex(account.api_secret, message), signature.lower()):
        raise error(-1022, "Signature for this request is not valid.")
