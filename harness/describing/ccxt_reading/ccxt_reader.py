"""ccxt as a second reader of the replies that a fork's tests mock. Its network is replaced by the reply."""

from __future__ import annotations

import base64
import contextlib
import importlib
import math
import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import JsonValue

from harness.describing.documents.leaves import Leaf, Path, flatten, number_of, packed
from harness.describing.documents.readings import CCXT, Meaning, fact_of, meanings_of
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import Sentinels
from harness.describing.signing.signatures import Scheme, schemes_of

# What it wants to have before it asks anything; nothing leaves.
_KEYS = {
    "apiKey": "key", "secret": "c2VjcmV0", "password": "word", "uid": "1", "privateKey": f"0x{'1' * 64}",
    "walletAddress": f"0x{'1' * 40}",
}  # fmt: skip
_ACCOUNT = {"subaccount_id": 1, "deriveWalletAddress": f"0x{'1' * 40}"}
MOST_LEAVES = 80  # of one reply
LARGEST = 200_000  # characters of one reply
# ccxt's words for an order's state, by the venue's.
STATES: Mapping[str, tuple[str, ...]] = {
    "open": ("open",),
    "partially_filled": ("open",),
    "filled": ("closed",),
    "canceled": ("canceled", "canceling"),
}


class CcxtReader:
    """One exchange of ccxt with one market, which the sentinels name. Nothing of it reaches a network."""

    def __init__(self, ccxt_id: str, sentinels: Sentinels, symbol: str, perpetual: bool = False) -> None:
        """Raises LookupError where ccxt does not have the exchange."""
        module = importlib.import_module("ccxt")
        kind = getattr(module, ccxt_id, None)
        if kind is None:
            raise LookupError(ccxt_id)
        self._sentinels = sentinels
        self._exchange: Any = kind({**_KEYS, "options": dict(_ACCOUNT)})
        self._exchange.enableRateLimit = False
        self._reply: Any = None
        self._exchange.fetch = lambda *_, **__: self._reply
        # What it asks with is of no account here, and some want keys of a certain form for it.
        self._exchange.sign = lambda path, *_, **__: {
            "url": path,
            "method": "",
            "body": None,
            "headers": None,
        }
        self._exchange.check_required_credentials = lambda *_, **__: True
        self._symbol = f"{sentinels.base}/{sentinels.quote}"
        if perpetual:
            self._symbol += f":{sentinels.quote}"
        self._exchange.set_markets([_market(self._exchange, self._symbol, symbol, perpetual)])

    def read(self, operation: str, document: JsonValue) -> dict[str, JsonValue] | None:
        """ccxt's reading as flat attributes (`order.price`), None where it cannot read such a reply."""
        self._reply = packed(document)
        sentinels, exchange = self._sentinels, self._exchange
        calls = {
            "order_status": ("order", lambda: exchange.fetch_order(sentinels.order_id, self._symbol)),
            "place_order": (
                "order",
                lambda: exchange.create_order(self._symbol, "limit", "buy", 17.19, 9871.3),
            ),
            "cancel_order": ("order", lambda: exchange.cancel_order(sentinels.order_id, self._symbol)),
            "order_trades": ("fills", lambda: exchange.fetch_my_trades(self._symbol)),
            "balances": ("balance", exchange.fetch_balance),
            "symbols": ("market", exchange.fetch_markets),
            "ticker": ("ticker", lambda: exchange.fetch_ticker(self._symbol)),
            "order_book": ("book", lambda: exchange.fetch_order_book(self._symbol)),
            "server_time": ("time", exchange.fetch_time),
        }
        if operation not in calls:
            return None
        name, call = calls[operation]
        try:
            structure = call()
        except Exception:  # whatever ccxt trips over in a reply that is not what it expects
            return None
        flat = {_named(name, path): _plain(leaf) for path, leaf in _attributes(structure).items()}
        return {key: value for key, value in flat.items() if value is not None} or None

    def meanings(self, operation: str, document: JsonValue) -> dict[Path, Meaning]:
        """For each leaf that ccxt reads, what it takes it for; nothing where it cannot read the reply."""
        if len(str(document)) > LARGEST:
            return {}
        return meanings_of(document, partial(self.read, operation), another, MOST_LEAVES)

    def fee_in(self, document: JsonValue) -> str:
        """In which of the pair's assets it has a fill's fee: `base`, `quote`, empty where in neither."""
        read = self.read("order_trades", document) or {}
        named = (read[name] for name in sorted(read) if fact_of(name, CCXT) == "fill.fee_asset")
        asset = str(next(named, ""))
        return {self._sentinels.base: "base", self._sentinels.quote: "quote"}.get(asset, "")

    def state(self, operation: str, document: JsonValue) -> str | None:
        """ccxt's word for the state of the order in a reply."""
        state = (self.read(operation, document) or {}).get("order.status")
        return state if isinstance(state, str) else None


def another(leaf: Leaf) -> JsonValue:
    """Another value of the same kind: a number stays of its size, a word becomes one that nobody knows."""
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, int | float):
        return leaf + 1 if leaf else 7
    number = number_of(leaf)
    if number is not None:
        return str(number + 1) if number else "7"
    return f"Q{leaf or ''}"


def _attributes(structure: Any) -> dict[Path, Leaf]:
    """The structure's leaves without `info`, which is the reply itself."""
    return flatten(_without_info(structure))


def _without_info(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _without_info(item) for key, item in value.items() if key != "info"}
    return [_without_info(item) for item in value] if isinstance(value, list) else value


def _named(name: str, path: Path) -> str:
    text = name
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text


def _plain(leaf: Leaf) -> JsonValue:
    return None if isinstance(leaf, float) and not math.isfinite(leaf) else leaf


def signs_alike(ccxt_id: str, schemes: Sequence[Scheme]) -> bool:
    """Whether a scheme that signs the fork's requests signs ccxt's own: the same text, hash and secret."""
    kind = getattr(importlib.import_module("ccxt"), ccxt_id, None)
    if kind is None or not schemes:
        return False
    # Known to nobody and of use to nobody: ccxt signs with it here, and nothing leaves.
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    credentials = {
        "key": f"account-{secrets.token_hex(12)}",  # as ccxt wants Gemini's; to the others all are alike
        "secret": secret,
        "password": secrets.token_hex(6),
    }
    exchange: Any = kind(
        {"apiKey": credentials["key"], "secret": credentials["secret"], "password": credentials["password"]}
    )
    exchange.enableRateLimit = False
    sent: list[Said] = []
    exchange.fetch = lambda url, method="GET", headers=None, body=None: sent.append(
        _said(url, method, headers, body)
    )
    symbol = "COINALPHA/HBOT"
    exchange.set_markets([_market(exchange, symbol, symbol.replace("/", ""), False)])
    for call in (
        exchange.fetch_balance,
        lambda: exchange.fetch_order("1", symbol),
        lambda: exchange.create_order(symbol, "limit", "buy", 1.5, 2.5),
    ):
        with contextlib.suppress(Exception):  # the reply is nothing: it was sent, and that is enough
            call()
    formulas = {_formula(each) for each in schemes}
    return any(formulas & {_formula(each) for each in schemes_of(said, credentials)} for said in sent)


def _formula(scheme: Scheme) -> tuple[str, ...]:
    return scheme.text, scheme.algorithm, scheme.encoding, scheme.form


def _said(url: str, method: str, headers: Mapping[str, str] | None, body: str | None) -> Said:
    parts = urlsplit(url)
    return Said(parts.netloc, parts.path, method, parts.query, tuple((headers or {}).items()), body or "")


def _market(exchange: Any, symbol: str, name: str, perpetual: bool) -> dict[str, Any]:
    """ccxt's structure of one market; `name` is the exchange's own."""
    base, quote = symbol.partition(":")[0].split("/")
    whole = getattr(exchange, "safe_market_structure", dict)  # releases before 2023 have none
    structure: dict[str, Any] = whole(
        {
            "id": name,
            "lowercaseId": name.lower(),
            "symbol": symbol,
            "base": base,
            "quote": quote,
            "baseId": base,
            "quoteId": quote,
            "settle": quote if perpetual else None,
            "type": "swap" if perpetual else "spot",
            "spot": not perpetual,
            "swap": perpetual,
            "contract": perpetual,
            "linear": perpetual or None,
            "contractSize": 1.0 if perpetual else None,
            "active": True,
            "precision": {"price": 0.01, "amount": 0.01},
        }
    )
    return structure
