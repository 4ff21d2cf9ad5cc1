"""The `Binance` dialect: who may ask, how much, and the WebSocket paths."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import JsonValue

from harness.venue.dialects.base import Call, Reply, Request, Route, rest, stream
from harness.venue.dialects.binance.account_routes import AccountRoutes
from harness.venue.dialects.binance.api_session import ApiSession
from harness.venue.dialects.binance.errors import error
from harness.venue.dialects.binance.limits import weight
from harness.venue.dialects.binance.parameters import required
from harness.venue.dialects.binance.security import account_of, check_request
from harness.venue.dialects.binance.streams import MarketSession
from harness.venue.dialects.listen_keys import ListenKeys
from harness.venue.dialects.wire import ms
from harness.venue.model import Account
from harness.venue.session import Venue

LISTEN_KEY_SECONDS = 3600.0
KEY_ONLY = frozenset({"user_stream_open", "user_stream_renew", "user_stream_close"})


class Binance(AccountRoutes):
    """Spot only: limit, limit-maker and market orders, HMAC keys."""

    name: ClassVar[str] = "binance"
    ccxt_id: ClassVar[str | None] = "binance"
    rest_hosts: ClassVar[tuple[str, ...]] = ("api.binance.com", "data-api.binance.vision")
    stream_hosts: ClassVar[tuple[str, ...]] = (
        "stream.binance.com", "ws-api.binance.com", "data-stream.binance.vision",
    )  # fmt: skip
    ports: ClassVar[tuple[int, ...]] = (443, 9443)

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self._listen_keys = ListenKeys(LISTEN_KEY_SECONDS)
        self._generations: dict[str, int] = {}

    # -- what the base asks for

    def credentials(self, account: Account) -> dict[str, str]:
        return {"binance_api_key": account.api_key, "binance_api_secret": account.api_secret}

    def authenticate(self, request: Request, route: Route) -> Account:
        account = account_of(self.venue, request.header("X-MBX-APIKEY"))
        if route.operation not in KEY_ONLY:
            check_request(request, account, ms(self.received_at(request)), ms(self.slack))
        return account

    def weigh(self, request: Request, route: Route) -> int:
        return weight(request, route.weight)

    def admit(self, request: Request, route: Route) -> None:
        self.limits.admit(request.client, self.weigh(request, route), self.received_at(request))

    def finish(self, request: Request, route: Route, reply: Reply) -> Reply:
        own = self.limits.headers(request.client, self.received_at(request))
        return replace(reply, headers={**own, **reply.headers})

    def unknown_route(self, request: Request) -> Reply:
        return Reply(404, {"Content-Type": "text/html"}, b"<html><body><h2>404 Not found</h2></body></html>")

    def expire_user_streams(self, account: Account) -> None:
        self._listen_keys.expire(account)
        self._generations[account.name] = self.generation(account) + 1

    def generation(self, account: Account) -> int:
        """Goes up when the account's user data streams are ended."""
        return self._generations.get(account.name, 0)

    # -- private streams

    @rest("POST", "/api/v3/userDataStream", operation="user_stream_open", weight=2, private=True)
    def open_user_stream(self, call: Call) -> JsonValue:
        return {"listenKey": self._listen_keys.open(call.account, self.venue.clock.now())}

    @rest("PUT", "/api/v3/userDataStream", operation="user_stream_renew", weight=2, private=True)
    def renew_user_stream(self, call: Call) -> JsonValue:
        if not self._listen_keys.renew(required(call.params, "listenKey"), self.venue.clock.now()):
            raise error(-1125, "This listenKey does not exist.")
        return {}

    @rest("DELETE", "/api/v3/userDataStream", operation="user_stream_close", weight=2, private=True)
    def close_user_stream(self, call: Call) -> JsonValue:
        if not self._listen_keys.close(required(call.params, "listenKey")):
            raise error(-1125, "This listenKey does not exist.")
        return {}

    @stream("/ws")
    def plain_streams(self, call: Call) -> MarketSession:
        return self._market_session((), wrapped=False)

    @stream("/ws/{names}")
    def raw_streams(self, call: Call) -> MarketSession:
        return self._market_session((call.path["names"],), wrapped=False)

    @stream("/stream")
    def combined_streams(self, call: Call) -> MarketSession:
        names = dict(call.request.query).get("streams", "").split("/")
        return self._market_session([name for name in names if name], wrapped=True)

    @stream("/ws-api/v3")
    def api_session(self, call: Call) -> ApiSession:
        self.limits.admit(call.request.client, 2, self.received_at(call.request))
        return ApiSession(self, call.request.client)

    def _market_session(self, names: tuple[str, ...] | list[str], *, wrapped: bool) -> MarketSession:
        def owner(key: str) -> Account | None:
            return self._listen_keys.account_of(key, self.venue.clock.now())

        return MarketSession(self.venue, names, wrapped=wrapped, key_owner=owner)
