"""The `Bittrex` dialect: REST v3 as `bittrex.yml` describes it, and the hub."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.loading import load
from harness.venue.dialects.bittrex.hub import HubSession
from harness.venue.dialects.messages import Reply, Request
from harness.venue.dialects.routing import Match, Route
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.market import FeeIn, Market

_Described: type[DescribedDialect] = dialect_of(load(Path(__file__).with_name("bittrex.yml")))
CONNECT = Route("GET", "/signalr/connect", "stream:subscribe", 0, False, "connect")
EIGHT = Decimal("0.00000001")


def _market(base: str, quote: str, tick: str, least: str, price: str) -> Market:
    """Amounts have eight decimals in every market; the connectors of 2020 read the last three's prices."""
    return Market(
        base, quote, Decimal(tick), EIGHT, Decimal(least), Decimal(0), Decimal(price), fee_in=FeeIn.QUOTE
    )


class Bittrex(_Described):  # type: ignore[misc, valid-type]
    """REST at api.bittrex.com, the hub at socket.bittrex.com."""

    name: ClassVar[str] = "bittrex"
    markets: ClassVar[tuple[Market, ...]] = (
        _market("LTC", "USDT", "0.00001", "0.05", "61.5"),
        _market("XLM", "BTC", "0.00000001", "30", "0.00000884"),
        _market("ETH", "BTC", "0.00000001", "0.008", "0.0342"),
        _market("BTC", "USD", "0.001", "0.0003", "11840"),
        _market("BTC", "USDT", "0.00001", "0.0003", "11842.5"),
    )

    def find_stream(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        found = CONNECT.match(request.method, request.path)
        return None if found is None or request.host not in self.stream_hosts else (CONNECT, found)

    def upgrade(self, request: Request, match: Match) -> StreamSession | Reply:
        if match.stream is None:
            refused: Reply = self.unknown_route(request)
            return refused
        session = HubSession(self)
        self.sessions.add(session)
        return session
