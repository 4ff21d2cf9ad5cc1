"""Far ends on loopback: a described exchange as `harness venue serve` has it, and hostile ones."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import JsonValue

from harness.recordings.far_end import Way
from harness.recordings.keys import Keys
from harness.serving.serve import Served, prepared
from harness.venue.described import described_dialect
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.loading import SHIPPED
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Frame, Outgoing, Reply
from harness.venue.dialects.routing import Call, rest, stream
from harness.venue.dialects.stream_session import StreamSession

HOST = "127.0.0.1"
BITSTAMP = SHIPPED / "bitstamp.yml"


def bitstamp() -> type[DescribedDialect]:
    return described_dialect(BITSTAMP)


@contextmanager
def served(kind: type[Dialect]) -> Iterator[Served]:
    """That exchange on loopback, with its market moving."""
    with prepared(kind, HOST, 0, 0, 1) as venue:
        started, loop = threading.Event(), asyncio.new_event_loop()

        async def main() -> None:
            loop.call_later(0.2, started.set)
            await venue.run(lambda _: None)

        task = loop.create_task(main())

        def run() -> None:
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(task)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            assert started.wait(30)
            yield venue
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join(30)
            loop.close()


def way(venue: Served) -> Way:
    return Way(f"http://{HOST}:{venue.front.port}", Path(venue.ca))


def keys_of(venue: Served) -> Keys:
    """The account's, as the exchange knows them."""
    account = venue.account
    return Keys(account.api_key, account.api_secret)


class Evil(Dialect):
    """At bitstamp's addresses: says back whatever it was sent, too much of it, or nothing sensible."""

    name = "evil"
    rest_hosts = ("www.bitstamp.net",)
    stream_hosts = ("ws.bitstamp.net",)

    @rest("POST", "/api/v2/account_balances/", operation="balances")
    def echo(self, call: Call) -> JsonValue:
        heard: dict[str, JsonValue] = {}
        heard.update(call.request.headers)
        backwards = call.request.headers["X-Auth-Signature"][::-1]
        return {"you said": heard, "backwards": backwards, "email": "me@example.org"}

    @rest("POST", "/api/v2/fees/trading/", operation="fees")
    def disguised(self, call: Call) -> JsonValue:
        return {"hex": call.request.headers["X-Auth"].encode().hex()}

    @rest("GET", "/api/v2/markets/", operation="symbols")
    def huge(self, call: Call) -> Reply:
        return Reply(200, {}, b'["' + b"x" * (40 << 20) + b'"]')

    @rest("GET", "/api/v2/ticker/btcusd/", operation="ticker")
    def broken(self, call: Call) -> Reply:
        return Reply(200, {}, b'{"last": \xff\xfe')

    @rest("GET", "/api/v2/order_book/btcusd/", operation="order_book")
    def elsewhere(self, call: Call) -> Reply:
        return Reply(302, {"Location": "https://127.0.0.1/secret"}, b"")

    @stream("/")
    def ws(self, call: Call) -> StreamSession:
        return EvilSession()


class EvilSession(StreamSession):
    """Says a client's message back packed, and a message that is too long when it is asked to."""

    def received(self, message: str | bytes) -> Iterable[Outgoing]:
        text = message if isinstance(message, str) else message.decode()
        if text == "much":
            yield Frame("stream:book", "y" * (17 << 20))
        else:
            yield Frame("stream:book", text, gzip.compress(text.encode()))
