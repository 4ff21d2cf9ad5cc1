"""Who signed a request.

Source: www.kucoin.com/docs-new/authentication: `KC-API-SIGN` is the base64 of an HMAC-SHA256 over time stamp,
method, path with query, and body; the passphrase is signed the same way (key version 2 and 3). A body has to
be said to be JSON (415000 among the error codes).
"""

from __future__ import annotations

from urllib.parse import unquote

from harness.venue.dialects.kucoin.replies import refusal
from harness.venue.dialects.messages import Request
from harness.venue.dialects.signing import hmac_base64, same
from harness.venue.model import Account
from harness.venue.session import Venue

WINDOW = 5.0  # seconds that KC-API-TIMESTAMP may be off
SIGNED_WITH = ("KEY", "SIGN", "TIMESTAMP", "PASSPHRASE")
VERSIONS = ("2", "3")


def signer(venue: Venue, request: Request, now: float, slack: float) -> Account:
    """The account whose key and signature the request carries; raises `Refused`."""
    if request.unlike_json:
        raise refusal(
            "415000", "Unsupported Media Type -- You need to use Content-Type: application/json", 415
        )
    account = _in_time(venue, request, now, slack)
    if request.header("KC-API-KEY-VERSION") not in VERSIONS:
        raise refusal("400009", "Invalid KC-API-KEY-VERSION", 401)
    _check(request, account, hmac_base64(account.api_secret, account.passphrase))
    return account


def signer_with_first_version(venue: Venue, request: Request, now: float, slack: float) -> Account:
    """The same with a key of version 1, whose passphrase was sent as it is. Raises `Refused`."""
    account = _in_time(venue, request, now, slack)
    _check(request, account, account.passphrase)
    return account


def _in_time(venue: Venue, request: Request, now: float, slack: float) -> Account:
    given = {part: request.header(f"KC-API-{part}") or "" for part in SIGNED_WITH}
    if not all(given.values()):
        raise refusal("400001", "Please check the header of your request for KC-API-KEY, KC-API-SIGN, "
                      "KC-API-TIMESTAMP, KC-API-PASSPHRASE", 401)  # fmt: skip
    account = venue.account_of_key(given["KEY"])
    if account is None:
        raise refusal("400003", "KC-API-KEY not exists", 401)
    if not _is_near(given["TIMESTAMP"], now, WINDOW + slack):
        raise refusal("400002", "KC-API-TIMESTAMP Invalid", 401)
    return account


def _check(request: Request, account: Account, passphrase: str) -> None:
    if not same(passphrase, request.header("KC-API-PASSPHRASE") or ""):
        raise refusal("400004", "Invalid KC-API-PASSPHRASE", 401)
    sign = request.header("KC-API-SIGN") or ""
    if not any(same(hmac_base64(account.api_secret, text), sign) for text in _signed(request)):
        raise refusal("400005", "Invalid KC-API-SIGN", 401)


def _is_near(timestamp: str, now: float, tolerance: float) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 20):
        return False
    return abs(int(timestamp) / 1000 - now) <= tolerance


def _signed(request: Request) -> set[str]:
    """What may have been signed: the query as sent, or as it was before it was escaped."""
    stamp = request.header("KC-API-TIMESTAMP") or ""
    query = f"?{request.query_string}" if request.query_string else ""
    return {f"{stamp}{request.method}{request.path}{text}{request.text}" for text in (query, unquote(query))}
