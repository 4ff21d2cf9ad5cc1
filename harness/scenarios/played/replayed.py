"""The connector reads a market that was recorded at the real exchange, as it was told then."""

from __future__ import annotations

from collections.abc import Iterable

from harness.recordings.replay import Playback, Replaying
from harness.recordings.tape import PrintedTrade
from harness.scenarios.played import NotRecorded, start
from harness.scenarios.played.market_data import (
    DEPTH,
    SHALLOWEST,
    MarketData,
    quantize,
    side_differs,
    watch_simulated,
)
from harness.scenarios.rig import Rig, Rigs
from harness.venue.market import Market
from harness.venue.model import Side, Trade

LONGEST = 600.0  # virtual seconds of a recording that are played
SETTLE = 5.0
FEWEST = 10  # book messages


def watch_market(rigs: Rigs, pace: float) -> MarketData:
    """A simulated market, or a recorded one."""
    return watch_replay(rigs, pace) if rigs.dialect.replays else watch_simulated(rigs, pace)


def watch_replay(rigs: Rigs, pace: float) -> MarketData:
    """Start on the recorded market, hold the tape once to compare the book, and again where it ends.

    Raises NotRecorded where the connector asks for what the recording does not hold.
    """
    with rigs.open(pace, market=rigs.dialect.markets[0]) as rig:
        playback, connector = _playback(rig), rig.connector
        ready_seconds = start(rig)
        rig.eventually(lambda: len(playback.told) > FEWEST or playback.over, LONGEST)
        if not any(each.book is not None for each in playback.told):
            asked = ", ".join(dict.fromkeys(playback.missing)) or "nothing of the order book"
            raise NotRecorded(f"the recording holds none of what the connector reads: {asked}")
        if rig.record.requests("order_book") and playback.tape.snapshot(playback.position) is None:
            raise NotRecorded("the connector asks for the whole order book, which was not recorded")
        first = _held(rig, playback)
        mark = rig.record.mark()
        rig.eventually(lambda: playback.over, LONGEST)
        later = _held(rig, playback)
        made = tuple(_trades(playback.trades, rig.market))
        seen = rig.eventually(lambda: found if len(found := connector.trades()) >= len(made) else (), SETTLE)
        bids, asks = playback.book(1)
        if not bids or not asks:
            raise NotRecorded("the recorded order book has an empty side in the end")
        return MarketData(
            rig_number=rig.number,
            markets=(rig.market,),
            ready_seconds=ready_seconds,
            config=connector.config(),
            order_types=connector.order_types(),
            rules=connector.shown_rules(),
            quantized=(quantize(rig, rig.market),),
            first_difference=first,
            later_difference=later,
            book_requests=len(rig.record.requests("order_book", since=mark)),
            trades_made=made,
            trades_seen=seen or connector.trades(),
            prices=connector.prices(rig.pair),
            last_price=made[-1].price if made else rig.market.reference_price,
            best=(bids[0].price, asks[0].price),
            logs=connector.logs(),
            usage=connector.usage(),
        )


def _playback(rig: Rig) -> Playback:
    dialect = rig.dialect
    assert isinstance(dialect, Replaying)  # noqa: S101 - `Dialect.replays` says so
    return dialect.playback


def _held(rig: Rig, playback: Playback) -> str | None:
    """How the connector's book differs from the recorded one while nothing more is told."""
    playback.hold()
    differences: list[str | None] = []

    def look() -> bool:
        differences[:] = [_differs(rig, playback)]
        return differences == [None]

    rig.eventually(look, 30.0)
    playback.go_on()
    return differences[0]


def _differs(rig: Rig, playback: Playback) -> str | None:
    theirs = rig.connector.book(rig.market.name, DEPTH)
    kept = min(max(min(len(theirs.bids), len(theirs.asks)), SHALLOWEST), DEPTH)
    bids, asks = playback.book(kept)
    for name, claims, truth in (("bids", theirs.bids, bids), ("asks", theirs.asks, asks)):
        if text := side_differs(claims, truth):
            return f"{rig.market.name} {name}: {text}"
    return None


def _trades(told: Iterable[PrintedTrade], market: Market) -> Iterable[Trade]:
    """Each trade that the connector was told of, once."""
    seen: set[PrintedTrade] = set()
    for number, each in enumerate(told):
        if each not in seen:
            seen.add(each)
            side = each.side or Side.BUY
            yield Trade(number, market, each.price, each.amount, side, 0, 0, each.at or 0.0)
