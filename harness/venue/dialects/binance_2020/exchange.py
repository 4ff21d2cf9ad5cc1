"""Binance's spot API of 2020: today's dialect, with what has been taken away since.

Source: CHANGELOG.md of binance-spot-api-docs (`outboundAccountInfo` deprecated and removed in 2020, the
filter NOTIONAL added in 2022, self-trade prevention in January 2023), rest-api.md of 2020 (MIN_NOTIONAL),
wapi-api.md ("Trade Fee", "System Status"); python-binance 0.7.1, which connectors of 2020 ask with, sends
what is public and listen keys to `/api/v1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.binance.exchange import Binance
from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.streams import MarketSession
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.messages import Request
from harness.venue.dialects.routing import Call, Route, rest
from harness.venue.dialects.wire import Json, ms
from harness.venue.events import BalanceChanged, Event
from harness.venue.model import Account

OLD, NEW = "/api/v1/", "/api/v3/"
STILL_OLD = frozenset(
    {"ping", "time", "exchangeInfo", "depth", "trades", "aggTrades", "ticker/24hr", "userDataStream"}
)


class Binance2020(Binance):
    """REST at api.binance.com, streams at stream.binance.com; keys and signatures as today."""

    name: ClassVar[str] = "binance_2020"
    framework: ClassVar[str] = "v0"
    connector: ClassVar[str] = "binance"
    prevents_self_trades: ClassVar[bool] = False
    ccxt_id: ClassVar[str | None] = None
    rest_hosts: ClassVar[tuple[str, ...]] = ("api.binance.com",)
    stream_hosts: ClassVar[tuple[str, ...]] = ("stream.binance.com",)

    def find(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        what = request.path.removeprefix(OLD)
        return super().find(replace(request, path=NEW + what) if what in STILL_OLD else request)

    def exchange_info(self, call: Call) -> JsonValue:
        told = super().exchange_info(call)
        assert isinstance(told, dict)  # noqa: S101 - today's own reply
        symbols = told["symbols"]
        assert isinstance(symbols, list)  # noqa: S101
        return {**told, "symbols": [_of_2020(each) for each in symbols if isinstance(each, dict)]}

    @rest("GET", "/wapi/v3/systemStatus.html", operation="ping")
    def system_status(self, call: Call) -> JsonValue:
        return {"status": 0, "msg": "normal"}

    @rest("GET", "/wapi/v3/tradeFee.html", operation="fees", private=True)
    def trade_fee_of_2020(self, call: Call) -> JsonValue:
        fees: list[JsonValue] = [
            {"symbol": symbol_of(each), "maker": float(each.maker_fee), "taker": float(each.taker_fee)}
            for each in self._chosen(call)
        ]
        return {"tradeFee": fees, "success": True}

    def _market_session(self, names: Sequence[str], *, wrapped: bool) -> MarketSession:
        return Session(self.venue, names, wrapped=wrapped, key_owner=self.key_owner)


class Session(MarketSession):
    """Tells of all balances besides those that changed."""

    def told_to(self, account: Account, event: Event) -> Iterable[tuple[str, Json]]:
        yield from super().told_to(account, event)
        if isinstance(event, BalanceChanged) and event.account == account.name:
            yield "stream:balances", self._account_info(account, event.at)

    def _account_info(self, account: Account, at: float) -> Json:
        balances: list[JsonValue] = [
            {"a": each.asset, "f": fixed(each.free), "l": fixed(each.locked)}
            for each in self.venue.balances(account)
        ]
        return {
            "e": "outboundAccountInfo", "E": ms(at), "m": 10, "t": 10, "b": 0, "s": 0, "T": True, "W": True,
            "D": True, "u": ms(at), "B": balances, "P": ["SPOT"],
        }  # fmt: skip


def _of_2020(symbol: Json) -> Json:
    """With the filter that NOTIONAL has replaced."""
    filters = symbol["filters"]
    assert isinstance(filters, list)  # noqa: S101 - today's own reply
    kept: list[JsonValue] = []
    for each in filters:
        if isinstance(each, dict) and each["filterType"] == "NOTIONAL":
            least = each["minNotional"]
            kept.append(
                {"filterType": "MIN_NOTIONAL", "minNotional": least, "applyToMarket": True, "avgPriceMins": 5}
            )
        else:
            kept.append(each)
    return {**symbol, "filters": kept}
