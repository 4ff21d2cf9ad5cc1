"""A recording's file: written as it comes, readable where it was cut off, and refused where it is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import zstandard

from harness.clock import ScaledClock
from harness.errors import UserError
from harness.gateway.entries import Exchange, Frame, Handshake, Socket
from harness.gateway.record import Record
from harness.recordings import recording
from harness.recordings.recording import Header, load
from harness.recordings.redacting import Redactor
from harness.recordings.writing import Writer, written
from harness.venue.described.model import Connection
from tests.recordings.test_signing_over import LOGIN, described

HEADER = Header(exchange="acme", hosts=("api.acme.test",), began=1.0, pairs=("BTC-USDT",), clients=("ccxt",))


def exchange(at: float, **more: object) -> Exchange:
    return Exchange(at, "api.acme.test", 443, True, "oracle", "ticker", "GET", "/t", **more)  # type: ignore[arg-type]


def test_entries_come_back_each_once_and_completed(tmp_path: Path) -> None:
    record, path = Record(), tmp_path / "kept.zst"
    with written(path, HEADER, record, Redactor({}), ScaledClock()) as writer:
        number = record.add(exchange(1.0))
        socket = record.add(Socket(1.1, "ws.acme.test", 443, True, "oracle", "stream:subscribe", "/"))
        record.add(Handshake(1.2, "api.acme.test", None, None, "oracle", "right", None))
        writer.flush()
        record.complete(number, status=200, reply=b"{}", replied_at=1.3)
        record.add(Frame(1.4, "ws.acme.test", socket, "oracle", "received", "stream:book", "{}"))
        record.complete(socket, closed_at=2.0, close_code=1000)
        writer.note("something")
        writer.note("something")
    kept = load(path)
    assert kept.header == HEADER
    assert [type(each).__name__ for each in kept.entries] == ["Exchange", "Socket", "Frame"]
    assert [each.status for each in kept.answered] == [200]
    assert [each.close_code for each in kept.wire.sockets(client=None)] == [1000]
    assert [each.note for each in kept.notes] == ["something"]
    assert kept.end is not None
    assert kept.end.end == "stopped"
    assert "cut off" not in kept.summary


def test_one_that_is_interrupted_says_so(tmp_path: Path) -> None:
    path = tmp_path / "kept.zst"
    with pytest.raises(KeyboardInterrupt), written(path, HEADER, Record(), Redactor({}), ScaledClock()):
        raise KeyboardInterrupt
    end = load(path).end
    assert end is not None
    assert end.end == "interrupted"


@pytest.mark.parametrize("lost", [1, 7, 40])
def test_what_was_cut_off_is_read_until_there(lost: int, tmp_path: Path) -> None:
    record, path = Record(), tmp_path / "kept.zst"
    with path.open("wb") as file:
        writer = Writer(file, record, Redactor({}), ScaledClock())
        writer.begin(HEADER)
        for at in range(3):
            record.add(exchange(float(at), status=200, reply=b'{"last": "1"}'))
            writer.flush()
        writer.end("stopped")
    path.write_bytes(path.read_bytes()[:-lost])
    kept = load(path)
    assert kept.end is None
    assert len(kept.answered) == 3
    assert "it was cut off" in kept.summary


@pytest.mark.parametrize(
    "contents",
    [
        b"no recording at all",
        zstandard.ZstdCompressor().compress(b'{"trace": 1}\n'),
        zstandard.ZstdCompressor().compress(f"{HEADER.model_dump_json()}\nnonsense\n".encode()),
        zstandard.ZstdCompressor().compress(f'{HEADER.model_dump_json()}\n{{"entry": "lie"}}\n'.encode()),
        zstandard.ZstdCompressor().compress(f"{HEADER.model_dump_json()}\n[]\n".encode()),
        zstandard.ZstdCompressor().compress(b"\xff\xfe\n"),
    ],
    ids=["text", "trace", "nonsense", "unknown entry", "list", "no text"],
)
def test_what_is_no_recording_is_refused(contents: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.zst"
    path.write_bytes(contents)
    with pytest.raises(UserError, match="not a recording"):
        load(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LONGEST_LINE", 1 << 20)
    path = tmp_path / "bomb.zst"
    path.write_bytes(
        zstandard.ZstdCompressor().compress(HEADER.model_dump_json().encode() + b"x" * (8 << 20))
    )
    with pytest.raises(UserError, match="without an end"):
        load(path)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ('{"listenKey": "pqia91ma19a5s61cv6a81va65sdf19v8"}', "pqia91ma"),
        ("/o?a=1&signature=ab12cd34&b=2", "ab12cd34"),
        ('{"uid": 123456789}', "123456789"),
        ('{"token":"0123456789abcdef0123"}', "0123456789abcdef"),
        ("Bearer eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "eyJhbGci"),
        ('{"to": "jo@example.org"}', "jo@example"),
        ("the phrase is opensesame", "opensesame"),
    ],
)
def test_what_is_nobodys_business_is_not_kept(text: str, hidden: str) -> None:
    told = Redactor({"pass phrase": "opensesame"}).text(text)
    assert hidden not in told
    assert "‹" in told


def test_an_accounts_number_is_not_kept_in_topics_either() -> None:
    redactor = Redactor({})
    assert "7654321" not in redactor.text('{"user_id": 7654321, "token": "x"}')
    assert "7654321" not in redactor.text('{"channel": "private-my_orders_btcusd-7654321"}')
    assert redactor.text('{"price": "0.7654321", "id": 17654321}') == '{"price": "0.7654321", "id": 17654321}'


def test_market_data_stay_as_they_are() -> None:
    text = '{"token": "BTC", "symbol": "BTCUSDT", "key": "a", "bids": [["1.5", "2"]], "sign": 1}'
    assert Redactor({"secret": "abcdefgh12345678"}).text(text) == text


def test_proofs_go_where_the_description_says_that_they_stand() -> None:
    signing = {
        "scheme": "hmac", "text": "{body}",
        "carries": {"key": "header Apiauth", "signature": "query proof"},
    }  # fmt: skip
    description = described(signing).model_copy(
        update={"connections": {"all": Connection.model_validate({"path": "/", "login": LOGIN})}}
    )
    redactor = Redactor({}, description)
    one = exchange(1.0, headers=(("apiauth", "abcdef"), ("Accept", "*/*")), raw_query="a=1&proof=12ab34cd")
    kept = redactor.entry(one)
    assert isinstance(kept, Exchange)
    assert "abcdef" not in str(kept)
    assert "12ab34cd" not in str(kept)
    assert ("a", "1") in kept.query
    text = '{"op": "login", "args": ["ab12cd", "17", "ee55ff66"], "id": 5}'
    frame = redactor.entry(Frame(1.0, "ws", 1, "connector", "sent", "stream:login", text))
    assert isinstance(frame, Frame)
    assert frame.json() == {"op": "login", "args": ["‹redacted›", "17", "‹redacted›"], "id": 5}
    other = Frame(1.0, "ws", 1, "connector", "sent", "stream:subscribe", '{"op":"sub"}')
    assert redactor.entry(other) == other


def test_headers_are_known_by_their_names() -> None:
    one = exchange(1.0, headers=(("X-Auth-Signature", "ab"), ("Accept", "*/*"), ("KC-API-KEY", "k")))
    kept = Redactor({}).entry(one)
    assert isinstance(kept, Exchange)
    assert dict(kept.headers) == {
        "X-Auth-Signature": "‹redacted›",
        "Accept": "*/*",
        "KC-API-KEY": "‹redacted›",
    }
