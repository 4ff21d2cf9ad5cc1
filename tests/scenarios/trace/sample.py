"""A small trace with an entry of every kind."""

from __future__ import annotations

from decimal import Decimal

from harness.driving.claims import EventView, LogLine, Usage
from harness.gateway.entries import (
    ClosedBy,
    Exchange,
    Frame,
    Handshake,
    Lookup,
    RejectedConnection,
    RejectionReason,
    Socket,
    Trouble,
)
from harness.scenarios.trace.model import (
    Asked,
    Began,
    Cut,
    End,
    Ended,
    Entry,
    FaultBegan,
    FaultEnded,
    Filled,
    Happened,
    Header,
    Leaked,
    Logged,
    LoggedSecret,
    Meddled,
    Noted,
    Ordered,
    Overflowed,
    Posted,
    Printed,
    Sampled,
    Trace,
)
from harness.venue.ledger import Bucket, LedgerRow, Reason
from harness.venue.market import Market
from harness.venue.model import Fill, Order, OrderType, Side, TimeInForce

HEADER = Header(
    scenario="trade",
    connector="binance",
    dialect="binance",
    seed=1,
    pace=12.0,
    trial="first",
    commit="c0ffee",
)
MARKET = Market(
    "BTC", "USDT", Decimal("0.01"), Decimal("0.0001"), Decimal("0.0001"), Decimal(5), Decimal(50000),
)  # fmt: skip
ORDER = Order(
    7, "x-1", "someone", MARKET, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False, Decimal("49000.5"),
    Decimal("0.02"), None, 1.0, 2.0,
)  # fmt: skip
FILL = Fill(
    3, 7, "x-1", "someone", MARKET, Side.BUY, Decimal(49000), Decimal("0.01"), Decimal(490), Decimal("0.49"),
    "USDT", True, 2.5,
)  # fmt: skip
EVENT = EventView(at=3.0, kind="OrderFilled", data={"order_id": "x-1", "price": "49000", "n": [1, None, 2.5]})
USAGE = Usage(
    tasks=("a",), timers=1, sockets=2, unclosed_sessions=0, memory_bytes=9 << 20, cpu_seconds=1.5, stalls=(),
    at=4.0, changed=(),
)  # fmt: skip
ENTRIES: tuple[Entry, ...] = (
    Began(0.0, 0, "BTC-USDT", MARKET, 100),
    Asked(0.5, "buy", {"pair": "BTC-USDT", "amount": "0.02", "price": None}),
    Handshake(0.6, "api.example.com", None, 443, "connector", "right", None, b"\x16\x03\xff\x00", 0),
    Exchange(
        1.0, "api.example.com", 443, True, "connector", "place_order", "POST", "/order", "a=1&b=",
        (("X-Key", "k"),), '{"é": 1}'.encode(), 1, 200, (("Content-Type", "application/json"),), b"\xff\x00",
        1.2, None, 1,
    ),
    Socket(1.1, "ws.example.com", 443, True, "connector", "stream:*", "/ws", closed_at=9.0, close_code=1006,
           closed_by=ClosedBy.FAULT, number=2),
    Frame(1.3, "ws.example.com", 2, "connector", "received", "stream:book", '{"b": "\u2028"}', number=3),
    Frame(1.4, "ws.example.com", 2, "connector", "received", "stream:orders", "{}", number=4),
    Frame(1.5, "ws.example.com", 2, "connector", "sent", "place_order", "{}", weight=1, status=200,
          reply=b'{"id":7}', replied_at=1.55, number=5),
    RejectedConnection(1.6, RejectionReason.NO_TLS, "connector", "evil.example", None, 80,
                       False, b"GET / \xfe", None, 6),
    Lookup(1.7, "evil.example", "A", 7),
    Trouble(1.8, "gateway", "broke", 8),
    FaultBegan(1.9, "refuse 503", "cancel_*"),
    FaultEnded(2.0, "refuse 503", "cancel_*", 2),
    Ordered(2.0, ORDER),
    Filled(2.5, FILL, "t-3"),
    Posted(2.5, LedgerRow(2.5, "someone", Bucket.FREE, "BTC", Decimal("0.01"), Reason.TRADE, 7, 3, 12)),
    Happened(3.0, EVENT),
    Logged(3.1, LogLine(at=3.1, logger="c", level="ERROR", message="no", error="Traceback\nKeyError: 'x'")),
    Printed(3.2, "hello"),
    Sampled(4.0, USAGE),
    Leaked(4.1, "secret", "url", "plain", "evil.example", "a=‹secret›", False),
    LoggedSecret(4.2, "secret", "c", "DEBUG", "it is ‹secret›"),
    Meddled(4.3, "somebody answered twice"),
    Overflowed(4.4, 3),
    Noted(4.5, "Trading", {"fills": [1, "2.5", None]}),
    Ended(4.6, End.NOT_READY, "waiting", ("order book",)),
    Cut(4.7, {"frame": 2}),
)  # fmt: skip
TRACE = Trace(HEADER, ENTRIES)
