"""Market streams of stream.binance.com, and private streams opened by a listen key.

Source: Binance's `web-socket-streams.md`: a ping frame every 20 seconds, and the end of a connection on which
no pong with a copy of its payload came within a minute.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable

from harness.venue.dialects.binance import messages, tickers
from harness.venue.dialects.binance.messages import symbol_of
from harness.venue.dialects.binance.user_events import USER_OPERATIONS, user_frames
from harness.venue.dialects.book_feed import BookDiff, BookFeed
from harness.venue.dialects.decimals import fixed
from harness.venue.dialects.heartbeat import POLICY_VIOLATION, Heartbeat
from harness.venue.dialects.messages import Close, Frame, Outgoing
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.wire import Json, ms, rows
from harness.venue.events import BookChanged, Event, TradePrinted
from harness.venue.model import Account, Side
from harness.venue.session import Venue

MESSAGES_A_SECOND = 5
MOST_STREAMS = 1024
PINGS_EVERY, PATIENCE = 20.0, 60.0  # virtual seconds
NORMAL = 1000
_DEPTH = re.compile(r"depth(5|10|20)?(@100ms|@1000ms)?\Z")


class MarketSession(StreamSession):
    """A connection to `/ws…` (plain messages) or `/stream` (each wrapped with its stream's name).

    A path's name that is a live listen key opens that account's private stream. Names that mean nothing are
    accepted and stay silent, as Binance has it.
    """

    user_operations = USER_OPERATIONS
    ends_with_its_key = True
    pings_every, patience = PINGS_EVERY, PATIENCE  # virtual seconds

    def __init__(
        self,
        venue: Venue,
        names: Iterable[str],
        *,
        wrapped: bool,
        key_owner: Callable[[str], Account | None],
        slack: float = 0.0,
    ) -> None:
        """`slack`: virtual seconds that a pong may be late where the clock is scaled."""
        self.venue = venue
        self._slack = slack
        self._heartbeat = Heartbeat(self.pings_every, self.patience)
        self._wrapped = wrapped
        self._key_owner = key_owner
        self.names: dict[str, None] = {}
        self._keys: dict[str, Account] = {}
        self._feed = BookFeed()
        self._second = (0, 0)
        for name in names:
            self._add(name)

    def told_to(self, account: Account, event: Event) -> Iterable[tuple[str, Json]]:
        """(operation, event) of what concerns the account."""
        return user_frames(event, account)

    def depth_update(self, name: str, diff: BookDiff, now: float) -> Json:
        return {
            "e": "depthUpdate", "E": ms(now), "s": symbol_of(diff.market), "U": diff.first, "u": diff.last,
            "b": diff.rows(Side.BUY, fixed), "a": diff.rows(Side.SELL, fixed),
        }  # fmt: skip

    def interval(self, kind: str) -> float | None:
        """Virtual seconds between messages of a stream about the book; None for other streams."""
        if kind == "bookTicker":
            return 0.0
        if kind == "ticker":
            return 1.0
        depth = _DEPTH.match(kind)
        if depth is None:
            return None
        return 0.1 if depth[2] == "@100ms" else 1.0

    def operation_of_kind(self, kind: str) -> str:
        """The standard operation of a stream, by what follows the symbol in its name."""
        if kind in ("trade", "aggTrade"):
            return "stream:trades"
        return "stream:book" if kind.startswith("depth") else "stream:ticker"

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        if self._too_fast():
            return [Close(POLICY_VIOLATION, "Too many requests")]
        try:
            request = json.loads(message)
        except ValueError as mistake:
            return [_error(3, f"Invalid JSON: {mistake}", None)]
        if not isinstance(request, dict):
            return [_error(1, "Invalid value type: expected a map", None)]
        number = request.get("id")
        if not (number is None or isinstance(number, (int, str))):
            return [_error(2, "Invalid request: request ID must be an integer or a string", None)]
        return [self._control(request.get("method"), request.get("params", []), number)]

    def _control(self, method: object, params: object, number: int | str | None) -> Frame:
        if method == "LIST_SUBSCRIPTIONS":
            return Frame.of("stream:subscribe", {"result": list(self.names), "id": number})
        if method not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            return _error(2, f"Invalid request: unknown method {method!r}", number)
        if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
            return _error(2, "Invalid request: params must be a list of strings", number)
        for name in params:
            if method == "UNSUBSCRIBE":
                self.names.pop(name, None)
                self._feed.drop(name)
            else:
                self._add(name)
        if len(self.names) > MOST_STREAMS:
            return _error(2, "Invalid request: too many streams", number)
        return Frame.of("stream:subscribe", {"result": None, "id": number})

    def _add(self, name: str) -> None:
        owner = self._key_owner(name)
        if owner is not None:
            self._keys[name] = owner
        self.names[name] = None

    def _too_fast(self) -> bool:
        second = math.floor(self.venue.clock.now())
        count = self._second[1] + 1 if self._second[0] == second else 1
        self._second = (second, count)
        return count > MESSAGES_A_SECOND

    def carries(self) -> frozenset[str]:
        own = self.user_operations if self._keys else frozenset()
        return own | {self.operation_of_kind(name.partition("@")[2]) for name in self.names if "@" in name}

    def venue_event(self, event: Event) -> Iterable[Outgoing]:
        frames: list[Outgoing] = []
        for key, account in self._keys.items():
            frames += [self.frame(op, key, data) for op, data in self.told_to(account, event)]
        if isinstance(event, TradePrinted):
            frames += self.trade_frames(event)
        elif isinstance(event, BookChanged):
            self._book(event)
        return frames

    def trade_frames(self, event: TradePrinted) -> Iterable[Outgoing]:
        stem = symbol_of(event.trade.market).lower()
        head: Json = {"E": ms(event.at), "s": symbol_of(event.trade.market)}
        body = messages.aggregate_trade(event.trade)
        if f"{stem}@trade" in self.names:
            own: Json = {name: body[name] for name in ("p", "q", "T", "m", "M")}
            data: Json = {"e": "trade", **head, "t": event.trade.trade_id, **own}
            yield self.frame("stream:trades", f"{stem}@trade", data)
        if f"{stem}@aggTrade" in self.names:
            yield self.frame("stream:trades", f"{stem}@aggTrade", {"e": "aggTrade", **head, **body})

    def _book(self, event: BookChanged) -> None:
        stem = symbol_of(event.market).lower() + "@"
        for name in self.names:
            if not name.startswith(stem):
                continue
            interval = self.interval(name.removeprefix(stem))
            if interval is not None:
                self._feed.add(name, interval, event)

    def ponged(self, payload: bytes) -> None:
        self._heartbeat.ponged(payload)

    def tick(self, now: float) -> Iterable[Outgoing]:
        yield from self._heartbeat.tick(now, self._slack)
        for key in [key for key in self._keys if self._key_owner(key) is None]:
            del self._keys[key]
            expired: Json = {"e": "listenKeyExpired", "E": ms(now), "listenKey": key}
            yield self.frame("stream:orders", key, expired)
            if self.ends_with_its_key:
                yield Close(NORMAL)
        for name, diff in self._feed.due(now):
            yield self._book_frame(str(name), diff, now)

    def _book_frame(self, name: str, diff: BookDiff, now: float) -> Frame:
        market, kind = diff.market, name.partition("@")[2]
        if kind == "bookTicker":
            top = tickers.top(self.venue, market)
            short = {"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"}
            best: Json = {letter: top[field_name] for letter, field_name in short.items()}
            return self.frame("stream:ticker", name, {"u": diff.last, "s": symbol_of(market), **best})
        if kind == "ticker":
            return self.frame("stream:ticker", name, tickers.day_event(self.venue, market))
        depth = _DEPTH.match(kind)
        if depth is not None and depth[1]:
            book = self.venue.book(market, int(depth[1]))
            snapshot: Json = {
                "lastUpdateId": book.sequence,
                "bids": rows(book.bids, fixed),
                "asks": rows(book.asks, fixed),
            }
            return self.frame("stream:book", name, snapshot)
        return self.frame("stream:book", name, self.depth_update(name, diff, now))

    def frame(self, operation: str, name: str, data: Json) -> Frame:
        return Frame.of(operation, {"stream": name, "data": data} if self._wrapped else data)


def _error(code: int, message: str, number: int | str | None) -> Frame:
    return Frame.of("stream:subscribe", {"error": {"code": code, "msg": message}, "id": number})
