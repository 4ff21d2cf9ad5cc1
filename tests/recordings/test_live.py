"""A recording from end to end, against a served venue and against far ends that misbehave."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.gateway.canaries import Canaries
from harness.recordings.far_end import FarEnd, FarEndError, Way
from harness.venue.dialects.messages import Request
from tests.recordings.asker import Session
from tests.recordings.far import Evil, bitstamp, keys_of, served, way
from tests.recordings.making import BOOK, plain, recorded


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
