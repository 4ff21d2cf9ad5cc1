"""Recordings of bitstamp that are made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pydantic import JsonValue

from harness.gateway.entries import Entry, Exchange, Frame, Socket
from harness.recordings.recording import End, Header, Recording

BEGAN = 1_796_000_000.0
HEADER = Header(
    exchange="bitstamp", hosts=("www.bitstamp.net",), began=BEGAN, pairs=("BTC-USDT",), clients=("ccxt",)
)
BOOK: JsonValue = {
    "timestamp": "1796000001", "microtimestamp": "1796000001500000",
    "bids": [["60000.5", "0.31"], ["59999.5", "1.2"]], "asks": [["60001.5", "0.7"], ["60003.5", "2.5"]],
}  # fmt: skip
TICKER: JsonValue = {
    "timestamp": "1796000001", "high": "61000.5", "low": "59000.5", "last": "60001.5", "open": "59500",
    "open_24": "59500", "bid": "60000.5", "ask": "60001.5", "vwap": "60100.25", "volume": "812.5",
    "percent_change_24": "0.84", "pair": "BTC/USDT",
}  # fmt: skip
TRADES: JsonValue = [
    {
        "date": "1796000000",
        "tid": str(number),
        "amount": f"0.{number}",
        "type": "0",
        "price": f"60000.{number}",
    }
    for number in range(11, 25)
]
BALANCES: JsonValue = [
    {"currency": "btc", "total": "2.5", "available": "2", "reserved": "0.5"},
    {"currency": "usdt", "total": "100", "available": "100", "reserved": "0"},
]


def reply(path: str, said: JsonValue, method: str = "GET", at: float = 1.0, status: int = 200) -> Exchange:
    return Exchange(
        BEGAN + at, "www.bitstamp.net", 443, True, "oracle", None, method, path, status=status,
        reply=json.dumps(said).encode(), replied_at=BEGAN + at, number=int(at * 10),
    )  # fmt: skip


def public() -> list[Entry]:
    return [
        reply("/api/v2/order_book/btcusdt/", BOOK, at=1.0),
        reply("/api/v2/ticker/btcusdt/", TICKER, at=1.1),
        reply("/api/v2/transactions/btcusdt/", TRADES, at=1.2),
    ]


def stream(*messages: JsonValue, first: int = 100) -> list[Entry]:
    socket = Socket(BEGAN + 2, "ws.bitstamp.net", 443, True, "oracle", "stream:subscribe", "/", number=first)
    frames = [
        Frame(
            BEGAN + 2 + number / 10, "ws.bitstamp.net", first, "oracle", "received", "stream:book",
            json.dumps(each), number=first + number,
        )
        for number, each in enumerate(messages, start=1)
    ]  # fmt: skip
    return [socket, *frames]


def made(entries: Iterable[Entry], *, private: bool = False) -> Recording:
    header = HEADER.model_copy(update={"private": private})
    return Recording(header, tuple(entries), (), End(end="stopped", at=BEGAN + 10))
