"""Kraken's spot API of 2020: today's dialect, with what has been added since left out.

Sources: ccxt 1.33.1 of 11 August 2020 (which methods there were; a pair with `ordermin` and without a
smallest value, a trade without a number); docs.kraken.com/websockets-beta at version 1.1.0 (private messages
without `sequence`, which upstream's connector reads from 1 December 2020 on); support.kraken.com, "Minimum
order size (volume) for trading", which upstream's v0.30.0 copies.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.kraken.account_routes import PRIVATE
from harness.venue.dialects.kraken.codec import pair_name
from harness.venue.dialects.kraken.exchange import CLASSIC, PRIVATE_STREAM_HOST, Kraken
from harness.venue.dialects.kraken.market_routes import PUBLIC, success
from harness.venue.dialects.kraken.messages import pair_data
from harness.venue.dialects.kraken.streams import OldSession
from harness.venue.dialects.messages import Frame, Reply
from harness.venue.dialects.routing import Call
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.topics import Topic
from harness.venue.market import Market
from harness.venue.model import Account, Trade

LATER = frozenset({"cost_decimals", "costmin", "tick_size", "status"})
LEAST = {"BTC": Decimal("0.002"), "ETH": Decimal("0.02")}


class Session(OldSession):
    """Private messages were not numbered."""

    def _private_frame(self, topic: Topic, items: list[JsonValue]) -> Frame:
        return Frame.of(topic.operation, [items, topic.name])


class Kraken2020(Kraken):
    """REST at api.kraken.com, streams at ws.kraken.com and ws-auth.kraken.com."""

    name: ClassVar[str] = "kraken_2020"
    connector: ClassVar[str] = "kraken"
    framework: ClassVar[str] = "v0"
    ccxt_id: ClassVar[str | None] = None
    books_begin_whole: ClassVar[bool] = False  # the framework of then reads changes only from streams
    markets: ClassVar[tuple[Market, ...]] = tuple(
        replace(market, min_notional=Decimal(0), min_amount=LEAST.get(market.base, market.min_amount))
        for market in Kraken.markets
        if market.name != CLASSIC.name  # what a connector of 2020 makes of classic names was not tried
    )
    without: ClassVar[frozenset[str]] = frozenset(
        {
            "/v2", f"{PUBLIC}/SystemStatus", f"{PRIVATE}/BalanceEx", f"{PRIVATE}/CancelAll",
            f"{PRIVATE}/CancelOrderBatch",
        }
    )  # fmt: skip

    def credentials(self, account: Account) -> dict[str, str]:
        return {"kraken_api_key": account.api_key, "kraken_secret_key": account.api_secret}

    def asset_pairs(self, call: Call) -> Reply:
        told = {pair_name(each): pair_data(each, halted=False) for each in self.wanted(call)}
        return success({pair: {k: v for k, v in of.items() if k not in LATER} for pair, of in told.items()})

    def public_trade(self, trade: Trade) -> list[JsonValue]:
        return super().public_trade(trade)[:-1]  # without its number

    def old_stream(self, call: Call) -> StreamSession:
        return self._opened(Session(self, private=call.request.host == PRIVATE_STREAM_HOST))
