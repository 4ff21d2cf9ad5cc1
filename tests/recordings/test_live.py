"""A recording from end to end, against a served venue and against hostile far ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import zstandard

from harness.clock import ScaledClock
from harness.gateway.canaries import Canaries
from harness.recordings.far_end import FarEnd, FarEndError, Way
from harness.recordings.keys import Keys
from harness.recordings.recording import Recording, load
from harness.recordings.session import Blind, record
from harness.venue.dialects.base import Dialect
from harness.venue.dialects.messages import Request
from tests.recordings.asker import Asker, Session, Work
from tests.recordings.far import Evil, bitstamp, keys_of, served, way

BOOK = '{"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusdt"}}'
SAYS = '{{"event":"bts:subscribe","data":{{"channel":"{}"}}}}'
REAL = Keys("Kq7wT3nPz9RbXe2LmVc5", "Sg8hYd4JfUa6ZoQi1CvN0xWtEpMr3BkD")


def recorded(
    path: Path, work: Work, where: Way, real: Keys | None, kind: type[Dialect] | None = None
) -> tuple[Recording, Asker, tuple[str, ...]]:
    """A recording of bitstamp that one client of ours asked for; the client; what was noted."""
    clock, askers = ScaledClock(), list[Asker]()

    def clients(blind: Blind) -> list[Asker]:
        askers.append(Asker(work, blind.credentials))
        return askers

    notes = record(
        path, Blind.of(kind or bitstamp(), clock), clients, pair="BTC-USDT", seconds=1, way=where, real=real,
        clock=clock,
    )  # fmt: skip
    return load(path), askers[0], notes


def plain(path: Path) -> str:
    with path.open("rb") as file:
        return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read().decode()


def test_public_data_are_recorded_and_private_requests_stay_here(tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.get("/api/v2/ticker/btcusdt/")
        await session.post("/api/v2/account_balances/")
        await session.say(BOOK, hear=3)

    with served(bitstamp()) as venue:
        kept, asker, notes = recorded(tmp_path / "one.zst", work, way(venue), None)
    assert [status for status, _ in asker.answers] == [200, 401]
    assert '"last"' in asker.answers[0][1]
    assert any("account_balances" in note and "public data alone" in note for note in notes)
    assert [frame.operation for frame in kept.wire.frames(client=None, direction="received")][1:] == [
        "stream:book",
        "stream:book",
    ]
    assert kept.end is not None
    assert not kept.header.private


def test_private_look_ups_are_signed_over(tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.post("/api/v2/account_balances/")
        await session.post("/api/v2/websockets_token/")

    with served(bitstamp()) as venue:
        real = keys_of(venue)
        path = tmp_path / "one.zst"
        _, asker, _ = recorded(path, work, way(venue), real)
    assert [status for status, _ in asker.answers] == [200, 200]
    assert '"currency":"btc"' in asker.answers[0][1]
    assert asker.credentials["bitstamp_api_key"] != real.key
    text = plain(path)
    hidden = [real.key, real.secret, *asker.credentials.values()]
    assert not [each for each in hidden if each in text]
    names = real.named("real")
    assert Canaries(names).find(text, names) is None


def test_no_signature_is_kept(tmp_path: Path) -> None:
    signatures: list[str] = []

    async def work(session: Session) -> None:
        made = session.signed("/api/v2/account_balances/", "a=1")
        signatures.append(made["X-Auth-Signature"])
        await session._keep(
            session.http.post("https://www.bitstamp.net/api/v2/account_balances/", data="a=1", headers=made)
        )

    with served(bitstamp()) as venue:
        path = tmp_path / "one.zst"
        _, asker, _ = recorded(path, work, way(venue), keys_of(venue))
    assert asker.answers[0][0] == 200
    assert signatures[0] not in plain(path)


def test_an_exchange_that_says_everything_back_tells_no_real_key(tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.post("/api/v2/account_balances/")
        await session.post("/api/v2/fees/trading/")

    with served(Evil) as venue:
        path = tmp_path / "one.zst"
        _, asker, notes = recorded(path, work, way(venue), REAL)
    (status, echoed), (refused, _) = asker.answers
    assert (status, refused) == (200, 401)
    assert "you said" in echoed
    assert asker.credentials["bitstamp_api_key"] in echoed
    assert any("in other words" in note for note in notes)
    for said in (echoed, asker.answers[1][1], plain(path)):
        assert REAL.key not in said
        assert REAL.secret not in said
        assert REAL.key.encode().hex() not in said
    assert "me@example.org" not in plain(path)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/v2/user_transactions/..%2Fwithdrawal/", {}),
        ("/api/v2/user_transactions/btc/../x/", {}),
        ("/api/v2/buy/btcusdt/", {}),
        ("/api/v2/withdrawal-requests/", {}),
        ("/api/v2/account_balances/", {"X-HTTP-Method-Override": "DELETE"}),
        ("/api/v2/account_balances/", {"X-Auth-Signature": "00" * 32}),
        ("/api/v2/account_balances/", {"X-Auth": "BITSTAMP somebody-elses"}),
    ],
)
def test_what_no_look_up_explains_is_not_signed(path: str, headers: dict[str, str], tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.post(path, **headers)

    with served(Evil) as venue:
        _, asker, notes = recorded(tmp_path / "one.zst", work, way(venue), REAL)
    assert asker.answers[0][0] == 401
    assert notes


def test_a_parameter_that_is_said_twice_is_not_signed(tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.post("/api/v2/account_balances/", "a=1&a=2")

    with served(Evil) as venue:
        _, asker, notes = recorded(tmp_path / "one.zst", work, way(venue), REAL)
    assert asker.answers[0][0] == 401
    assert any("said twice" in note for note in notes)


def test_huge_and_broken_answers_are_survived_and_said(tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.get("/api/v2/markets/")
        await session.get("/api/v2/ticker/btcusd/")
        await session.get("/api/v2/order_book/btcusd/")
        await session.get("/nowhere")
        await session.say("hello", "much", hear=2)

    with served(Evil) as venue:
        kept, asker, notes = recorded(tmp_path / "one.zst", work, way(venue), None)
    assert [status for status, _ in asker.answers] == [0, 200, 302, 404]
    assert any("more than 32 MiB" in note for note in notes)
    assert any("broken" in note or "not handed on" in note for note in notes)
    assert asker.messages[0] == "BINARY"
    statuses = [each.status for each in kept.wire.exchanges(client=None)]
    assert None in statuses
    assert kept.answered
    assert kept.end is not None


def test_a_packed_message_that_says_a_real_key_stays_here(tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.say(SAYS.format(REAL.secret), SAYS.format("well"), hear=1)

    with served(Evil) as venue:
        path = tmp_path / "one.zst"
        _, asker, notes = recorded(path, work, way(venue), REAL)
    assert asker.messages == ["BINARY"]
    assert any("real key" in note for note in notes)
    assert REAL.secret not in plain(path)


@pytest.mark.parametrize(
    "message",
    ['{"event":"order","side":"buy"}', "hello", '{"event":"bts:subscribe","event":"order"}', "[]", "17"],
)
def test_no_order_goes_on_over_a_connection_that_may_be_the_accounts(message: str, tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.say(message, SAYS.format("well"), hear=1)

    with served(Evil) as venue:
        _, asker, notes = recorded(tmp_path / "one.zst", work, way(venue), REAL)
    assert asker.messages == ["BINARY"]
    assert any("only logins, subscriptions" in note for note in notes)


def test_a_host_that_leads_into_ones_own_network_is_not_reached() -> None:
    async def main() -> None:
        far_end = FarEnd(("localhost",), (443,), Way())
        try:
            with pytest.raises(FarEndError, match="not on the internet"):
                await far_end.fetch(Request("GET", "localhost", "/"))
            with pytest.raises(FarEndError, match="not in the description"):
                await far_end.fetch(Request("GET", "example.com", "/"))
        finally:
            await far_end.close()

    asyncio.run(main())
