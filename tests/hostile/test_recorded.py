"""Being recorded at a real exchange, to get at the real keys or to use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.attack import attack
from tests.recordings.asker import Session
from tests.recordings.far import Evil, served, way
from tests.recordings.making import REAL, SAYS, plain, recorded


@attack(
    "has the exchange say its own request back, the real key in hex among it",
    meets="blind keys stand in the real ones' place; what says a real key in other words is not handed on",
)
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


@attack(
    "asks for orders, withdrawals and twisted paths, overrides the method, or signs as somebody else",
    meets="signed are look-ups that the description explains, by whoever was given the keys; all else stays",
)
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


@attack(
    "says a parameter twice, so that the exchange reads another request than we do",
    meets="it is not signed",
)
def test_a_parameter_that_is_said_twice_is_not_signed(tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.post("/api/v2/account_balances/", "a=1&a=2")

    with served(Evil) as venue:
        _, asker, notes = recorded(tmp_path / "one.zst", work, way(venue), REAL)
    assert asker.answers[0][0] == 401
    assert any("said twice" in note for note in notes)


@attack(
    "has its words said back packed",
    meets="packed messages are unpacked before they are handed on; one that says a real key is not",
)
def test_a_packed_message_that_says_a_real_key_stays_here(tmp_path: Path) -> None:
    async def work(session: Session) -> None:
        await session.say(SAYS.format(REAL.secret), SAYS.format("well"), hear=1)

    with served(Evil) as venue:
        path = tmp_path / "one.zst"
        _, asker, notes = recorded(path, work, way(venue), REAL)
    assert asker.messages == ["BINARY"]
    assert any("real key" in note for note in notes)
    assert REAL.secret not in plain(path)


@attack(
    "sends an order over a WebSocket that was logged in with the real keys",
    meets="logins, subscriptions, pings and look-ups go on, written anew; nothing else does",
)
@pytest.mark.parametrize(
    "message",
    [
        '{"event":"order","side":"buy"}',
        b'{"event":"order"}',
        "hello",
        '{"event":"bts:subscribe","event":"order"}',
        "[]",
        "17",
    ],
)
def test_no_order_goes_on_over_a_connection_that_may_be_the_accounts(
    message: str | bytes, tmp_path: Path
) -> None:
    async def work(session: Session) -> None:
        await session.say(message, SAYS.format("well"), hear=1)

    with served(Evil) as venue:
        _, asker, notes = recorded(tmp_path / "one.zst", work, way(venue), REAL)
    assert asker.messages == ["BINARY"]
    assert any("only logins, subscriptions" in note or "a packed message to" in note for note in notes)
