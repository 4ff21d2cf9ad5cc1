"""A recording as a venue: what it answers, tells and when, and what it refuses to be."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from pydantic import JsonValue

from harness.checking.replayed import CANNOT, DECIDED, replayed, undecided
from harness.clock import ScaledClock
from harness.errors import UserError
from harness.gateway.entries import Entry, Exchange, Frame
from harness.gateway.faults import DropMessage, Refuse
from harness.gateway.thread import running_gateway
from harness.outcome import Status
from harness.recordings.recording import Recording
from harness.recordings.replay import Playback, Replaying, replay_kind
from harness.requirement import Catalogue
from harness.rounds.fields import Mode
from harness.scenarios.played.replayed import watch_market
from harness.scenarios.randomization import varied
from harness.scenarios.rig import Rigs
from harness.venue.described import described_dialect
from harness.venue.described.speaking import Opening
from harness.venue.dialects import dialect
from harness.venue.dialects.messages import Frame as Sent
from harness.venue.dialects.messages import Reply, Request
from harness.venue.session import Venue
from tests.gateway.emulated import EmulatedShim, talk
from tests.recordings.far import BITSTAMP, bitstamp
from tests.recordings.made import BEGAN, BOOK, made, public, reply, stream
from tests.zoo.keeping import Zoo

MARKET: JsonValue = {
    "name": "BTC/USDT", "market_symbol": "btcusdt", "base_currency": "BTC", "counter_currency": "USDT",
    "base_decimals": 4, "counter_decimals": 1, "minimum_order_value": "7", "trading": "Enabled",
}  # fmt: skip


def change(at: float, bids: JsonValue = None, asks: JsonValue = None) -> JsonValue:
    moment = int((BEGAN + at) * 1_000_000)
    told: JsonValue = {
        "timestamp": str(moment // 1_000_000), "microtimestamp": str(moment),
        "bids": bids or [], "asks": asks or [],
    }  # fmt: skip
    return {"event": "data", "channel": "diff_order_book_btcusdt", "data": told}


TRADE: JsonValue = {
    "event": "trade", "channel": "live_trades_btcusdt",
    "data": {
        "id": 7, "timestamp": "1796000002", "microtimestamp": "1796000002100000", "amount": 0.5,
        "amount_str": "0.5", "price": 60001.5, "price_str": "60001.5", "type": 0, "buy_order_id": 1,
        "sell_order_id": 2,
    },
}  # fmt: skip
CHANGES = (
    change(0.5, bids=[["60000.5", "9"]]),  # before the snapshot, which has it otherwise
    change(2.2, bids=[["60000.5", "0"], ["60000.1", "4"]]),
    TRADE,
    change(2.6, asks=[["60001.5", "0.2"]]),
)


def recording() -> Recording:
    symbols = reply("/api/v2/markets/", [MARKET], at=0.9)
    return made([symbols, *public(), *stream(*CHANGES)])


def opened(kept: Recording | None = None) -> Replaying:
    kind = replay_kind(bitstamp(), kept or recording())
    clock = ScaledClock(50, kind.begins_at)
    return kind(Venue(kind.markets, 1, clock))


def get(exchange: Replaying, path: str) -> Reply:
    return exchange.handle(Request("GET", "www.bitstamp.net", path))


def test_its_market_has_the_recorded_rules() -> None:
    (market,) = opened().markets
    assert (market.name, market.tick_size, market.lot_size) == ("BTC-USDT", Decimal("0.1"), Decimal("0.0001"))
    assert market.min_notional == 7
    kind = replay_kind(bitstamp(), recording())
    assert varied(kind, 5) is kind


def test_requests_are_answered_as_they_were() -> None:
    exchange = opened()
    book = next(each for each in public() if isinstance(each, Exchange) and "order_book" in each.path)
    assert get(exchange, "/api/v2/order_book/btcusdt/").content() == book.reply
    assert get(exchange, "/api/v2/order_book/ethusdt/").status == 404
    assert get(exchange, "/api/v2/ticker/btcusdt/").status == 200
    assert exchange.playback.missing == []
    assert get(exchange, "/api/v2/currencies/").status == 200
    assert exchange.playback.missing == ["GET /api/v2/currencies/"]


def follow(exchange: Replaying, *channels: str) -> list[str]:
    """Subscribe, and hear all that comes until the tape is over."""
    connection = exchange.description.connections["all"]
    session = exchange.session(Opening(connection, Request("GET", "ws.bitstamp.net", "/"), None))
    said: list[str] = []
    for name in channels:
        asked = f'{{"event":"bts:subscribe","data":{{"channel":"{name}_btcusdt"}}}}'
        said += [each.text for each in session.received(asked) if isinstance(each, Sent)]
    while not exchange.playback.over:
        said += [each.text for each in session.due(exchange.venue.clock.now()) if isinstance(each, Sent)]
    said += [each.text for each in session.due(exchange.venue.clock.now()) if isinstance(each, Sent)]
    return said


def test_messages_come_in_their_order_to_who_subscribed() -> None:
    exchange = opened()
    get(exchange, "/api/v2/order_book/btcusdt/")
    said = follow(exchange, "diff_order_book", "live_trades")
    kept = [each.text for each in recording().entries if isinstance(each, Frame)]
    assert [each for each in said if "subscription" not in each] == kept
    assert sum("subscription_succeeded" in each for each in said) == 2
    assert [each.price for each in exchange.playback.trades] == [Decimal("60001.5")]


def test_nobody_hears_what_he_did_not_subscribe_to() -> None:
    said = follow(opened(), "diff_order_book")
    assert not any("live_trades" in each for each in said)


def test_the_book_follows_from_the_snapshot_and_later_changes() -> None:
    exchange = opened()
    get(exchange, "/api/v2/order_book/btcusdt/")
    follow(exchange, "diff_order_book")
    bids, asks = exchange.playback.book(2)
    assert [tuple(map(str, each)) for each in bids] == [("60000.1", "4"), ("59999.5", "1.2")]
    assert [tuple(map(str, each)) for each in asks] == [("60001.5", "0.2"), ("60003.5", "2.5")]


def test_a_whole_book_replaces_what_was_told_before() -> None:
    whole: JsonValue = {"event": "data", "channel": "order_book_btcusdt", "data": BOOK}
    exchange = opened(made([*public(), *stream(whole, whole)]))
    follow(exchange, "order_book")
    bids, _ = exchange.playback.book(9)
    assert [str(each.price) for each in bids] == ["60000.5", "59999.5"]


def test_a_held_tape_tells_nothing() -> None:
    now = [100.0]
    playback = Playback(opened().tape, lambda: now[0])
    playback.begin(anew=True)
    place = ("all", "diff_order_book")
    now[0] += 0.8
    seen = len(playback.due(0.0, playback.position, place))
    playback.hold()
    now[0] += 1000
    assert len(playback.due(0.0, playback.position, place)) == seen
    assert not playback.over
    playback.go_on()
    now[0] += 1000
    assert len(playback.due(0.0, playback.position, place)) == 3
    assert playback.over


def test_a_route_that_was_not_recorded_tells_the_recorded_book() -> None:
    exchange = opened()
    told = json.loads(get(exchange, "/api/v2/order_book/btcusdt").content())
    assert told["bids"] == [["60000.5", "0.31"], ["59999.5", "1.2"]]
    assert told["microtimestamp"] == "1796000001500000"
    assert exchange.playback.missing == ["GET /api/v2/order_book/{pair}"]


def test_what_two_clients_heard_is_told_once() -> None:
    twice = [*recording().entries, *stream(*CHANGES[:2], first=500)]
    messages = replay_kind(bitstamp(), made(twice)).tape.messages
    assert len(messages) == len(CHANGES)


def test_what_is_subscribed_to_and_was_not_recorded_is_known() -> None:
    exchange = opened()
    follow(exchange, "order_book", "diff_order_book")
    assert exchange.playback.missing == ["all / order_book"]


@pytest.mark.parametrize(
    ("entries", "why"),
    [(public(), "no message of the order book"), ([], "no message"), (stream("text", 17, []), "no message")],
)
def test_a_recording_without_a_book_is_refused(entries: list[Entry], why: str) -> None:
    with pytest.raises(UserError, match=why):
        replay_kind(bitstamp(), made(entries))


def test_another_exchange_or_a_dialect_in_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a recording of bitstamp, not of bitget"):
        replay_kind(described_dialect(BITSTAMP.with_name("bitget.yml")), recording())
    with pytest.raises(UserError, match="a dialect in Python"):
        replayed(dialect("binance"), tmp_path / "none.zst")


def test_what_a_replay_cannot_decide_is_said() -> None:
    assert undecided("simulate", ["orders-placed"], ["trading"]) is None
    assert undecided("replay", ["trades-streamed"], ["market_data", "evidence"]) is None
    modes: tuple[Mode, ...] = ("replay", "live")
    for mode in modes:
        for requirements, given in (
            (["trades-streamed", "order-cancelled"], ["market_data"]),
            (["order-book-snapshot-matches"], ["restarted"]),  # its levels change; a recording's do not
        ):
            ending = undecided(mode, requirements, given)
            assert ending is not None
            assert (ending.status, ending.summary) == (Status.UNDETERMINED, CANNOT)
    assert {each.id for each in Catalogue.load()} >= DECIDED


def test_the_gateways_faults_happen_to_a_replay_too() -> None:
    exchange = opened()
    clock = exchange.venue.clock
    assert isinstance(clock, ScaledClock)

    async def watch(session: aiohttp.ClientSession) -> list[str]:
        async with session.ws_connect("wss://ws.bitstamp.net/") as ws:
            for name in ("diff_order_book", "live_trades"):
                await ws.send_json({"event": "bts:subscribe", "data": {"channel": f"{name}_btcusdt"}})
            heard = [await ws.receive_str(timeout=20) for _ in range(5)]
            async with session.get("https://www.bitstamp.net/api/v2/order_book/btcusdt/") as answer:
                return [str(answer.status), *heard]

    with running_gateway([exchange], clock=clock) as gateway:
        shim = EmulatedShim(gateway.socket_path)
        gateway.faults.add(DropMessage(), "stream:book")
        gateway.faults.add(Refuse(503, b"later"), "order_book")
        status, *heard = talk(gateway, shim, watch)
        shim.close()
        frames = gateway.record.frames("stream:book", direction="received")
    assert status == "503"
    assert sum("diff_order_book" in each and "data" in each.split(",")[0] for each in heard) == 2
    assert [each.fault is None for each in frames] == [False, True, True]


@pytest.mark.full
def test_a_merged_connector_reads_what_was_recorded(zoo: Zoo) -> None:
    """Its book, its trades and its best prices are those of the recording, at twelve times its pace."""
    steps = [
        change(
            2 + number / 2,
            bids=[[f"60000.{number % 5}", f"{number + 1}"]],
            asks=[["60002.5", f"{number + 2}"]],
        )
        for number in range(40)
    ]
    kept = made([*recording().entries[:4], *stream(TRADE, *steps)])
    with zoo.good("bitstamp") as specimen:
        rigs = Rigs(specimen.backend, specimen.runtime.runtime, replay_kind(bitstamp(), kept), "bitstamp", 1)
        try:
            rigs.begin()
            seen = watch_market(rigs, 12.0)
        finally:
            rigs.close()
    assert (seen.first_difference, seen.later_difference) == (None, None)
    assert [(each.price, each.amount) for each in seen.trades_seen] == [(Decimal("60001.5"), Decimal("0.5"))]
    assert seen.best == (seen.prices.best_bid, seen.prices.best_ask)
