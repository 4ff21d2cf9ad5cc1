"""The WebSocket API of ws-api.binance.com: REST's calls as messages, and user data streams.

Source: Binance's `web-socket-api.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from harness.venue.dialects.binance.errors import error
from harness.venue.dialects.binance.security import account_of, check_call
from harness.venue.dialects.binance.streams import PATIENCE, PINGS_EVERY
from harness.venue.dialects.binance.user_events import USER_OPERATIONS, user_frames
from harness.venue.dialects.heartbeat import Heartbeat
from harness.venue.dialects.messages import Frame, Outgoing, Refused, Reply, Request
from harness.venue.dialects.routing import Call
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wire import ms, parsed
from harness.venue.events import Event
from harness.venue.model import Account

if TYPE_CHECKING:
    from harness.venue.dialects.binance.exchange import Binance

# Calls that are REST routes under another name.
_CALLS = {
    "ping": ("GET", "/api/v3/ping"),
    "time": ("GET", "/api/v3/time"),
    "exchangeInfo": ("GET", "/api/v3/exchangeInfo"),
    "depth": ("GET", "/api/v3/depth"),
    "trades.recent": ("GET", "/api/v3/trades"),
    "trades.aggregate": ("GET", "/api/v3/aggTrades"),
    "ticker.24hr": ("GET", "/api/v3/ticker/24hr"),
    "ticker.price": ("GET", "/api/v3/ticker/price"),
    "ticker.book": ("GET", "/api/v3/ticker/bookTicker"),
    "order.place": ("POST", "/api/v3/order"),
    "order.status": ("GET", "/api/v3/order"),
    "order.cancel": ("DELETE", "/api/v3/order"),
    "openOrders.status": ("GET", "/api/v3/openOrders"),
    "openOrders.cancelAll": ("DELETE", "/api/v3/openOrders"),
    "allOrders": ("GET", "/api/v3/allOrders"),
    "myTrades": ("GET", "/api/v3/myTrades"),
    "account.status": ("GET", "/api/v3/account"),
    "account.commission": ("GET", "/api/v3/account/commission"),
    "userDataStream.start": ("POST", "/api/v3/userDataStream"),
    "userDataStream.ping": ("PUT", "/api/v3/userDataStream"),
    "userDataStream.stop": ("DELETE", "/api/v3/userDataStream"),
}
_SUBSCRIBE = "userDataStream.subscribe.signature"
_UNSUBSCRIBE = "userDataStream.unsubscribe"
_SUBSCRIBING = 2  # what each of them weighs
_TOO_OFTEN = (418, 429)
_NOT_NOW = (-1003, "Too many requests; please try again later.")
_UNKNOWN = (-1000, "An unknown error occurred while processing the request.")


class ApiSession(StreamSession):
    """One connection; it may hold several user data subscriptions, numbered from 0."""

    def __init__(self, exchange: Binance, client: str) -> None:
        self._exchange = exchange
        self._client = client
        self._next = 0
        self._heartbeat = Heartbeat(PINGS_EVERY, PATIENCE)
        self._subscriptions: dict[int, tuple[Account, int]] = {}  # account and its stream's generation

    def operation_of(self, message: str | bytes) -> str:
        return self._operation(parsed(message))

    def _operation(self, call: dict[str, Any]) -> str:
        method = call.get("method")
        if method in _CALLS:
            request = self._request(*_CALLS[method], {})
            return self._exchange.match(request).operation or "stream:subscribe"
        return "user_stream_open" if method == _SUBSCRIBE else "stream:subscribe"

    def weight_of(self, message: str | bytes) -> int:
        method = parsed(message).get("method")
        if method not in _CALLS:
            return _SUBSCRIBING if method in (_SUBSCRIBE, _UNSUBSCRIBE) else 0
        return self._exchange.match(self._request(*_CALLS[method], {})).weight

    def refused(self, message: str | bytes, status: int) -> Iterable[Outgoing]:
        """418 and 429 are the limits', 5xx the exchange's own failures ("Response format")."""
        code, words = _NOT_NOW if status in _TOO_OFTEN else _UNKNOWN
        yield self._said(parsed(message), replace(error(code, words).reply, status=status))

    def carries(self) -> frozenset[str]:
        return USER_OPERATIONS if self._subscriptions else frozenset()

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        call = parsed(message)
        params = call.get("params", {})
        try:
            if not isinstance(params, dict):
                raise error(-1102, "Mandatory parameter 'params' was not sent, was empty/null, or malformed.")
            texts = {name: _text(value) for name, value in params.items()}
            reply = self._answer(call.get("method"), texts)
        except Refused as refused:
            reply = refused.reply
        yield self._said(call, reply)

    def _said(self, call: dict[str, Any], reply: Reply) -> Frame:
        body: dict[str, JsonValue] = {"id": call.get("id"), "status": reply.status}
        body["result" if reply.status == 200 else "error"] = _as_json(reply)
        body["rateLimits"] = self._exchange.limits.used(self._client, self._exchange.venue.clock.now())
        return replace(Frame.of(self._operation(call), body), status=reply.status)

    def _answer(self, method: object, params: dict[str, str]) -> Reply:
        now = self._exchange.venue.clock.now()
        if method in (_SUBSCRIBE, _UNSUBSCRIBE):
            self._exchange.limits.admit(self._client, _SUBSCRIBING, now)
            return self._subscribe(params) if method == _SUBSCRIBE else self._unsubscribe(params)
        if not isinstance(method, str) or method not in _CALLS:
            raise error(-1100, f"Illegal characters found in parameter 'method'; unknown method {method!r}.")
        request = self._request(*_CALLS[method], params)
        found = self._exchange.find(request)
        if found is None:
            raise LookupError(f"{method} names no route")
        route, path = found
        self._exchange.admit(request, route)
        signer = None
        if route.operation.startswith("user_stream_"):
            signer = account_of(self._exchange.venue, params.get("apiKey"))
        elif route.private:
            signer = self._signer(params)
        answer = getattr(self._exchange, route.handler)(Call(request, route, path, signer))
        return answer if isinstance(answer, Reply) else Reply(200, {}, answer)

    def _request(self, method: str, path: str, params: dict[str, str]) -> Request:
        at = self._exchange.venue.clock.now()
        query = list(params.items())
        return Request(method, self._exchange.rest_hosts[0], path, query, at=at, client=self._client)

    def _signer(self, params: dict[str, str]) -> Account:
        account = account_of(self._exchange.venue, params.get("apiKey"))
        exchange = self._exchange
        check_call(params, account, ms(exchange.venue.clock.now()), ms(exchange.slack))
        return account

    def _subscribe(self, params: dict[str, str]) -> Reply:
        account = self._signer(params)
        if any(held == account for held, _ in self._subscriptions.values()):
            raise error(-2035, "User Data Stream subscription already active.")
        number, self._next = self._next, self._next + 1
        self._subscriptions[number] = (account, self._exchange.generation(account))
        return Reply(200, {}, {"subscriptionId": number})

    def _unsubscribe(self, params: dict[str, str]) -> Reply:
        if "subscriptionId" in params:
            self._subscriptions.pop(int(params["subscriptionId"]), None)
        else:
            self._subscriptions.clear()
        return Reply(200, {}, {})

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        for number, (account, _) in self._subscriptions.items():
            for operation, data in user_frames(event, account):
                yield Frame.of(operation, {"subscriptionId": number, "event": data})

    def ponged(self, payload: bytes) -> None:
        self._heartbeat.ponged(payload)

    def tick(self, now: float) -> Iterable[Outgoing]:
        yield from self._heartbeat.tick(now, self._exchange.slack)
        for number, (account, generation) in list(self._subscriptions.items()):
            if generation != self._exchange.generation(account):
                del self._subscriptions[number]
                ended: JsonValue = {"e": "eventStreamTerminated", "E": ms(now)}
                yield Frame.of("stream:orders", {"subscriptionId": number, "event": ended})


def _text(value: JsonValue) -> str:
    """A parameter as it enters the signature."""
    return json.dumps(value) if isinstance(value, (bool, list, dict)) else str(value)


def _as_json(reply: Reply) -> JsonValue:
    return json.loads(reply.body) if isinstance(reply.body, bytes) else reply.body
