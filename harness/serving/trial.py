"""A candidate's connector trading on its simulated exchange, with the live page, until the time is over."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from harness.scenarios.rig import Rig
from harness.serving.life import go_on
from harness.serving.market_maker import MarketMaker
from harness.serving.page import application, serving
from harness.venue.model import OrderStatus

HOST = "127.0.0.1"
ABOUT = (
    "A small market-making strategy trades with this connector on a simulated exchange. No real money is "
    "involved, and nothing reaches the real exchange. The connector's figures are shown beside the "
    "exchange's."
)


@dataclass(frozen=True)
class Ended:
    """What came of it: the exchange's count of orders by status and of fills, and how many it reported."""

    orders: Counter[OrderStatus]
    fills: int
    reported: int
    trouble: str


def trade_and_show(
    rig: Rig, title: str, port: int, seconds: float, seed: int, began: Callable[[str], None]
) -> Ended:
    """Trade for `seconds`, or until Ctrl-C, and tell `began` the page's address once it is there."""
    maker, stop = MarketMaker(rig), threading.Event()
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(rig, maker, stop, title, port, seconds, seed, began))
    orders = Counter(each.status for each in rig.venue.orders(rig.account))
    return Ended(orders, len(rig.venue.fills(rig.account)), maker.told.fills, maker.told.trouble)


async def _run(
    rig: Rig,
    maker: MarketMaker,
    stop: threading.Event,
    title: str,
    port: int,
    seconds: float,
    seed: int,
    began: Callable[[str], None],
) -> None:
    app = application(rig.dialect, rig.account, lambda: maker.told, title, ABOUT)
    async with serving(app, HOST, port) as number:
        others = asyncio.create_task(go_on(rig.venue, rig.account, seed))
        trading = asyncio.create_task(asyncio.to_thread(maker.run, stop))
        began(f"http://{HOST}:{number}/?market={rig.pair}")
        try:
            await _until(trading, seconds)
        finally:
            others.cancel()
            stop.set()
            await asyncio.shield(trading)
            with suppress(asyncio.CancelledError):
                await others


async def _until(trading: asyncio.Task[None], seconds: float) -> None:
    """The time is over, also where the connector broke off before: its page says why. Raises what is ours."""
    end = asyncio.get_running_loop().time() + seconds
    await asyncio.wait({trading}, timeout=seconds)
    if trading.done():
        trading.result()
        await asyncio.sleep(end - asyncio.get_running_loop().time())
