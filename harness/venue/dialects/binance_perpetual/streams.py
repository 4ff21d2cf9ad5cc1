"""What futures' WebSockets say otherwise than spot's: chained depth updates, mark prices, positions.

Source: developers.binance.com/docs/derivatives/usds-margined-futures, WebSocket market streams and user data
streams. A ping frame every three minutes, and no pong within ten ends a connection.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator

from pydantic import JsonValue

from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.streams import MarketSession
from harness.venue.dialects.binance_perpetual.codec import amount_of, order_state, price_of
from harness.venue.dialects.binance_perpetual.routes import aggregate_trade, premium
from harness.venue.dialects.book_feed import BookDiff
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.messages import Outgoing
from harness.venue.dialects.wire import Json, ms
from harness.venue.events import (
    BalanceChanged,
    Event,
    FundingPaid,
    OrderChange,
    OrderChanged,
    PositionChanged,
    TradePrinted,
)
from harness.venue.ledger import Reason
from harness.venue.model import ZERO, Account, Side
from harness.venue.positions import MarginMode, Position
from harness.venue.session import Venue

USER_OPERATIONS = frozenset({"stream:orders", "stream:balances", "stream:positions"})
_DEPTH = re.compile(r"depth(@(100|500)ms)?\Z")
_DEPTH_SECONDS = {None: 0.25, "100": 0.1, "500": 0.5}
_MARK = re.compile(r"markPrice(@1s)?\Z")
_EXECUTION = {
    OrderChange.NEW: "NEW",
    OrderChange.FILL: "TRADE",
    OrderChange.CANCELED: "CANCELED",
    OrderChange.EXPIRED: "EXPIRED",
}
# What moves money with neither a trade nor a funding.
_CAUSES = {Reason.DEPOSIT: "DEPOSIT", Reason.WITHDRAWAL: "WITHDRAW"}


class FuturesSession(MarketSession):
    """A connection to `/ws…` or `/stream`, with or without `/public`, `/market` or `/private` before it.

    It stays open, and silent, when its listen key has expired (Event-User-Data-Stream-Expired).
    """

    user_operations = USER_OPERATIONS
    ends_with_its_key = False
    pings_every, patience = 180.0, 600.0

    def __init__(
        self,
        venue: Venue,
        names: Iterable[str],
        *,
        wrapped: bool,
        key_owner: Callable[[str], Account | None],
        slack: float = 0.0,
    ) -> None:
        super().__init__(venue, names, wrapped=wrapped, key_owner=key_owner, slack=slack)
        self._last: dict[str, int] = {}
        self._marks_due: dict[str, float] = {}

    def interval(self, kind: str) -> float | None:
        depth = _DEPTH.match(kind)
        if depth is not None:
            return _DEPTH_SECONDS[depth[2]]
        return super().interval(kind) if kind in ("bookTicker", "ticker") else None

    def operation_of_kind(self, kind: str) -> str:
        return "stream:mark_price" if _MARK.match(kind) else super().operation_of_kind(kind)

    def depth_update(self, name: str, diff: BookDiff, now: float) -> Json:
        """`pu` is the last message's `u`."""
        market = diff.market
        before = self._last.get(name, diff.first - 1)
        self._last[name] = diff.last
        return {
            "e": "depthUpdate", "E": ms(now), "T": ms(diff.at), "s": symbol_of(market), "U": diff.first,
            "u": diff.last, "pu": before, "b": changes(diff, Side.BUY), "a": changes(diff, Side.SELL),
        }  # fmt: skip

    def trade_frames(self, event: TradePrinted) -> Iterable[Outgoing]:
        trade, at = event.trade, ms(event.at)
        symbol, body = symbol_of(trade.market), aggregate_trade(event.trade)
        stem = symbol.lower()
        head: Json = {"E": at, "s": symbol}
        if f"{stem}@aggTrade" in self.names:
            yield self.frame("stream:trades", f"{stem}@aggTrade", {"e": "aggTrade", **head, **body})
        if f"{stem}@trade" in self.names:
            own: Json = {name: body[name] for name in ("p", "q", "T", "m")}
            data: Json = {"e": "trade", **head, "t": trade.trade_id, **own, "X": "MARKET"}
            yield self.frame("stream:trades", f"{stem}@trade", data)

    def tick(self, now: float) -> Iterable[Outgoing]:
        yield from super().tick(now)
        for name in self.names:
            symbol, _, kind = name.partition("@")
            mark = _MARK.match(kind)
            if mark is None or now < self._marks_due.get(name, 0.0):
                continue
            seconds = 1.0 if mark[1] else 3.0
            self._marks_due[name] = (math.floor(now / seconds) + 1) * seconds
            for market in self.venue.markets:
                if symbol_of(market).lower() == symbol:
                    told = premium(self.venue, market)
                    yield self.frame("stream:mark_price", name, _mark_price(told))

    def told_to(self, account: Account, event: Event) -> Iterator[tuple[str, Json]]:
        match event:
            case PositionChanged(position, reason) if position.account == account.name:
                if reason == Reason.MARGIN:
                    yield "stream:positions", _leverage(position, event.at)
                wallet = self._wallet(account, position.market.settle_asset)
                yield "stream:positions", _account_update("ORDER", event.at, [wallet], [position])
            case FundingPaid(payment) if payment.account == account.name:
                wallet = self._wallet(account, payment.asset, fixed(payment.amount))
                yield "stream:balances", _account_update("FUNDING_FEE", event.at, [wallet], [])
            case BalanceChanged() if event.account == account.name and event.reason in _CAUSES:
                cause = _CAUSES[Reason(event.reason)]
                wallets = [self._wallet(account, each.asset) for each in event.balances]
                yield "stream:balances", _account_update(cause, event.at, wallets, [])
            case OrderChanged() if event.order.account == account.name:
                yield "stream:orders", _order_update(event)

    def _wallet(self, account: Account, asset: str, change: str = "0") -> Json:
        margin = self.venue.margin(account, asset)
        cross = margin.wallet - margin.isolated_margin
        return {"a": asset, "wb": fixed(margin.wallet), "cw": fixed(cross), "bc": change}


def changes(diff: BookDiff, side: Side) -> list[JsonValue]:
    market = diff.market
    return [[price_of(market, price), amount_of(market, size)] for price, size in diff.sides[side].items()]


def _mark_price(told: Json) -> Json:
    return {
        "e": "markPriceUpdate", "E": told["time"], "s": told["symbol"], "p": told["markPrice"],
        "i": told["indexPrice"], "P": told["estimatedSettlePrice"], "r": told["lastFundingRate"],
        "T": told["nextFundingTime"],
    }  # fmt: skip


def _account_update(cause: str, at: float, wallets: list[Json], positions: list[Position]) -> Json:
    told = [_position(position) for position in positions]
    return {
        "e": "ACCOUNT_UPDATE", "E": ms(at), "T": ms(at), "a": {"m": cause, "B": [*wallets], "P": [*told]},
    }  # fmt: skip


def _position(position: Position) -> Json:
    isolated = position.margin_mode is MarginMode.ISOLATED
    return {
        "s": symbol_of(position.market), "pa": amount_of(position.market, position.size),
        "ep": fixed(position.entry_price or ZERO), "bep": fixed(position.entry_price or ZERO),
        "cr": fixed(position.realised_pnl), "up": fixed(position.unrealised_pnl),
        "mt": "isolated" if isolated else "cross", "iw": fixed(position.isolated_margin),
        "ps": position.side.value.upper(),
    }  # fmt: skip


def _leverage(position: Position, at: float) -> Json:
    config: Json = {"s": symbol_of(position.market), "l": int(position.leverage)}
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": ms(at), "T": ms(at), "ac": config}


def _order_update(event: OrderChanged) -> Json:
    order, fill, market = event.order, event.fill, event.order.market
    told = order_state(order)
    body: Json = {
        "s": told["symbol"], "c": order.client_order_id, "S": told["side"], "o": told["type"],
        "f": told["timeInForce"], "q": told["origQty"], "p": told["price"], "ap": told["avgPrice"], "sp": "0",
        "x": _EXECUTION[event.change], "X": told["status"], "i": order.order_id,
        "l": amount_of(market, fill.amount if fill else ZERO), "z": told["executedQty"],
        "L": price_of(market, fill.price if fill else ZERO), "T": ms(event.at),
        "t": fill.trade_id if fill else 0, "b": "0", "a": "0", "m": fill.maker if fill else False,
        "R": order.reduce_only, "wt": "CONTRACT_PRICE", "ot": told["type"], "ps": told["positionSide"],
        "cp": order.close_position, "rp": fixed(fill.realised_pnl if fill else ZERO), "pP": False, "si": 0,
        "ss": 0, "V": "NONE", "pm": "NONE", "gtd": 0,
    }  # fmt: skip
    if fill is not None:
        body |= {"N": fill.fee_asset, "n": fixed(fill.fee)}
    return {"e": "ORDER_TRADE_UPDATE", "E": ms(event.at), "T": ms(event.at), "o": body}
