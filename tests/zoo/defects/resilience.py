"""Defects that show when things go wrong on the way."""

from __future__ import annotations

from checks.conformance import test_resilience as checks
from tests.zoo.defect import BOOK_SOURCE, EXCHANGE, USER_SOURCE, Defect, defect
from tests.zoo.planting import behaving, book_source, exchange, user_source

STREAMS: tuple[Defect, ...] = (
    defect(
        "market-stream-connected-once",
        checks.test_market_stream_comes_back,
        "After the connection broke, the order book stays wrong",
        book_source(
            """
            async def listen_for_subscriptions(self):
                ws = await self._connected_websocket_assistant()
                await self._subscribe_channels(ws)
                await self._process_websocket_messages(websocket_assistant=ws)
            """,
        ),
    ),
    defect(
        "only-the-book-subscribed-again",
        checks.test_every_topic_comes_back,
        "these topics never came back: trades",
        book_source(
            """
            async def _subscribe_channels(self, ws):
                again, self._subscribed = getattr(self, "_subscribed", False), True
                send = ws.send

                async def without_trades(request):
                    asked = str(request.payload).lower()
                    if not again or ("trade" not in asked and "match" not in asked):
                        await send(request)

                ws.send = without_trades
                await super()._subscribe_channels(ws)
            """,
        ),
    ),
    defect(
        "user-stream-connected-once",
        checks.test_user_stream_comes_back,
        "After the connection broke, a fill was (never reported|found by polling only)",
        behaving(
            USER_SOURCE,
            "BinanceAPIUserStreamDataSource",
            """
            async def listen_for_user_stream(self, output):
                self._ws_assistant = await self._connected_websocket_assistant()
                await self._subscribe_channels(websocket_assistant=self._ws_assistant)
                await self._send_ping(websocket_assistant=self._ws_assistant)
                await self._process_websocket_messages(self._ws_assistant, output)
            """,
        ),
    ),
    defect(
        "junk-ends-the-book-stream",
        checks.test_junk_is_survived,
        "the order book no longer follows",
        behaving(
            BOOK_SOURCE,
            "BinanceAPIOrderBookDataSource",
            """
            def logger(self):
                return self._quiet

            class _quiet:
                info = warning = error = staticmethod(lambda *args, **kwargs: None)

                @staticmethod
                def exception(*args, **kwargs):
                    raise RuntimeError("what the exchange sent makes no sense")
            """,
        ),
    ),
    defect(
        "junk-ends-the-user-stream",
        checks.test_junk_is_survived,
        "a fill was never reported",
        behaving(
            EXCHANGE,
            "BinanceExchange",
            """
            async def _iter_user_event_queue(self):
                while True:
                    event = await self._user_stream_tracker.user_stream.get()
                    event["e"].upper()
                    yield event
            """,
        ),
    ),
)

ERRORS: tuple[Defect, ...] = (
    defect(
        "one-error-ends-trading",
        checks.test_server_errors_are_survived,
        "the next order never arrived",
        exchange(
            """
            _halted = False

            async def _place_order(self, *args, **kwargs):
                if self._halted:
                    raise IOError("trading is halted since the exchange answered with an error")
                try:
                    return await super()._place_order(*args, **kwargs)
                except IOError:
                    self._halted = True
                    raise
            """,
        ),
    ),
    defect(
        "the-first-answer-decides-for-ever",
        checks.test_server_errors_are_survived,
        "does not become ready when",
        exchange(
            """
            _up = None

            async def check_network(self):
                from hummingbot.core.network_iterator import NetworkStatus

                if self._up is None:
                    self._up = await super().check_network() is NetworkStatus.CONNECTED
                return await super().check_network() if self._up else NetworkStatus.NOT_CONNECTED
            """,
        ),
        harmless={"kraken": "it asks again after an error of the exchange's"},
    ),
    defect(
        "rate-limit-replies-hammered",
        checks.test_a_rate_limit_is_not_hammered,
        "the order was sent .* times",
        exchange(
            """
            async def _place_order(self, *args, **kwargs):
                for _ in range(20):
                    try:
                        return await super()._place_order(*args, **kwargs)
                    except IOError as error:
                        if "429" not in str(error):
                            raise
                        await asyncio.sleep(0.2)
                raise IOError("still limited")
            """,
        ),
    ),
    defect(
        "network-always-said-to-be-up",
        checks.test_an_outage_is_noticed,
        "reported itself connected",
        exchange(
            """
            async def check_network(self):
                from hummingbot.core.network_iterator import NetworkStatus

                return NetworkStatus.CONNECTED
            """,
        ),
    ),
)

STOP: tuple[Defect, ...] = (
    defect(
        "a-task-left-after-stop",
        checks.test_nothing_is_left_after_stop,
        "1 tasks of the connector still run",
        exchange(
            """
            async def start_network(self):
                await super().start_network()
                self._watcher = asyncio.ensure_future(self._watch())

            async def _watch(self):
                while True:
                    await asyncio.sleep(1)
            """,
        ),
    ),
    defect(
        "requests-after-stop",
        checks.test_nothing_is_left_after_stop,
        "requests were sent after the connector was stopped",
        exchange(
            """
            async def start_network(self):
                await super().start_network()
                self._watcher = asyncio.ensure_future(self._watch())

            async def _watch(self):
                while True:
                    await asyncio.sleep(5)
                    await self._make_network_check_request()
            """,
        ),
    ),
    defect(
        "a-socket-left-after-stop",
        checks.test_nothing_is_left_after_stop,
        "1 sockets stay open",
        user_source(
            """
            async def _connected_websocket_assistant(self, *args):
                websocket = await super()._connected_websocket_assistant(*args)
                websocket.disconnect = self._leave_it_open
                return websocket

            async def _leave_it_open(self):
                pass
            """,
        ),
    ),
)

DEFECTS = (*STREAMS, *ERRORS, *STOP)
