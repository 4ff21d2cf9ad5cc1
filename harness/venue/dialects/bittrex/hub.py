"""Bittrex's hub `c2` of 2020 over SignalR: books, trades, orders and balances.

Source: README.md of bittrex.github.io (WebSocket API v1.1: functions, callbacks, minified keys, "compressed
… via a 'deflate' API … and base64 encoded") and SignalR's protocol 1.5 (`H`, `M`, `A`, `I` of a call, `R` of
its answer). Markets are named quote first there. A market's nonce goes up by one with each delta; sums are
numbers, though the page calls them texts ("not correctly encoded in the current release").
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
import zlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import JsonValue

from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.signing import hmac_hex, same
from harness.venue.dialects.topics import Topic, TopicSession
from harness.venue.dialects.wire import Json, ms, parsed
from harness.venue.events import BalanceChanged, BookChanged, OrderChange, OrderChanged, TradePrinted
from harness.venue.market import Market
from harness.venue.model import Account, BookView, Order, OrderType, Side, Trade

if TYPE_CHECKING:
    from harness.venue.dialects.bittrex.exchange import Bittrex

KEEP_ALIVE = 10.0
ADDED, REMOVED, UPDATED = 0, 1, 2
KINDS = {
    OrderChange.NEW: 0, OrderChange.AMENDED: 1, OrderChange.CANCELED: 3, OrderChange.EXPIRED: 3,
}  # fmt: skip
PARTLY, FILLED = 1, 2
RECENT = 100  # fills that a market's state has


def packed(said: JsonValue) -> str:
    """Deflated without a header, in base64."""
    squeezed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    raw = squeezed.compress(json.dumps(said, separators=(",", ":")).encode()) + squeezed.flush()
    return base64.b64encode(raw).decode()


def number(value: Decimal) -> float:
    return float(value)


def quote_first(market: Market) -> str:
    return f"{market.quote}-{market.base}"


class HubSession(TopicSession):
    """Calls of one connection and what they subscribed to. `expired` ends it."""

    def __init__(self, exchange: Bittrex) -> None:
        super().__init__(exchange.venue)
        self.expired = False
        self._exchange = exchange
        self._told_at = self.heard_at
        self._sent = 0
        self._challenges: dict[str, str] = {}
        self._levels: dict[Market, set[tuple[Side, Decimal]]] = {}
        self._since: dict[Market, int] = {}
        self._nonces: dict[Market, int] = {}

    def opened(self) -> Iterable[Outgoing]:
        yield Frame.of("stream:subscribe", {"C": self._cursor(), "S": 1, "M": []})

    def operation_of(self, message: str | bytes) -> str:
        login = str(parsed(message).get("M", "")).lower() in ("getauthcontext", "authenticate")
        return "stream:login" if login else "stream:subscribe"

    def said(self, message: str | bytes) -> Iterable[Outgoing]:
        call = parsed(message)
        name, listed = str(call.get("M", "")).lower(), call.get("A")
        given = [str(each) for each in listed] if isinstance(listed, list) else []
        operation = self.operation_of(message)
        try:
            told = self._call(name, given)
        except LookupError as error:
            yield Frame.of(operation, {"I": str(call.get("I", "")), "E": str(error)})
            return
        yield Frame.of(operation, {"R": told, "I": str(call.get("I", ""))})

    def _call(self, name: str, given: list[str]) -> JsonValue:
        """What a function of the hub answers; raises LookupError."""
        first = given[0] if given else ""
        match name:
            case "getauthcontext":
                self._challenges[first] = secrets.token_hex(16)
                return self._challenges[first]
            case "authenticate":
                return self._log_in(first, given[1] if len(given) > 1 else "")
            case "queryexchangestate":
                return packed(self._state(self._market(first)))
            case "subscribetoexchangedeltas":
                market = self._market(first)
                book = self.venue.book(market)
                self._levels[market] = levels_of(book)
                self._since[market] = book.sequence
                for operation in ("stream:book", "stream:trades"):
                    self.subscribe(Topic(operation, market, "uE"))
                return True
        raise LookupError(f"'{name}' method could not be resolved.")

    def _market(self, name: str) -> Market:
        market = next((each for each in self.venue.markets if quote_first(each) == name.upper()), None)
        if market is None:
            raise LookupError("There was an error invoking Hub method 'c2.QueryExchangeState'.")
        return market

    def _log_in(self, key: str, signature: str) -> bool:
        account = self.venue.account_of_key(key)
        challenge = self._challenges.pop(key, None)
        if account is None or challenge is None:
            return False
        secret = self._exchange.secret(account)
        if not same(hmac_hex(secret, challenge, "sha512"), signature.lower()):
            return False
        self.account = account
        self.subscribe(Topic("stream:orders", None, "uO"))
        self.subscribe(Topic("stream:balances", None, "uB"))
        return True

    def _cursor(self) -> str:
        self._sent += 1
        return f"d-{id(self):X},{self._sent:X}"

    def _push(self, operation: str, name: str, told: Json) -> Frame:
        self._told_at = self.venue.clock.now()
        call: Json = {"H": "C2", "M": name, "A": [packed(told)]}
        return Frame.of(operation, {"C": self._cursor(), "M": [call]})

    def _nonce(self, market: Market) -> int:
        """Each delta of a market has the next one; a state has that of the last."""
        return self._nonces.setdefault(market, self.venue.book(market).sequence)

    def _state(self, market: Market) -> Json:
        book = self.venue.book(market)
        if market in self._levels:
            self._levels[market] = levels_of(book)
            self._since[market] = book.sequence
        sides: dict[str, JsonValue] = {
            key: [{"Q": number(each.amount), "R": number(each.price)} for each in side]
            for key, side in (("Z", book.bids), ("S", book.asks))
        }
        fills: list[JsonValue] = [
            {**fill_said(each), "I": each.trade_id, "P": number(each.price), "F": "FILL",
             "t": number(each.price * each.amount)}
            for each in self.venue.trades(market)[: -RECENT - 1 : -1]
        ]  # fmt: skip
        return {"M": quote_first(market), "N": self._nonce(market), **sides, "f": fills}

    def _delta(self, operation: str, market: Market, **parts: list[JsonValue]) -> Frame:
        self._nonces[market] = self._nonce(market) + 1
        told: Json = {"M": quote_first(market), "N": self._nonces[market], "Z": [], "S": [], "f": [], **parts}
        return self._push(operation, "uE", told)

    def book_changed(self, topic: Topic, event: BookChanged) -> Iterable[Outgoing]:
        if event.sequence <= self._since.get(event.market, 0):
            return
        levels, place = self._levels[event.market], (event.side, event.price)
        kind = REMOVED if not event.amount else UPDATED if place in levels else ADDED
        (levels.discard if kind == REMOVED else levels.add)(place)
        entry: Json = {"TY": kind, "R": number(event.price), "Q": number(event.amount)}
        side: dict[str, list[JsonValue]] = {"Z" if event.side is Side.BUY else "S": [entry]}
        yield self._delta("stream:book", event.market, **side)

    def trade_printed(self, topic: Topic, event: TradePrinted) -> Iterable[Outgoing]:
        yield self._delta("stream:trades", event.trade.market, f=[fill_said(event.trade)])

    def order_changed(self, topic: Topic, event: OrderChanged) -> Iterable[Outgoing]:
        assert self.account is not None  # noqa: S101 - orders are told to their owner only
        kind = KINDS.get(event.change, PARTLY if event.order.remaining else FILLED)
        told: Json = {
            "w": _named(self.account), "N": self._sent, "TY": kind,
            "o": order_said(event.order, self._fees(self.account, event.order), event.at),
        }  # fmt: skip
        yield self._push("stream:orders", "uO", told)

    def _fees(self, account: Account, order: Order) -> Decimal:
        return sum((each.fee for each in self.venue.fills(account, order_id=order.order_id)), Decimal(0))

    def balance_changed(self, topic: Topic, event: BalanceChanged) -> Iterable[Outgoing]:
        assert self.account is not None  # noqa: S101
        for each in event.balances:
            told: Json = {
                "N": self._sent,
                "d": {
                    "U": _named(self.account), "W": 1, "c": each.asset, "b": number(each.total),
                    "a": number(each.free), "z": 0.0, "p": None, "r": False, "u": ms(event.at), "h": None,
                },
            }  # fmt: skip
            yield self._push("stream:balances", "uB", told)

    def tick(self, now: float) -> Iterator[Outgoing]:
        if self.expired:
            yield Close(1000, "")
        elif now - self._told_at >= KEEP_ALIVE:
            self._told_at = now
            yield Frame.of("stream:ping", {})

    def closed(self) -> None:
        self._exchange.sessions.remove(self)


def levels_of(book: BookView) -> set[tuple[Side, Decimal]]:
    """Where orders rest."""
    return {
        (side, each.price) for side, rows in ((Side.BUY, book.bids), (Side.SELL, book.asks)) for each in rows
    }


def _named(account: Account) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, account.name))


def fill_said(trade: Trade) -> Json:
    return {
        "FI": trade.trade_id, "OT": trade.taker_side.value.upper(), "R": number(trade.price),
        "Q": number(trade.amount), "T": ms(trade.at),
    }  # fmt: skip


def order_said(order: Order, fees: Decimal, at: float) -> Json:
    numbered = str(uuid.UUID(int=order.order_id))
    kind = "LIMIT" if order.type is OrderType.LIMIT else "MARKET"
    return {
        "U": numbered, "I": order.order_id, "OU": numbered, "E": quote_first(order.market),
        "OT": f"{kind}_{order.side.value.upper()}", "Q": number(order.amount), "q": number(order.remaining),
        "X": number(order.price or Decimal(0)), "n": number(fees), "P": number(order.filled_quote),
        "PU": number(order.average_price or Decimal(0)), "Y": ms(order.created_at),
        "C": None if order.status.live else ms(order.updated_at), "i": order.status.live, "CI": False,
        "K": order.type is OrderType.MARKET, "k": False, "J": None, "j": None, "u": ms(at),
    }  # fmt: skip
