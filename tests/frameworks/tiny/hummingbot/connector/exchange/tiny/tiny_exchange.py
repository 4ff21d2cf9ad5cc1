"""A connector that misbehaves on demand: the pair of an order says how."""

import asyncio
import logging
import os
import sys
import time
from collections import namedtuple
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum

from hummingbot.core.event.events import MarketEvent, OrderFailed

SEEN = []
Row = namedtuple("Row", "price amount update_id")


class Network(Enum):
    STOPPED = 0
    CONNECTED = 1


class Book:
    snapshot_uid = 7
    last_diff_uid = 9
    last_trade_price = float("nan")

    def bid_entries(self):
        return iter([Row(0.1, 1e-7, 1), Row(0.05, 3.0, 1)])

    def ask_entries(self):
        return iter([Row(0.2, 1e22, 1)])

    def add_listener(self, kind, listener):
        pass


class TinyExchange:
    name = display_name = "tiny"

    def __init__(self, tiny_api_key, tiny_region, trading_pairs, trading_required):
        if tiny_api_key == "refuse":
            raise ValueError("this key is refused")
        self.region = tiny_region
        self.listeners = {}
        self.ready = False
        self.network_status = Network.STOPPED
        self.current_timestamp = float("nan")
        self.order_books = {pair: Book() for pair in trading_pairs}
        SEEN.append(tiny_api_key)

    def add_listener(self, kind, listener):
        self.listeners[kind] = listener

    def get_order_book(self, pair):
        return self.order_books[pair]

    @property
    def status_dict(self):
        return {"everything": self.ready, f"seen_{len(SEEN)}": True, "region_" + self.region: True}

    def begin(self):
        self.network_status = Network.CONNECTED
        self.task = asyncio.ensure_future(self.get_ready())

    async def get_ready(self):
        await asyncio.sleep(20)
        self.ready = True
        await asyncio.sleep(1e6)

    def tick(self, timestamp):
        self.current_timestamp = timestamp

    def end(self):
        self.network_status = Network.STOPPED

    def get_all_balances(self):
        return {"USD": Decimal("1.10")}

    def get_available_balance(self, asset):
        return Decimal("Infinity")

    def buy(self, pair, amount, order_type, price):
        getattr(self, pair)(amount, price)
        return "order-" + pair

    def fail(self, amount, price):
        event = OrderFailed(time.time(), "order-fail")
        self.listeners[MarketEvent.OrderFailure].to_function(event)

    def vanish(self, amount, price):
        os.write(2, b"last words\n")
        os._exit(3)

    def explode(self, amount, price):
        raise ZeroDivisionError(f"amount {amount} price {price}")

    def hang(self, amount, price):
        while True:
            pass

    def nap(self, amount, price):
        time.sleep(0.2)

    def chatter(self, amount, price):
        print('{"id": 1, "value": "not me"}', flush=True)  # noqa: T201
        os.write(1, b"noise\n")
        sys.stdout.write("more noise\n")

    def log(self, amount, price):
        logging.getLogger("tiny.deep").debug("a whisper of %s", "secrets")
        try:
            raise KeyError("lost")
        except KeyError:
            logging.getLogger("tiny").exception("it broke")
        logging.getLogger("tiny").info("bad %d", "format")
        logging.getLogger("tiny").debug("no logger takes this", app_warning_msg="in 2020 some were given it")

    def clocks(self, amount, price):
        now = datetime.now(UTC)
        logging.getLogger("clocks").info("%r %r %r", time.time(), now.timestamp(), isinstance(now, datetime))

    def monster(self, amount, price):
        event = {
            "order_id": "x" * 30000,
            "deep": [[[[[[[[[[[[[[["?"]]]]]]]]]]]]]]],
            "what": object(),
            "n": float("nan"),
        }
        self.listeners[MarketEvent.OrderFilled].to_function(event)
