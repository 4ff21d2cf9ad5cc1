"""The `Binance` dialect: who may ask, how much, and the WebSocket paths."""

from __future__ import annotations

from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.binance.account_routes import AccountRoutes
from harness.venue.dialects.binance.api import NO_LISTEN_KEY
from harness.venue.dialects.binance.api_session import ApiSession
from harness.venue.dialects.binance.errors import error
from harness.venue.dialects.binance.limits import weight
from harness.venue.dialects.binance.parameters import required
from harness.venue.dialects.binance.streams import MarketSession
from harness.venue.dialects.messages import Request
from harness.venue.dialects.routing import Call, Route, rest, stream
from harness.venue.model import Account


class Binance(AccountRoutes):
    """Spot only: limit, limit-maker and market orders, HMAC keys."""

    name: ClassVar[str] = "binance"
    trades_by_market: ClassVar[bool] = True  # github.com/binance/binance-public-data, issue 228
    fees_in_other_assets: ClassVar[bool] = True  # BNB
    ccxt_id: ClassVar[str | None] = "binance"
    rest_hosts: ClassVar[tuple[str, ...]] = ("api.binance.com", "data-api.binance.vision")
    stream_hosts: ClassVar[tuple[str, ...]] = (
        "stream.binance.com", "ws-api.binance.com", "data-stream.binance.vision",
    )  # fmt: skip
    ports: ClassVar[tuple[int, ...]] = (443, 9443)

    def credentials(self, account: Account) -> dict[str, str]:
        return {"binance_api_key": account.api_key, "binance_api_secret": account.api_secret}

    def weigh(self, request: Request, route: Route) -> int:
        return weight(request, route.weight)

    @rest("POST", "/api/v3/userDataStream", operation="user_stream_open", weight=2, private=True)
    def open_user_stream(self, call: Call) -> JsonValue:
        return {"listenKey": self.listen_keys.open(call.account, self.venue.clock.now())}

    @rest("PUT", "/api/v3/userDataStream", operation="user_stream_renew", weight=2, private=True)
    def renew_user_stream(self, call: Call) -> JsonValue:
        if not self.listen_keys.renew(required(call.params, "listenKey"), self.venue.clock.now()):
            raise error(*NO_LISTEN_KEY)
        return {}

    @rest("DELETE", "/api/v3/userDataStream", operation="user_stream_close", weight=2, private=True)
    def close_user_stream(self, call: Call) -> JsonValue:
        if not self.listen_keys.close(required(call.params, "listenKey")):
            raise error(*NO_LISTEN_KEY)
        return {}

    @stream("/ws")
    def plain_streams(self, call: Call) -> MarketSession:
        return self._market_session((), wrapped=False)

    @stream("/ws/{names:path}")
    def raw_streams(self, call: Call) -> MarketSession:
        """One stream; several with a stroke between are taken too, as upstream's v0.30.0 asks for them."""
        return self._market_session(call.path["names"].split("/"), wrapped=False)

    @stream("/stream")
    def combined_streams(self, call: Call) -> MarketSession:
        names = dict(call.request.query).get("streams", "").split("/")
        return self._market_session([name for name in names if name], wrapped=True)

    @stream("/ws-api/v3")
    def api_session(self, call: Call) -> ApiSession:
        self.limits.admit(call.request.client, 2, self.received_at(call.request))
        return ApiSession(self, call.request.client)

    def _market_session(self, names: tuple[str, ...] | list[str], *, wrapped: bool) -> MarketSession:
        return MarketSession(self.venue, names, wrapped=wrapped, key_owner=self.key_owner, slack=self.slack)
